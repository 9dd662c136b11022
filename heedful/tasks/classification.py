"""Train a classifier from a table of texts and labels: from scratch, or from a model that knows the language."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from heedful.data.split import evenly
from heedful.interface import Model
from heedful.model.heads import Headed
from heedful.model.transformer import Transformer
from heedful.run.directory import RunDirectory
from heedful.run.facts import FIGURE_NAMES, amount
from heedful.tasks.artefact import Outcome
from heedful.tasks.classification_evidence import conclude
from heedful.tasks.classification_request import ClassificationOptions
from heedful.tasks.classification_text import Laid, lay_down, reopen
from heedful.tasks.classifier import TASK, Classifier
from heedful.tasks.course import Course
from heedful.tasks.evidence import Published, Tell
from heedful.tasks.models import n_parameters, snapshot
from heedful.tasks.scheme import Scheme
from heedful.tasks.task import train_task
from heedful.tasks.trunk import Given
from heedful.tasks.tuning import share_that_learns
from heedful.training.labelling import Labelling
from heedful.training.loop import TrainingResult
from heedful.training.options import TrainingOptions
from heedful.training.outlook import Outlook
from heedful.training.progress import Display, Evaluation, Sample
from heedful.transfer.adapter import save_adapter
from heedful.transfer.lora import corrections, merge

N_WATCHED = 4
# Enough to tell better from worse; scored at every look.
MAX_SCORED = 1000
# A head alone, or a thin correction, bears and needs a higher rate.
RAISED = {"head": 5.0, "lora": 5.0}


@dataclass(frozen=True)
class ClassificationTask:
    """See `heedful.tasks.task.Task`.

    Args:
        given: what a student has of its teacher; None of one that has no teacher.
    """

    given: Given[Scheme] | None = None
    name: str = TASK

    def lay_down(self, place: Path, options: ClassificationOptions) -> None:
        """Read the table and write what training starts from."""
        lay_down(place, options, self.given)

    def open(self, place: Path, options: ClassificationOptions) -> Laid:
        """The same in memory."""
        return reopen(place)

    def course(self, plan: Laid, options: ClassificationOptions) -> Course:
        """What the loop is given."""
        model = plan.model(options.seed)
        return Course(
            model=model,
            objective=Labelling(plan.scheme.kind),
            batches=plan.batches(options.seed),
            numerics=plan.numerics,
            rates=lambda steps: rates(plan, model, steps, options.seed),
            epochs=plan.size.epochs,
            evaluate=Trial(plan).evaluate,
            opening=list(_opening(plan, model)),
        )

    def config(self, plan: Laid) -> Mapping[str, Any]:
        """What config.json says."""
        return {
            "model": "transformer",
            "architecture": plan.trunk.architecture.to_json(),
            "reads": plan.trunk.reads,
            "over": plan.scheme.over(plan.over),
            "scheme": plan.scheme.to_json(),
            "named": asdict(plan.named),
            "numerics": plan.numerics.to_json(),
        }

    def title(self, plan: Laid) -> tuple[str, str]:
        """What is trained, and the name of its score."""
        what = f"{len(plan.scheme.labels)} labels" if plan.scheme.labels else "a number"
        return f"classification: {what}", f"dev {FIGURE_NAMES[headline(plan)][0]}"

    def conclude(
        self, run: RunDirectory, plan: Laid, course: Course, result: TrainingResult, tell: Tell
    ) -> tuple[Outcome, str | None, Mapping[str, Any] | None]:
        """Score the model on what it has not seen."""
        model = course.model
        assert isinstance(model, Headed), "a classifier has a head"
        if any(corrections(model)):
            assert isinstance(model.trunk, Transformer), "attention is what is corrected"
            save_adapter(model.trunk, run.path / "adapter", str(plan.facts["start"]).removeprefix("from "))
            merge(model)
        classifier = Classifier(snapshot(model, plan.numerics), plan.codec, plan.scheme, plan.numerics)
        return conclude(run, plan, classifier, tell), plan.codec.to_json(), None


def train_classifier(options: ClassificationOptions, *, watch: Callable[[Outlook], Display] | None = None) -> Published:
    """Train, score and document a classifier.

    Args:
        options: what to learn from.
        watch: makes someone who watches; None is silent.
    Returns:
        Where it is, its scores and what it cost.
    Raises:
        Interrupted: SIGINT or SIGTERM came; everything is saved and `resume` goes on.
        HeedfulError: the data, the options or the place cannot be used.
    """
    return train_task(ClassificationTask(), options, watch=watch)


class Trial:
    """How a classifier does while it learns, on the dev set.

    Args:
        plan: of the run.
    """

    def __init__(self, plan: Laid) -> None:
        self.pairs = evenly(plan.dev, MAX_SCORED)
        self.plan = plan

    def evaluate(self, model: Model) -> Evaluation:
        """The headline figure and the loss of the weights of now; a few texts with what is told of them.

        Args:
            model: with the weights that count.
        """
        assert isinstance(model, Headed), "a classifier has a head"
        plan = self.plan
        classifier = Classifier(snapshot(model, plan.numerics), plan.codec, plan.scheme, plan.numerics)
        answers = classifier.answer([text for text, _ in self.pairs])
        tally = plan.scheme.tally([answer.told for answer in answers], [truth for _, truth in self.pairs])
        figures = {name: tally.score(name) for name in tally.statistics}
        samples = [
            Sample(text, truth, plan.scheme.glanced(answer.told))
            for (text, truth), answer in zip(self.pairs, answers, strict=True)
        ]
        score = figures[next(iter(figures))]
        missed = [
            plan.scheme.missed(answer.probabilities, truth)
            for (_, truth), answer in zip(self.pairs, answers, strict=True)
        ]
        figures["loss"] = sum(total for total, _ in missed) / sum(count for _, count in missed)
        return Evaluation(score, figures, samples[:N_WATCHED])


def headline(plan: Laid) -> str:
    """The figure by which the best weights are chosen."""
    truth = [truth for _, truth in plan.dev]
    return next(iter(plan.scheme.tally(truth, truth).statistics))


def rates(plan: Laid, model: Headed, steps: int, seed: int) -> TrainingOptions:
    """Training options for a run of so many updates.

    Args:
        plan: of the run.
        model: to be trained.
        steps: updates.
        seed: of everything random.
    """
    rate = plan.size.learning_rate * RAISED.get(plan.tuning.way, 1.0)
    return replace(plan.trunk.options(rate, steps, seed), slower=plan.tuning.slower(model))


def _opening(plan: Laid, model: Headed) -> Iterator[str]:
    """What was read, what it begins with, and what is wrong with the text."""
    uses = ", ".join(f"{count:,} {use}" for use, count in plan.n_examples.items())
    yield f"examples: {uses}; {plan.scheme.in_words}; {plan.facts['columns']}"
    learns = share_that_learns(model)
    part = f", {learns:.1%} of them learn" if learns < 1 else ""
    yield f"{plan.facts['start']}; {amount(n_parameters(model))} parameters{part}"
    if plan.trunk.kept is not None:
        yield plan.trunk.kept.describe()
    for found in plan.facts["findings"]:
        if found["severity"] == "warning":
            where = f"{Path(found['examples'][0]['file']).name}:{found['examples'][0]['line']}"
            yield f"{found['title'].lower()}: {found['count']:,}, the first in {where}; {found['advice']}"
