"""Decoding speed against `generate()` of transformers: the same weights, the same sentences, the same search, one run.

    python -m bench.decoding --model FOLDER [--source FILE --target FILE --test FILE] [--sentences N]

The first call trains a small model of the form of 2017 (the peer has no other) for a few minutes and keeps it in
FOLDER. Systems take turns. The peer gets what it likes best: bfloat16 or float32, either attention, batches sorted by
length, in several sizes. No length penalty, because the two divide by different functions of the length.
"""

import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch

from bench import peers
from bench.command import make_app, run
from bench.translator import Answers, found, generated, trained
from heedful import numerics
from heedful.data import phrasebook
from heedful.data.text import read_lines
from heedful.data.tokenizer import EOS
from heedful.model.pack import pack
from heedful.model.transformer import Transformer


@dataclass
class Decoder:
    """Something that translates.

    Args:
        name: for the table.
        run: token ids in, token ids out.
        seconds: of each turn.
        answers: of the last turn.
    """

    name: str
    run: Callable[[], Answers]
    seconds: list[float] = field(default_factory=list)
    answers: Answers = field(default_factory=list)


def contest(model: Transformer, sources: Answers, width: int, sizes: Sequence[int]) -> list[Decoder]:
    """Everyone who takes part."""
    machine = numerics.choose("cpu")
    exact = numerics.Numerics("cpu", "float32", machine.matmul, machine.threads)
    copies = {dtype: Transformer(peers.small()).eval() for dtype in (machine.dtype, torch.float32)}
    systems = []
    for how in dict.fromkeys((machine, exact)):
        own = copies[how.dtype]
        own.load_state_dict(model.state_dict())
        with numerics.applied(how):
            packed = pack(own.to(how.dtype))
        name = str(how.dtype).removeprefix("torch.")
        systems.append(Decoder(f"heedful, {name}", partial(found, packed, sources, width, how)))
        for attention in ("eager", "sdpa"):
            peer = peers.marian(peers.small(), attention).eval()
            peers.copy_weights(model, peer)
            peer = peer.to(how.dtype)
            for rows in sizes:
                decode = partial(generated, peer, sources, width, rows)
                systems.append(Decoder(f"transformers, {name}, {attention}, batches of {rows}", decode))
    return systems


app = make_app()


@app.default
def main(
    *,
    model: Path,
    source: Path | None = None,
    target: Path | None = None,
    test: Path | None = None,
    sentences: int = 1000,
    beam: int = 5,
    steps: int = 400,
    rounds: int = 2,
) -> None:
    """Measure.

    Args:
        model: folder of the model; trained when it is not there yet.
        source: text to train on; the embedded corpus when not given.
        target: its translation.
        test: sentences to translate; those of the embedded corpus when not given.
        sentences: how many of them.
        beam: width; 1 is greedy.
        steps: updates of the training.
        rounds: turns that each system takes.
    """
    network, tokenizer = trained(model, source, target, steps)
    lines = read_lines(test) if test else (pair.chinese for pair in phrasebook.generate(sentences, "test"))
    sources = [[*tokenizer.encode(line), EOS] for _, line in zip(range(sentences), lines, strict=False)]
    systems = contest(network, sources, beam, (64, 16))
    for _ in range(rounds):
        for system in systems:
            begun = time.perf_counter()
            system.answers = system.run()
            system.seconds.append(time.perf_counter() - begun)
            print(f"{system.name}: {len(sources) / system.seconds[-1]:,.0f} sentences/s", flush=True)
    report(systems, len(sources))


def report(systems: list[Decoder], n_sentences: int) -> None:
    """Print the table: medians, ratios within each turn to the best peer of that turn, and how many answers agree."""
    rounds = range(len(systems[0].seconds))
    best = [min(each.seconds[i] for each in systems if each.name.startswith("transformers")) for i in rounds]
    print(f"\n{'':44}{'sentences/s':>12}{'to the best peer':>18}{'same as float32 peer':>22}")
    reference = next(each for each in systems if each.name.startswith("transformers, float32"))
    for system in systems:
        rate = n_sentences / statistics.median(system.seconds)
        ratio = statistics.median(other / own for other, own in zip(best, system.seconds, strict=True))
        same = sum(a == b for a, b in zip(system.answers, reference.answers, strict=True)) / n_sentences
        print(f"{system.name:44}{rate:12,.0f}{ratio:17.2f}x{same:22.1%}")


if __name__ == "__main__":
    sys.exit(run(app))
