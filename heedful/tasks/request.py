"""What was asked for: the options of a translator's training, what they name, and what is wrong with them."""

from collections.abc import Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from heedful.architecture import read_record
from heedful.data.augment import Augmentation
from heedful.errors import OptionError
from heedful.numerics import choose
from heedful.tasks.models import family
from heedful.tasks.preparation import Sources
from heedful.tasks.texts import FILES, Texts, flag_of
from heedful.training.course import Course, Leg, read_legs
from heedful.training.plan import Budget
from heedful.transfer.vectors import Layout


@dataclass(frozen=True)
class TranslationOptions(Texts):
    """What to learn from, and where to put the translator. Size, vocabulary, dropout and budget follow from the data.

    Args:
        out: the run directory to write.
        both_directions: one model that translates both ways.
        augment: pairs to make from the text beside it: some of "words,numbers,tokens,casing,marks,joined", or "all".
        vectors: word vectors that the token embeddings begin with: GloVe text, word2vec text or binary, plain or gzip.
        model: "transformer"; or for comparison "rnn" (before attention), "rnn-attention" or "conv".
        minutes: budget of training in minutes.
        epochs: budget in passes over the data, instead.
        steps: budget in updates, instead.
        flops: budget in arithmetic of training, floating-point operations, instead.
        evaluations: looks at the dev set; 16, or fewer in a short run, when left out. Minutes may buy fewer of them.
        seed: of everything random.
        device: "cpu" or "cuda"; chosen when left out.
        replanned: changes of a plan of `steps` on the way, as the card of a run has them whose minutes made them.
        resume: go on in `out` where a run was interrupted.
    """

    out: Path = field(kw_only=True)
    both_directions: bool = False
    augment: str = "none"
    vectors: Path | None = None
    model: str = "transformer"
    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None
    flops: float | None = None
    evaluations: int | None = None
    seed: int = 1
    device: str | None = None
    replanned: str | None = None
    resume: bool = False

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`.

        Raises:
            OptionError: a key that is no option.
        """
        paths = {name: Path(values[name]) for name in ("out", "vectors", *FILES) if values.get(name) is not None}
        return read_record(cls, {**values, **paths}, "the options of the run")

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
            Course([Leg(0, 0, self.steps or 1, 0), *legs])
        return legs

    @property
    def command(self) -> list[str]:
        """The command line that asks for this; of files the names alone, as the model card has them."""
        words = ["heedful", "train", "translation"]
        for item in fields(self):
            value = getattr(self, item.name)
            if item.name != "resume" and (item.default is MISSING or value != item.default):
                flag = "--" + item.name.replace("_", "-")
                shown = value.resolve().name if isinstance(value, Path) else str(value)
                words += [flag] if value is True else [flag, shown]
        return words

    def check(self) -> None:
        """Refuse what no text can make right.

        Raises:
            OptionError: an unknown model, device or kind of pairs, a file named twice, several budgets or one of
                nothing, changes of no plan, a seed below 0, no evaluation.
            DataError: the file of vectors does not begin as one does.
        """
        family(self.model)
        if self.vectors is not None:
            Layout.of(self.vectors)
        Augmentation.named(self.augment)
        choose(self.device)
        self.budget()
        self.legs()
        if self.evaluations is not None and self.evaluations < 1:
            raise OptionError(
                f"evaluations must be 1 or more: got {self.evaluations}; the best weights are chosen by them"
            )
        if not 0 <= self.seed < 1 << 63:
            raise OptionError(f"seed is a whole number from 0 to 2^63-1: got {self.seed}")
        self.check_files()

    def sources(self) -> Sources:
        """The texts, with their languages, the directions to learn and the pairs to make.

        Raises:
            OptionError: a file is missing from a pair, or a language is not clear.
            DataError: a text cannot be read.
        """
        augmentation = None if self.augment == "none" else Augmentation.named(self.augment)
        return replace(super().sources(), both=self.both_directions, augmentation=augmentation, vectors=self.vectors)


def differences(given: TranslationOptions, begun: TranslationOptions) -> Sequence[str]:
    """What a resumed run is asked for and was not begun with, each in words; what was left out counts as the same.

    Args:
        given: now.
        begun: when it began.
    """
    mine, theirs = given.to_json(), begun.to_json()
    found = []
    for item in fields(given):
        now, before = mine[item.name], theirs[item.name]
        if item.name not in ("out", "resume") and now not in (item.default, before):
            flag = flag_of(item.name)
            found.append(f"without {flag}" if before in (None, False) else f"with {flag} {before}")
    return found
