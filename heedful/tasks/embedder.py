"""Vectors of texts: what a trained model makes of a whole text, for searching, grouping, and models of others."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from heedful.data.codec import Codec
from heedful.data.text_rows import Row, TextRows
from heedful.errors import DataError
from heedful.interface import Source
from heedful.model.heads import Head, Headed, pool
from heedful.numerics import Numerics, choose
from heedful.tasks.reading import Reading
from heedful.tasks.trunk import Trunk, borrow


class Embedder:
    """A model that makes a vector of each text: the mean of what it makes of its tokens.

    Args:
        trunk: trained.
        codec: of it.
        numerics: how to compute here.
    """

    def __init__(self, trunk: Trunk, codec: Codec, numerics: Numerics) -> None:
        # The head is not asked: the trunk alone is.
        head = Head(trunk.architecture.d_model, 1, "mean", 0.0)
        model = Headed(trunk.build(0), head, trunk.reads)
        self.width = trunk.architecture.d_model
        self.reading = Reading(model, codec.pad, trunk.architecture.n_kinds > 1, numerics)
        self.text_rows = TextRows(codec, model.max_len)

    @classmethod
    def load(cls, path: Path | str, device: str | None = None) -> Self:
        """The part of a run that reads: of a classifier, a language model, or the encoder of a translator.

        Args:
            path: its run directory.
            device: "cpu" or "cuda"; None chooses.
        Raises:
            RunError: it is missing, damaged, or its model is no Transformer that was trained as it is.
        """
        return cls(*borrow(Path(path)), choose(device))

    def embed(
        self, texts: Sequence[str], normalise: bool = False, tell: Callable[[int, int], None] | None = None
    ) -> NDArray[np.float32]:
        """A vector for each text. One longer than the window is the mean of its parts.

        Args:
            texts: none empty.
            normalise: make every vector of length 1, so that products are cosines.
            tell: is told (rows done, rows in all) now and then.
        Returns:
            (N, D).
        Raises:
            DataError: a text is empty.
        """
        rows = self._rows(texts)

        def look(model: Headed, source: Source) -> Tensor:
            return pool(model.hidden(source).float(), source.mask, "mean")

        sums = np.zeros((len(texts), self.width), np.float32)
        for row, vector in zip(rows, self.reading.read(rows, look, tell), strict=True):
            # Every token counts as much, in whichever part it stands.
            sums[row.text] += len(row.ids) * vector.numpy()
        lengths = np.zeros((len(texts), 1), np.float32)
        for row in rows:
            lengths[row.text] += len(row.ids)
        found: NDArray[np.float32] = sums / lengths
        if normalise:
            found /= np.maximum(np.linalg.norm(found, axis=1, keepdims=True), np.float32(1e-12))
        return found

    def tokens(self, texts: Sequence[str]) -> list[NDArray[np.float32]]:
        """A vector for each token of each text, special ones included; parts of a long text one behind the other.

        Args:
            texts: none empty.
        Returns:
            (T, D) for each text.
        Raises:
            DataError: a text is empty.
        """
        rows = self._rows(texts)
        seen = self.reading.read(rows, lambda model, source: model.hidden(source))
        found: list[list[NDArray[np.float32]]] = [[] for _ in texts]
        for row, hidden in zip(rows, seen, strict=True):
            found[row.text].append(hidden[: len(row.ids)].numpy())
        return [np.concatenate(parts) for parts in found]

    def _rows(self, texts: Sequence[str]) -> list[Row]:
        for number, text in enumerate(texts, 1):
            if not text.strip():
                raise DataError(f"text {number} is empty: it has no vector; leave it out")
        return [
            row for number, text in enumerate(texts) for row in self.text_rows.rows(text, number, f"text {number + 1}")
        ]
