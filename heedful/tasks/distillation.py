"""What a distillation is asked for: a teacher's student, how deep, how it learns, and from what."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self, cast

from heedful.architecture import read_record
from heedful.compression.parity import ALLOWED_LOSS, check_allowed_loss
from heedful.errors import OptionError, RunError, suggest
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json, write_json
from heedful.run.facts import DataFile
from heedful.tasks.asked import flag_of
from heedful.tasks.defaults import Size
from heedful.tasks.request import TranslationOptions
from heedful.tasks.teacher import Level, Teacher
from heedful.tasks.texts import FILES, Texts

# Layers of encoder and decoder. The encoder runs once a sentence, the decoder once a token (arXiv:2006.10369).
PRESETS: Mapping[str, tuple[int, int]] = {"6-1": (6, 1), "6-2": (6, 2), "12-1": (12, 1)}
# A teacher of more layers than these has a student of twelve and one.
SHALLOW = 8
# What may be said anew of a distillation that goes on.
RENEWABLE = ("out", "resume", "allowed_loss", "accept_loss")


@dataclass(frozen=True)
class DistillOptions(Texts):
    """A student of a translator: what it learns from, and where to put it. What is left out follows from the teacher.

    Args:
        out: the run directory to write.
        preset: layers of encoder and decoder, "6-1", "6-2" or "12-1"; follows from the teacher's when left out.
        encoder_layers: instead of those of the preset.
        decoder_layers: instead of those of the preset.
        level: of a translator "sequence", learn from its translations of the sources (when left out), "word", from its
            distribution at every word of the targets, or "both"; of another teacher "logits", what it tells, "hidden",
            the states of its layers, or "both" (when left out).
        originals: learn from the pairs of the text too, beside those whose targets the teacher wrote.
        temperature: softens the teacher's distributions; with "word", "logits" and "both".
        share: of these in what is minimised, beside the labels.
        minutes: budget of training in minutes; the teacher's translating is not in it.
        epochs: budget in passes over the data, instead.
        steps: budget in updates, instead.
        evaluations: looks at the dev set; 16, or fewer in a short run, when left out.
        seed: of everything random.
        device: "cpu" or "cuda"; chosen when left out.
        allowed_loss: points that may be lost against the teacher, at the lower end of the interval: 0.5 BLEU of a
            translator and 3 points of another's first figure when left out.
        accept_loss: write a student that loses more too; its card says so.
        int8: make an int8 run of the student too, beside it, as `heedful compress` does.
        replanned: changes of a plan of `steps` on the way, as the card of a run has them whose minutes made them.
        resume: go on in `out` where a distillation was interrupted, or refused for its loss.
    """

    out: Path = field(kw_only=True)
    preset: str | None = None
    encoder_layers: int | None = None
    decoder_layers: int | None = None
    level: str | None = None
    originals: bool = False
    temperature: float = 1.0
    share: float = 0.5
    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None
    evaluations: int | None = None
    seed: int = 1
    device: str | None = None
    allowed_loss: float | None = None
    accept_loss: bool = False
    int8: bool = False
    replanned: str | None = None
    resume: bool = False

    @property
    def smaller(self) -> Path | None:
        """Where the int8 run goes; None where none is asked for."""
        return self.out.resolve().with_name(f"{self.out.resolve().name}-int8") if self.int8 else None

    @property
    def learns(self) -> Level:
        """The level, which `Teacher` sees to be one."""
        return cast(Level, self.level or "sequence")

    @property
    def may_lose(self) -> float:
        """BLEU."""
        return ALLOWED_LOSS if self.allowed_loss is None else self.allowed_loss

    @property
    def names_text(self) -> bool:
        """Whether a text to learn from was named."""
        return any(value is not None for value in (self.source, self.target, self.tsv))

    def check(self) -> None:
        """Refuse what no teacher and no text can make right.

        Raises:
            OptionError: an unknown preset or level, no layers, or values that do not belong together.
        """
        self.depths(PRESETS["6-1"])
        teacher = Teacher("", "", self.learns, self.share, self.temperature)
        if not teacher.is_listened_to and (self.temperature, self.share) != (1.0, 0.5):
            raise OptionError(
                "--temperature and --share are of the teacher's distributions: --level sequence learns from its "
                "translations alone; leave them out, or choose --level word or both"
            )
        if self.originals and not teacher.translates:
            raise OptionError("--level word learns from the originals and nothing else: leave --originals out")
        check_allowed_loss(self.may_lose)
        self.asks().check()

    def depths(self, teacher: tuple[int, int]) -> tuple[int, int]:
        """Layers of the student's encoder and decoder.

        Args:
            teacher: layers of its teacher's.
        Raises:
            OptionError: the preset is not known, both it and layers were given, or a number of layers is below 1.
        """
        given = {"encoder_layers": self.encoder_layers, "decoder_layers": self.decoder_layers}
        named = {flag_of(name): n for name, n in given.items() if n is not None}
        if self.preset is not None and self.preset not in PRESETS:
            raise OptionError(f"preset {self.preset!r} is not known{suggest(self.preset, PRESETS)}")
        if self.preset is not None and named:
            raise OptionError(f"give either --preset or {' and '.join(named)}, not both")
        for flag, n in named.items():
            if n < 1:
                raise OptionError(f"{flag} must be at least 1: got {n}; a translator needs an encoder and a decoder")
        usual = PRESETS[self.preset or ("6-1" if sum(teacher) <= SHALLOW else "12-1")]
        return self.encoder_layers or usual[0], self.decoder_layers or usual[1]

    def size(self, teacher: Size) -> Size:
        """The student's row of the table of defaults: the teacher's, but for its layers."""
        encoder, decoder = self.depths((teacher.n_encoder_layers, teacher.n_decoder_layers))
        return replace(teacher, n_encoder_layers=encoder, n_decoder_layers=decoder)

    def asks(self, both: bool = False) -> TranslationOptions:
        """The same as what a training is asked for.

        Args:
            both: whether the teacher translates both ways.
        """
        shared = {item.name for item in fields(TranslationOptions)} & {item.name for item in fields(self)}
        values = {name: getattr(self, name) for name in shared}
        return TranslationOptions(**values, both_directions=both)

    def command(self, teacher: Path, steps: TranslationOptions) -> list[str]:
        """The command line that asks for this; of files and runs the names alone, as the model card has them.

        Args:
            teacher: its run directory.
            steps: what the training was asked for, its minutes counted out as steps.
        """
        asked = replace(self, minutes=None, epochs=steps.epochs, steps=steps.steps, evaluations=steps.evaluations)
        words = ["heedful", "distill", teacher.resolve().name]
        for item in fields(asked):
            value = getattr(asked, item.name)
            if item.name != "resume" and value not in (item.default, None):
                shown = value.resolve().name if isinstance(value, Path) else str(value)
                words += [flag_of(item.name)] if value is True else [flag_of(item.name), shown]
        return words

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values; paths are absolute."""
        return {
            name: str(value.resolve()) if isinstance(value, Path) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`.

        Raises:
            OptionError: a key that is no option.
        """
        paths = {name: Path(values[name]) for name in ("out", *FILES) if values.get(name) is not None}
        return read_record(cls, {**values, **paths}, "the options of the distillation")


@dataclass(frozen=True)
class Plan:
    """What a distillation was begun with, as `training/lesson/distillation.json` keeps it.

    Args:
        teacher: whom the student learns from.
        options: what was asked for, with the text and its languages.
        files: the text when it began.
    """

    teacher: Teacher
    options: DistillOptions
    files: Sequence[DataFile]

    def store(self, run: RunDirectory) -> None:
        """Write it down, for going on."""
        files = [asdict(file) for file in self.files]
        values = {"teacher": self.teacher.to_json(), "options": self.options.to_json(), "files": files}
        write_json(run.distillation, values)

    @classmethod
    def stored(cls, run: RunDirectory) -> Self:
        """The one of a run.

        Raises:
            RunError: it cannot be read, or is not what `store` wrote.
        """
        path = run.distillation
        values = read_json(path)
        try:
            files = [DataFile(**file) for file in values["files"]]
            return cls(Teacher.from_json(values["teacher"]), DistillOptions.from_json(values["options"]), files)
        except (KeyError, TypeError, OptionError) as error:
            raise RunError(f"{path} is damaged ({error}): restore it from a copy, or begin again") from error


def lesson_of(run: RunDirectory) -> Path:
    """training/lesson/ of a run: what its student learns from, and who wrote it."""
    return run.distillation.parent


def is_distillation(out: Path) -> bool:
    """Whether there is a distillation in a folder to go on with: begun, and not finished."""
    run = RunDirectory(out)
    return run.distillation.is_file() and not run.is_finished
