import pytest
import torch

from heedful.model.presets import base, big
from heedful.model.transformer import Transformer


def parameters_by_hand(d, d_ff, n_layers, vocabulary):
    """Added up from the paper: attention has four projections, feed-forward two, each sublayer a norm."""
    attention = 4 * (d * d + d)
    feed_forward = d * d_ff + d_ff + d_ff * d + d
    norm = 2 * d
    encoder = n_layers * (attention + feed_forward + 2 * norm)
    decoder = n_layers * (2 * attention + feed_forward + 3 * norm)
    return vocabulary * d + encoder + decoder


@pytest.mark.parametrize(
    ("preset", "by_hand", "table"),
    [(base, parameters_by_hand(512, 2048, 6, 37_000), 65e6), (big, parameters_by_hand(1024, 4096, 6, 37_000), 213e6)],
)
def test_parameters(preset, by_hand, table):
    with torch.device("meta"):
        model = Transformer(preset(37_000))
    assert sum(parameter.numel() for parameter in model.parameters()) == by_hand
    # Table 3 counts in millions, with a vocabulary of "about 37,000".
    assert by_hand == pytest.approx(table, rel=0.035)


def test_values_of_table_3():
    assert (base(9).d_model, base(9).d_ff, base(9).n_heads, base(9).d_head, base(9).dropout) == (512, 2048, 8, 64, 0.1)
    assert (big(9).d_model, big(9).d_ff, big(9).n_heads, big(9).d_head, big(9).dropout) == (1024, 4096, 16, 64, 0.3)
    for preset in (base(9), big(9)):
        assert (preset.n_encoder_layers, preset.n_decoder_layers, preset.order, preset.norm) == (6, 6, "post", "layer")
        assert (preset.activation, preset.tie, preset.scale_embeddings) == ("relu", "all", True)
        assert (preset.encoder_positions, preset.decoder_positions) == ("sinusoidal", "sinusoidal")
