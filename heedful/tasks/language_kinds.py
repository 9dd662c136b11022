"""What there is to learn from a text alone: the next token, words taken out, gaps; with batches and figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from heedful.data.corrupt import Gaps, Masking
from heedful.data.token_stream import TokenStream
from heedful.data.tokenizer import GAPS, MASK, Tokenizer
from heedful.data.windows import GapPlan, WindowPlan
from heedful.evaluation.language import Figure, language_figures, masked_figures, written_figures
from heedful.interface import Model, Objective
from heedful.tasks.course import Epochs
from heedful.tasks.language_defaults import LanguageSize
from heedful.tasks.language_request import LanguageOptions
from heedful.tasks.language_scoring import DEV_RATE, FEW, foretold, guessed, put_back, stretches
from heedful.training.objectives import MaskedToken, NextToken, TeacherForcing

# Pieces with gaps that are scored at most.
_MOST_PIECES = 2000


class Kind(Protocol):
    """One way to learn a language from its text.

    Attributes:
        stacks: whether it has an encoder, and whether a decoder.
        objective: what is minimised.
    """

    stacks: ClassVar[tuple[bool, bool]]
    objective: ClassVar[Objective]

    @property
    def marks(self) -> tuple[str, ...]:
        """The special tokens that its vocabulary needs."""
        ...

    def batches(self, stream: TokenStream, tokenizer: Tokenizer, size: LanguageSize, seed: int) -> Epochs:
        """The text in order."""
        ...

    def figures(
        self, model: Model, stream: TokenStream, tokenizer: Tokenizer, window: int, most: int | None
    ) -> Mapping[str, Figure]:
        """How good a model is on a text; "nll" among them.

        Args:
            model: in evaluation mode.
            stream: the text.
            tokenizer: that cut it.
            window: tokens that the model reads at once.
            most: tokens to read, about; None reads all.
        """
        ...


@dataclass(frozen=True)
class Causal:
    """Each token from those before it: a decoder alone, Radford et al. 2018."""

    stacks: ClassVar[tuple[bool, bool]] = (False, True)
    marks: tuple[str, ...] = ()
    objective: ClassVar[Objective] = NextToken()

    def batches(self, stream: TokenStream, tokenizer: Tokenizer, size: LanguageSize, seed: int) -> WindowPlan:
        """See Kind."""
        return WindowPlan(stream, size.window, size.rows, seed)

    def figures(
        self, model: Model, stream: TokenStream, tokenizer: Tokenizer, window: int, most: int | None
    ) -> dict[str, Figure]:
        """See Kind: bits a character, bits a byte, perplexity, loss."""
        sums = foretold(model, stream, tokenizer, stretches(stream, window, most))
        return language_figures(sums, f"{_units(stream)}|window:{window}|context:{window // 2}|ends:counted")


@dataclass(frozen=True)
class Masked:
    """Words taken out, from both sides: an encoder alone, Devlin et al. 2018.

    Args:
        rate: share of the words.
    """

    rate: float = 0.2
    stacks: ClassVar[tuple[bool, bool]] = (True, False)
    marks: tuple[str, ...] = (MASK,)
    objective: ClassVar[Objective] = MaskedToken()

    def batches(self, stream: TokenStream, tokenizer: Tokenizer, size: LanguageSize, seed: int) -> WindowPlan:
        """See Kind."""
        return WindowPlan(stream, size.window, size.rows, seed, Masking.of(tokenizer, self.rate))

    def figures(
        self, model: Model, stream: TokenStream, tokenizer: Tokenizer, window: int, most: int | None
    ) -> dict[str, Figure]:
        """See Kind: accuracy and loss on the same words every time."""
        found = stretches(stream, window, most)
        sums = guessed(model, stream, Masking.of(tokenizer, DEV_RATE), found, seed=1)
        return masked_figures(sums, f"{_units(stream)}|window:{window}|mask:{DEV_RATE}|words:whole")


@dataclass(frozen=True)
class Denoising:
    """What is missing: an encoder and a decoder.

    Args:
        infilling: one mark for every gap and all of the text is written, Lewis et al. 2019; else a mark for each gap,
            and what was in it, Raffel et al. 2020.
        rate: share of the tokens.
    """

    infilling: bool = False
    rate: float = 0.15
    stacks: ClassVar[tuple[bool, bool]] = (True, True)
    objective: ClassVar[Objective] = TeacherForcing(smoothing=0.0)

    @property
    def marks(self) -> tuple[str, ...]:
        """See Kind."""
        return (MASK,) if self.infilling else GAPS

    def batches(self, stream: TokenStream, tokenizer: Tokenizer, size: LanguageSize, seed: int) -> GapPlan:
        """See Kind."""
        return GapPlan(stream, size.window, 2 * size.window * size.rows, seed, self.gaps(tokenizer, self.rate))

    def gaps(self, tokenizer: Tokenizer, rate: float) -> Gaps:
        """What takes runs of tokens out."""
        return Gaps.infilling(tokenizer, rate) if self.infilling else Gaps.spans(tokenizer, rate)

    def figures(
        self, model: Model, stream: TokenStream, tokenizer: Tokenizer, window: int, most: int | None
    ) -> dict[str, Figure]:
        """See Kind: loss and perplexity of what is written, with the same gaps every time."""
        plan = GapPlan(stream, window // 2, window, 1, self.gaps(tokenizer, DEV_RATE))
        sums = put_back(model, plan, _MOST_PIECES if most is None else max(1, most // window), seed=1)
        what = "the whole text" if self.infilling else "the gaps"
        return written_figures(sums, f"pieces|window:{window // 2}|gaps:{DEV_RATE}|written:{what}")


def kind_of(options: LanguageOptions) -> Kind:
    """What an objective's name stands for."""
    rate = options.mask_rate
    if options.objective == "causal":
        return Causal()
    if options.objective == "masked":
        return Masked() if rate is None else Masked(rate)
    infilling = options.noise == "infilling"
    return Denoising(infilling, (0.3 if infilling else 0.15) if rate is None else rate)


def _units(stream: TokenStream) -> str:
    return "documents" if stream.n_documents >= FEW else "windows"
