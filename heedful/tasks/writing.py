"""Train a model from text to text: it shortens, rewords or replies, in the language that it reads."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from math import exp
from pathlib import Path
from typing import Any

from heedful.data.assignments import REFERENCE
from heedful.data.batch import encoder_input
from heedful.data.split import evenly
from heedful.decoding import Greedy
from heedful.evaluation.writing import Tally
from heedful.interface import Model
from heedful.run.directory import RunDirectory
from heedful.run.facts import amount
from heedful.tasks.artefact import Outcome
from heedful.tasks.course import Course
from heedful.tasks.defaults import options_for
from heedful.tasks.evidence import SEARCH, Published, Tell
from heedful.tasks.inheritance import Inherited
from heedful.tasks.models import n_parameters, snapshot
from heedful.tasks.rehearsal import MAX_SCORED, MAX_WATCHED, surprise
from heedful.tasks.task import train_task
from heedful.tasks.writer import TASK, Writer
from heedful.tasks.writing_evidence import conclude
from heedful.tasks.writing_request import WritingOptions
from heedful.tasks.writing_text import Laid, lay_down, reopen
from heedful.training.loop import TrainingResult
from heedful.training.outlook import Outlook
from heedful.training.progress import Display, Evaluation, Sample


@dataclass(frozen=True)
class WritingTask:
    """See `heedful.tasks.task.Task`."""

    name: str = TASK

    def lay_down(self, place: Path, options: WritingOptions) -> None:
        """Read the files and write what training starts from."""
        lay_down(place, options)

    def open(self, place: Path, options: WritingOptions) -> Laid:
        """The same in memory."""
        return reopen(place)

    def course(self, plan: Laid, options: WritingOptions) -> Course:
        """What the loop is given."""
        model, inherited = plan.model(options.seed)
        trial, setup = Trial(plan), plan.setup
        return Course(
            model=model,
            objective=setup.objective,
            batches=plan.batches(options.seed),
            numerics=setup.numerics,
            rates=lambda steps: options_for(setup.size, steps, options.seed),
            epochs=setup.size.epochs,
            evaluate=trial.evaluate,
            glimpse=trial.glimpse,
            opening=list(_opening(plan, model, inherited)),
        )

    def config(self, plan: Laid) -> Mapping[str, Any]:
        """What config.json says."""
        described, language = plan.setup.to_json(), plan.manner.language
        return {
            "model": plan.setup.model,
            "architecture": described["architecture"],
            "directions": [[language, ""]],
            "manner": asdict(plan.manner),
            "numerics": described["numerics"],
        }

    def title(self, plan: Laid) -> tuple[str, str]:
        """What is trained, and the name of its score."""
        language = f", {plan.manner.language}" if plan.manner.language else ""
        return f"{'replies' if plan.manner.turns else 'text to text'}{language}", f"dev {watched(plan)}"

    def conclude(
        self, run: RunDirectory, plan: Laid, course: Course, result: TrainingResult, tell: Tell
    ) -> tuple[Outcome, str | None, Mapping[str, Any] | None]:
        """Score the model on what it has not seen."""
        outcome = conclude(run, plan, writer_of(plan, course.model), tell)
        return outcome, plan.tokenizer.to_json(), {"search": "beam", **asdict(SEARCH)}


def train_writer(options: WritingOptions, *, watch: Callable[[Outlook], Display] | None = None) -> Published:
    """Train, score and document a model from text to text.

    Args:
        options: what to learn from.
        watch: makes someone who watches; None is silent.
    Returns:
        Where it is, its scores and what it cost.
    Raises:
        Interrupted: SIGINT or SIGTERM came; everything is saved and `resume` goes on.
        HeedfulError: the data, the options or the place cannot be used.
    """
    return train_task(WritingTask(), options, watch=watch)


def writer_of(plan: Laid, model: Model) -> Writer:
    """The model as it is now, in the dtype of decoding."""
    numerics = plan.setup.numerics
    return Writer(snapshot(model, numerics), plan.tokenizer, plan.manner, numerics, SEARCH)


def watched(plan: Laid) -> str:
    """The name of the score by which the best weights are chosen.

    What is a good reply has hardly a word in common with the one that was given, so words that are shared tell no
    better weights from worse ones: how probable the given one is does.
    """
    return "% a token" if plan.manner.turns else "ROUGE-L"


class Trial:
    """How a model does while it learns, on the dev set.

    Args:
        plan: of the run.
    """

    def __init__(self, plan: Laid) -> None:
        self.pairs = evenly(plan.dev, MAX_SCORED)
        self.plan = plan

    def evaluate(self, model: Model) -> Evaluation:
        """The score of greedy answers, and the negative log-likelihood of a true token, nats.

        Args:
            model: with the weights that count.
        """
        writer = writer_of(self.plan, model)
        nll = self.nll(writer)
        if self.plan.manner.turns:
            probability = 100 * exp(-nll)
            return Evaluation(probability, {"probability": probability, "nll": nll}, self._samples(writer))
        found = writer.answer([source for source, _ in self.pairs], search=Greedy()).texts
        tally = Tally.of(found, [known.split(REFERENCE) for _, known in self.pairs], self.plan.manner.language)
        figures = {name: tally.score(name) for name in tally.statistics}
        samples = [Sample(source, known, text) for (source, known), text in zip(self.pairs, found, strict=True)]
        return Evaluation(figures["rouge_l"], {**figures, "nll": nll}, samples[:MAX_WATCHED])

    def glimpse(self, model: Model) -> list[Sample]:
        """The first few texts as they come out now."""
        return self._samples(writer_of(self.plan, model))

    def _samples(self, writer: Writer) -> list[Sample]:
        first = self.pairs[:MAX_WATCHED]
        found = writer.answer([source for source, _ in first], search=Greedy()).texts
        return [Sample(source, known, text) for (source, known), text in zip(first, found, strict=True)]

    def nll(self, writer: Writer) -> float:
        """Mean negative log-likelihood of the tokens of the first reference, in nats."""
        encode = writer.engine.tokenizer.encode
        rows = [
            (encoder_input(encode(writer.fitted(source))), encode(known.split(REFERENCE)[0]))
            for source, known in self.pairs
        ]
        total, count = surprise(writer.engine.model, rows)
        return total / count


def _opening(plan: Laid, model: Model, inherited: Inherited | None) -> Iterator[str]:
    """What was read, what it begins with, what was cut or left out, and what is wrong with the text."""
    uses = ", ".join(f"{count:,} {use}" for use, count in plan.n_examples.items())
    yield f"texts: {uses}; {amount(n_parameters(model))} parameters"
    if inherited is not None:
        yield f"begins {inherited.start}: {'; '.join(inherited.warm_start.describe())}"
    if plan.facts["n_cut"]:
        yield f"{plan.facts['n_cut']:,} texts are longer than the window: of them the {plan.manner.long} part is read"
    if plan.facts["n_long"]:
        yield f"left out, longer than the window: {plan.facts['n_long']:,} (--long leading reads their beginnings)"
    for found in plan.facts["findings"]:
        if found["severity"] == "warning":
            place = found["examples"][0]
            where = f"{Path(place['file']).name}:{place['line']}"
            yield f"{found['title'].lower()}: {found['count']:,}, the first in {where}; {found['advice']}"
