"""A process that translates when it is asked to: one library, one setting, one model; what `bench.rivals` starts.

A line of JSON comes in on standard input, a line goes out on standard output. The first line is what to open; then

    {"ask": "many", "width": W, "rows": N}  all sentences at once: {"seconds": [s], "answers": [[token, ...], ...]}
    {"ask": "alone", "width": W}            one behind the other: {"seconds": [s, ...], "answers": [...]}
    {"ask": "memory"}                       {"bytes": the most that was resident since the model was ready}

and the end of the input ends it. Whoever fails dies, and says why on standard error. Nothing of heedful or PyTorch is
imported for CTranslate2, which needs neither.
"""

import ctypes
import gc
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

Setup = Mapping[str, Any]
Answers = list[list[int]]
# Sentences that are translated once before anything is measured.
WARMING = 64


class Library:
    """What translates: `run` alone is timed.

    Args:
        setup: "options" of the setting; "model": "weights", "shape"; "limits".
    """

    def __init__(self, setup: Setup) -> None:
        self.options, self.model, self.limits = setup["options"], setup["model"], setup["limits"]
        self.open()

    def open(self) -> None:
        """Make the model ready."""
        raise NotImplementedError

    def given(self, sources: Answers) -> Any:
        """Sources in the form that the library is called with."""
        return sources

    def run(self, given: Any, width: int, rows: int) -> Any:
        """Translate; so many sentences at a time where the library wants to be told."""
        raise NotImplementedError

    def written(self, found: Any) -> Answers:
        """Its answers as ids, without the end of sentence."""
        return found


class Heedful(Library):
    """Options: "engine", "native" or "torch"; "dtype", "int8" or that of this machine; "threads"."""

    def open(self) -> None:
        from dataclasses import replace

        from heedful import numerics
        from heedful.decoding import Limits
        from heedful.model.native.network import rewritten
        from heedful.model.pack import pack

        self.machine = replace(numerics.choose("cpu"), engine=self.options["engine"], threads=self.options["threads"])
        self.bounds = Limits(**self.limits)
        model = _transformer(self.model)
        if self.options["dtype"] == "int8":
            from heedful.compression.quantize import quantize

            model = quantize(model)
        model = model.to(self.machine.dtype)
        native = self.machine.engine == "native"
        self.searcher = rewritten(model) if native else None
        if native and self.searcher is None:
            raise SystemExit("the engine cannot be built here: see heedful doctor")
        with numerics.applied(self.machine):
            self.network = model if native else pack(model)

    def run(self, given: Any, width: int, rows: int) -> Any:
        from bench.translator import found

        return found(self.network, given, width, self.machine, self.bounds, self.searcher)


class Transformers(Library):
    """Options: "dtype"; "attention", "eager" or "sdpa"; "threads"."""

    def open(self) -> None:
        import torch

        from bench import peers
        from heedful.architecture import Architecture
        from heedful.decoding import Limits

        torch.set_num_threads(self.options["threads"])
        self.bounds = Limits(**self.limits)
        shape = Architecture.from_json(self.model["shape"])
        self.network = peers.marian(shape, self.options["attention"]).eval()
        peers.copy_weights(_transformer(self.model), self.network)
        self.network = self.network.to({"float32": torch.float32, "bfloat16": torch.bfloat16}[self.options["dtype"]])

    def run(self, given: Any, width: int, rows: int) -> Any:
        from bench.translator import generated

        return generated(self.network, given, width, rows, self.bounds)


class CTranslate2(Library):
    """Options: "folder" of the converted model; "words", a file of its vocabulary; "dtype"; "workers", "threads"."""

    def open(self) -> None:
        # It looks for PyTorch, which only its converters need: a second, and hundreds of megabytes.
        sys.modules.setdefault("torch", None)  # type: ignore[arg-type]
        import ctranslate2

        self.words = json.loads(Path(self.options["words"]).read_text())
        self.ids = {word: number for number, word in enumerate(self.words)}
        self.translator = ctranslate2.Translator(
            self.options["folder"],
            device="cpu",
            compute_type=self.options["dtype"],
            inter_threads=self.options["workers"],
            intra_threads=self.options["threads"],
        )

    def given(self, sources: Answers) -> Any:
        # It adds the end of sentence itself.
        return [[self.words[token] for token in source[:-1]] for source in sources]

    def run(self, given: Any, width: int, rows: int) -> Any:
        # One limit for a whole call: that of the longest, whose end of sentence is counted.
        longest = 1 + max(map(len, given))
        return self.translator.translate_batch(
            given,
            beam_size=width,
            length_penalty=0.0,
            max_batch_size=rows,
            max_input_length=0,
            max_decoding_length=int(self.limits["max_ratio"] * longest) + self.limits["max_extra"],
            min_decoding_length=self.limits["min_len"],
        )

    def written(self, found: Any) -> Answers:
        return [[self.ids[word] for word in each.hypotheses[0]] for each in found]


LIBRARIES: Mapping[str, Callable[[Setup], Library]] = {
    "heedful": Heedful,
    "CTranslate2": CTranslate2,
    "transformers": Transformers,
}


def _transformer(model: Setup) -> Any:
    """Our model, in float32."""
    from bench.translator import loaded
    from heedful.architecture import Architecture

    return loaded(Architecture.from_json(model["shape"]), Path(model["weights"]))


def serve(setup: Setup, library: Library, ask: Callable[[], str], tell: Callable[[Mapping[str, Any]], None]) -> None:
    """Answer until nobody asks any more.

    Args:
        setup: also "sources", token ids with the end of sentence; and "alone", how many of them are timed one by one.
        library: opened with it.
        ask: the next line; "" at the end.
        tell: takes what is answered.
    """
    given = library.given(setup["sources"])
    first = given[: setup["alone"]]
    for width in setup["widths"]:
        library.run(given[:WARMING], width, WARMING)
    forget_peak()
    tell({"ready": True})
    while line := ask():
        asked = json.loads(line)
        if asked["ask"] == "memory":
            tell({"bytes": peak_bytes()})
            continue
        calls = [given] if asked["ask"] == "many" else [[each] for each in first]
        seconds, found = timed(library, calls, asked["width"], asked.get("rows", 1))
        tell({"seconds": seconds, "answers": [answer for each in found for answer in library.written(each)]})


def timed(library: Library, calls: Sequence[Any], width: int, rows: int) -> tuple[list[float], list[Any]]:
    """Seconds and results of some calls, one behind the other."""
    seconds, found = [], []
    for call in calls:
        begun = time.perf_counter()
        found.append(library.run(call, width, rows))
        seconds.append(time.perf_counter() - begun)
    return seconds, found


def forget_peak() -> None:
    """Count memory from here on: what was needed to load and to convert is given back, where the system can do so."""
    gc.collect()
    if sys.platform == "linux":
        with suppress(AttributeError):  # other C libraries have no such call
            ctypes.CDLL(None).malloc_trim(0)
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5")


def peak_bytes() -> int:
    """The most that was resident."""
    with suppress(OSError):
        # Not the figure of getrusage, which begins with that of the process that started this one.
        known = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
        if known:
            return int(known[1]) * 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def main() -> None:
    """Talk on what standard output was; all that libraries print goes to standard error."""
    with os.fdopen(os.dup(1), "w") as out:
        os.dup2(2, 1)

        def tell(answer: Mapping[str, Any]) -> None:
            print(json.dumps(answer), file=out, flush=True)

        setup = json.loads(sys.stdin.readline())
        serve(setup, LIBRARIES[setup["library"]](setup), sys.stdin.readline, tell)


if __name__ == "__main__":
    main()
