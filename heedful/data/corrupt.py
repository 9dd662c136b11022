"""Taking words out of a text for a model to put back: masks, and gaps of several words.

Where is a pure function of a purpose (a seed, an epoch) and of places in the text: nothing has to be remembered.
"""

from dataclasses import dataclass

import numpy as np

from heedful.data import chance
from heedful.data.tokenizer import GAPS, MASK, PAD, Tokenizer
from heedful.errors import OptionError

# Of the tokens chosen: shown as a mask; shown as another token; the rest as they are (Devlin et al. 2018).
MASKED, SWAPPED = 0.8, 0.1
# Tokens of a gap, on average: Raffel et al. 2020 (spans), Lewis et al. 2019 (infilling).
SPAN = 3.0
LEAST_RATE, MOST_RATE = 0.05, 0.5


def check_rate(rate: float) -> None:
    """Refuse a share of words that teaches nothing.

    Raises:
        OptionError: it is not between LEAST_RATE and MOST_RATE.
    """
    if not LEAST_RATE <= rate <= MOST_RATE:
        raise OptionError(
            f"the share of words taken out is a number from {LEAST_RATE} to {MOST_RATE}: got {rate}; try 0.15 to 0.4"
        )


@dataclass(frozen=True)
class Masking:
    """Whole words, each with the same probability.

    Args:
        going: (V,) bool and
        open_ended: (V,) bool, as `Tokenizer.letters` gives them.
        n_specials: ids below this are never chosen, nor put in the place of others.
        mask: the id that stands for what was taken out.
        rate: probability of a word.
    Source:
        Devlin et al. 2018, arXiv:1810.04805, section 3.1; whole words: its repository's note of May 2019; rate: Wettig
        et al. 2022, arXiv:2202.08005.
    """

    going: np.ndarray
    open_ended: np.ndarray
    n_specials: int
    mask: int
    rate: float

    @classmethod
    def of(cls, tokenizer: Tokenizer, rate: float) -> "Masking":
        """With the words of a vocabulary.

        Raises:
            OptionError: it has no mask, or the rate teaches nothing.
        """
        check_rate(rate)
        return cls(*tokenizer.letters(), tokenizer.n_specials, tokenizer.mark_id(MASK), rate)

    def __call__(self, tokens: np.ndarray, places: np.ndarray, purpose: int) -> tuple[np.ndarray, np.ndarray]:
        """Take words out.

        Args:
            tokens: (B, T) int64.
            places: (B, T) where each stands in the text; chance depends on the place of a word's first token.
            purpose: as `chance.key` gives it.
        Returns:
            (B, T) what is shown, and (B, T) what is asked for, PAD where nothing is.
        """
        first = np.ones(tokens.shape, bool)
        first[:, 1:] = ~(self.going[tokens[:, 1:]] & self.open_ended[tokens[:, :-1]])
        columns = np.maximum.accumulate(np.where(first, np.arange(tokens.shape[1]), 0), axis=1)
        of_word = np.take_along_axis(places, columns, axis=1)
        chosen = (_uniform(chance.key(purpose, 0), of_word) < self.rate) & (tokens >= self.n_specials)
        way = _uniform(chance.key(purpose, 1), places)
        n_plain = np.uint64(len(self.going) - self.n_specials)
        other = self.n_specials + (chance.draw(chance.key(purpose, 2), places) % n_plain).astype(np.int64)
        hidden = np.where(way < MASKED, self.mask, np.where(way < MASKED + SWAPPED, other, tokens))
        return np.where(chosen, hidden, tokens), np.where(chosen, tokens, PAD)


@dataclass(frozen=True)
class Gaps:
    """Runs of tokens taken out of a text, for an encoder-decoder to write.

    Args:
        marks: what stands in the place of the first gap, the second ...; a single one stands for all.
        whole: the decoder writes the whole text; else the gaps alone, each behind its mark.
        rate: share of the tokens that is taken out.
    Source:
        marks for each gap: Raffel et al. 2020, arXiv:1910.10683, section 3.1.4; the whole text: Lewis et al. 2019,
        arXiv:1910.13461, section 2.2.
    """

    marks: tuple[int, ...]
    whole: bool
    rate: float

    @classmethod
    def spans(cls, tokenizer: Tokenizer, rate: float = 0.15) -> "Gaps":
        """A mark for each gap; the decoder writes what was in them."""
        check_rate(rate)
        return cls(tuple(tokenizer.mark_id(gap) for gap in GAPS), False, rate)

    @classmethod
    def infilling(cls, tokenizer: Tokenizer, rate: float = 0.3) -> "Gaps":
        """One mark for all; the decoder writes the whole text."""
        check_rate(rate)
        return cls((tokenizer.mark_id(MASK),), True, rate)

    def __call__(self, tokens: np.ndarray, purpose: int) -> tuple[np.ndarray, np.ndarray]:
        """Take runs of tokens out of one text.

        Args:
            tokens: (T,) int64, no special ones.
            purpose: of this text, as `chance.key` gives it.
        Returns:
            What the encoder reads, and what the decoder writes, both without an end.
        """
        is_out = self._chosen(len(tokens), purpose)
        begins = is_out & ~np.concatenate([[False], is_out[:-1]])
        n_gaps = int(begins.sum())
        marks = np.array(self.marks if len(self.marks) > 1 else self.marks * max(1, n_gaps))
        number = np.cumsum(begins) - 1
        read = np.where(begins, marks[np.maximum(number, 0)], tokens)[~is_out | begins]
        if self.whole:
            return read, tokens
        # Each mark, then what it stood for.
        written = np.insert(tokens[is_out], np.flatnonzero(begins[is_out]), marks[:n_gaps])
        return read, written

    def _chosen(self, n: int, purpose: int) -> np.ndarray:
        """Bool for each token: so many runs that together they come near the rate, never all, never side by side."""
        wanted = min(max(1, round(self.rate * n)), n - 1)
        n_gaps = max(1, min(round(wanted / SPAN), n - wanted, len(self.marks) if len(self.marks) > 1 else n))
        if wanted < 1:
            return np.zeros(n, bool)
        lengths = _parts(wanted, n_gaps, chance.key(purpose, 0), 1)
        # Between two gaps something is kept; in front of the first there may be nothing, and behind the last.
        kept = _parts(n - wanted - (n_gaps - 1), n_gaps + 1, chance.key(purpose, 1), 0)
        kept[1:-1] += 1
        runs = np.empty(2 * n_gaps + 1, np.int64)
        runs[0::2], runs[1::2] = kept, lengths
        return np.repeat(np.arange(len(runs)) % 2 == 1, runs)


def _parts(total: int, n: int, purpose: int, least: int) -> np.ndarray:
    """A number as a sum of n, each at least `least`, all sums alike probable."""
    free = total - least * n
    cuts = np.sort(chance.shuffled(purpose, free + n - 1)[: n - 1])
    return np.diff(np.concatenate([[-1], cuts, [free + n - 1]])) - 1 + least


def _uniform(purpose: int, places: np.ndarray) -> np.ndarray:
    """A number in [0, 1) for each place."""
    return np.asarray(chance.draw(purpose, places) >> np.uint64(11)) * 2.0**-53
