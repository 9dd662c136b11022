"""Attention maps: equal to attention computed by hand, grouped into words, and none where there is no attention."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from heedful.architecture import Architecture
from heedful.baselines.rnn import RNN
from heedful.baselines.rnn_architecture import RNNArchitecture
from heedful.interface import Source
from heedful.interpretation.attention_maps import AttentionMap, cross_attention, words_of
from heedful.model.transformer import Transformer

SMALL = Architecture(20, d_model=16, n_heads=4, d_ff=16, n_encoder_layers=2, n_decoder_layers=3, dropout=0.0, max_len=9)
SOURCE, TARGET, BOS = [5, 6, 7, 3], [9, 10, 11], 2


def test_rows_are_distributions_and_look_at_every_source_token():
    torch.manual_seed(3)
    model = Transformer(SMALL).eval()
    weights = cross_attention(model, SOURCE, TARGET, BOS)
    assert weights.shape == (3, 4)
    assert np.allclose(weights.sum(1), 1)
    assert np.all(weights > 0)


def test_a_row_depends_on_what_was_written_before_it_alone():
    model = Transformer(SMALL).eval()
    whole = cross_attention(model, SOURCE, TARGET, BOS)
    for n in (1, 2, 3):
        assert np.allclose(cross_attention(model, SOURCE, TARGET[:n], BOS), whole[:n], atol=1e-6)
    assert np.allclose(cross_attention(model, SOURCE, [*TARGET[:2], 15], BOS), whole, atol=1e-6)


def test_it_is_the_mean_over_layers_and_heads():
    torch.manual_seed(1)
    model = Transformer(replace(SMALL, n_decoder_layers=1, n_heads=1)).eval()
    cross = model.decoder.blocks[0].cross
    queries = []
    cross.query.register_forward_hook(lambda layer, inputs, output: queries.append(output))
    with torch.no_grad():
        weights = cross_attention(model, SOURCE, TARGET, BOS)
        source = torch.tensor([SOURCE])
        memory = model.encode(Source(source, torch.ones_like(source, dtype=torch.bool)))
        keys = cross.keys_values(memory.values)[0]
        scores = queries[0][0] @ keys[0, 0].T / 16**0.5
    assert np.allclose(weights, scores.softmax(-1).numpy(), atol=1e-6)


@pytest.mark.parametrize("feeding", ["none", "input", "context"])
def test_an_rnn_that_goes_token_by_token_gives_a_row_for_each(feeding):
    model = RNN(RNNArchitecture(20, d_model=8, attention="general", feeding=feeding, dropout=0.0)).eval()
    weights = cross_attention(model, SOURCE, TARGET, BOS)
    assert weights.shape == (3, 4)
    assert np.allclose(weights.sum(1), 1)
    assert np.allclose(cross_attention(model, SOURCE, TARGET[:2], BOS), weights[:2], atol=1e-6)


def test_nothing_is_left_behind_and_nothing_changes():
    model = Transformer(SMALL).eval()
    source = torch.tensor([SOURCE])
    read = Source(source, torch.ones_like(source, dtype=torch.bool))
    with torch.no_grad():
        before = model.decode(read, model.encode(read))
        cross_attention(model, SOURCE, TARGET, BOS)
        assert torch.equal(model.decode(read, model.encode(read)), before)
    assert not any(module._forward_hooks for module in model.modules())


def test_there_is_none_without_attention_and_none_of_nothing():
    rnn = RNN(RNNArchitecture(20, d_model=8, n_layers=1)).eval()
    assert cross_attention(rnn, SOURCE, TARGET, BOS) is None
    assert cross_attention(Transformer(SMALL).eval(), SOURCE, [], BOS) is None


def test_groups_add_up_over_sources_and_average_over_targets():
    weights = np.array([[0.5, 0.25, 0.25], [0.1, 0.3, 0.6]])
    found = AttentionMap(("▁a", "b", "▁c"), ("▁x", "y"), weights).merged([[0, 1], [2]], [[0, 1]])
    assert (found.source, found.target) == (("ab", "c"), ("xy",))
    assert np.allclose(found.weights, [[(0.75 + 0.4) / 2, (0.25 + 0.6) / 2]])


def test_each_token_alone_is_the_map_itself():
    weights = np.random.default_rng(0).random((2, 3))
    found = AttentionMap(("a", "b", "c"), ("x", "y"), weights)
    same = found.merged([[0], [1], [2]], [[0], [1]])
    assert same.source == found.source
    assert np.allclose(same.weights, weights)


def test_bytes_become_characters():
    pieces = ("▁a", "<0xE4>", "<0xB8>", "<0xAD>", "<0xFF>")
    found = AttentionMap(pieces, (), np.zeros((0, 5))).merged([[0], [1, 2, 3], [4]], [])
    assert found.source == ("a", "中", "\ufffd")


@pytest.mark.parametrize(
    ("pieces", "words"),
    [
        ("▁The ▁doc tor ▁s l ept", [[0], [1, 2], [3, 4, 5]]),
        ('▁book s , ▁and ▁" x', [[0, 1], [2], [3], [4], [5]]),
        ("▁ a b ▁c", [[0, 1, 2], [3]]),
        ("我 喜欢 书 。", [[0], [1], [2], [3]]),
        ("▁2 0 2 6", [[0], [1], [2], [3]]),
        ("▁don ' t", [[0], [1], [2]]),
        ("▁a <0xE4> <0xB8> <0xAD> <0xE5> <0x9B> <0xBD> b", [[0], [1, 2, 3], [4, 5, 6], [7]]),
        ("<0xB8> x", [[0], [1]]),
        ("▁при вет ▁мир", [[0, 1], [2]]),
        ("", []),
    ],
)
def test_words(pieces, words):
    found = words_of(pieces.split())
    assert found == words
    assert [i for group in found for i in group] == list(range(len(pieces.split())))
