"""DistilBERT beside transformers."""

import torch

from heedful.interface import Source
from heedful.transfer.families.distilbert import DISTILBERT
from tests.transfer.families import oracle

SIZES = {"dim": 16, "n_layers": 2, "n_heads": 4, "hidden_dim": 24, "max_position_embeddings": 20}


@torch.no_grad()
def test_hidden_states(tmp_path):
    theirs = oracle.theirs("DistilBertConfig", "DistilBertModel", sinusoidal_pos_embds=True, **SIZES)
    model, left = oracle.ours(DISTILBERT, tmp_path / "there", theirs)
    source = oracle.rows()
    expected = theirs(**oracle.plain(source)).last_hidden_state
    oracle.close(model.encode(Source(source.values, source.mask)).values, expected, source.mask)
    again = oracle.back(DISTILBERT, tmp_path / "back", model, "DistilBertModel")
    oracle.close(again(**oracle.plain(source)).last_hidden_state, expected, source.mask)
    assert left == []


@torch.no_grad()
def test_masked_words(tmp_path):
    theirs = oracle.theirs("DistilBertConfig", "DistilBertForMaskedLM", activation="relu", **SIZES)
    model, _ = oracle.ours(DISTILBERT, tmp_path / "there", theirs)
    source = oracle.rows()
    expected = theirs(**oracle.plain(source)).logits
    oracle.close(model.logits(model.encode(Source(source.values, source.mask)).values), expected, source.mask)
    again = oracle.back(DISTILBERT, tmp_path / "back", model, "DistilBertForMaskedLM")
    oracle.close(again(**oracle.plain(source)).logits, expected, source.mask)
