"""What was asked for: the options of a language model's training, and what is wrong with them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from heedful.data.corrupt import check_rate
from heedful.data.documents import Between
from heedful.errors import OptionError, suggest
from heedful.tasks.asked import Asked

Goal = Literal["causal", "masked", "denoising", "preference"]
Level = Literal["pieces", "characters"]
Noise = Literal["spans", "infilling"]
# The shortest rows worth reading, and the longest that fit into memory by any means.
LEAST_WINDOW, MOST_WINDOW = 8, 65_536


@dataclass(frozen=True)
class LanguageFiles:
    """The text to learn from, or the pairs of answers.

    Args:
        text: files to learn from, plain or gzip.
        dev_text: held-out text to measure on; a part of `text` is held out when left out.
        documents: what separates documents: "blank" lines, the ends of files alone ("file"), or every "line".
        preferences: JSON lines or TSV of prompt, chosen, rejected, for "preference".
    """

    text: tuple[Path, ...] = ()
    dev_text: tuple[Path, ...] = ()
    documents: Between = "blank"
    preferences: Path | None = None


@dataclass(frozen=True)
class LanguageOptions(Asked, LanguageFiles):
    """What to learn from, and where to put the model. Size, vocabulary, dropout and budget follow from the text.

    Args:
        objective: "causal" foretells each token (GPT), "masked" puts words back (BERT), "denoising" writes what is
            missing (T5, BART), "preference" learns which of two answers is better (DPO).
        level: "pieces" of words, or "characters".
        noise: of "denoising": a mark for each gap and the gaps written ("spans"), or one mark and all of the text
            ("infilling").
        mask_rate: share of the words that "masked" takes out, of the tokens that "denoising" does; 0.2 and 0.15 (spans)
            or 0.3 (infilling) when left out.
        window: tokens that the model reads at once; follows from the text when left out.
        init: begin with the weights and the vocabulary of this run; an imported one gets a vocabulary of this text.
        beta: of "preference": how dearly it is paid to leave the model that it began with.
    """

    VERB = ("train", "language")

    objective: Goal = "causal"
    level: Level = "pieces"
    noise: Noise = "spans"
    mask_rate: float | None = None
    window: int | None = None
    init: Path | None = None
    beta: float = 0.1

    def check(self) -> None:
        """Refuse what no text can make right.

        Raises:
            OptionError: a choice that is unknown or does not go with the others, nothing to learn from, or as `Asked`.
        """
        super().check()
        choices = {"documents": Between, "objective": Goal, "level": Level, "noise": Noise}
        for name, hint in choices.items():
            value = getattr(self, name)
            if value not in get_args(hint):
                raise OptionError(f"{name} {value!r} is not known{suggest(str(value), get_args(hint))}")
        if self.mask_rate is not None:
            check_rate(self.mask_rate)
        if self.window is not None and not LEAST_WINDOW <= self.window <= MOST_WINDOW:
            raise OptionError(f"window is a number of tokens from {LEAST_WINDOW} to {MOST_WINDOW:,}: got {self.window}")
        if not 0 < self.beta < float("inf"):
            raise OptionError(f"beta is a number above 0: got {self.beta}; 0.1 is usual")
        if self.objective == "preference":
            self._check_preference()
        elif self.preferences is not None:
            raise OptionError("--preferences goes with --objective preference: add it, or leave the file out")
        elif not self.text:
            raise OptionError(
                "there is nothing to learn from: name one text or several, as in `heedful train language --text "
                "book.txt --out runs/book`"
            )
        elif self.init is not None and (self.level != "pieces" or self.window is not None):
            raise OptionError("--init brings its own vocabulary and window: leave --level and --window out")
        if len({path.resolve() for path in (*self.text, *self.dev_text)}) < len(self.text) + len(self.dev_text):
            raise OptionError("a file is named twice: what is learned from and what is held out must differ")

    def _check_preference(self) -> None:
        if self.init is None or self.preferences is None:
            raise OptionError(
                "--objective preference needs a language model to begin with and pairs of answers: "
                "--init runs/model --preferences pairs.tsv"
            )
        if self.text or self.dev_text:
            raise OptionError("--objective preference learns from --preferences: leave --text and --dev-text out")
