"""`heedful distill`: from a teacher to a small and fast student, beside which it is judged."""

import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from heedful.tasks.distillation import DistillOptions  # the flags are its fields

if TYPE_CHECKING:
    from heedful.tasks.compress import Compressed
    from heedful.tasks.evidence import Published


def distill(
    teacher: Path,
    /,
    *,
    options: Annotated[DistillOptions, Parameter(name="*")],
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> int | None:
    """Train a small, fast student of a translator, and compare both on the sentences that test the teacher.

    The student has the teacher's vocabulary and directions; the text is the teacher's own where none is named and that
    is still where it was. A student that loses more than allowed is not written, unless the loss is accepted.

    Args:
        teacher: its run directory.
        as_json: print one JSON object instead of a table.
    """
    from heedful.cli.compress import show
    from heedful.cli.stopping import until_stopped
    from heedful.cli.summary import show_result
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
    show_result(published)
    if smaller is not None:
        show(smaller)
    return None
