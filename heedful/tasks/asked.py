"""What every training can be asked for: where it goes, for how long, from which seed; as JSON and as a command."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar, get_args, get_type_hints

from heedful.architecture import read_record
from heedful.errors import OptionError
from heedful.numerics import choose
from heedful.training.plan import Budget
from heedful.training.route import Leg, Route, read_legs

Options = TypeVar("Options")


@dataclass(frozen=True)
class Asked:
    """What every training can be asked for. A task adds its own; all of them are flags of its verb.

    Args:
        out: the run directory to write.
        minutes: budget of training in minutes.
        epochs: budget in passes over the data, instead.
        steps: budget in updates, instead.
        flops: budget in arithmetic of training, floating-point operations, instead.
        evaluations: looks at the dev set; 16, or fewer in a short run, when left out. Minutes may buy fewer of them.
        seed: of everything random.
        device: "cpu" or "cuda"; chosen when left out.
        resume: go on in `out` where a run was interrupted.
        replanned: changes of a plan of `steps` on the way, as the card of a run has them whose minutes made them.

    Attributes:
        VERB: the words of the command line that come before the flags.
        FREE: what may be said anew of a run that goes on.
        UNFLAGGED: options that no flag of the command on the card names.
    """

    VERB: ClassVar[Sequence[str]] = ()
    FREE: ClassVar[Sequence[str]] = ("out", "resume")
    UNFLAGGED: ClassVar[Sequence[str]] = ("resume",)

    out: Path = field(kw_only=True)
    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None
    flops: float | None = None
    evaluations: int | None = None
    seed: int = 1
    device: str | None = None
    resume: bool = False
    replanned: str | None = None

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values; paths are absolute, so that they mean the same from anywhere."""
        return {name: _plain(value) for name, value in asdict(self).items()}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`.

        Raises:
            OptionError: a key that is no option.
        """
        hints = get_type_hints(cls)
        read = {name: _read(value, hints.get(name)) for name, value in values.items()}
        return read_record(cls, read, "the options of the run")

    def budget(self) -> Budget | None:
        """The one that was given, or None.

        Raises:
            OptionError: several were, or it is not above 0.
        """
        given = (self.minutes, self.epochs, self.steps, self.flops)
        return None if given == (None,) * 4 else Budget(*given)

    def legs(self) -> tuple[Leg, ...]:
        """Changes of the plan.

        Raises:
            OptionError: they are not written as on a card, or there is no number of steps that they are changes of.
        """
        legs = read_legs(self.replanned or "")
        if legs and self.steps is None:
            raise OptionError("--replanned says how a plan of --steps was changed: give both, as on the model card")
        if legs:
            Route([Leg(0, 0, self.steps or 1, 0), *legs])
        return legs

    @property
    def verb(self) -> list[str]:
        """The words of the command line that come before the flags, with the runs among them."""
        return list(self.VERB)

    @property
    def command(self) -> list[str]:
        """The command line that asks for this; of files the names alone, as the model card has them."""
        words = ["heedful", *(Path(word).name for word in self.verb)]
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name not in self.UNFLAGGED and (item.default is MISSING or value != item.default):
                flag = flag_of(item.name)
                several = value if isinstance(value, tuple) else [value]
                shown = [one.resolve().name if isinstance(one, Path) else str(one) for one in several]
                words += [flag] if value is True else [flag, *shown]
        return words

    def check(self) -> None:
        """Refuse what no data can make right.

        Raises:
            OptionError: an unknown device, several budgets or one of nothing, a seed below 0, no evaluation.
        """
        choose(self.device)
        self.budget()
        self.legs()
        if self.evaluations is not None and self.evaluations < 1:
            raise OptionError(
                f"evaluations must be 1 or more: got {self.evaluations}; the best weights are chosen by them"
            )
        if not 0 <= self.seed < 1 << 63:
            raise OptionError(f"seed is a whole number from 0 to 2^63-1: got {self.seed}")


def differences(given: Asked, begun: Asked) -> Sequence[str]:
    """What a resumed run is asked for and was not begun with, each in words; what was left out counts as the same.

    Args:
        given: now.
        begun: when it began.
    """
    mine, theirs = given.to_json(), begun.to_json()
    found = []
    for item in fields(given):
        now, before = mine[item.name], theirs[item.name]
        if item.name not in given.FREE and now not in (_plain(item.default), before):
            flag = flag_of(item.name)
            found.append(f"without {flag}" if before in (None, False, []) else f"with {flag} {before}")
    return found


def renewed(given: Options, begun: Options, free: Collection[str]) -> Options:
    """What a run was begun with, and of what may be said anew what is said now.

    Args:
        given: now.
        begun: when it began.
        free: names of what may be said anew.
    """
    said = {
        item.name: getattr(given, item.name)
        for item in fields(given)  # type: ignore[arg-type]
        if item.name in free and getattr(given, item.name) != item.default
    }
    return replace(begun, **said)  # type: ignore[type-var]


def flag_of(name: str) -> str:
    """The flag of an option."""
    return "--" + name.replace("_", "-")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value.resolve()) if isinstance(value, Path) else value


def _read(value: Any, hint: Any) -> Any:
    """A value of JSON as the option has it: a path, several, or as it is."""
    if isinstance(value, list):
        return tuple(_read(one, get_args(hint)[0]) for one in value)
    return Path(value) if isinstance(value, str) and Path in (hint, *get_args(hint)) else value
