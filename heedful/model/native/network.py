"""A network of the engine: made of a finished model, and asked to search."""

import ctypes
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import accumulate
from threading import Event, current_thread, main_thread
from typing import Any
from weakref import finalize

import numpy as np
import torch
from numpy.typing import NDArray

from heedful.errors import RunError
from heedful.interface import Found, SearchTask
from heedful.model.native import library
from heedful.model.native.weights import Arrays, misfit, shape_of
from heedful.model.transformer import Transformer

# Rows of a step at most: with more, what sentences remember no longer fits into the caches, and nothing is gained.
_ROWS = 64

# Codes that `heedful_search` returns.
_DONE, _STOPPED, _NO_NUMBERS, _NO_MEMORY = range(4)


class NativeNetwork:
    """Searches by itself: see `heedful.interface.Searcher`. May be asked by several threads at once.

    Args:
        model: `misfit` has nothing against it; is copied.
        engine: the library.
    Raises:
        MemoryError: there is no room for the copy.
    """

    def __init__(self, model: Transformer, engine: Any) -> None:
        self._arrays, self._engine = Arrays(model), engine
        arrays = self._arrays
        self._handle = engine.heedful_open(
            ctypes.byref(shape_of(model)),
            (library.Matrix * len(arrays.matrices))(*arrays.matrices),
            (ctypes.c_void_p * len(arrays.vectors))(*arrays.vectors),
        )
        if not self._handle:
            raise MemoryError("no memory for a second copy of the model's weights")
        finalize(self, engine.heedful_close, self._handle)
        self._vocab_size = model.architecture.vocab_size

    def searches(self, width: int) -> bool:
        """Whether it finds so many continuations of everything: the vocabulary is far larger than a beam is wide."""
        return width + 3 <= self._vocab_size

    def search(self, task: SearchTask, watch: Callable[[int], bool]) -> tuple[list[list[Found]], Counter[str]]:
        """See `heedful.interface.Searcher`."""
        room, kept = max(task.max_len), max(1, task.kept)
        n = len(task.sources)
        loop_runs = np.array(task.loop_runs, np.int32).reshape(n, -1)
        sources: list[NDArray[Any]] = [
            np.fromiter((token for source in task.sources for token in source), np.int32),
            np.array([0, *accumulate(map(len, task.sources))], np.int64),
            np.array(task.max_len, np.int32),
            np.array(task.min_len, np.int32),
            loop_runs,
            np.array([task.divisor(length) for length in range(room + 2)], np.float64),
        ]
        tokens = np.zeros((n, kept, room), np.int32)
        n_tokens, stop = np.zeros((n, kept), np.int32), np.zeros((n, kept), np.int32)
        total, counters = np.zeros((n, kept), np.float32), np.zeros(3, np.int64)
        results: list[NDArray[Any]] = [tokens, n_tokens, total, stop, counters]
        period, rows = loop_runs.shape[1], min(task.rows, _ROWS)
        numbers = n, task.width, task.kept, period, rows, task.tokens, task.bos, task.eos, task.pad
        asked = library.Task(*numbers, *map(_address, sources))
        answer = library.Answer(room, *map(_address, results))
        raised: list[BaseException] = []
        signalled = Event()
        told = library.Watch(partial(_watched, lambda done: signalled.is_set() or watch(done), raised))
        ask = partial(self._engine.heedful_search, self._handle, ctypes.byref(asked), ctypes.byref(answer), told)
        code = _beside(ask, signalled) if current_thread() is main_thread() else ask()
        if raised:
            raise raised[0]
        if code == _NO_NUMBERS:
            raise RunError("the model computes NaN, not probabilities: its weights are damaged, or its dtype overflows")
        if code == _NO_MEMORY:
            raise MemoryError("no memory to decode so many sentences at once")
        steps, rows, encoded = counters.tolist()
        counted = Counter({"steps": steps, "rows": rows, "encoded": encoded})
        if code == _STOPPED:
            return [], counted
        return [_found(tokens[i], n_tokens[i], total[i], stop[i]) for i in range(n)], counted


def rewritten(model: torch.nn.Module) -> NativeNetwork | None:
    """The model as a network of the engine; None where there is no engine, or it cannot take this model over."""
    if misfit(model):
        return None
    engine = library.library()
    assert isinstance(model, Transformer), "nothing else fits"
    return None if engine is None else NativeNetwork(model, engine)


def _beside(ask: Callable[[], int], stop: Event) -> int:
    """What is asked, in another thread: a signal is raised in the main one, where the engine would lose it.

    Args:
        ask: stops soon after `stop` is set.
        stop: is set when a signal comes.
    """
    with ThreadPoolExecutor(1) as hand:
        try:
            return hand.submit(ask).result()
        finally:
            stop.set()


def _found(
    tokens: NDArray[np.int32], n_tokens: NDArray[np.int32], total: NDArray[np.float32], stop: NDArray[np.int32]
) -> list[Found]:
    """The hypotheses of one sentence; none where the model allows no token."""
    columns = zip(tokens, n_tokens.tolist(), total.tolist(), stop.tolist(), strict=True)
    return [Found(text[:length].tolist(), score, code) for text, length, score, code in columns if length >= 0]


def _watched(watch: Callable[[int], bool], raised: list[BaseException], done: int) -> int:
    """An exception cannot pass through the engine: it is put aside, and the engine stops."""
    try:
        return int(watch(done))
    except BaseException as error:  # noqa: BLE001
        raised.append(error)
        return 1


def _address(array: NDArray[Any]) -> int:
    return array.ctypes.data
