"""Training throughput against the MarianMTModel of transformers: same shape, same batches, same dropout sites, one run.

    python -m bench.training [--source FILE --target FILE] [--rounds N] [--steps N]

Systems take turns, so that a machine that slows down slows all of them; the ratio is that of the same round. Tokens are
source and target tokens without padding. Both learn with fused AdamW in bfloat16 with float32 masters.
"""

import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from bench import peers
from bench.command import make_app, run
from heedful import numerics
from heedful.data.batch import Batch
from heedful.data.sampler import BatchPlan, Sampling
from heedful.data.tokenizer import PAD
from heedful.interface import Model
from heedful.model.transformer import Transformer
from heedful.tasks.setup import flops_per_token, peak_flops
from heedful.training.objectives import TeacherForcing
from heedful.training.options import TrainingOptions
from heedful.training.state import State
from heedful.training.step import Step, gradient, step_seed

TOKENS, RATE = 4096, 1e-3


@dataclass
class System:
    """Something that can learn from a batch.

    Args:
        name: for the table.
        step: takes a batch and learns from it.
        seconds: of each round so far, for the same batches.
    """

    name: str
    step: Callable[[Batch], None]
    seconds: list[float]


def heedful_step(model: Model, machine: numerics.Numerics, orthogonal: float | None) -> Callable[[Batch], None]:
    """An update as the training loop makes it."""
    options = TrainingOptions(steps=10_000, learning_rate=RATE, orthogonal_rate=orthogonal, average=None)
    state = State(model, options)
    step = Step(model, TeacherForcing(0.1), machine.dtype).train()
    number = 0

    def learn(batch: Batch) -> None:
        nonlocal number
        number += 1
        gradient(step, [batch], 1, options.clip, step_seed(1, number), state.device)
        state.update(RATE)

    return learn


def marian_step(model: Any, compiled: bool = False) -> Callable[[Batch], None]:
    """An update as people write it with transformers: autocast, smoothed cross-entropy, fused AdamW."""
    optimizer = torch.optim.AdamW(model.parameters(), RATE, fused=True)
    forward = torch.compile(model) if compiled else model
    model.train()

    def learn(batch: Batch) -> None:
        labels = batch.labels.masked_fill(batch.labels == PAD, -100)
        with torch.autocast("cpu", torch.bfloat16):
            logits = forward(
                input_ids=batch.source.values,
                attention_mask=batch.source.mask.long(),
                decoder_input_ids=batch.target.values,
                decoder_attention_mask=batch.target.mask.long(),
            ).logits
            loss = functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), label_smoothing=0.1)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return learn


def systems(machine: numerics.Numerics, compiled: bool) -> list[System]:
    """Ours with each optimizer, theirs with each attention."""
    found = [
        System("heedful, AdamW", heedful_step(Transformer(peers.small()), machine, None), []),
        System("heedful, Muon (its default)", heedful_step(Transformer(peers.small()), machine, 0.02), []),
    ]
    for attention in ("eager", "sdpa"):
        found.append(System(f"transformers, {attention}", marian_step(peers.marian(peers.small(), attention)), []))
    if compiled:
        found.append(System("transformers, compiled", marian_step(peers.marian(peers.small(), "sdpa"), True), []))
    return found


app = make_app()


@app.default
def main(
    *,
    source: Path | None = None,
    target: Path | None = None,
    rounds: int = 3,
    steps: int = 12,
    compiled: bool = False,
) -> None:
    """Measure.

    Args:
        source: text; the embedded corpus when not given.
        target: its translation.
        rounds: turns that each system takes.
        steps: updates in a turn.
        compiled: also torch.compile for the peer (needs a C++ compiler, and minutes).
    """
    corpus, _ = peers.corpus(source, target)
    # The same padded batches for everyone, in the shapes that training uses.
    plan = BatchPlan(corpus, sampling=Sampling(TOKENS, regularise=False))
    machine = numerics.choose("cpu")
    contest = systems(machine, compiled)
    flops = flops_per_token(Transformer(peers.small()))
    peaks: list[float] = []
    n_batches = plan.n_batches(0)
    with numerics.applied(machine):
        for turn in range(-1, rounds):  # the first turn warms up
            batches = [plan.batch(0, (turn + 1) * steps + i if turn >= 0 else i) for i in range(min(steps, n_batches))]
            n_tokens = sum(batch.n_tokens for batch in batches)
            peak = peak_flops(machine)
            for system in contest:
                begun = time.perf_counter()
                for batch in batches:
                    system.step(batch)
                if turn >= 0:
                    system.seconds.append((time.perf_counter() - begun) / n_tokens)
            if turn >= 0:
                peaks.append(peak)
    report(contest, flops, statistics.median(peaks))


def report(contest: list[System], flops: float, peak: float) -> None:
    """Print the table: median of the rounds, ratios within each round to the best peer of that round."""
    rounds = range(len(contest[0].seconds))
    theirs = [min(each.seconds[i] for each in contest if each.name.startswith("transformers")) for i in rounds]
    print(f"bfloat16 peak of this machine, in the same run: {peak / 1e9:,.0f} GFLOP/s")
    print(f"{'':30}{'tokens/s':>10}{'of the peak':>13}{'to the best peer':>18}")
    for system in contest:
        rate = 1 / statistics.median(system.seconds)
        ratio = statistics.median(best / own for best, own in zip(theirs, system.seconds, strict=True))
        print(f"{system.name:30}{rate:10,.0f}{rate * flops / peak:13.0%}{ratio:17.2f}x")


if __name__ == "__main__":
    sys.exit(run(app))
