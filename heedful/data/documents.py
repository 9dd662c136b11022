"""Reading documents: plain or gzip files of any size, cut where the caller says, a bounded block at a time."""

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from heedful.data import chance
from heedful.data.text import read_lines
from heedful.errors import DataError

Between = Literal["blank", "file", "line"]
# Characters of a block, about: a document of any length is worked on in such pieces.
BLOCK = 1 << 16
# Fewer documents than this are not held out as wholes: the last tenth of each is.
FEW = 20
# Of a large text no more than this is held out, in bytes.
MOST_HELD = 400_000


@dataclass(frozen=True)
class Block:
    """A part of a document: whole lines, joined by line ends.

    Args:
        document: its number, from 0.
        opening: whether the document begins here; else the text begins with a line end.
        text: of the block.
    """

    document: int
    opening: bool
    text: str


@dataclass(frozen=True)
class Documents:
    """Documents in files, in their order.

    Args:
        paths: of the files.
        between: what separates documents: "blank" lines and the ends of files; the ends of files alone ("file"), in
            which blank lines are text like others; or every "line".
    """

    paths: Sequence[Path]
    between: Between = "blank"

    def blocks(self, size: int = BLOCK) -> Iterator[Block]:
        """All blocks, read anew each time; a document without anything but white space is left out.

        Args:
            size: characters after which a block ends, with its line.
        Raises:
            DataError: a file cannot be read, or holds what is no text; the message has its line.
        """
        number, opening, held, n_held, blanks = 0, True, list[str](), 0, 0
        for path in self.paths:
            for line in read_lines(path):
                if not line.strip():
                    # In front of a document, and behind it, a blank line is no part of it.
                    blanks += 1
                    if self.between == "blank" and (held or not opening):
                        yield from _block(number, opening, held)
                        number, opening, held, n_held = number + 1, True, [], 0
                    continue
                if held or not opening:
                    held += [""] * (blanks if self.between == "file" else 0)
                blanks = 0
                held.append(line)
                n_held += len(line) + 1
                if self.between == "line" or n_held >= size:
                    yield from _block(number, opening, held)
                    opening, held, n_held = False, [], 0
                    if self.between == "line":
                        number, opening = number + 1, True
            if held or not opening:
                yield from _block(number, opening, held)
                number, opening, held, n_held = number + 1, True, [], 0
            blanks = 0


@dataclass(frozen=True)
class HeldOut:
    """Which documents, or which ends of them, are not learned from.

    Args:
        whole: bool for each document, True where all of it is held out.
        tails: where the held-out end of each document begins, in lines of blocks of `LINES`; empty where documents are
            held out as wholes.
        n_bytes: of each document.
    """

    whole: np.ndarray
    tails: Sequence[int]
    n_bytes: np.ndarray

    def split(self, blocks: Iterable[Block], held: bool) -> Iterator[Block]:
        """The blocks to learn from, or those held out; a held-out end is a document of its own.

        Args:
            blocks: of the documents that were looked at, cut line by line where there are `tails`.
            held: which of both.
        """
        last, index = -1, 0
        for block in blocks:
            if not self.tails:
                if bool(self.whole[block.document]) == held:
                    yield block
                continue
            index = 0 if block.opening else index + 1
            is_tail = index >= self.tails[block.document]
            if is_tail != held:
                continue
            opening = block.document != last
            last = block.document
            # Without the line end that joined it to what is not here.
            yield Block(block.document, opening, block.text.lstrip("\n") if opening else block.text)


def looked_at(documents: Documents) -> tuple[np.ndarray, np.ndarray]:
    """Of every document a number that is the same for the same text, white space and case apart, and its bytes.

    Returns:
        (n_documents,) uint64 and (n_documents,) int64.
    Raises:
        DataError: there is none.
    """
    marks, sizes, digest = array("Q"), array("q"), hashlib.blake2b(digest_size=8)
    for block in documents.blocks():
        if block.opening:
            digest = hashlib.blake2b(digest_size=8)
            marks.append(0)
            sizes.append(0)
        digest.update(" ".join(block.text.casefold().split()).encode())
        marks[-1] = int.from_bytes(digest.digest())
        sizes[-1] += len(block.text.encode())
    if not sizes:
        names = ", ".join(str(path) for path in documents.paths)
        raise DataError(f"{names}: there is no text to learn from; give a file that holds some")
    return np.frombuffer(marks, np.uint64), np.frombuffer(sizes, np.int64)


def hold_out(documents: Documents, seed: int) -> HeldOut:
    """Choose what is held out: whole documents, chosen by what they say, or the end of each where there are few.

    A tenth of the text, and `MOST_HELD` bytes of a large one. Documents that say the same stay together.

    Args:
        documents: read once or twice.
        seed: another one chooses other documents.
    Raises:
        DataError: there is no text, or documents of a line that cannot be cut.
    """
    marks, sizes = looked_at(documents)
    wanted = min(int(sizes.sum()) // 10, MOST_HELD)
    if len(sizes) < FEW:
        return HeldOut(np.zeros(len(sizes), bool), _tails(documents, sizes, wanted), sizes)
    groups, member = np.unique(marks, return_inverse=True)
    weight = np.bincount(member, weights=sizes)
    order = np.argsort(chance.draw(chance.key(seed), groups), kind="stable")
    # A document longer than half of what is wanted would be a test of one text.
    order = order[weight[order] <= max(1, wanted // 2)]
    chosen = order[np.cumsum(weight[order]) <= wanted]
    if not len(chosen):
        return HeldOut(np.zeros(len(sizes), bool), _tails(documents, sizes, wanted), sizes)
    held = np.zeros(len(groups), bool)
    held[chosen] = True
    return HeldOut(held[member], (), sizes)


def lines_of(documents: Documents) -> Iterator[Block]:
    """The documents cut after every line, as `HeldOut.tails` counts them."""
    return documents.blocks(size=1)


def _block(number: int, opening: bool, lines: list[str]) -> Iterator[Block]:
    if lines:
        text = "\n".join(lines)
        yield Block(number, opening, text if opening else "\n" + text)


def _tails(documents: Documents, sizes: np.ndarray, wanted: int) -> list[int]:
    """Of every document the line with which its held-out end begins: nine tenths of its bytes are before it."""
    kept = sizes - np.maximum(1, sizes * wanted // max(1, int(sizes.sum())))
    tails, n_lines, read = [0] * len(sizes), 0, 0
    for block in lines_of(documents):
        n_lines, read = (1, 0) if block.opening else (n_lines + 1, read)
        if read < kept[block.document]:
            tails[block.document] = n_lines
        read += len(block.text.encode())
    if all(tail >= count for tail, count in zip(tails, _n_lines(documents, len(sizes)), strict=True)):
        raise DataError(
            f"{', '.join(str(path) for path in documents.paths)}: {len(sizes)} document{'s' * (len(sizes) != 1)} of a "
            "line or two: nothing can be held out to measure on; give more text, or held-out text by --dev-text"
        )
    return tails


def _n_lines(documents: Documents, n_documents: int) -> list[int]:
    counts = [0] * n_documents
    for block in lines_of(documents):
        counts[block.document] += 1
    return counts
