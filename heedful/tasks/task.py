"""How any task is trained: its data laid down once, one loop, and a run directory that proves itself.

A task is data, objective, metric and prediction; what all of them share is here. Translation has more to it (two
directions, teachers, word vectors) and a flow of its own, in translation.py, over the same `Course`.
"""

import shlex
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from heedful import __version__
from heedful.errors import OptionError, RunError
from heedful.run.directory import REQUEST, RunDirectory
from heedful.run.disk import atomic_folder, read_json, write_json
from heedful.run.manifest import check_manifest, write_manifest
from heedful.tasks.artefact import Finished, Outcome, publish
from heedful.tasks.asked import Asked, differences, renewed
from heedful.tasks.beginning import command_of
from heedful.tasks.course import Course, counted, settle_steps, take, time_of
from heedful.tasks.evidence import Published, Tell
from heedful.tasks.setup import flops_per_token, peak_flops
from heedful.training.loop import TrainingResult
from heedful.training.outlook import Outlook
from heedful.training.pace import now_and_then
from heedful.training.progress import Display, Silent

Options = TypeVar("Options", bound=Asked)
Wanted = TypeVar("Wanted", bound=Asked, contravariant=True)
Plan = TypeVar("Plan")


class Task(Protocol[Wanted, Plan]):
    """What a kind of training has to say. `Wanted` is what it is asked for, `Plan` what it laid down, in memory."""

    @property
    def name(self) -> str:
        """As config.json has it, and `heedful train`."""
        ...

    def lay_down(self, place: Path, options: Wanted) -> None:
        """Read the caller's files and write all that training starts from into an empty folder.

        Raises:
            HeedfulError: they cannot be used; nothing is left behind.
        """
        ...

    def open(self, place: Path, options: Wanted) -> Plan:
        """What `lay_down` wrote, in memory: the same at every start."""
        ...

    def course(self, plan: Plan, options: Wanted) -> Course:
        """What the loop is given."""
        ...

    def config(self, plan: Plan) -> Mapping[str, Any]:
        """What config.json says beside the task: "model", "architecture", "numerics", and what prediction needs."""
        ...

    def title(self, plan: Plan) -> tuple[str, str]:
        """What is trained, and the name of the score on dev, for those who watch."""
        ...

    def conclude(
        self, run: RunDirectory, plan: Plan, course: Course, result: TrainingResult, tell: Tell
    ) -> tuple[Outcome, str | None, Mapping[str, Any] | None]:
        """Score the model on what it has not seen.

        Returns:
            What is told of it, the JSON of its tokenizer or None, and how it decodes by default or None.
        """
        ...


def train_task(
    task: Task[Options, Plan], options: Options, *, watch: Callable[[Outlook], Display] | None = None
) -> Published:
    """Train, score and document a model.

    Args:
        task: of its kind.
        options: what is asked for.
        watch: makes someone who watches; None is silent.
    Returns:
        Where it is, its scores and what it cost.
    Raises:
        Interrupted: SIGINT or SIGTERM came; everything is saved and `resume` goes on.
        HeedfulError: the data, the options or the place cannot be used.
    """
    if options.resume:
        options = as_begun(task.name, options)
        run = RunDirectory.create(options.out, resume=True)
        with run.lock():
            return _go_on(task, run, options, watch)
    # All that can be refused is refused before anything is written.
    options.check()
    RunDirectory(options.out).check_free()
    with RunDirectory.starting(options.out) as run:
        if run.begun.exists():
            raise RunError(f"{run.path} was begun by another process meanwhile: wait for it or choose another --out")
        with atomic_folder(run.begun) as part:
            task.lay_down(part, options)
            course = task.course(task.open(part, options), options)
            same = counted(options, settle_steps(part, course, options))
            asked = {"task": task.name, "verb": options.verb, "options": options.to_json()}
            write_json(part / REQUEST, {**asked, "command": shlex.join(same.command)})
            write_manifest(part)
        return _go_on(task, run, options, watch)


def as_begun(name: str, options: Options) -> Options:
    """The options that a run was begun with, for going on with it.

    Args:
        name: of the task.
        options: with `out`.
    Raises:
        RunError: there is nothing to resume, it is of another task, or it is damaged.
        OptionError: an option was given that differs from them.
    """
    run = RunDirectory(options.out)
    run.check_free(resume=True)
    if not run.begun.is_dir():
        raise RunError(f"nothing to resume in {run.path}: training had not begun; leave --resume out to start in it")
    check_manifest(run.begun)
    request = read_json(run.begun / REQUEST)
    other = request.get("task", "translation")
    if other != name or request.get("verb", options.verb) != options.verb:
        raise RunError(f"{run.path} is a training of {other}: go on with: {run.going_on}")
    stored = type(options).from_json(request["options"])
    changed = differences(options, stored)
    if changed:
        raise OptionError(f"this run was begun {' and '.join(changed)}: leave other options out to go on with it")
    going_on = renewed(options, stored, options.FREE)
    # What was said anew was not seen when it began.
    going_on.check()
    return going_on


def _go_on(
    task: Task[Options, Plan], run: RunDirectory, options: Options, watch: Callable[[Outlook], Display] | None
) -> Published:
    """From a beginning, or from wherever training was stopped, to the end."""
    plan = task.open(run.begun, options)
    course = task.course(plan, options)
    write_json(run.config, {"heedful": __version__, "task": task.name, **task.config(plan)})
    display: Display = Silent()
    if watch is not None:
        title, score = task.title(plan)
        flops, peak = flops_per_token(course.model), peak_flops(course.numerics)
        display = watch(Outlook(title, score, flops, peak))
    result = take(run, course, display, time_of(run, options))
    display.event(result.step, "scoring on the held-out examples")
    tell = now_and_then(lambda said: display.event(result.step, said))
    outcome, tokenizer, generation = task.conclude(run, plan, course, result, tell)
    command = command_of(run)
    finished = Finished(course.model, course.numerics, result, options.seed, command, tokenizer, generation)
    return publish(run, finished, outcome)
