"""Every row differs from base in one thing, and all rows that tables and tutorials have are there."""

from dataclasses import asdict, replace

import pytest

from bench.variants import BASE, Variant, chosen, variants
from heedful.errors import OptionError
from heedful.model.presets import base as paper
from heedful.tasks.defaults import SIZES, architecture_for
from heedful.tasks.demo import SIZE

DEMO = Variant(architecture_for(SIZE, 500), SIZE)
# Two stacks are as deep as each other, and know positions alike.
TOGETHER = [{"n_encoder_layers", "n_decoder_layers"}, {"encoder_positions", "decoder_positions"}]
TOGETHER += [{"size.learning_rate", "size.orthogonal_rate"}]


def _trained(variant):
    return {f"size.{name}": value for name, value in asdict(variant.size).items()}


def changed(row, base):
    """The fields in which two variants differ."""
    mine, other = ({**asdict(each.shape), "alter": each.alter, **_trained(each)} for each in (row, base))
    return {name for name in mine if mine[name] != other[name]}


@pytest.mark.parametrize("size", [SIZE, *SIZES])
def test_rows_differ_from_base_in_one_thing_and_from_each_other(size):
    base = Variant(architecture_for(size, 500), size)
    rows = variants(base)
    assert next(iter(rows)) == BASE and rows.pop(BASE) == base
    assert len(set(rows.values())) == len(rows)
    for name, row in rows.items():
        found = changed(row, base)
        assert len(found) == 1 or any(found <= pair for pair in TOGETHER), name


def test_the_rows_of_the_embedded_corpus():
    assert " ".join(variants(DEMO)) == (
        "base heads-1 heads-2 heads-8 heads-16 layers-1 layers-4 layers-6 encoder-deeper d_model-64 d_model-256 "
        "d_ff-256 d_ff-1024 dropout-0.1 dropout-0.2 dropout-0.3 dropout-0.4 dropout-0.5 post-norm positions-none "
        "positions-learned positions-sinusoidal smoothing-0.1 smoothing-0.2 rates-half rates-double no-scale "
        "no-residuals batch-norm"
    )


def test_around_another_base_stand_the_rows_that_it_lacks():
    rows = variants(Variant(paper(500), SIZES[0]))
    assert {"heads-4", "pre-norm", "positions-rotary", "smoothing-0.0", "dropout-0.0"} <= set(rows)
    assert not {"heads-8", "post-norm", "positions-sinusoidal", "smoothing-0.1", "dropout-0.1"} & set(rows)


def test_an_odd_width_of_a_head_is_left_out():
    rows = variants(replace(DEMO, shape=replace(DEMO.shape, d_model=48, n_heads=4)))
    assert [name for name in rows if name.startswith("heads")] == ["heads-1", "heads-2", "heads-8"]


def test_base_is_always_chosen():
    rows = variants(DEMO)
    assert chosen(rows, None) == rows
    assert list(chosen(rows, "no-scale, heads-1")) == [BASE, "heads-1", "no-scale"]
    with pytest.raises(OptionError, match=r"no row 'head-1'; did you mean 'heads-1'\?; there are base, "):
        chosen(rows, "heads-1,head-1")
