"""Decoding speed against `generate()` of transformers: the same weights, the same sentences, the same search, one run.

    python -m bench.decoding --model FOLDER [--source FILE --target FILE --test FILE] [--sentences N]

The first call trains a small model of the form of 2017 (the peer has no other) for a few minutes and keeps it in
FOLDER. Systems take turns. The peer gets what it likes best: bfloat16 or float32, either attention, batches sorted by
length, in several sizes. No length penalty, because the two divide by different functions of the length.
"""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from cyclopts import App
from safetensors.torch import load_file, save_file

from bench import peers
from bench.training import heedful_step
from heedful import numerics
from heedful.crew import crew_for
from heedful.data import phrasebook
from heedful.data.sampler import BatchPlan, Sampling
from heedful.data.text import read_lines
from heedful.data.tokenizer import BOS, EOS, PAD, Tokenizer
from heedful.decoding import Beam, Limits, decode
from heedful.model.pack import pack
from heedful.model.transformer import Transformer

LIMITS = Limits(max_ratio=2.0, max_extra=10, loop_repeats=0)
Answers = list[list[int]]


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


def trained(folder: Path, source: Path | None, target: Path | None, steps: int) -> tuple[Transformer, Tokenizer]:
    """The model in the folder, or a new one, trained and put there."""
    weights, words = folder / "model.safetensors", folder / "tokenizer.json"
    model = Transformer(peers.small())
    if not weights.exists():
        folder.mkdir(parents=True, exist_ok=True)
        corpus, tokenizer = peers.corpus(source, target)
        plan = BatchPlan(corpus, sampling=Sampling(4096, regularise=False))
        machine = numerics.choose("cpu")
        learn = heedful_step(model, machine, 0.01)
        with numerics.applied(machine):
            for step, (_, _, batch) in zip(range(steps), plan.stream(), strict=False):
                learn(batch)
                if step % 50 == 0:
                    print(f"training: step {step} of {steps}", flush=True)
        save_file({name: tensor.detach() for name, tensor in model.named_parameters()}, weights)
        words.write_text(tokenizer.to_json())
    tensors = load_file(weights)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[name])
    return model.eval(), Tokenizer.load(words)


def ours(model: Transformer, sources: Answers, width: int, machine: numerics.Numerics) -> Callable[[], Answers]:
    """heedful's decoder."""
    search = Beam(width, length_penalty=0.0)
    with numerics.applied(machine):
        packed = pack(model)

    def run() -> Answers:
        with numerics.applied(machine):
            found = decode(packed, sources, search, bos=BOS, eos=EOS, pad=PAD, limits=LIMITS, crew=crew_for(machine))
        return [hypotheses[0].tokens for hypotheses in found.hypotheses]

    return run


def theirs(model: Any, sources: Answers, width: int, rows: int) -> Callable[[], Answers]:
    """`generate()`, on batches of like length."""
    order = sorted(range(len(sources)), key=lambda index: len(sources[index]))

    def run() -> Answers:
        answers: Answers = [[] for _ in sources]
        for first in range(0, len(order), rows):
            chosen = order[first : first + rows]
            longest = max(len(sources[index]) for index in chosen)
            ids = torch.full((len(chosen), longest), PAD)
            for row, index in enumerate(chosen):
                ids[row, : len(sources[index])] = torch.tensor(sources[index])
            with torch.inference_mode():
                out = model.generate(
                    input_ids=ids,
                    attention_mask=(ids != PAD).long(),
                    num_beams=width,
                    do_sample=False,
                    early_stopping=False,
                    length_penalty=0.0,
                    max_new_tokens=int(LIMITS.max_ratio * longest) + LIMITS.max_extra,
                    bad_words_ids=[[BOS]],
                )
            for row, index in zip(out.tolist(), chosen, strict=True):
                answers[index] = _written(row[1:])
        return answers

    return run


def _written(ids: Sequence[int]) -> list[int]:
    """Up to the end of sentence."""
    return list(ids[: ids.index(EOS)]) if EOS in ids else [token for token in ids if token != PAD]


def contest(model: Transformer, sources: Answers, width: int, sizes: Sequence[int]) -> list[Decoder]:
    """Everyone who takes part."""
    machine = numerics.choose("cpu")
    exact = numerics.Numerics("cpu", "float32", machine.matmul, machine.threads)
    copies = {dtype: Transformer(peers.small()).eval() for dtype in (machine.dtype, torch.float32)}
    found = []
    for how in dict.fromkeys((machine, exact)):
        own = copies[how.dtype]
        own.load_state_dict(model.state_dict())
        name = str(how.dtype).removeprefix("torch.")
        found.append(Decoder(f"heedful, {name}", ours(own.to(how.dtype), sources, width, how)))
        for attention in ("eager", "sdpa"):
            peer = peers.marian(peers.small(), attention).eval()
            peers.copy_weights(model, peer)
            peer = peer.to(how.dtype)
            for rows in sizes:
                run = theirs(peer, sources, width, rows)
                found.append(Decoder(f"transformers, {name}, {attention}, batches of {rows}", run))
    return found


app = App(result_action="return_value")


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
    app()
