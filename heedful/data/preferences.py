"""Pairs of answers of which one is better: read from JSON lines or TSV, cut into tokens, laid out in batches."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import gcd
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from heedful.data import chance
from heedful.data.batch import lay_out
from heedful.data.text import from_json, read_lines
from heedful.data.tokenizer import BOS, EOS, PAD, Tokenizer
from heedful.errors import DataError, LengthError
from heedful.interface import Source

FIELDS = ("prompt", "chosen", "rejected")


@dataclass(frozen=True)
class Preference:
    """A prompt, and two answers.

    Args:
        prompt: may be empty.
        chosen: the better answer, as it follows the prompt.
        rejected: the other.
    """

    prompt: str
    chosen: str
    rejected: str


def read_preferences(path: Path) -> Iterator[Preference]:
    """The pairs of a file, in its order.

    Args:
        path: JSON lines with the keys of `FIELDS`, or a TSV of three columns; plain or gzip.
    Raises:
        DataError: a line that is none, or whose answers are alike or empty; the message has its number.
    """
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip():
            continue
        values = _of_json(path, number, line) if line.lstrip().startswith("{") else line.split("\t")
        if len(values) != len(FIELDS):
            raise DataError(
                f"{path}:{number} must hold a prompt, the chosen and the rejected answer, as columns or as JSON: got "
                f"{len(values)} column{'s' * (len(values) != 1)}; mend the line"
            )
        found = Preference(*values)
        if not found.chosen or not found.rejected or found.chosen == found.rejected:
            raise DataError(f"{path}:{number}: two different answers are needed; mend the line, or leave it out")
        yield found


def _of_json(path: Path, number: int, line: str) -> list[str]:
    try:
        values = from_json(line)
        found = [values[name] for name in FIELDS]
    except (ValueError, KeyError) as error:
        raise DataError(
            f"{path}:{number} is no JSON object with the keys {', '.join(FIELDS)} ({error}); mend the line"
        ) from None
    if not all(isinstance(value, str) for value in found):
        raise DataError(f"{path}:{number}: {', '.join(FIELDS)} are texts; mend the line")
    return found


@dataclass(frozen=True)
class Answers:
    """Answers in rows: of each pair the chosen one, then of each the rejected one.

    Args:
        inputs: values (2N, T).
        labels: (2N, T), PAD on prompts and behind answers.
        reference: (2N,) log-probability of each answer in the model that training began with, nats; 0 where unknown.
    """

    inputs: Source
    labels: Tensor
    reference: Tensor

    @property
    def n_tokens(self) -> int:
        """Tokens read, padding not counted."""
        return int(self.inputs.mask.sum())

    def to(self, device: torch.device) -> "Answers":
        """The same on another device."""
        return Answers(self.inputs.to(device), self.labels.to(device), self.reference.to(device))

    def split(self, n: int) -> list["Answers"]:
        """The same pairs as n smaller batches, or as many as there are pairs."""
        n_pairs = len(self.labels) // 2
        edges = [part * n_pairs // min(n, n_pairs) for part in range(min(n, n_pairs) + 1)]
        rows = [[*range(low, high), *range(n_pairs + low, n_pairs + high)] for low, high in pairwise(edges)]
        return [
            Answers(Source(self.inputs.values[part], self.inputs.mask[part]), self.labels[part], self.reference[part])
            for part in rows
        ]


class PreferencePlan:
    """Every pair once an epoch, in random order.

    Args:
        pairs: to learn from.
        tokenizer: of the model.
        window: tokens that the model reads at most.
        rows: pairs to a batch.
        seed: of the order.
        reference: (n_pairs, 2) as `Answers` has it: of the chosen, of the rejected; None where it is not known yet.
    Raises:
        LengthError: an answer does not fit into the window with its prompt.
    """

    def __init__(
        self,
        pairs: Sequence[Preference],
        tokenizer: Tokenizer,
        window: int,
        rows: int,
        seed: int,
        reference: np.ndarray | None = None,
    ) -> None:
        self.rows, self.seed = rows, seed
        # Few shapes, and none wider than the window.
        self._multiple = gcd(window, 16)
        self.reference = np.zeros((len(pairs), 2)) if reference is None else reference
        self._cut = []
        for number, pair in enumerate(pairs, 1):
            prompt = [BOS, *tokenizer.encode(pair.prompt)]
            both = [
                [*tokenizer.encode(answer, opening=not pair.prompt), EOS] for answer in (pair.chosen, pair.rejected)
            ]
            longest = len(prompt) + max(map(len, both)) - 1
            if longest > window:
                raise LengthError(
                    f"pair {number:,} has {longest:,} tokens and the model's window {window:,}: shorten it, or leave "
                    "it out; nothing is cut in silence"
                )
            self._cut.append((prompt, both))

    @property
    def n_pairs(self) -> int:
        """How many."""
        return len(self._cut)

    def n_batches(self, epoch: int) -> int:
        """How many batches an epoch has."""
        return -(-self.n_pairs // self.rows)

    def n_tokens(self, epoch: int) -> int:
        """Tokens of both answers of all pairs, their prompts with each."""
        return sum(2 * len(prompt) + sum(map(len, both)) - 2 for prompt, both in self._cut)

    def batch(self, epoch: int, index: int) -> Answers:
        """The batch at a position of an epoch."""
        order = chance.shuffled(chance.key(self.seed, epoch), self.n_pairs)
        return self.answers(np.sort(order[index * self.rows : (index + 1) * self.rows]))

    def answers(self, pairs: np.ndarray) -> Answers:
        """Some pairs.

        Args:
            pairs: their numbers.
        """
        chosen = [(self._cut[pair][0], self._cut[pair][1][which]) for which in (0, 1) for pair in pairs.tolist()]
        read, asked = [], []
        for prompt, answer in chosen:
            read.append(np.array([*prompt, *answer[:-1]]))
            asked.append(np.array([PAD] * (len(prompt) - 1) + answer))
        lengths = np.array([len(row) for row in read])
        values, mask = lay_out(np.concatenate(read), lengths, multiple=self._multiple)
        labels, _ = lay_out(np.concatenate(asked), lengths, multiple=self._multiple)
        inputs = Source(torch.from_numpy(values), torch.from_numpy(mask))
        known = torch.from_numpy(self.reference[pairs].T.reshape(-1).astype(np.float32))
        return Answers(inputs, torch.from_numpy(labels), known)
