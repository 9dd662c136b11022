"""The options that a run was begun with: settled once, and the law for every resumption."""

from pathlib import Path
from typing import Any

from heedful.errors import OptionError
from heedful.run.disk import make_folder, read_json, write_json
from heedful.training.options import TrainingOptions

PLAN = "plan.json"


def stored_options(folder: Path) -> TrainingOptions | None:
    """The options of a run that was begun, steps counted out by calibration included.

    Args:
        folder: `training/` of the run.
    Returns:
        None for a run that was not begun.
    """
    path = folder / PLAN
    return TrainingOptions.from_json(read_json(path)["options"]) if path.exists() else None


def settle_options(folder: Path, options: TrainingOptions, facts: dict[str, Any] | None = None) -> None:
    """Write down the options of a new run, or compare them with those that it was begun with.

    Args:
        folder: `training/` of the run, created when missing.
        options: those that the caller asks for now.
        facts: plain values to keep beside them: how the number of steps was found.
    Raises:
        OptionError: they would lead to another result.
    """
    begun = stored_options(folder)
    if begun is None:
        make_folder(folder)
        write_json(folder / PLAN, {"options": options.to_json(), **(facts or {})})
        return
    changed = begun.differences(options)
    if changed:
        what = "; ".join(f"{name} was {before!r}, now {now!r}" for name, (before, now) in changed.items())
        raise OptionError(
            f"a run goes on with the options it was begun with: {what}; leave these out, or start a new run"
        )
