"""`heedful distill`: from a teacher to a small and fast student, beside which it is judged."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from heedful.tasks.distillation import DistillOptions  # the flags are their fields
from heedful.tasks.student_request import StudentFiles, StudentOptions, as_student, refuse_files

if TYPE_CHECKING:
    from heedful.tasks.compress import Compressed
    from heedful.tasks.evidence import Published

NO_FILES = StudentFiles()


def distill(
    teacher: Path,
    /,
    *,
    options: Annotated[DistillOptions, Parameter(name="*")],
    files: Annotated[StudentFiles, Parameter(name="*", consume_multiple=True)] = NO_FILES,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int | None:
    """Train a small, fast student of a run, and compare both on examples that the teacher has not learned from.

    The student of a translator has its vocabulary and directions; the text is the teacher's own where none is named and
    that is still where it was. That of a classifier, a tagger or a model that answers has some of its teacher's layers,
    and learns from --data. A student that loses more than allowed is not written, unless the loss is accepted.

    Args:
        teacher: its run directory.
        as_json: print one JSON object instead of a table.
    """
    from heedful.tasks.loading import task_of

    if task_of(teacher) != "translation":
        return read(as_student(teacher, options, files), as_json)
    refuse_files(teacher, files)
    return translate(teacher, options, as_json)


def read(options: StudentOptions, as_json: bool) -> int | None:
    """Train the student of a model that reads.

    Args:
        options: whom it learns from, and what.
        as_json: one JSON object instead of a table.
    Returns:
        The exit code, where it is not 0.
    """
    from heedful.cli.outcome import show_outcome
    from heedful.cli.stopping import until_stopped
    from heedful.cli.train import USES, result_json
    from heedful.run.directory import RunDirectory
    from heedful.tasks.loading import task_of
    from heedful.tasks.student import train_student
    from heedful.tasks.student_evidence import Standing
    from heedful.training.display import make_display

    def work() -> "Published":
        return train_student(options, watch=make_display)

    published = until_stopped(options.out, work, shlex.join(["distill", str(options.teacher)]))
    if isinstance(published, int):
        return published
    found = Standing.stored(RunDirectory(published.path))
    if as_json:
        print(json.dumps({**result_json(published), "parity": found.to_json()}, ensure_ascii=False))
        return None
    usage = USES[task_of(published.path)](published.path)
    show_outcome(published, f"beside     {found.said}\n           {found.cost}\n{usage}")
    return None


def translate(teacher: Path, options: DistillOptions, as_json: bool) -> int | None:
    """Train the student of a translator.

    Args:
        teacher: its run directory.
        options: what the student is, and what it learns from.
        as_json: one JSON object instead of a table.
    Returns:
        The exit code, where it is not 0.
    """
    from heedful.cli.compress import show
    from heedful.cli.outcome import show_translator
    from heedful.cli.stopping import until_stopped
    from heedful.cli.train import result_json
    from heedful.cli.watching import watching
    from heedful.tasks import distill as distillation
    from heedful.training.display import make_display

    def work() -> "tuple[Published, Compressed | None]":
        # Not while it learns: a panel and a bar would draw over each other.
        with watching() as tell:
            pupil = distillation.teach(teacher, options, tell)
        published = distillation.learn(pupil, watch=make_display)
        with watching() as tell:
            return published, distillation.make_int8(pupil, tell)

    made = until_stopped(options.out, work, shlex.join(["distill", str(teacher)]))
    if isinstance(made, int):
        return made
    published, smaller = made
    if as_json:
        print(json.dumps({**result_json(published), "int8": smaller and smaller.to_json()}, ensure_ascii=False))
        return None
    show_translator(published)
    if smaller is not None:
        show(smaller)
    return None
