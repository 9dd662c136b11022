"""Documents as tokens on disk, one behind the other, memory-mapped: their size does not matter."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from heedful.data.column import Column
from heedful.data.documents import Block
from heedful.data.tokenizer import BOS, EOS, Tokenizer
from heedful.errors import RunError


class TokenStream:
    """Every document as [BOS] + its pieces + [EOS].

    Args:
        tokens: (N,) of all documents.
        starts: (n_documents + 1,) int64, where each begins, and the end.
    """

    def __init__(self, tokens: np.ndarray, starts: np.ndarray) -> None:
        self.tokens, self.starts = tokens, starts

    @property
    def n_tokens(self) -> int:
        """Of all documents, begins and ends counted."""
        return len(self.tokens)

    @property
    def n_documents(self) -> int:
        """How many."""
        return len(self.starts) - 1

    def document(self, index: int) -> np.ndarray:
        """The tokens of a document, int64."""
        return self.tokens[self.starts[index] : self.starts[index + 1]].astype(np.int64)

    def text(self, index: int, tokenizer: Tokenizer) -> str:
        """The text of a document, in normal form C."""
        return tokenizer.decode(self.document(index).tolist())

    def at(self, places: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The tokens at some places, and the number of the document that each belongs to.

        Args:
            places: of any shape, in [0, n_tokens).
        """
        return self.tokens[places].astype(np.int64), np.searchsorted(self.starts, places, side="right") - 1

    @classmethod
    def build(cls, blocks: Iterable[Block], tokenizer: Tokenizer, folder: Path) -> "TokenStream":
        """Cut documents into tokens and write them into a new folder; a block is in memory at a time.

        Args:
            blocks: of the documents; a document without tokens is left out.
            tokenizer: cuts them.
            folder: to be made.
        """
        folder.mkdir()
        wide = "H" if tokenizer.vocab_size <= 1 << 16 else "I"
        with Column(folder / "tokens", wide) as tokens, Column(folder / "starts", "q") as starts:
            for block in blocks:
                if block.opening:
                    if tokens.count:
                        tokens.write(np.array([EOS]))
                    starts.write(np.array([tokens.count]))
                    tokens.write(np.array([BOS]))
                tokens.write(np.array(tokenizer.encode(block.text, block.opening), np.int64))
            if tokens.count:
                tokens.write(np.array([EOS]))
            starts.write(np.array([tokens.count]))
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> "TokenStream":
        """Map what `build` wrote.

        Raises:
            RunError: a file is missing or cut.
        """
        try:
            tokens, starts = (np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("tokens", "starts"))
        except (OSError, EOFError, ValueError) as error:
            raise RunError(f"{folder} does not hold whole text ({error}); train again from the beginning") from None
        return cls(np.asarray(tokens), np.asarray(starts))
