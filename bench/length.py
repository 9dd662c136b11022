"""What a layer costs as its input grows: time and memory of attention, windowed or not, recurrence and convolution.

    python -m bench.length [--longest N] [--repeats N] [--json FILE] [--chart FILE.png]

One layer each, with its projections, of d_model 256 and 4 heads. Short inputs come in batches of 1,024 tokens, because
a single one would measure how long a call takes and not the work in it; from 1,024 tokens on, where the exponents are
fitted, there is one row, so that nothing but the length changes. All figures are for a row.

Memory is what the forward pass keeps for the backward pass, and its result: the storages of the tensors that autograd
saves, each once, the weights left out. It is counted and not sampled, so it is the same on every run; the resident size
of a process moves with the allocator and with what ran before. What an operator takes and gives back within itself is
not in it.
"""

import itertools
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import torch
from cyclopts import Parameter
from rich.table import Table
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.parametrize import remove_parametrizations

from bench.command import make_app, run
from heedful import numerics
from heedful.architecture import Architecture
from heedful.baselines.convolution import GatedConvolution
from heedful.baselines.recurrence import Cell, Recurrence
from heedful.cli.console import output_console
from heedful.errors import DependencyError, OptionError
from heedful.model.attention import Attention

SHAPE = Architecture(vocab_size=1, d_model=256, n_heads=4)
WINDOW, KERNEL = 128, 3
SHORTEST, LONGEST = 64, 8192
# Tokens of a batch, and the length from which on exponents are fitted.
TOKENS = FITTED_FROM = 1024
# A layer is linear when its exponent is within 10% of 1.
LINEAR = (0.9, 1.1)


class Look(nn.Module):
    """Self-attention of every position to the others, or to its neighbours: (B, T, D) -> (B, T, D)."""

    def __init__(self, causal: bool, window: int | None) -> None:
        super().__init__()
        self.attention = Attention(SHAPE)
        self.causal, self.window = causal, window

    def forward(self, x: Tensor) -> Tensor:
        key, value = self.attention.keys_values(x)
        return self.attention(x, key, value, causal=self.causal, window=self.window)


class Read(nn.Module):
    """A recurrent layer: (B, T, D) -> (B, T, D)."""

    def __init__(self, cell: Cell) -> None:
        super().__init__()
        self.recurrence = Recurrence(cell, SHAPE.d_model, SHAPE.d_model, 1, 0.0)

    def forward(self, x: Tensor) -> Tensor:
        width = self.recurrence.n_parts * SHAPE.d_model
        return self.recurrence(x, x.new_zeros(len(x), 1, width))[0]


class See(nn.Module):
    """A gated convolution: (B, T, D) -> (B, T, D)."""

    def __init__(self) -> None:
        super().__init__()
        self.convolution = GatedConvolution(SHAPE.d_model, KERNEL, keep=1.0)
        # Its weight as it is: making it of a length and a direction costs the same at every input.
        remove_parametrizations(self.convolution.project, "weight")

    def forward(self, x: Tensor) -> Tensor:
        return self.convolution(functional.pad(x, (0, 0, KERNEL // 2, KERNEL // 2)))


# All that takes part, each made anew with random weights. Another kind of layer is another line.
LAYERS: Mapping[str, Callable[[], nn.Module]] = {
    "attention": lambda: Look(causal=False, window=None),
    "attention, causal": lambda: Look(causal=True, window=None),
    f"window {WINDOW}": lambda: Look(causal=False, window=WINDOW),
    f"window {WINDOW}, causal": lambda: Look(causal=True, window=WINDOW),
    "GRU": lambda: Read("gru"),
    "LSTM": lambda: Read("lstm"),
    f"convolution {KERNEL}": See,
}


@dataclass(frozen=True)
class Cost:
    """What a layer takes for one row, by length.

    Args:
        name: of the layer.
        lengths: in tokens, rising.
        forward: seconds, median, without gradients.
        both: seconds, median, of the forward and the backward pass.
        kept: bytes between the two.
    """

    name: str
    lengths: Sequence[int]
    forward: Sequence[float]
    both: Sequence[float]
    kept: Sequence[int]

    def exponents(self) -> dict[str, float]:
        """The power of the length with which each figure grows, as `exponent` has it."""
        figures = {"forward": self.forward, "both": self.both, "kept": self.kept}
        return {name: exponent(self.lengths, values) for name, values in figures.items()}


def exponent(lengths: Sequence[int], values: Sequence[float]) -> float:
    """The slope of log(value) over log(length) by least squares, from FITTED_FROM on; NaN for fewer than two."""
    points = [(math.log(n), math.log(v)) for n, v in zip(lengths, values, strict=True) if n >= FITTED_FROM]
    return statistics.linear_regression(*zip(*points, strict=True)).slope if len(points) > 1 else math.nan


def kept_bytes(layer: nn.Module, x: Tensor) -> int:
    """What a forward pass leaves for the backward pass, the result with it, weights left out.

    Args:
        layer: (B, T, D) -> (B, T, D).
        x: (B, T, D).
    """
    # Tensors are held until all are counted: the address of one that is gone may be given to the next.
    saved: list[Tensor] = []

    def keep(tensor: Tensor) -> Tensor:
        saved.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        saved.append(layer(x))
    weights = {weight.untyped_storage().data_ptr() for weight in layer.parameters()}
    storages = {tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes() for tensor in saved}
    return sum(size for address, size in storages.items() if address not in weights)


def forward_seconds(layer: nn.Module, x: Tensor) -> float:
    """Time of a forward pass without gradients."""
    with torch.no_grad():
        begun = time.perf_counter()
        layer(x)
        return time.perf_counter() - begun


def both_seconds(layer: nn.Module, x: Tensor) -> float:
    """Time of a forward and a backward pass, to the input and to every weight."""
    given = torch.ones_like(x)
    begun = time.perf_counter()
    torch.autograd.grad(layer(x), [x, *layer.parameters()], given)
    return time.perf_counter() - begun


def measure(lengths: Sequence[int], repeats: int, tell: Callable[[str], None]) -> list[Cost]:
    """Every layer at every length. All take turns, so that a machine that slows down slows all of them alike.

    Args:
        lengths: in tokens, rising.
        repeats: turns that count, behind one that warms up.
        tell: is told which turn it is.
    """
    machine = numerics.choose("cpu")
    layers = {name: make().to(machine.dtype) for name, make in LAYERS.items()}
    inputs = {length: torch.randn(max(1, TOKENS // length), length, SHAPE.d_model) for length in lengths}
    inputs = {length: x.to(machine.dtype).requires_grad_() for length, x in inputs.items()}
    turns: list[dict[tuple[str, int], tuple[float, float]]] = []
    with numerics.applied(machine):
        for turn in range(repeats + 1):
            tell(f"turn {turn} of {repeats}" if turn else "warming up")
            turns.append({})
            for (name, layer), (length, x) in itertools.product(layers.items(), inputs.items()):
                turns[-1][name, length] = forward_seconds(layer, x) / len(x), both_seconds(layer, x) / len(x)
        kept = {name: [kept_bytes(layer, x) // len(x) for x in inputs.values()] for name, layer in layers.items()}

    def medians(name: str, which: int) -> list[float]:
        return [statistics.median(turn[name, length][which] for turn in turns[1:]) for length in lengths]

    return [Cost(name, lengths, medians(name, 0), medians(name, 1), kept[name]) for name in layers]


def tables(costs: Sequence[Cost]) -> list[Table]:
    """A table for each figure, with the exponents behind."""
    units = {"forward": ("forward, ms", 1e3), "both": ("forward and\nbackward, ms", 1e3), "kept": ("kept, MiB", 2**-20)}
    made = []
    for figure, (title, factor) in units.items():
        table = Table(title, box=None, header_style="bold", pad_edge=False)
        for name in [*(str(length) for length in costs[0].lengths), "power"]:
            table.add_column(name, justify="right", vertical="bottom")
        for cost in costs:
            values = [_short(value * factor) for value in vars(cost)[figure]]
            table.add_row(cost.name, *values, f"{cost.exponents()[figure]:.2f}")
        made.append(table)
    return made


def _short(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def verdict(costs: Sequence[Cost]) -> list[str]:
    """Whether window attention is linear in time, a line for each kind."""
    said = []
    for cost in costs:
        if cost.name.startswith("window"):
            powers = {name: power for name, power in cost.exponents().items() if name != "kept"}
            holds = all(LINEAR[0] <= power <= LINEAR[1] for power in powers.values())
            figures = ", ".join(f"{name} {power:.2f}" for name, power in powers.items())
            said.append(f"{cost.name}: {'linear within 10%' if holds else 'not linear within 10%'} ({figures})")
    return said


def show(costs: Sequence[Cost], width: int | None = None) -> None:
    """Print all that was found.

    Args:
        costs: of the layers.
        width: characters of a line; None is that of the window.
    """
    console = output_console(width)
    for table in tables(costs):
        console.print(table, "")
    console.print(*verdict(costs), sep="\n")


def _plain(figures: Mapping[str, float]) -> dict[str, float | None]:
    """JSON has no NaN."""
    return {name: None if math.isnan(value) else value for name, value in figures.items()}


def pyplot() -> Any:
    """The drawing library, without a window.

    Raises:
        DependencyError: it is not installed.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise DependencyError(f"charts are drawn by matplotlib ({error}): pip install 'heedful[bench]'") from error
    mpl.use("Agg")
    from matplotlib import pyplot as plt

    return plt


def draw(costs: Sequence[Cost], path: Path) -> None:
    """A chart of time and memory over the length, both axes logarithmic."""
    figure, panels = pyplot().subplots(1, 2, figsize=(12, 5), layout="constrained")
    for panel, name, title, factor in (
        (panels[0], "both", "forward and backward, ms a row", 1e3),
        (panels[1], "kept", "kept for the backward pass, MiB a row", 2**-20),
    ):
        for cost in costs:
            values = [value * factor for value in vars(cost)[name]]
            style = "--" if "causal" in cost.name else "-"
            panel.plot(cost.lengths, values, style, marker="o", markersize=4, label=cost.name)
        panel.set_xscale("log", base=2)
        panel.set_yscale("log")
        panel.set_xticks(costs[0].lengths, [str(length) for length in costs[0].lengths])
        panel.set(title=title, xlabel="tokens")
        panel.grid(alpha=0.3)
    panels[0].legend()
    figure.savefig(path, dpi=110)
    pyplot().close(figure)


app = make_app()


@app.default
def main(
    *,
    longest: int = LONGEST,
    repeats: int = 5,
    as_json: Annotated[Path | None, Parameter(name="--json")] = None,
    chart: Path | None = None,
) -> None:
    """Measure the time and the memory of attention, RNNs and convolutions against the length of their input.

    Args:
        longest: the most tokens; inputs have 64, and twice as many each time.
        repeats: turns that each layer takes at each length; the median counts.
        as_json: file for the figures.
        chart: file for a picture, as cost.png.
    """
    for path in (as_json, chart):  # refused before minutes are spent
        if path is not None and not path.parent.is_dir():
            raise OptionError(f"there is no folder {path.parent} for {path.name}: make it first, or name another")
    if chart is not None:
        pyplot()
    lengths = [length for length in (SHORTEST << n for n in range(32)) if length <= longest]
    if not lengths or repeats < 1:
        raise OptionError(f"expected --longest of {SHORTEST} or more, and --repeats: got {longest} and {repeats}")
    costs = measure(lengths, repeats, lambda said: print(said, file=sys.stderr, flush=True))
    show(costs)
    if as_json is not None:
        figures = [{**asdict(cost), "exponents": _plain(cost.exponents())} for cost in costs]
        as_json.write_text(json.dumps({"d_model": SHAPE.d_model, "heads": SHAPE.n_heads, "layers": figures}, indent=1))
    if chart is not None:
        draw(costs, chart)


if __name__ == "__main__":
    sys.exit(run(app))
