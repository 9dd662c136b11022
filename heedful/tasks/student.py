"""The student of a model that reads: the training of its task, with a teacher beside what is true."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heedful.compression.hidden import Imitation, Telling, chosen_layers
from heedful.errors import OptionError
from heedful.model.heads import Headed
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json, write_json
from heedful.run.facts import amount
from heedful.tasks.answerer import Answerer
from heedful.tasks.answering import AnsweringTask
from heedful.tasks.answering_request import AnsweringOptions
from heedful.tasks.artefact import Outcome
from heedful.tasks.asked import Asked
from heedful.tasks.classification import ClassificationTask
from heedful.tasks.classification_request import POOLS, ClassificationOptions
from heedful.tasks.classifier import Classifier
from heedful.tasks.course import Course
from heedful.tasks.descent import check_outside
from heedful.tasks.evidence import Published, Tell
from heedful.tasks.loading import load, task_of
from heedful.tasks.models import n_parameters
from heedful.tasks.student_evidence import Made, judge
from heedful.tasks.student_request import StudentOptions
from heedful.tasks.task import Task, train_task
from heedful.tasks.teacher import NAME, check_same, manifest_hash
from heedful.tasks.trunk import Given, Trunk, borrow, shallower
from heedful.training.loop import TrainingResult
from heedful.training.outlook import Outlook
from heedful.training.progress import Display


@dataclass(frozen=True)
class Subject:
    """A task that can be taught.

    Args:
        task: its training, of a student that is given something.
        asks: what that is asked for, of a student.
        tells: what a teacher tells, or how it looks for answers.
    """

    task: Callable[[Any], Task[Any, Any]]
    asks: Callable[[StudentOptions, Any], Asked]
    tells: Callable[[Any], Any]


def _to_classify(options: StudentOptions, teacher: Classifier) -> ClassificationOptions:
    if len(options.data) > 1:
        raise OptionError(f"a table to learn from is one file: got {len(options.data)} with --data; give one")
    if teacher.scheme.kind == "number" and options.temperature != 1:
        raise OptionError("--temperature softens probabilities, and the teacher tells a number: leave it out")
    named, head = teacher.named, teacher.reading.model.head
    return ClassificationOptions(
        out=options.out,
        data=options.data[0],
        dev_data=options.dev_data,
        test_data=options.test_data,
        text=named.text,
        pair=named.pair,
        label=named.label,
        kind=teacher.scheme.kind,
        between=named.between,
        seed=options.seed,
        device=options.device,
        init=options.teacher,
        pool=head.over if head.over in POOLS else None,
    )


def _to_answer(options: StudentOptions, teacher: Answerer) -> AnsweringOptions:
    return AnsweringOptions(
        out=options.out,
        data=options.data,
        dev_data=options.dev_data,
        test_data=options.test_data,
        seed=options.seed,
        device=options.device,
        init=options.teacher,
    )


SUBJECTS: Mapping[str, Subject] = {
    "classification": Subject(ClassificationTask, _to_classify, lambda teacher: teacher.scheme),
    "answering": Subject(AnsweringTask, _to_answer, lambda teacher: replace(teacher.manner, threshold=None)),
}


@dataclass(frozen=True)
class Taught:
    """What was laid down, in memory.

    Args:
        laid: what the task itself laid down.
        teacher: loaded.
        options: what was asked for.
        asked: the same, as the task itself is asked.
    """

    laid: Any
    teacher: Any
    options: StudentOptions
    asked: Asked


@dataclass(frozen=True)
class StudentTask:
    """See `heedful.tasks.task.Task`: the one that the teacher was trained for, but for objective and judgement.

    Args:
        name: of the task of the teacher.
    """

    name: str

    @property
    def task(self) -> Task[Any, Any]:
        """The same without a teacher."""
        return SUBJECTS[self.name].task(None)

    def lay_down(self, place: Path, options: StudentOptions) -> None:
        """Choose layers of the teacher, read the files and write what training starts from."""
        trunk, codec = borrow(options.teacher)
        trunk = shallower(trunk, _kept(trunk, options))
        teacher, subject = load(options.teacher, options.device), SUBJECTS[self.name]
        asked = subject.asks(options, teacher)
        write_json(place / NAME, {"path": str(options.teacher.resolve()), "sha256": manifest_hash(options.teacher)})
        subject.task(Given(trunk, codec, subject.tells(teacher))).lay_down(place, asked)

    def open(self, place: Path, options: StudentOptions) -> Taught:
        """The same in memory, with the teacher."""
        teacher = load(options.teacher, options.device)
        check_same(options.teacher, read_json(place / NAME)["sha256"])
        asked = SUBJECTS[self.name].asks(options, teacher)
        return Taught(self.task.open(place, asked), teacher, options, asked)

    def course(self, plan: Taught, options: StudentOptions) -> Course:
        """What the loop is given: the model begins with the teacher's head too."""
        course, teacher = self.task.course(plan.laid, plan.asked), plan.teacher.reading.model
        model, telling = course.model, course.objective
        assert isinstance(model, Headed), "a student reads"
        assert isinstance(telling, Telling), "what is told can be compared"
        model.head.load_state_dict(teacher.head.state_dict())
        said = f"the teacher {options.teacher.name} has {amount(n_parameters(teacher))} parameters; its student begins"
        layers = f"{said} with {plan.laid.trunk.n_layers} of its layers, evenly chosen, and its head"
        objective = Imitation(teacher, telling, options.learns, options.mixture)
        return replace(course, objective=objective, opening=[*course.opening, layers])

    def config(self, plan: Taught) -> Mapping[str, Any]:
        """What config.json says."""
        return self.task.config(plan.laid)

    def title(self, plan: Taught) -> tuple[str, str]:
        """What is trained, and the name of its score."""
        title, score = self.task.title(plan.laid)
        return f"a student of {plan.options.teacher.name}, {title}", score

    def conclude(
        self, run: RunDirectory, plan: Taught, course: Course, result: TrainingResult, tell: Tell
    ) -> tuple[Outcome, str | None, Mapping[str, Any] | None]:
        """Score the student on what it has not seen, beside its teacher."""
        outcome, tokenizer, generation = self.task.conclude(run, plan.laid, course, result, tell)
        made = Made(course.model, tokenizer, generation)
        return judge(run, made, plan.laid.scored, plan.options, outcome, tell), tokenizer, generation


def train_student(options: StudentOptions, *, watch: Callable[[Outlook], Display] | None = None) -> Published:
    """Train a student with fewer layers of a model that reads, and compare both.

    Args:
        options: whom it learns from, and what.
        watch: makes someone who watches; None is silent.
    Returns:
        Where it is, its scores and what it cost.
    Raises:
        Interrupted: SIGINT or SIGTERM came; everything is saved and `resume` goes on.
        QualityError: the student loses more than allowed; its training is kept, and `resume` with `accept_loss`
            writes it all the same.
        HeedfulError: the teacher, the data, the options or the place cannot be used.
    Source:
        Sanh et al. 2019, arXiv:1910.01108; Jiao et al. 2020, arXiv:1909.10351.
    """
    task = task_of(options.teacher)
    if task not in SUBJECTS:
        raise OptionError(
            f"{options.teacher} is a run of {task!r}, which has no students: expected a translator, a classifier or a "
            "model that answers; an encoder is taught one of these first (`heedful train classification --init`)"
        )
    check_outside(options.out, options.teacher)
    return train_task(StudentTask(task), options, watch=watch)


def _kept(trunk: Trunk, options: StudentOptions) -> list[int]:
    """The layers of the teacher that its student begins with.

    Raises:
        OptionError: the student would not be the smaller one.
    """
    depth = trunk.n_layers
    n_layers = options.layers or depth // 2
    if depth == 1:
        raise OptionError(f"{options.teacher} has one layer: no student has fewer; choose a deeper teacher")
    if n_layers >= depth:
        raise OptionError(
            f"--layers must be below the {depth} of the teacher: got {n_layers}; the usual half is {depth // 2}"
        )
    return chosen_layers(n_layers, depth)
