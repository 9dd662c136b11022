"""What the student of a model that reads can be asked for: whom it learns from, what, how deep it is, and from what."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import cast, get_args

from heedful.compression.distill import Mixture
from heedful.compression.hidden import Level
from heedful.compression.parity import check_allowed_loss
from heedful.errors import OptionError, suggest
from heedful.tasks.asked import Asked, flag_of
from heedful.tasks.distillation import RENEWABLE, DistillOptions

# Points of the first figure that may be lost, at the unfavourable end of the interval of the difference. Of a thousand
# examples that interval is two points wide to each side.
ALLOWED_LOSS = 3.0


@dataclass(frozen=True)
class StudentFiles:
    """What the student of a teacher that is no translator learns from, and its depth.

    Args:
        data: of a teacher that is no translator: examples to learn from, in a file as its own were; of questions
            several files are read as one.
        dev_data: held-out examples to choose the best weights by; a part of `data` where only `test_data` is named.
        test_data: held-out examples on which both are judged; `dev_data` where it is left out.
        layers: of the student, evenly chosen from its teacher's; half of them when left out.
    """

    data: tuple[Path, ...] = ()
    dev_data: Path | None = None
    test_data: Path | None = None
    layers: int | None = None


@dataclass(frozen=True)
class StudentOptions(Asked, StudentFiles):
    """A student with fewer layers than its teacher, which is like it in all else.

    Args:
        teacher: a finished run that classifies or answers.
        level: "logits", learn what the teacher tells; "hidden", the states of its layers; "both" when left out.
        share: of what the teacher tells in what is minimised, beside what is true.
        temperature: softens what both tell.
        allowed_loss: points of the first figure that may be lost at the lower end of the interval; 3 when left out.
        accept_loss: write a student that loses more too; its card says so.
    """

    VERB = ("distill",)
    FREE = RENEWABLE
    UNFLAGGED = ("resume", "teacher")

    teacher: Path = field(kw_only=True)
    level: str | None = None
    share: float = 0.5
    temperature: float = 1.0
    allowed_loss: float | None = None
    accept_loss: bool = False

    @property
    def verb(self) -> list[str]:
        """With its teacher."""
        return [*self.VERB, str(self.teacher.resolve())]

    @property
    def learns(self) -> Level:
        """The level, seen to be one."""
        return cast(Level, self.level or "both")

    @property
    def may_lose(self) -> float:
        """Points."""
        return ALLOWED_LOSS if self.allowed_loss is None else self.allowed_loss

    @property
    def mixture(self) -> Mixture:
        """Of what the teacher tells and what is true.

        Raises:
            OptionError: a share or a temperature out of its range.
        """
        return Mixture(self.share, self.temperature, smoothing=0.0)

    def check(self) -> None:
        """Refuse what no teacher and no data can make right.

        Raises:
            OptionError: as of every training; no data, none held out, a file named twice, or a value that cannot be.
        """
        super().check()
        check_allowed_loss(self.may_lose)
        if self.learns not in get_args(Level):
            raise OptionError(f"level {self.level!r} is not known{suggest(self.learns, get_args(Level))}")
        if self.mixture != Mixture(smoothing=0.0) and self.learns == "hidden":
            raise OptionError(
                "--temperature and --share are of what the teacher tells: --level hidden learns its states alone; "
                "leave them out, or choose --level logits or both"
            )
        if self.layers is not None and self.layers < 1:
            raise OptionError(f"--layers must be at least 1: got {self.layers}")
        if not self.data:
            raise OptionError("name the examples to learn from: --data train.tsv, as the teacher's own were")
        held = [path for path in (self.dev_data, self.test_data) if path is not None]
        if not held:
            raise OptionError(
                "name examples that the teacher has not learned from, to judge both on: --dev-data dev.tsv"
            )
        named = [path.resolve() for path in (*self.data, *held)]
        if len(set(named)) < len(named):
            raise OptionError("--data, --dev-data and --test-data must be different files: scores would be too high")


def as_student(teacher: Path, asked: DistillOptions, files: StudentFiles) -> StudentOptions:
    """What is asked for of a student, of all that `heedful distill` can be asked for.

    Args:
        teacher: no translator.
        asked: with what every student can be asked for, and what the student of a translator can.
        files: what this one learns from.
    Raises:
        OptionError: something is for translators alone.
    """
    shared = {item.name for item in fields(StudentOptions)} & {item.name for item in fields(asked)}
    strange = [flag_of(name) for name in given(asked) if name not in shared]
    if strange:
        raise OptionError(
            f"{teacher} is no translator: {' and '.join(strange)} can be asked for of a translator's student alone; "
            "this one has --data, --dev-data, --test-data and --layers"
        )
    values = {name: getattr(asked, name) for name in shared}
    return StudentOptions(**values, **{item.name: getattr(files, item.name) for item in fields(files)}, teacher=teacher)


def refuse_files(teacher: Path, files: StudentFiles) -> None:
    """Refuse what the student of a translator does not learn from.

    Args:
        teacher: a translator.
        files: what was named.
    Raises:
        OptionError: anything was.
    """
    named = [flag_of(name) for name in given(files)]
    if named:
        raise OptionError(
            f"{teacher} is a translator, whose student is not asked for with {' and '.join(named)}: its text is named "
            "with --source and --target, or --tsv, its layers with --preset, --encoder-layers and --decoder-layers"
        )


def given(options: DistillOptions | StudentFiles) -> list[str]:
    """The names of the options that are not as they are when left out."""
    return [item.name for item in fields(options) if getattr(options, item.name) != item.default and item.name != "out"]
