"""What counting foretells: an interpolated Kneser-Ney model of characters, to hold a language model against."""

from collections.abc import Iterable

import numpy as np

from heedful.data import chance

ORDER = 5
# Neither a character nor a number of one: begins a document, and ends it.
_BEGIN, _END = 0x110000, 0x110001


class CharacterNgrams:
    """Counts of the n-grams of a text.

    Args:
        texts: documents.
        order: n, the longest.
    Source:
        Kneser and Ney 1995, doi:10.1109/ICASSP.1995.479394, interpolated as in Chen and Goodman 1998 (TR-10-98,
        section 3), with one discount n1 / (n1 + 2 n2) for each order.
    """

    def __init__(self, texts: Iterable[str], order: int = ORDER) -> None:
        self.order = order
        keys = _keys(texts, order)
        self.n_kinds = len(np.unique(keys[:, 0]))
        self._levels = []
        # The longest count how often they occur, the shorter how many characters they follow.
        found, counts = np.unique(keys[:, order - 1], return_counts=True)
        for n in range(order, 0, -1):
            if n < order:
                _, first = np.unique(keys[:, n], return_index=True)
                found, counts = np.unique(keys[first, n - 1], return_counts=True)
            # The context of each n-gram, from any place at which it stands.
            _, place = np.unique(keys[:, n - 1], return_index=True)
            before = keys[place, order + n - 1]
            contexts, member = np.unique(before, return_inverse=True)
            once, twice = int((counts == 1).sum()), int((counts == 2).sum())
            discount = once / (once + 2 * twice) if twice else 0.5
            totals = np.bincount(member, weights=counts)
            self._levels.append((found, counts, contexts, totals, np.bincount(member), discount))
        self._levels.reverse()

    def bits(self, texts: Iterable[str]) -> np.ndarray:
        """Bits of each document, its end counted; characters that were never seen share one probability.

        Args:
            texts: documents.
        Returns:
            (n_documents,).
        """
        return np.array([float(-np.log2(self._probabilities(text)).sum()) for text in texts])

    def _probabilities(self, text: str) -> np.ndarray:
        """Of each character of a document, and of its end."""
        keys = _keys([text], self.order)
        share = np.full(len(keys), 1.0 / (self.n_kinds + 1))
        for n, (found, counts, contexts, totals, kinds, discount) in enumerate(self._levels, 1):
            count = _looked_up(found, counts, keys[:, n - 1])
            context = keys[:, self.order + n - 1]
            total, n_kinds = _looked_up(contexts, totals, context), _looked_up(contexts, kinds, context)
            known = total > 0
            safe = np.where(known, total, 1.0)
            mixed = np.maximum(count - discount, 0) / safe + discount * n_kinds / safe * share
            share = np.where(known, mixed, share)
        return share


def _keys(texts: Iterable[str], order: int) -> np.ndarray:
    """For each character, and each end of a document: numbers of the n-grams that end there, n from 1 to `order`, then
    of their contexts: (N, 2 * order) uint64."""
    codes = []
    for text in texts:
        letters = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
        codes += [np.full(order - 1, _BEGIN, np.uint64), letters, np.array([_END], np.uint64)]
    flat = np.concatenate(codes) if codes else np.empty(0, np.uint64)
    places = np.flatnonzero(flat != _BEGIN)
    keys = np.empty((len(places), 2 * order), np.uint64)
    context = np.zeros(len(places), np.uint64)
    last = chance.draw(1, flat[places])
    for n in range(1, order + 1):
        keys[:, order + n - 1] = context
        keys[:, n - 1] = chance.draw(n, context ^ last)
        if n < order:
            context = chance.draw(chance.key(n), context ^ chance.draw(1, flat[places - n]))
    return keys


def _looked_up(names: np.ndarray, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """The value of each, 0 where it has none."""
    place = np.minimum(np.searchsorted(names, wanted), len(names) - 1)
    return np.where(names[place] == wanted, values[place], 0).astype(np.float64)
