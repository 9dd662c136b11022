"""The rows of an ablation: a base, and what differs from it in one thing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from bench.altered import with_batch_norm, without_residuals, without_scale
from heedful.architecture import Architecture
from heedful.errors import OptionError, suggest
from heedful.model.transformer import Transformer
from heedful.tasks.defaults import Size

BASE = "base"


@dataclass(frozen=True)
class Variant:
    """What a row trains.

    Args:
        shape: its architecture.
        size: how it is trained; that shape is its own, whatever stands here.
        alter: changes the built model; None leaves it.
    """

    shape: Architecture
    size: Size
    alter: Callable[[Transformer], None] | None = None


def variants(base: Variant) -> dict[str, Variant]:
    """All rows by name, base first; what base is already is no row of its own."""
    shape, size = base.shape, base.size
    # Of the layers of both stacks together, one more encodes.
    deeper = {"n_encoder_layers": shape.n_encoder_layers + 1, "n_decoder_layers": max(1, shape.n_decoder_layers - 1)}
    shapes = {
        **{f"heads-{n}": replace(shape, n_heads=n) for n in (1, 2, 4, 8, 16) if shape.d_model % (2 * n) == 0},
        **{f"layers-{n}": replace(shape, n_encoder_layers=n, n_decoder_layers=n) for n in (1, 2, 4, 6)},
        "encoder-deeper": replace(shape, **deeper),
        **{f"d_model-{n}": replace(shape, d_model=n) for n in (shape.d_model // 2, 2 * shape.d_model)},
        **{f"d_ff-{n}": replace(shape, d_ff=n) for n in (shape.d_ff // 2, 2 * shape.d_ff)},
        **{f"dropout-{p}": replace(shape, dropout=p) for p in (0.0, 0.1, 0.2, 0.3, 0.4, 0.5)},
        "pre-norm": replace(shape, order="pre"),
        "post-norm": replace(shape, order="post"),
        "positions-none": replace(shape, encoder_positions="none", decoder_positions="none"),
        "positions-learned": replace(shape, encoder_positions="learned", decoder_positions="learned"),
        "positions-sinusoidal": replace(shape, encoder_positions="sinusoidal", decoder_positions="sinusoidal"),
        "positions-rotary": replace(shape, encoder_positions="rotary", decoder_positions="rotary"),
    }
    rows = {name: replace(base, shape=changed) for name, changed in shapes.items()}
    sizes = {
        **{f"smoothing-{p}": replace(size, smoothing=p) for p in (0.0, 0.1, 0.2)},
        **{f"rates-{name}": _faster(size, by) for name, by in (("half", 0.5), ("double", 2.0))},
        "merges-kept": replace(size, piece_dropout=0.0),
    }
    rows |= {name: replace(base, size=changed) for name, changed in sizes.items()}
    rows["no-scale"] = replace(base, alter=without_scale)
    rows["no-residuals"] = replace(base, alter=without_residuals)
    rows["batch-norm"] = replace(base, alter=with_batch_norm)
    return {BASE: base, **{name: row for name, row in rows.items() if row != base}}


def _faster(size: Size, by: float) -> Size:
    return replace(size, learning_rate=by * size.learning_rate, orthogonal_rate=by * size.orthogonal_rate)


def chosen(rows: Mapping[str, Variant], names: str | None) -> dict[str, Variant]:
    """Base, and those that are named.

    Args:
        rows: all of them.
        names: with commas between them; None takes all.
    Raises:
        OptionError: there is no such row.
    """
    if names is None:
        return dict(rows)
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in rows:
            raise OptionError(f"there is no row {name!r}{suggest(name, rows)}; there are {', '.join(rows)}")
    return {name: row for name, row in rows.items() if name == BASE or name in wanted}
