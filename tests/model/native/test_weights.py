"""What the engine is given of a model, and which models it cannot take."""

from dataclasses import replace
from typing import get_args

import pytest
import torch
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

from heedful.architecture import Activation, Architecture
from heedful.model.native.weights import ACTIVATIONS, Arrays, misfit, shape_of
from heedful.model.transformer import Transformer

SMALL = Architecture(50, 32, 2, 1, 2, None, 64, max_len=16)


def test_matrices_come_in_the_order_of_the_engine():
    model = Transformer(SMALL)
    sizes = [(each.n, each.k) for each in Arrays(model).matrices]
    own, ff = [(96, 32), (32, 32)], [(64, 32), (32, 64)]
    # Two layers that read; one that writes, with its query to the source; keys and values of the source; the output.
    assert sizes == [*own, *ff, *own, *ff, *own, (32, 32), (32, 32), *ff, (64, 32), (50, 32)]


def test_vectors_come_in_the_order_of_the_engine():
    model = Transformer(replace(SMALL, bias=False, encoder_positions="rotary", order="pre"))
    found = [each is not None for each in Arrays(model).vectors]
    norm, none = [True, False], [False, False]
    # Tokens, types, positions, cosines, sines, first and last norm; two norms a layer, three where it writes.
    reads = [True, False, False, True, True, *none, *norm, *norm, *norm, *norm, *norm]
    assert found == [*reads, True, False, True, False, False, *none, *norm, *norm, *norm, *norm]


def test_of_a_model_that_only_reads_there_is_the_encoder():
    shape = replace(SMALL, n_decoder_layers=0, norm_embeddings=True, n_kinds=2)
    for model in (Transformer(shape), Transformer(replace(shape, n_decoder_layers=1))):
        arrays = Arrays(model, writes=False)
        assert [(each.n, each.k) for each in arrays.matrices] == 2 * [(96, 32), (32, 32), (64, 32), (32, 64)]
        found = [each is not None for each in arrays.vectors]
        assert found == [True, True, True, False, False, True, True, False, False, *[True] * 8]
        assert shape_of(model, writes=False).decoder_layers == 0


def test_what_stands_beside_the_encoder_may_be_anything_where_it_alone_is_taken():
    model = Transformer(replace(SMALL, n_decoder_layers=0, output="transformed", pooler=True))
    assert misfit(model, writes=False) == ""
    assert "no decoder" in misfit(model)
    model.encoder.blocks[0].attention.register_forward_hook(lambda *_: None)
    assert misfit(model, writes=False) == "blocks.0.attention has a hook"
    assert "no encoder" in misfit(Transformer(replace(SMALL, n_encoder_layers=0)), writes=False)
    relative = Transformer(replace(SMALL, n_decoder_layers=0, encoder_positions="relative"))
    assert misfit(relative, writes=False) == "relative is RelativeBias"


def test_every_activation_is_known():
    assert set(ACTIVATIONS) == set(get_args(Activation))


def test_shape():
    shape = shape_of(Transformer(replace(SMALL, n_kv_heads=1, activation="relu2", norm="rms", window=3)))
    assert (shape.vocab_size, shape.d_model, shape.heads, shape.groups, shape.d_ff) == (50, 32, 2, 1, 64)
    assert (shape.encoder_layers, shape.decoder_layers, shape.activation, shape.rms, shape.pre) == (2, 1, 2, 1, 0)
    assert shape.window == 3
    assert shape.norm_eps == pytest.approx(1e-6)
    assert shape.embedding_scale == pytest.approx(32**0.5)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"n_decoder_layers": 0}, "no decoder"),
        ({"n_encoder_layers": 0}, "no encoder"),
        ({"d_model": 24}, "d_model=24"),
        ({"d_ff": 40}, "d_ff=40"),
        ({"n_heads": 4}, "d_head=8"),
        ({"head_width": 32}, "head_width=32"),
        ({"scale_attention": False}, "scale_attention=False"),
        ({"encoder_positions": "relative"}, "encoder.relative is RelativeBias"),
        ({"output": "transformed"}, "transform is Transform"),
        ({"pooler": True}, "pooler is Pooler"),
    ],
)
def test_what_does_not_fit(changes, why):
    assert why in misfit(Transformer(replace(SMALL, **changes)))


def test_changed_layers_do_not_fit():
    model = Transformer(SMALL)
    assert misfit(model) == ""
    model.decoder.blocks[0].feed_forward.widen = weight_norm(model.decoder.blocks[0].feed_forward.widen)
    assert "feed_forward.widen" in misfit(model)
    assert "Linear" in misfit(nn.Linear(2, 2))
    assert "float64" in misfit(Transformer(SMALL).to(torch.float64))


class Doubled(nn.LayerNorm):
    """Computes something else than its base."""

    def forward(self, x):
        return 2 * super().forward(x)


class Unconnected(nn.Module):
    """Stands where a residual connection stood, with all that it had, and adds nothing."""

    def __init__(self, residual):
        super().__init__()
        self.norm, self.dropout, self.pre = residual.norm, residual.dropout, residual.pre


def test_parts_that_were_put_there_from_outside_do_not_fit():
    """They have the weights that are looked for, and mean something else by them."""
    model = Transformer(SMALL)
    block = model.decoder.blocks[0]
    block.feed_forward_residual = Unconnected(block.feed_forward_residual)
    assert misfit(model) == "decoder.blocks.0.feed_forward_residual is Unconnected"
    model = Transformer(SMALL)
    model.encoder.blocks[1].attention_residual.norm = Doubled(32)
    assert misfit(model) == "encoder.blocks.1.attention_residual.norm is Doubled"
    model = Transformer(SMALL)
    model.encoder.blocks[0].attention.query = nn.Sequential(model.encoder.blocks[0].attention.query)
    assert misfit(model) == "encoder.blocks.0.attention.query is Sequential"


def test_models_that_someone_looks_into_do_not_fit():
    """A hook may change what a part computes: a head is switched off, say."""
    model = Transformer(SMALL)
    handle = model.decoder.blocks[0].attention.weights.register_forward_hook(lambda *_: None)
    assert misfit(model) == "decoder.blocks.0.attention.weights has a hook"
    handle.remove()
    model.register_forward_pre_hook(lambda *_: None)
    assert misfit(model) == "the model has a hook"


def test_other_devices_do_not_fit():
    assert misfit(Transformer(SMALL).to("meta")) == "it is on meta"


def test_stacks_that_share_a_table_share_its_copy():
    arrays = Arrays(Transformer(SMALL))
    at = [each for each in arrays.vectors if each is not None]
    assert len(set(at)) == len(at) - 1
    apart = [each for each in Arrays(Transformer(replace(SMALL, tie="none"))).vectors if each is not None]
    assert len(set(apart)) == len(apart)


def test_what_shares_a_product_with_floats_is_multiplied_as_they_are():
    model = Transformer(SMALL).to(torch.bfloat16)
    query = model.encoder.blocks[0].attention.query
    quantized = nn.Module()
    quantized.scale = torch.full((32,), 0.5)
    quantized.weight = nn.Parameter(torch.full((32, 32), 3, dtype=torch.int8), requires_grad=False)
    quantized.bias = query.bias
    model.encoder.blocks[0].attention.query = quantized
    arrays = Arrays(model)
    assert [each.kind for each in arrays.matrices[:2]] == [1, 1]
    [fused] = [each for each in arrays.lent if each.shape == (96, 32)][:1]
    assert fused.dtype == torch.bfloat16
    assert (fused[:32] == 1.5).all()
    model.encoder.blocks[0].attention.key_value = quantized
    assert Arrays(model).matrices[0].kind == 2
