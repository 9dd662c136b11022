"""Heads score what they say they score, padding changes nothing, and the model below stays the model that it was."""

import pytest
import torch

from heedful.architecture import Architecture
from heedful.interface import Source
from heedful.model.heads import Head, Headed, pool
from heedful.model.transformer import Transformer

HIDDEN = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [9.0, 9.0]], [[5.0, 6.0], [7.0, 8.0], [0.0, 1.0]]])
MASK = torch.tensor([[True, True, False], [True, True, True]])


@pytest.mark.parametrize(
    ("over", "expected"),
    [("first", [[1, 2], [5, 6]]), ("last", [[3, 4], [0, 1]]), ("mean", [[2, 3], [4, 5]]), ("each", HIDDEN.tolist())],
)
def test_pooling_by_hand(over, expected):
    assert pool(HIDDEN, MASK, over).tolist() == expected


def test_a_mean_keeps_its_precision_in_half_of_the_bits():
    many = torch.full((1, 1000, 1), 1.0, dtype=torch.bfloat16)
    assert pool(many, torch.ones(1, 1000, dtype=torch.bool), "mean").item() == 1.0


def test_an_untrained_head_holds_no_opinion():
    head = Head(64, 3, "mean", 0.0)
    assert head(torch.randn(2, 5, 64), torch.ones(2, 5, dtype=torch.bool)).abs().max() < 0.5


def headed(reads, over):
    layers = {"n_encoder_layers": 1, "n_decoder_layers": 0} if reads == "encoder" else {
        "n_encoder_layers": 0, "n_decoder_layers": 1
    }  # fmt: skip
    shape = Architecture(16, d_model=8, n_heads=2, d_ff=16, dropout=0.0, max_len=16, **layers)
    return Headed(Transformer(shape), Head(8, 3, over, 0.0), reads).eval()


@pytest.mark.parametrize(("reads", "over"), [("encoder", "mean"), ("encoder", "first"), ("decoder", "last")])
def test_padding_changes_no_score(reads, over):
    model = headed(reads, over)
    ids = torch.tensor([[4, 5, 6], [7, 8, 0]])
    mask = torch.tensor([[True, True, True], [True, True, False]])
    both = model.score(Source(ids, mask))
    alone = model.score(Source(ids[1:, :2], mask[1:, :2]))
    assert both.shape == (2, 3)
    torch.testing.assert_close(both[1:], alone)


def test_each_position_has_its_scores():
    model = headed("encoder", "each")
    source = Source(torch.tensor([[4, 5, 6]]), torch.ones(1, 3, dtype=torch.bool))
    by_hand = model.hidden(source) @ model.head.output.weight.T + model.head.output.bias
    torch.testing.assert_close(model.score(source), by_hand)


def test_the_model_below_is_reached_through_it():
    model = headed("decoder", "last")
    ids = torch.tensor([[4, 5, 6]])
    source = Source(ids, torch.ones(1, 3, dtype=torch.bool))
    whole = model.logits(model.decode(source, None))
    state = model.start(None, 1, 1, 8)
    stepped = torch.cat([model.logits(model.step(ids[:, i : i + 1], state)) for i in range(3)], 1)
    torch.testing.assert_close(stepped, whole)
    torch.testing.assert_close(headed("encoder", "mean").encode(source).mask, source.mask)


def test_weights_are_named_by_their_part():
    names = {name.split(".")[0] for name, _ in headed("encoder", "mean").named_parameters()}
    assert names == {"trunk", "head"}
