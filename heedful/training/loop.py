"""The training loop: one for all tasks, exact when resumed, and never learning from a bad step."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from heedful.errors import DataError, HeedfulError, OptionError
from heedful.interface import Model, Objective
from heedful.run.checkpoint import latest_checkpoint, save_checkpoint
from heedful.run.directory import checkpoint_folders
from heedful.training.guard import Trouble
from heedful.training.interruption import Interrupted, Interruption
from heedful.training.options import TrainingOptions
from heedful.training.pace import Pace
from heedful.training.plan import add_change, changes_of, settle_options
from heedful.training.progress import Display, Evaluate, Glimpse, Silent
from heedful.training.record import Pass, Record
from heedful.training.route import Leg
from heedful.training.state import State
from heedful.training.step import Batches, Rows, Step, Sums, gradient, step_seed
from heedful.training.timekeeper import TimeBudget, Timekeeper

# Saving takes at most this share of the time, and so does looking at samples.
SHARE = 0.01


class Diverged(HeedfulError):
    """Steps that cannot be believed, and a policy that says to stop; the weights are those of the last good step."""


@dataclass(frozen=True)
class TrainingResult:
    """What training came to; the model has the weights that were kept.

    Args:
        step: updates taken, bad ones included.
        epoch: epochs read, with a fraction.
        tokens: source and target tokens read.
        kept_step: the step whose weights were kept.
        best_score: of the best evaluation; None when there was none.
        stopped: what ended it: all steps done, or no better score for long enough.
        seconds: spent in training and evaluating, resumed runs together.
        replanned: changes of the plan that its speed made; with them in its options it can be made again.
    """

    step: int
    epoch: float
    tokens: int
    kept_step: int
    best_score: float | None
    stopped: Literal["steps", "patience"]
    seconds: float
    replanned: tuple[Leg, ...] = ()


@dataclass(frozen=True)
class Watchers:
    """Who looks at a run, and how; none of them changes what it computes.

    Args:
        display: is told what happens.
        evaluate: scores the model on held-out data; its score decides which weights are the best.
        glimpse: translates a few fixed sentences, every few seconds; None leaves them to `evaluate`.
    """

    display: Display
    evaluate: Evaluate | None = None
    glimpse: Glimpse | None = None


def train(
    model: Model,
    objective: Objective,
    batches: Batches,
    options: TrainingOptions,
    *,
    folder: Path,
    watchers: Watchers | None = None,
    compute: torch.dtype = torch.float32,
    time_budget: TimeBudget | None = None,
) -> TrainingResult:
    """Train until the end, going on from the newest checkpoint in the folder when there is one.

    Resumed at whatever moment it was killed, a run ends bit-equal to one that was left alone: weights, average, moments
    and metrics (fields that end in _seconds or _per_second apart). With a time budget the clock has a say in how many
    steps there are; then it ends bit-equal to a run without one that has the same changes of plan in its options.

    Args:
        model: its weights are the start of a new run, and are replaced by those kept in the end.
        objective: what is minimised.
        batches: the data in order.
        options: of the run; resuming takes only those that it began with.
        folder: `training/` of the run.
        watchers: who looks on.
        compute: dtype of the forward and backward pass; the weights keep theirs.
        time_budget: changes the steps of the options where the machine's speed does; None leaves them as they are.
    Returns:
        The figures of the run.
    Raises:
        Interrupted: SIGINT or SIGTERM came, and everything is saved.
        Diverged: bad steps, and a policy that says to stop; everything is saved.
        OptionError: the run was begun with other options, or the model has weights of whole numbers.
    """
    if not all(parameter.is_floating_point() for parameter in model.parameters()):
        raise OptionError("a model of int8 weights cannot be trained: train the one it was made of, and quantize that")
    settle_options(folder, options)
    step, watchers = Step(model, objective, compute), watchers or Watchers(Silent())
    run = _Run(step, batches, options, folder, watchers, time_budget)
    devices = [run.state.device] if run.state.device.type == "cuda" else []
    try:
        with Interruption() as interruption, torch.random.fork_rng(devices):
            run.begin()
            while not run.is_over:
                if interruption.signal_number is not None:
                    raise run.interrupted(interruption.signal_number)
                if run.evaluation_is_due:
                    run.evaluate()
                else:
                    run.look_at_the_clock()
                    run.take_step()
                if run.save_is_due:
                    run.save()
            return run.finish()
    finally:
        run.watchers.display.close()


class _Run:
    """The actions of the loop above, on one state."""

    def __init__(
        self,
        step: Step,
        batches: Batches,
        options: TrainingOptions,
        folder: Path,
        watchers: Watchers,
        time_budget: TimeBudget | None,
    ) -> None:
        self.state = State(step.model, options)
        self.watchers = watchers
        self._step = step
        self._batches = batches
        self._options = options
        self._folder = folder
        self._route = options.route()
        self._time_budget = time_budget
        self._timekeeper: Timekeeper | None = None
        self._decided = 0
        self._record = Record(folder, watchers.display, self.state)
        self._saved: dict[str, Any] = {}
        self._saves = Pace(options.save_every_seconds, SHARE)
        self._glimpses = Pace(options.glimpse_every_seconds, SHARE)

    def begin(self) -> None:
        """Become what the newest checkpoint says, or start anew; what was logged after it never happened."""
        self._step.train()
        for leg in changes_of(self._folder):
            self._route.add(leg)
        found = latest_checkpoint(self._folder)
        if found is None:
            self._record.cut({"metrics_bytes": 0, "events_bytes": 0})
            steps = self._options.steps
            self._record.event("begun", f"begun, {steps:,} step{'s' * (steps != 1)} to go")
        else:
            self.state.load(found.tensors, found.values["state"])
            self._record.cut(found.values["lengths"])
            for message in found.skipped:
                self._record.event("damaged", message)
            self._record.event("resumed", f"going on after step {found.step}")
        if self._options.on_bad_step == "rollback" and found is None:
            self.state.set_anchor()
        if self._time_budget is not None:
            self._timekeeper = Timekeeper(self._time_budget, self.state.counters.seconds)
            # What came of a plan, and outlived the last checkpoint, comes of the same plan again: no other is made
            # before the last change, nor before the best weights that lie on the disk.
            kept = [step for step, _, _ in checkpoint_folders(self._best)]
            self._decided = max([self._route.legs[-1].after, *kept])
        self._saves.done(0.0)

    @property
    def _is_trained(self) -> bool:
        patience, n_stale = self._options.patience, self.state.ranking.n_stale
        return self.state.counters.step >= self._route.steps or (patience is not None and n_stale >= patience)

    @property
    def is_over(self) -> bool:
        """No step and no evaluation is left."""
        return self._is_trained and not self.evaluation_is_due

    @property
    def evaluation_is_due(self) -> bool:
        """The weights of now are to be scored, and have not been."""
        step, last = self.state.counters.step, self.state.ranking.last_step
        due = self._is_trained or self._route.evaluation_is_due(step, last)
        return self.watchers.evaluate is not None and due and last != step

    @property
    def save_is_due(self) -> bool:
        """It is time for a checkpoint; after the evaluation, where one is due too."""
        every = self._options.save_every
        by_step = every > 0 and self.state.counters.step % every == 0
        return (by_step or self._saves.is_due) and not self.evaluation_is_due

    def evaluate(self) -> None:
        """Score the weights that count, and keep them when they are the best so far."""
        assert self.watchers.evaluate is not None
        begun, counters = time.monotonic(), self.state.counters
        self.watchers.display.evaluating(counters.step)
        with self.state.showing() as model:
            found = self.watchers.evaluate(model)
        best = self.state.ranking.add(counters.step, found.score)
        if best and self._options.keep == "best":
            save_checkpoint(self._best, counters.step, self.state.weights(), {"score": found.score}, keep=1)
        seconds = time.monotonic() - begun
        counters.seconds += seconds
        if self._timekeeper is not None:
            self._timekeeper.add_evaluation(seconds)
        self._record.evaluation(found, self._epoch, best, seconds)

    def look_at_the_clock(self) -> None:
        """Plan what is left anew, where the time is kept and the plan would miss it."""
        counters = self.state.counters
        if self._timekeeper is None or counters.step < self._decided:
            return
        leg = self._timekeeper.look(self._route.legs[-1], counters.step, counters.seconds)
        if leg is not None:
            # On the disk before anything comes of it.
            add_change(self._folder, leg)
            self._route.add(leg)

    def take_step(self) -> None:
        """Read the next batches; learn from them, unless their loss or gradient cannot be believed."""
        begun, counters = time.monotonic(), self.state.counters
        self._tell_of_changes()
        batches = self._next_batches()
        counters.step += 1
        rate = self._options.learning_rate * self._route.rate(self._options.schedule, counters.step)
        if self.state.average is not None and self._options.average is not None:
            self.state.average.decay = self._route.decay(self._options.average, counters.step)
        buffers = self.state.buffers()
        sums = self._gradient(batches)
        trouble = self.state.guard.judge(sums.loss, sums.norm)
        if trouble is None:
            self.state.update(rate)
            self.state.window.add(sums)
        else:
            self.state.restore_buffers(buffers)
            self._recover(trouble, sums)
        if self._options.on_bad_step == "rollback" and counters.step % self._options.anchor_every == 0:
            self.state.set_anchor()
        n_tokens = sum(batch.n_tokens for batch in batches)
        seconds = time.monotonic() - begun
        counters.tokens += n_tokens
        counters.seconds += seconds
        if self._timekeeper is not None:
            self._timekeeper.add_step(seconds)
        self._record.step(Pass(sums, self._epoch, self._route.steps, rate, n_tokens, seconds))
        if trouble is not None:
            self._stop_if_hopeless()
        self._show_samples()

    def _tell_of_changes(self) -> None:
        """Say so where another plan begins, decided just now or known before."""
        step = self.state.counters.step
        for leg in self._route.legs[1:]:
            if leg.after == step:
                self._record.event("replanned", f"planned anew: {leg.end:,} steps in all, {leg.end - step:,} to go")

    def _next_batches(self) -> list[Rows]:
        """The batches of one update; the cursor moves behind them. The last update of an epoch may have fewer."""
        counters = self.state.counters
        n_batches = self._batches.n_batches(counters.epoch)
        if n_batches < 1:
            raise DataError(f"epoch {counters.epoch} has no batch: the corpus is empty; give more text")
        if counters.index >= n_batches:
            counters.epoch, counters.index = counters.epoch + 1, 0
        n_left = self._batches.n_batches(counters.epoch) - counters.index
        places = range(counters.index, counters.index + min(self._options.accumulation, n_left))
        counters.index = places.stop
        return [self._batches.batch(counters.epoch, index) for index in places]

    def _gradient(self, batches: list[Rows]) -> Sums:
        """Leave the mean gradient in the parameters."""
        counters, options = self.state.counters, self._options
        seed = step_seed(options.seed, counters.step)
        sums, n_parts = gradient(self._step, batches, counters.n_parts, options.clip, seed, self.state.device)
        if n_parts != counters.n_parts:
            counters.n_parts = n_parts
            self._record.event("memory", f"out of memory: every batch is now computed in {n_parts} parts")
        return sums

    def _recover(self, trouble: Trouble, sums: Sums) -> None:
        """Note a bad step, which has touched nothing, and go back to the anchor if that is the policy."""
        self._step.zero_grad(set_to_none=True)
        self.state.window.n_bad += 1
        if self._options.on_bad_step == "rollback":
            self.state.rollback()
        message = f"{trouble}: loss {sums.loss:.4g}, gradient norm {sums.norm:.4g}"
        self._record.event(self._options.on_bad_step, message, {"loss": sums.loss, "gradient_norm": sums.norm})

    def _stop_if_hopeless(self) -> None:
        """Save and raise, after the first bad step or after too many in a row."""
        n_bad = self.state.guard.n_bad_in_row
        if self._options.on_bad_step != "stop" and n_bad < self._options.max_bad_steps:
            return
        self.state.guard.n_bad_in_row = 0
        self.save()
        raise Diverged(
            f"stopped at step {self.state.counters.step}: {n_bad} bad in a row, see {self._record.events.path}; the "
            "weights of the last good step are saved: lower the learning rate in a new run, or go on with --resume"
        )

    @property
    def _epoch(self) -> float:
        counters = self.state.counters
        return round(counters.epoch + counters.index / self._batches.n_batches(counters.epoch), 4)

    def _show_samples(self) -> None:
        """Let those who watch see the fixed sentences again, when it is time."""
        glimpse = self.watchers.glimpse
        if glimpse is None or not self._glimpses.is_due:
            return
        begun = time.monotonic()
        with self.state.showing() as model:
            self.watchers.display.samples(glimpse(model))
        seconds = time.monotonic() - begun
        self._glimpses.done(seconds)
        self.state.counters.seconds += seconds

    @property
    def _best(self) -> Path:
        return self._folder / "best"

    def save(self) -> None:
        """Write a checkpoint; the rows of the journals that it knows are on the disk before it."""
        begun = time.monotonic()
        values = {"state": self.state.values(), "lengths": self._record.lengths()}
        if values != self._saved:
            save_checkpoint(self._folder, self.state.counters.step, self.state.tensors(), values)
        self._saved = values
        self._saves.done(time.monotonic() - begun)

    def interrupted(self, signal_number: int) -> Interrupted:
        """Save, and say so."""
        self._record.event("interrupted", "asked to stop: saving")
        self.save()
        return Interrupted(self.state.counters.step, self._folder, signal_number)

    def finish(self) -> TrainingResult:
        """Save, and give the model the weights that are kept."""
        counters, ranking = self.state.counters, self.state.ranking
        self.save()
        kept, kept_step = self.state.weights(), counters.step
        if self._options.keep == "best" and ranking.best_step is not None:
            found = latest_checkpoint(self._best)
            assert found is not None, "the best weights were saved when they were found"
            kept, kept_step = found.tensors, found.step
        self.state.load_weights(kept)
        self._step.eval()
        stopped: Literal["steps", "patience"] = "steps" if counters.step >= self._route.steps else "patience"
        figures = counters.step, self._epoch, counters.tokens, kept_step, ranking.best_score
        return TrainingResult(*figures, stopped, counters.seconds, changes_of(self._folder))
