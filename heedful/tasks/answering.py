"""Train a model that answers questions from texts: from scratch, or from an encoder that knows the language."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heedful.data.split import evenly
from heedful.interface import Model
from heedful.model.heads import Headed
from heedful.run.directory import RunDirectory
from heedful.run.facts import amount
from heedful.tasks.answerer import TASK, Answerer, Manner
from heedful.tasks.answering_evidence import conclude, look, scored, threshold_of
from heedful.tasks.answering_request import AnsweringOptions
from heedful.tasks.answering_text import Laid, lay_down, reopen
from heedful.tasks.artefact import Outcome
from heedful.tasks.course import Course
from heedful.tasks.evidence import Published, Tell
from heedful.tasks.models import n_parameters, snapshot
from heedful.tasks.question_pair import question_of
from heedful.tasks.task import train_task
from heedful.tasks.trunk import Given
from heedful.training.loop import TrainingResult
from heedful.training.outlook import Outlook
from heedful.training.pointing import Pointing
from heedful.training.progress import Display, Evaluation, Sample

N_WATCHED = 4
# Enough to tell better from worse; scored at every look.
MAX_SCORED = 300


@dataclass(frozen=True)
class AnsweringTask:
    """See `heedful.tasks.task.Task`.

    Args:
        given: what a student has of its teacher; None of one that has no teacher.
    """

    given: Given[Manner] | None = None
    name: str = TASK

    def lay_down(self, place: Path, options: AnsweringOptions) -> None:
        """Read the questions and write what training starts from."""
        lay_down(place, options, self.given)

    def open(self, place: Path, options: AnsweringOptions) -> Laid:
        """The same in memory."""
        return reopen(place)

    def course(self, plan: Laid, options: AnsweringOptions) -> Course:
        """What the loop is given."""
        model = plan.model(options.seed)
        return Course(
            model=model,
            objective=Pointing(),
            batches=plan.batches(options.seed),
            numerics=plan.numerics,
            rates=lambda steps: plan.trunk.options(plan.size.learning_rate, steps, options.seed),
            epochs=plan.size.epochs,
            evaluate=Trial(plan).evaluate,
            opening=list(_opening(plan, model)),
        )

    def config(self, plan: Laid) -> Mapping[str, Any]:
        """What config.json says."""
        return {
            "model": "transformer",
            "architecture": plan.trunk.architecture.to_json(),
            "answers": plan.manner.to_json(),
            "numerics": plan.numerics.to_json(),
        }

    def title(self, plan: Laid) -> tuple[str, str]:
        """What is trained, and the name of its score."""
        return "answering: the part of a text that answers a question", "dev F1"

    def conclude(
        self, run: RunDirectory, plan: Laid, course: Course, result: TrainingResult, tell: Tell
    ) -> tuple[Outcome, str | None, Mapping[str, Any] | None]:
        """Score the model on what it has not seen."""
        assert isinstance(course.model, Headed), "a head points"
        answerer = answerer_of(course.model, plan)
        outcome = conclude(run, plan, answerer, tell)
        return outcome, plan.codec.to_json(), {"threshold": answerer.manner.threshold}


def train_answerer(options: AnsweringOptions, *, watch: Callable[[Outlook], Display] | None = None) -> Published:
    """Train, score and document a model that answers questions.

    Args:
        options: what to learn from.
        watch: makes someone who watches; None is silent.
    Returns:
        Where it is, its scores and what it cost.
    Raises:
        Interrupted: SIGINT or SIGTERM came; everything is saved and `resume` goes on.
        HeedfulError: the data, the options or the place cannot be used.
    """
    return train_task(AnsweringTask(), options, watch=watch)


def answerer_of(model: Headed, plan: Laid) -> Answerer:
    """A model in training as it would be used.

    Args:
        model: is left as it is.
        plan: of the run.
    """
    return Answerer(snapshot(model, plan.numerics), plan.codec, plan.manner, plan.numerics)


class Trial:
    """How a model does while it learns, on the dev set.

    Args:
        plan: of the run.
    """

    def __init__(self, plan: Laid) -> None:
        self.items = [question_of(pair) for pair in evenly(plan.dev, MAX_SCORED)]
        self.plan = plan

    def evaluate(self, model: Model) -> Evaluation:
        """F1 and exact match of the weights of now; a few questions with their answers.

        Args:
            model: with the weights that count.
        """
        assert isinstance(model, Headed), "a head points"
        answerer = answerer_of(model, self.plan)
        found, manner = look(answerer, self.items), answerer.manner
        if self.plan.facts["refuses"]:
            answerer.manner = replace(manner, threshold=threshold_of(self.items, found, manner.units))
        told, tally = scored(answerer, self.items, found)
        figures = {name: tally.score(name) for name in ("f1", "exact_match")}
        samples = [
            Sample(item.text, item.answers[0].text if item.answers else "", answer.text)
            for item, answer in zip(self.items[:N_WATCHED], told, strict=False)
        ]
        return Evaluation(figures["f1"], figures, samples)


def _opening(plan: Laid, model: Headed) -> Iterator[str]:
    """What was read, what it begins with, and what is wrong with the questions."""
    uses = ", ".join(f"{count:,} {use}" for use, count in plan.n_examples.items())
    refused = "; some are not answered by their context" if plan.facts["refuses"] else ""
    yield f"questions: {uses}{refused}"
    yield f"{plan.facts['start']}; {amount(n_parameters(model))} parameters"
    yield from plan.facts["notes"]
