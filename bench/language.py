"""Training throughput of a causal language model against nanoGPT's model, written anew with stock torch layers.

    python -m bench.language [--size small|shakespeare] [--rounds N] [--steps N] [--compiled]

Systems take turns, so that a machine that slows down slows all of them; the ratio is that of the same round. All learn
with fused AdamW in bfloat16 with float32 masters (autocast theirs); ours also with Muon, which is what it learns with.
The text is random tokens: what is measured does not depend on them.
"""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

from bench.command import make_app, run
from heedful import numerics
from heedful.architecture import Architecture
from heedful.data.windows import Windows
from heedful.interface import Source
from heedful.model.transformer import Transformer
from heedful.tasks.language_defaults import LanguageSize, language_architecture
from heedful.tasks.models import n_parameters
from heedful.tasks.setup import flops_per_token, peak_flops
from heedful.training.objectives import NextToken
from heedful.training.options import TrainingOptions
from heedful.training.state import State
from heedful.training.step import Step, gradient, step_seed

RATE = 1e-3


@dataclass(frozen=True)
class Size:
    """What is trained.

    Args:
        d_model: width.
        n_layers: depth.
        n_heads: of them.
        window: T.
        rows: B.
        vocab_size: V.
        dropout: probability.
    """

    d_model: int
    n_layers: int
    n_heads: int
    window: int
    rows: int
    vocab_size: int
    dropout: float


SIZES = {
    "small": Size(256, 6, 4, 256, 32, 8000, 0.1),
    # nanoGPT's config/train_shakespeare_char.py, with half of its rows.
    "shakespeare": Size(384, 6, 6, 256, 32, 65, 0.2),
}


class GPT(nn.Module):
    """nanoGPT's model by its published shape: learned positions, layer norms without bias, GELU, tied output.

    Args:
        size: of it.
    """

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.size = size
        width = size.d_model
        self.tokens, self.positions = nn.Embedding(size.vocab_size, width), nn.Embedding(size.window, width)
        self.drop = nn.Dropout(size.dropout)
        self.blocks = nn.ModuleList(
            nn.ModuleDict({
                "before": nn.LayerNorm(width, bias=False),
                "heads": nn.Linear(width, 3 * width, bias=False),
                "mixed": nn.Linear(width, width, bias=False),
                "between": nn.LayerNorm(width, bias=False),
                "widen": nn.Linear(width, 4 * width, bias=False),
                "narrow": nn.Linear(4 * width, width, bias=False),
            })
            for _ in range(size.n_layers)
        )  # fmt: skip
        self.last = nn.LayerNorm(width, bias=False)
        self.output = nn.Linear(width, size.vocab_size, bias=False)
        self.output.weight = self.tokens.weight

    def forward(self, values: Tensor, labels: Tensor) -> Tensor:
        """The mean loss.

        Args:
            values: (B, T).
            labels: (B, T).
        """
        x = self.drop(self.tokens(values) + self.positions(torch.arange(values.shape[1], device=values.device)))
        for block in self.blocks:
            x = x + self._attend(block, block["before"](x))  # type: ignore[index]
            inner = functional.gelu(block["widen"](block["between"](x)))  # type: ignore[index]
            x = x + self.drop(block["narrow"](inner))  # type: ignore[index]
        return functional.cross_entropy(self.output(self.last(x)).flatten(0, 1), labels.flatten())

    def _attend(self, block: Any, x: Tensor) -> Tensor:
        query, key, value = (
            part.unflatten(-1, (self.size.n_heads, -1)).transpose(1, 2) for part in block["heads"](x).chunk(3, dim=-1)
        )
        dropout = self.size.dropout if self.training else 0.0
        mixed = functional.scaled_dot_product_attention(query, key, value, dropout_p=dropout, is_causal=True)
        return self.drop(block["mixed"](mixed.transpose(1, 2).flatten(2)))  # type: ignore[no-any-return]


@dataclass
class System:
    """Something that can learn from windows.

    Args:
        name: for the table.
        step: takes windows and learns from them.
        seconds: of each round so far.
    """

    name: str
    step: Callable[[Windows], None]
    seconds: list[float]


def our_shape(size: Size) -> Architecture:
    """What heedful trains by default, at that size."""
    row = LanguageSize(0, size.d_model, size.n_layers, size.dropout, RATE, size.window, size.rows, 1)
    return replace(language_architecture(row, size.vocab_size, (False, True)), n_heads=size.n_heads)


def our_step(size: Size, machine: numerics.Numerics, orthogonal: float | None) -> Callable[[Windows], None]:
    """An update as the training loop makes it."""
    options = TrainingOptions(steps=10_000, learning_rate=RATE, orthogonal_rate=orthogonal)
    state = State(Transformer(our_shape(size)).to(machine.device), options)
    step = Step(state.model, NextToken(), machine.dtype).train()
    number = 0

    def learn(windows: Windows) -> None:
        nonlocal number
        number += 1
        gradient(step, [windows], 1, options.clip, step_seed(1, number), state.device)
        state.update(RATE)

    return learn


def their_step(size: Size, device: str, compiled: bool = False) -> Callable[[Windows], None]:
    """An update as nanoGPT makes it: autocast, clipped gradient, fused AdamW."""
    model = GPT(size).to(device).train()
    optimizer = torch.optim.AdamW(model.parameters(), RATE, betas=(0.9, 0.99), weight_decay=0.1, fused=True)
    forward: Any = torch.compile(model) if compiled else model

    def learn(windows: Windows) -> None:
        moved = windows.to(torch.device(device))
        with torch.autocast(device, torch.bfloat16):
            loss = forward(moved.inputs.values, moved.labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return learn


def random_windows(size: Size, seed: int) -> Windows:
    """A batch of tokens that mean nothing."""
    drawn = torch.randint(
        4, size.vocab_size, (size.rows, size.window + 1), generator=torch.Generator().manual_seed(seed)
    )
    values = drawn[:, :-1].contiguous()
    mask = torch.ones_like(values, dtype=torch.bool)
    return Windows(Source(values, mask), drawn[:, 1:].contiguous(), values.numel())


def systems(size: Size, machine: numerics.Numerics, compiled: bool) -> list[System]:
    """Ours with each optimizer, and theirs."""
    found = [
        System("heedful, AdamW", our_step(size, machine, None), []),
        System("heedful, Muon (its default)", our_step(size, machine, 0.02), []),
        System("nanoGPT's model, stock layers", their_step(size, machine.device), []),
    ]
    if compiled:
        found.append(System("nanoGPT's model, compiled", their_step(size, machine.device, True), []))
    return found


app = make_app()


@app.default
def main(
    *, size: Literal["small", "shakespeare"] = "small", rounds: int = 3, steps: int = 4, compiled: bool = False
) -> None:
    """Measure.

    Args:
        size: d256, 6 layers, vocabulary of 8,000; or d384, 6 layers, 65 characters; windows of 256.
        rounds: each system takes a turn in each.
        steps: updates in a turn.
        compiled: theirs under torch.compile too.
    """
    what, machine = SIZES[size], numerics.choose()
    windows = [random_windows(what, number) for number in range(steps)]
    n_tokens = steps * what.window * what.rows
    with numerics.applied(machine):
        found = systems(what, machine, compiled)
        for system in found:
            system.step(windows[0])
        for _ in range(rounds):
            for system in found:
                begun = time.perf_counter()
                for batch in windows:
                    system.step(batch)
                if machine.device == "cuda":
                    torch.cuda.synchronize()
                system.seconds.append(time.perf_counter() - begun)
        model = Transformer(our_shape(what))
        flops, peak = flops_per_token(model), peak_flops(machine)
    first = next(system for system in found if system.name.startswith("nanoGPT"))
    print(f"{n_parameters(model):,} weights of ours, {machine.compute} on {machine.threads} threads, {rounds} rounds")
    for system in found:
        speed = n_tokens / statistics.median(system.seconds)
        ratio = statistics.median(theirs / ours for theirs, ours in zip(first.seconds, system.seconds, strict=True))
        print(f"{system.name:32} {speed:9,.0f} tokens/s  {ratio:5.2f} times  {speed * flops / peak:5.1%} of the peak")


if __name__ == "__main__":
    run(app)
