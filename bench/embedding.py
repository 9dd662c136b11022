"""Sentence vectors beside transformers and ONNX Runtime: the same encoder, the same sentences, one run.

    python -m bench.embedding --model FOLDER [--text FILE] [--sentences N]

FOLDER is a Hugging Face model of a family that `heedful import` reads, such as all-MiniLM-L6-v2. A vector is the mean
of the last layer over the tokens. Texts of 8 to 128 tokens, their lengths spread evenly, sorted for everyone; cutting
them into tokens is in the time. Systems take turns; peers get either attention, both types, several sizes of batch.
ONNX Runtime computes in int8 (weights by channel, activations as they come), where onnx and onnxruntime are installed.
"""

import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from bench.command import make_app, run
from heedful.data import phrasebook
from heedful.data.text import read_lines
from heedful.errors import DependencyError, OptionError
from heedful.numerics import Compute, Numerics, choose
from heedful.tasks.embedder import Embedder
from heedful.tasks.importing import ImportOptions, import_model
from heedful.tasks.trunk import borrow

SHORTEST, LONGEST = 8, 128
BATCHES = (16, 32, 64)
KINDS: tuple[Compute, Compute] = ("float32", "bfloat16")


@dataclass
class System:
    """Something that makes vectors of texts.

    Args:
        name: for the table.
        run: texts in, (N, D) out.
        seconds: of each turn.
        vectors: of the last turn.
    """

    name: str
    run: Callable[[Sequence[str]], np.ndarray]
    seconds: list[float] = field(default_factory=list)
    vectors: np.ndarray = field(default_factory=lambda: np.empty(0))


def texts_of(lines: Sequence[str], tokenizer: Any, n: int) -> list[str]:
    """Texts whose numbers of tokens are spread evenly between both ends, made of whole words of the lines."""
    draw = random.Random(1)
    words = cycle([word for line in lines for word in line.split()])
    found = []
    for _ in range(n):
        wanted = draw.randint(SHORTEST, LONGEST)
        chosen = [next(words)]
        while len(tokenizer(" ".join(chosen))["input_ids"]) < wanted:
            chosen.append(next(words))
        while len(tokenizer(" ".join(chosen))["input_ids"]) > wanted and len(chosen) > 1:
            chosen.pop()
        found.append(" ".join(chosen))
    return found


def ours(folder: Path, place: Path, machine: Numerics) -> list[System]:
    """heedful in the type of this machine, and in float32."""
    import_model(ImportOptions(str(folder), place))
    trunk, codec = borrow(place)
    ways = [replace(machine, compute=compute) for compute in dict.fromkeys((machine.compute, KINDS[0]))]
    return [System(f"heedful, {how.compute}", Embedder(trunk, codec, how).embed) for how in ways]


def by_batches(
    texts: Sequence[str], tokenizer: Any, rows: int, hidden: Callable[[dict[str, torch.Tensor]], torch.Tensor]
) -> np.ndarray:
    """The means of hidden states, in the order of the texts, read sorted by length."""
    order = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    found: list[Any] = [None] * len(texts)
    for low in range(0, len(order), rows):
        places = order[low : low + rows]
        batch = tokenizer([texts[place] for place in places], padding=True, return_tensors="pt")
        mask = batch["attention_mask"][:, :, None]
        vectors = (hidden(batch).float() * mask).sum(1) / mask.sum(1)
        for place, vector in zip(places, vectors.numpy(), strict=True):
            found[place] = vector
    return np.stack(found)


def transformers(folder: Path, tokenizer: Any) -> list[System]:
    """The library that the model came from."""
    from transformers import AutoModel

    found = []
    for dtype in (torch.bfloat16, torch.float32):
        for attention in ("eager", "sdpa"):
            model = AutoModel.from_pretrained(folder, attn_implementation=attention, dtype=dtype).eval()

            def hidden(batch: dict[str, torch.Tensor], model: Any = model) -> torch.Tensor:
                with torch.inference_mode():
                    return model(**batch).last_hidden_state

            for rows in BATCHES:

                def embed(texts: Sequence[str], rows: int = rows, hidden: Any = hidden) -> np.ndarray:
                    return by_batches(texts, tokenizer, rows, hidden)

                name = str(dtype).removeprefix("torch.")
                found.append(System(f"transformers, {name}, {attention}, batches of {rows}", embed))
    return found


class Hidden(torch.nn.Module):
    """The last layer of a model of transformers, its inputs by place."""

    def __init__(self, model: torch.nn.Module, names: Sequence[str]) -> None:
        super().__init__()
        self.model, self.names = model, names

    def forward(self, *inputs: torch.Tensor) -> torch.Tensor:
        """(B, S, D)."""
        return self.model(**dict(zip(self.names, inputs, strict=True))).last_hidden_state


def onnx(folder: Path, tokenizer: Any, place: Path, threads: int) -> list[System]:
    """ONNX Runtime in int8.

    Raises:
        DependencyError: it is not installed.
    """
    try:
        import onnxruntime
        from onnxruntime.quantization import QuantType, quantize_dynamic
        from transformers import AutoModel
    except ImportError as error:
        raise DependencyError(f"{error}: pip install onnxruntime onnx onnxscript") from None
    model = AutoModel.from_pretrained(folder, attn_implementation="eager").eval()
    example = dict(tokenizer(["one text", "and another one"], padding=True, return_tensors="pt"))
    names, exact, rounded = list(example), place / "model.onnx", place / "int8.onnx"
    axes = {name: {0: "rows", 1: "length"} for name in (*names, "hidden")}
    with torch.inference_mode():
        torch.onnx.export(
            Hidden(model, names),
            tuple(example.values()),
            exact,
            input_names=names,
            output_names=["hidden"],
            dynamic_axes=axes,
            dynamo=False,
        )
    quantize_dynamic(exact, rounded, per_channel=True, weight_type=QuantType.QInt8)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(str(rounded), options, providers=["CPUExecutionProvider"])

    def hidden(batch: dict[str, torch.Tensor]) -> torch.Tensor:
        return torch.from_numpy(session.run(["hidden"], {name: batch[name].numpy() for name in names})[0])

    found = []
    for rows in BATCHES:

        def embed(texts: Sequence[str], rows: int = rows) -> np.ndarray:
            return by_batches(texts, tokenizer, rows, hidden)

        found.append(System(f"ONNX Runtime, int8, batches of {rows}", embed))
    return found


app = make_app()


@app.default
def main(*, model: Path, text: Path | None = None, sentences: int = 1000, rounds: int = 3) -> None:
    """Measure.

    Args:
        model: a Hugging Face model folder.
        text: whose words the texts are made of; the embedded corpus when not given.
        sentences: how many.
        rounds: turns that each system takes.
    """
    if min(sentences, rounds) < 1:
        raise OptionError(f"--sentences and --rounds are at least 1: got {sentences} and {rounds}")
    from transformers import AutoTokenizer

    tokenizer, machine = AutoTokenizer.from_pretrained(model), choose("cpu")
    torch.set_num_threads(machine.threads)
    lines = list(islice(read_lines(text), 20_000)) if text else [p.english for p in phrasebook.generate(2000)]
    texts = texts_of(lines, tokenizer, sentences)
    with tempfile.TemporaryDirectory(prefix="heedful-bench-") as folder:
        systems = ours(model, Path(folder) / "run", machine) + transformers(model, tokenizer)
        try:
            systems += onnx(model, tokenizer, Path(folder), machine.threads)
        except DependencyError as missing:
            print(f"ONNX Runtime is left out: {missing}", file=sys.stderr)
        # Every setting of a peer once on a part of the texts; the best of each type goes on.
        systems = finalists(systems, texts[::4])
        for _ in range(rounds):
            for system in systems:
                play(system, texts)
    report(systems, len(texts))


def play(system: System, texts: Sequence[str]) -> None:
    """One turn."""
    begun = time.perf_counter()
    system.vectors = system.run(texts)
    system.seconds.append(time.perf_counter() - begun)


def finalists(systems: Sequence[System], texts: Sequence[str]) -> list[System]:
    """Ours, and of each library and type the fastest setting."""
    best: dict[str, System] = {}
    for system in systems:
        play(system, texts)
        kind = ", ".join(system.name.split(", ")[:2])
        if kind not in best or system.seconds[0] < best[kind].seconds[0]:
            best[kind] = system
    for system in systems:
        system.seconds.clear()
    return list(best.values())


def report(systems: Sequence[System], n: int) -> None:
    """Print medians, ratios within a turn to transformers in each type, and the least cosine with its float32."""
    peers = {kind: next(each for each in systems if each.name.startswith(f"transformers, {kind}")) for kind in KINDS}
    exact = peers["float32"].vectors
    print(f"\n{'':48}{'texts/s':>10}{'to its float32':>16}{'to its bfloat16':>17}{'least cosine':>14}")
    for system in systems:
        ratios = [
            statistics.median(other / own for other, own in zip(peer.seconds, system.seconds, strict=True))
            for peer in peers.values()
        ]
        norms = np.linalg.norm(system.vectors, axis=1) * np.linalg.norm(exact, axis=1)
        cosine = float(((system.vectors * exact).sum(1) / norms).min())
        rate = n / statistics.median(system.seconds)
        print(f"{system.name:48}{rate:10,.0f}{ratios[0]:15.2f}x{ratios[1]:16.2f}x{cosine:14.6f}")


if __name__ == "__main__":
    sys.exit(run(app))
