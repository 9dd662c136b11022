"""A model whose probabilities are written by hand: a Python function of the source and of all that was read so far."""

import random
from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from heedful.decoding import Beam, Greedy, Sampling, decode
from heedful.interface import Memory, Model, Source, State

PAD, BOS, EOS = 0, 1, 2
Text = tuple[int, ...]
Logits = Callable[[Text, Text], list[float]]


class ToyState(State):
    """Remembers the source of each sentence and the tokens of each row, as Python lists."""

    def __init__(self, sources: list[Text], width: int, max_len: int) -> None:
        self.sources, self.width, self.max_len = sources, width, max_len
        self.rows: list[Text] = [() for _ in sources for _ in range(width)]

    @property
    def lengths(self) -> Tensor:  # type: ignore[override]
        return torch.tensor([len(row) for row in self.rows[:: self.width]], dtype=torch.int64)

    def reorder(self, parents: Tensor) -> None:
        assert parents.shape == (len(self.sources), self.width)
        self.rows = [self.rows[n * self.width + w] for n, row in enumerate(parents.tolist()) for w in row]

    def keep(self, sentences: Tensor) -> None:
        self.rows = [self.rows[n * self.width + w] for n in sentences.tolist() for w in range(self.width)]
        self.sources = [self.sources[n] for n in sentences.tolist()]

    def admit(self, other: State) -> None:
        assert isinstance(other, ToyState)
        assert other.width == self.width
        self.sources = self.sources + other.sources
        self.rows = self.rows + other.rows


class Toy(Model):
    """logits(source, read) with `read` beginning with bos: the logits of what comes next."""

    def __init__(self, logits: Logits, vocab_size: int, max_len: int = 100, encodes: bool = True) -> None:
        super().__init__()
        self.function, self.vocab_size, self.max_len, self.encodes = logits, vocab_size, max_len, encodes
        self.batches: list[tuple[int, int]] = []
        self.steps: list[tuple[int, int]] = []

    def encode(self, source: Source) -> Memory:
        assert self.encodes
        assert not self.training
        assert source.values.shape[1] <= self.max_len
        self.batches.append(tuple(source.values.shape))  # type: ignore[arg-type]
        return Memory(source.values.double().unsqueeze(2), source.mask)

    def decode(self, target: Source, memory: Memory | None) -> Tensor:
        raise AssertionError("decoding steps")

    def start(self, memory: Memory | None, n_sentences: int, width: int, max_len: int) -> State:
        sources: list[Text] = [()] * n_sentences
        if memory is not None:
            rows = zip(memory.values[:, :, 0].long(), memory.mask, strict=True)
            sources = [tuple(values[mask].tolist()) for values, mask in rows]
        assert len(sources) == n_sentences
        assert max_len <= self.max_len
        return ToyState(sources, width, max_len)

    def step(self, tokens: Tensor, state: State) -> Tensor:
        assert isinstance(state, ToyState)
        self.steps.append(tuple(tokens.shape))  # type: ignore[arg-type]
        hidden = []
        for row, new in enumerate(tokens.tolist()):
            source, outputs = state.sources[row // state.width], []
            for token in new:
                state.rows[row] += (token,)
                assert len(state.rows[row]) <= state.max_len, "more was read than there is room for"
                outputs.append(self.function(source, state.rows[row]))
            hidden.append(outputs)
        return torch.tensor(hidden)

    def logits(self, hidden: Tensor) -> Tensor:
        return hidden

    def log_probabilities(self, source: Text, prefix: Text = ()) -> Callable[[Text], list[float]]:
        """For the slow searches: of what follows bos, the prefix and a text."""

        @lru_cache(None)
        def after(text: Text) -> list[float]:
            logits = torch.tensor(self.function(source, (BOS, *prefix, *text)))
            return logits.double().log_softmax(0).tolist()

        return after


def chance(seed: int, vocab_size: int, scale: float = 2.0, eos: float = 0.0) -> Logits:
    """Logits drawn anew for every source and every text read; `eos` is added to that of the end."""

    @lru_cache(None)
    def logits(source: Text, read: Text) -> list[float]:
        generator = random.Random(f"{seed} {source} {read}")
        values = [generator.gauss(0, scale) for _ in range(vocab_size)]
        values[EOS] += eos
        return values

    return logits


SEARCHES = [Greedy(), Beam(3, n_best=2), Sampling(top_k=5, n_best=2)]


def run(model, sources, search, **options):
    return decode(model, sources, search, bos=BOS, eos=EOS, pad=PAD, **options)


def some_sources(n: int, longest: int, vocab_size: int, seed: int = 0) -> list[list[int]]:
    generator = random.Random(seed)
    lengths = [generator.randint(1, longest) for _ in range(n)]
    return [[*(generator.randrange(3, vocab_size) for _ in range(length - 1)), EOS] for length in lengths]
