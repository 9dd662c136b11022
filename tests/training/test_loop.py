import os
import signal

import pytest
import torch

from heedful.data.batch import Batch
from heedful.errors import DataError, OptionError
from heedful.run.checkpoint import latest_checkpoint
from heedful.training.interruption import Interrupted
from heedful.training.log import Journal
from heedful.training.loop import Diverged, TrainingResult, Watchers, train
from heedful.training.optimizer import make_optimizer
from heedful.training.progress import Evaluation, Sample
from heedful.training.schedule import InverseSquareRoot
from heedful.training.step import step_seed
from tests.training.runs import Crash, Scripted, assert_alike, crash, killed, run, trace
from tests.training.toy import (
    ToyBatches,
    ToyObjective,
    last_state,
    same,
    timeless,
    toy_evaluate,
    toy_model,
    toy_options,
    weights,
)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody disturbed."""
    folder = tmp_path_factory.mktemp("whole") / "training"
    run(folder)
    return folder


def test_training_equals_a_loop_written_out(tmp_path):
    """Plain torch: seed, loss / count, clip, AdamW, and an average, four times."""
    # Some gradients are zero but for rounding (those of the keys' biases): epsilon keeps AdamW from blowing them up.
    options = {"steps": 4, "epsilon": 1e-3}
    model = toy_model()
    optimizer = make_optimizer(model, toy_options(**options))
    average = weights(model)
    for step in range(1, 5):
        torch.manual_seed(step_seed(0, step))
        loss = ToyObjective()(model, ToyBatches().batch(0, step - 1))
        model.zero_grad()
        (loss.total / loss.count).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step(toy_options(**options).schedule.rate(step, 4))
        decay = min(0.9, (1 + step) / (10 + step))
        average = {name: decay * average[name] + (1 - decay) * each for name, each in weights(model).items()}
    trained, result = run(tmp_path / "t", evaluate=None, **options)
    assert result.kept_step == result.step == 4
    for name, expected in average.items():
        assert torch.allclose(weights(trained)[name], expected, atol=1e-6), name


def test_it_learns_and_leaves_the_best_average(tmp_path):
    model, result = run(tmp_path / "t", steps=60, learning_rate=3e-2)
    rows = Journal(tmp_path / "t" / "metrics.jsonl").rows()
    losses = [row["loss"] for row in rows if "loss" in row]
    assert losses[-1] < 0.8 * losses[0]
    scores = {row["step"]: row["dev_score"] for row in rows if "dev_score" in row}
    assert list(scores) == list(range(5, 61, 5))
    assert result.best_score == max(scores.values()) == scores[result.kept_step]
    assert toy_evaluate(model).score == pytest.approx(result.best_score, abs=1e-6)
    assert result == TrainingResult(
        60, 10.0, rows[-1]["tokens"], result.kept_step, result.best_score, "steps", result.seconds
    )


def test_metrics_have_what_they_should(tmp_path):
    run(tmp_path / "t", steps=7)
    rows = Journal(tmp_path / "t" / "metrics.jsonl").rows()
    assert [row["step"] for row in rows] == [3, 5, 6, 7, 7]
    names = {"step", "epoch", "tokens", "rate", "loss", "nll", "gradient_norm", "bad_steps"}
    assert timeless(rows)[0].keys() == names
    assert timeless(rows)[1].keys() == {"step", "epoch", "tokens", "dev_score", "dev_nll"}
    tokens = sum(ToyBatches().batch(0, index).n_tokens for index in range(6)) + ToyBatches().batch(1, 0).n_tokens
    assert (rows[-1]["tokens"], rows[-1]["epoch"]) == (tokens, round(7 / 6, 4))


def test_the_same_seed_gives_the_same_bits_and_another_does_not(tmp_path, whole):
    run(tmp_path / "b")
    run(tmp_path / "c", seed=1)
    assert_alike(whole, tmp_path / "b")
    assert not same(trace(whole)[0], trace(tmp_path / "c")[0])


@pytest.mark.parametrize("at", [1, 3, 4, 5, 11, 20])
def test_a_run_that_crashed_goes_on_exactly(tmp_path, whole, at):
    with pytest.raises(Crash):
        run(tmp_path, display=Scripted(at, crash))
    torch.rand(at)
    run(tmp_path)
    assert_alike(whole, tmp_path)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("at", [3, 5, 20])
def test_a_signal_ends_the_step_saves_and_goes_on_exactly(tmp_path, whole, at, number):
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    with pytest.raises(Interrupted, match=f"stopped after step {at}") as caught:
        run(tmp_path / "torn", display=Scripted(at, lambda: os.kill(os.getpid(), number)))
    assert (caught.value.step, caught.value.signal_number) == (at, number)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before
    assert latest_checkpoint(tmp_path / "torn").step == at
    run(tmp_path / "torn")
    assert_alike(whole, tmp_path / "torn")
    kinds = [row["kind"] for row in Journal(tmp_path / "torn" / "events.jsonl").rows()]
    assert kinds == ["begun", "interrupted", "resumed"]


def test_a_finished_run_is_not_trained_again(tmp_path):
    first, result = run(tmp_path / "t")
    display = Scripted()
    again, repeated = run(tmp_path / "t", display=display)
    assert display.losses == []
    assert display.closed == 1
    assert same(weights(first), weights(again))
    assert repeated == result


def test_other_options_are_refused_and_harmless_ones_are_not(tmp_path):
    run(tmp_path / "t", steps=4)
    with pytest.raises(OptionError, match=r"learning_rate was 0.01, now 0.5; .*start a new run"):
        run(tmp_path / "t", steps=4, learning_rate=0.5)
    run(tmp_path / "t", steps=4, save_every=1)


@pytest.mark.parametrize("policy", ["skip", "rollback", "stop"])
@pytest.mark.parametrize("kind", ["poisoned", "huge"])
def test_a_bad_step_touches_nothing(tmp_path, policy, kind):
    """Step 20 is bad: weights, average and moments stay those after step 19, or go back to the anchor of step 15."""
    bad = ToyBatches(n=40, **{kind: [(0, 19)]})
    options = {"steps": 20, "on_bad_step": policy, "anchor_every": 5, "keep": "last", "evaluate": None, "log_every": 1}
    # A peak that does not depend on the number of steps, so that shorter runs are beginnings of longer ones.
    options["schedule"] = InverseSquareRoot(3)
    run(tmp_path / "good", batches=ToyBatches(n=40), **{**options, "steps": 15 if policy == "rollback" else 19})
    if policy == "stop":
        with pytest.raises(Diverged, match=r"stopped at step 20: 1 bad in a row"):
            run(tmp_path / "bad", batches=bad, **options)
    else:
        run(tmp_path / "bad", batches=bad, **options)
    good, found = last_state(tmp_path / "good")[0], last_state(tmp_path / "bad")[0]
    for name, tensor in good.items():
        if not name.startswith("anchor."):
            assert torch.equal(found[name], tensor), name
    event = Journal(tmp_path / "bad" / "events.jsonl").rows()[-1]
    assert (event["step"], event["kind"]) == (20, policy)
    assert event["message"].startswith("not finite" if kind == "poisoned" else "spike")
    last = Journal(tmp_path / "bad" / "metrics.jsonl").rows()[-1]
    assert (last["step"], last["loss"], last["bad_steps"]) == (20, None, 1)


def test_an_infinite_gradient_is_a_bad_step(tmp_path):
    model = toy_model()

    def overflow(gradient):
        return gradient * float("inf")

    model.output.weight.register_hook(overflow)
    before = weights(model)
    with pytest.raises(Diverged, match="3 bad in a row"):
        run(tmp_path / "t", model=model, max_bad_steps=3)
    assert same(weights(model), before)
    assert latest_checkpoint(tmp_path / "t").step == 3


def test_buffers_are_those_of_the_last_good_step(tmp_path):
    """A forward pass may change them, as batch norm does."""
    model = toy_model()
    model.register_buffer("n_read", torch.zeros(()))
    model.register_forward_pre_hook(lambda *_: None)
    encode = model.encode

    def counting(source):
        model.n_read.add_(1)
        return encode(source)

    model.encode = counting
    run(tmp_path / "t", model=model, batches=ToyBatches(poisoned=[(0, 2), (0, 4)]), steps=6, evaluate=None)
    assert model.n_read == 4


def test_early_stopping_keeps_the_best(tmp_path):
    scores = iter([1.0, 3.0, 2.0, 3.0, float("nan"), 9.0])
    kept = []

    def evaluate(model):
        kept.append(weights(model))
        return Evaluation(next(scores))

    model, result = run(tmp_path / "t", steps=100, patience=3, evaluate=evaluate)
    assert (result.step, result.kept_step, result.best_score, result.stopped) == (25, 10, 3.0, "patience")
    assert same(weights(model), kept[1])


def test_the_last_weights_when_asked(tmp_path):
    scores = iter([2.0, 1.0])
    kept = []

    def evaluate(model):
        kept.append(weights(model))
        return Evaluation(next(scores))

    model, result = run(tmp_path / "t", steps=10, keep="last", evaluate=evaluate)
    assert (result.kept_step, result.best_score) == (10, 2.0)
    assert same(weights(model), kept[1])
    assert not (tmp_path / "t" / "best").exists()


def test_without_an_average_the_weights_themselves_are_kept(tmp_path):
    model, _ = run(tmp_path / "t", average=None, evaluate=None)
    tensors, _ = last_state(tmp_path / "t")
    assert all(torch.equal(tensors[f"model.{name}"], each) for name, each in model.named_parameters())
    assert not any(name.startswith("average.") for name in tensors)


def test_accumulated_batches_are_one_update_also_at_the_end_of_an_epoch(tmp_path):
    display = Scripted()
    _, result = run(tmp_path / "t", batches=ToyBatches(n=5), accumulation=2, steps=4, display=display, evaluate=None)
    assert result.epoch == 1.4
    first = [ToyObjective()(toy_model(0.0).eval(), ToyBatches(n=5).batch(0, index)) for index in (0, 1)]
    expected = sum(each.total.item() for each in first) / sum(int(each.count) for each in first)
    assert display.losses[0] == pytest.approx(expected, rel=0.05)


class Narrow:
    """A batch that memory takes in parts of two rows only."""

    def __init__(self, batch: Batch) -> None:
        self.batch, self.n_tokens = batch, batch.n_tokens
        self.source, self.target, self.labels = batch.source, batch.target, batch.labels

    def to(self, device):
        if len(self.labels) > 2:
            raise torch.OutOfMemoryError("allocate less")
        return self

    def split(self, n):
        return [Narrow(part) for part in self.batch.split(n)]


class NarrowBatches(ToyBatches):
    def batch(self, epoch, index):
        return Narrow(super().batch(epoch, index))


def test_a_batch_too_long_for_memory_is_halved_with_the_same_loss(tmp_path):
    wide, narrow = Scripted(), Scripted()
    run(tmp_path / "a", model=toy_model(0.0), batches=ToyBatches(rows=8), display=wide, steps=5)
    run(tmp_path / "b", model=toy_model(0.0), batches=NarrowBatches(rows=8), display=narrow, steps=5)
    assert narrow.losses == pytest.approx(wide.losses, abs=1e-6)
    assert [message for _, message in narrow.events[1:]] == [
        f"out of memory: every batch is now computed in {n} parts" for n in (4,)
    ]
    assert last_state(tmp_path / "b")[1]["counters"]["n_parts"] == 4


def test_memory_for_nothing_ends_with_one_line(tmp_path):
    class Never(Narrow):
        def to(self, device):
            raise torch.OutOfMemoryError("no")

        def split(self, n):
            return [self]

    class NeverBatches(ToyBatches):
        def batch(self, epoch, index):
            return Never(super().batch(epoch, index))

    with pytest.raises(OptionError, match="fewer tokens"):
        run(tmp_path / "t", batches=NeverBatches())


def test_an_empty_epoch_is_named(tmp_path):
    with pytest.raises(DataError, match="epoch 0 has no batch"):
        run(tmp_path / "t", batches=ToyBatches(n=0))


def test_looking_changes_nothing(tmp_path, whole):
    def glimpse(model):
        torch.manual_seed(99)
        return [Sample("a", "b", str(float(model.output.weight.sum())))]

    display = Scripted()
    run(tmp_path / "b", glimpse=glimpse, glimpse_every_seconds=1e-9, display=display, save_every_seconds=1e-9)
    assert display.seen, "the first step is always looked at"
    assert_alike(whole, tmp_path / "b")


def test_the_callers_random_state_is_left_alone(tmp_path):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    model = toy_model()
    torch.manual_seed(5)
    run(tmp_path / "t", model=model, steps=3)
    assert torch.equal(torch.rand(3), expected)


def test_killed_five_times_at_any_moment_it_ends_bit_equal(tmp_path):
    assert killed(tmp_path, 5, 0)["killed"] == 5
    assert_alike(tmp_path / "whole", tmp_path / "torn")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(5))
def test_killed_fifty_times(tmp_path, seed):
    assert killed(tmp_path, 50, seed)["killed"] == 50
    assert_alike(tmp_path / "whole", tmp_path / "torn")


@pytest.mark.parametrize(("steps", "said"), [(1, "begun, 1 step to go"), (2, "begun, 2 steps to go")])
def test_the_steps_to_go_are_counted_in_words_that_fit(tmp_path, steps, said):
    watcher = Scripted()
    train(
        toy_model(), ToyObjective(), ToyBatches(), toy_options(steps=steps), folder=tmp_path, watchers=Watchers(watcher)
    )
    assert watcher.events[0] == (0, said)


def test_whole_numbers_are_not_trained(tmp_path):
    model = toy_model()
    next(iter(model.children())).weight = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.int8), requires_grad=False)
    with pytest.raises(OptionError, match="int8 weights cannot be trained"):
        train(model, ToyObjective(), ToyBatches(), toy_options(), folder=tmp_path)
    assert not list(tmp_path.iterdir())
