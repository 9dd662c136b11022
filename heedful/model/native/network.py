"""A network of the engine: made of a finished model, and asked to search."""

import ctypes
from collections import Counter
from collections.abc import Callable
from itertools import accumulate, chain, pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from heedful.errors import RunError, ShapeError
from heedful.interface import Found, SearchTask
from heedful.model.native import library
from heedful.model.native.weights import Copied, misfit
from heedful.model.transformer import Transformer

# Rows of a step at most: with more, what sentences remember no longer fits into the caches, and nothing is gained.
_ROWS = 64

# What `heedful_go_on` answers in place of a number of sentences.
_NO_NUMBERS, _NO_MEMORY = -1, -2
_TOO_MANY = "no memory to decode so many sentences at once"


class NativeNetwork:
    """Searches by itself: see `heedful.interface.Searcher`. May be asked by several threads at once.

    Args:
        model: `misfit` has nothing against it; is copied.
        engine: the library.
    Raises:
        MemoryError: there is no room for the copy.
    """

    def __init__(self, model: Transformer, engine: Any) -> None:
        self._copied = Copied(model, engine, writes=True)
        self._vocab_size, self._max_len = model.architecture.vocab_size, model.max_len

    def searches(self, width: int) -> bool:
        """Whether it finds so many continuations of everything: the vocabulary is far larger than a beam is wide."""
        return width + 3 <= self._vocab_size

    def search(self, task: SearchTask, watch: Callable[[int], bool]) -> tuple[list[list[Found]], Counter[str]]:
        """See `heedful.interface.Searcher`.

        Raises:
            ShapeError: a token that the model does not know.
            MemoryError: there is no room for so many sentences.
        """
        n, kept = len(task.sources), max(1, task.kept)
        loop_runs = np.array(task.loop_runs, np.int32).reshape(n, -1)
        given: list[NDArray[Any]] = [
            np.fromiter(chain.from_iterable(task.sources), np.int32),
            np.array([0, *accumulate(map(len, task.sources))], np.int64),
            np.array(task.max_len, np.int32),
            np.array(task.min_len, np.int32),
            loop_runs,
            np.array([task.divisor(length) for length in range(max(task.max_len) + 2)], np.float64),
        ]
        allowed = _allowed(task)
        self._check(task, given[0], *allowed[:2])
        # A place for every token that a sentence may write: one long one does not make the places of all others long.
        start = np.array([0, *accumulate(kept * length for length in task.max_len)], np.int64)
        tokens = np.zeros(start[-1], np.int32)
        n_tokens, stop = np.zeros((n, kept), np.int32), np.zeros((n, kept), np.int32)
        total, counters = np.zeros((n, kept), np.float32), np.zeros(3, np.int64)
        results = start, tokens, n_tokens, total, stop, counters
        numbers = n, task.width, task.kept, loop_runs.shape[1], min(task.rows, _ROWS), task.tokens
        special = task.bos, task.eos, task.pad
        asked = library.Task(*numbers, *special, *map(_address, given), len(allowed[0]), *map(_address, allowed))
        stopped = self._work(asked, library.Answer(*map(_address, results)), watch)
        counted = Counter(dict(zip(("steps", "rows", "encoded"), counters.tolist(), strict=True)))
        if stopped:
            return [], counted
        texts = (tokens[begin:end].reshape(kept, -1) for begin, end in pairwise(start))
        return [_found(*columns) for columns in zip(texts, n_tokens, total, stop, strict=True)], counted

    def _check(self, task: SearchTask, *tokens: NDArray[np.int32]) -> None:
        """See that everything asked for is in the model's tables."""
        named = np.concatenate([[task.bos, task.eos, task.pad], *tokens])
        low, high = named.min(), named.max()
        if low < 0 or high >= self._vocab_size:
            raise ShapeError(
                f"the model knows the tokens from 0 to {self._vocab_size - 1:,}: got {low if low < 0 else high}; "
                "is the tokenizer another model's?"
            )
        longest = max(*map(len, task.sources), *task.max_len)
        assert longest <= self._max_len, f"{longest} tokens in a window of {self._max_len}: `decode` has let them pass"

    def _work(self, task: library.Task, answer: library.Answer, watch: Callable[[int], bool]) -> bool:
        """Search to the end, unless the watch stops it: then True."""
        engine = self._copied.engine
        search = engine.heedful_begin(self._copied.handle, ctypes.byref(task), ctypes.byref(answer))
        if not search:
            raise MemoryError(_TOO_MANY)
        done = 0
        try:
            # Back in Python now and then, where Ctrl-C is heard.
            while done < task.n:
                done = engine.heedful_go_on(search)
                if done == _NO_NUMBERS:
                    raise RunError(
                        "the model computes NaN, not probabilities: its weights are damaged, or its dtype overflows"
                    )
                if done == _NO_MEMORY:
                    raise MemoryError(_TOO_MANY)
                if watch(done):
                    return True
        finally:
            engine.heedful_end(search)
        return False


def rewritten(model: torch.nn.Module) -> NativeNetwork | None:
    """The model as a network of the engine; None where there is no engine, or it cannot take this model over."""
    if misfit(model):
        return None
    engine = library.library()
    assert isinstance(model, Transformer), "nothing else fits"
    return None if engine is None else NativeNetwork(model, engine)


def _allowed(task: SearchTask) -> list[NDArray[Any]]:
    """The tokens of every answer, those of each, and where these begin; nothing where all are allowed."""
    if task.allowed is None:
        return [np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0, np.int64)]
    starts = np.array([0, *accumulate(map(len, task.allowed.own))], np.int64)
    return [task.allowed.common.astype(np.int32), np.concatenate(task.allowed.own, dtype=np.int32), starts]


def _found(
    tokens: NDArray[np.int32], n_tokens: NDArray[np.int32], total: NDArray[np.float32], stop: NDArray[np.int32]
) -> list[Found]:
    """The hypotheses of one sentence; none where the model allows no token."""
    columns = zip(tokens, n_tokens.tolist(), total.tolist(), stop.tolist(), strict=True)
    return [Found(text[:length].tolist(), score, code) for text, length, score, code in columns if length >= 0]


def _address(array: NDArray[Any]) -> int:
    return array.ctypes.data
