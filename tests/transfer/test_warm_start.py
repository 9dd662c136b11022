"""What a new model takes of trained ones: tensors by name, tokens by their names, and the rest from chance."""

from dataclasses import replace

import pytest
import torch

from heedful.architecture import Architecture
from heedful.data.tokenizer import Tokenizer
from heedful.errors import OptionError
from heedful.model.transformer import Transformer
from heedful.transfer.warm_start import Parent, WarmStart, put_into, warm_start, whole_shape
from tests.transfer.small import MODERN, TEXTS, TOKENIZER, logits, translator

SMALL = Architecture(TOKENIZER.vocab_size, 16, 2, 1, 4, d_ff=24, max_len=64, **MODERN)


def parent(shape: Architecture, name: str = "old") -> Parent:
    model = Transformer(shape)
    tensors = {key: torch.randn_like(value) for key, value in model.named_parameters()}
    return Parent(name, shape, TOKENIZER, tensors)


def begun(*parents: Parent, codec: Tokenizer = TOKENIZER) -> tuple[Transformer, WarmStart, dict]:
    model = Transformer(replace(whole_shape(parents), vocab_size=codec.vocab_size)).eval()
    tensors, report = warm_start(model, parents, codec)
    put_into(model, tensors)
    return model, report, tensors


def test_under_the_same_vocabulary_it_is_the_same_model():
    old = translator(TOKENIZER.vocab_size, **MODERN)
    tensors = dict(old.named_parameters())
    model, report, _ = begun(Parent("old", old.architecture, TOKENIZER, tensors))
    assert torch.equal(logits(model, [9, 10, 3], [2, 11]), logits(old, [9, 10, 3], [2, 11]))
    assert report.n_kept == report.n_weights == sum(weight.numel() for weight in old.parameters())
    assert not report.new
    assert not report.left
    assert report.vocabulary is None


def test_under_another_vocabulary_a_token_keeps_its_vector_by_its_name():
    other = Tokenizer.train([*TEXTS, "An entirely different zebra quacks quietly."], 360)
    old = parent(SMALL)
    model, report, _ = begun(old, codec=other)
    names = {TOKENIZER.piece(token): token for token in range(TOKENIZER.vocab_size)}
    table = old.tensors["encoder.embedding.tokens.weight"]
    kept = [token for token in range(other.vocab_size) if other.piece(token) in names]
    for token in kept:
        assert torch.equal(model.encoder.embedding.tokens.weight[token], table[names[other.piece(token)]])
    assert report.vocabulary.moved == len(kept) < other.vocab_size
    assert report.vocabulary.total == other.vocab_size


def test_an_encoder_fills_the_encoder_and_nothing_else():
    old = parent(replace(SMALL, n_decoder_layers=0))
    model, report, tensors = begun(old)
    assert model.architecture.n_decoder_layers == 2
    assert set(tensors) == set(old.tensors)
    assert all(torch.equal(dict(model.named_parameters())[name], value) for name, value in old.tensors.items())
    assert {"decoder.blocks.*.cross", "decoder.blocks.*.attention", "decoder.norm"} <= set(report.new)
    assert not any(part.startswith("encoder") for part in report.new)


def test_a_decoder_fills_the_decoder_and_gives_the_encoder_its_tokens():
    old = parent(replace(SMALL, n_encoder_layers=0))
    model, report, _ = begun(old)
    assert model.architecture.n_encoder_layers == 1
    assert torch.equal(model.encoder.embedding.tokens.weight, old.tensors["decoder.embedding.tokens.weight"])
    name = "decoder.blocks.0.feed_forward.widen.weight"
    assert torch.equal(dict(model.named_parameters())[name], old.tensors[name])
    assert "decoder.blocks.*.cross" in report.new
    assert "encoder.blocks.*.attention" in report.new


def test_an_encoder_and_a_decoder_make_one_model_but_for_the_attention_between_them():
    reads, writes = parent(replace(SMALL, n_decoder_layers=0), "a"), parent(replace(SMALL, n_encoder_layers=0), "b")
    for order in ((reads, writes), (writes, reads)):
        model, report, tensors = begun(*order)
        assert set(report.new) == {"decoder.blocks.*.cross", "decoder.blocks.*.cross_residual"}
        assert torch.equal(tensors["encoder.embedding.tokens.weight"], reads.tensors["encoder.embedding.tokens.weight"])
        assert torch.equal(model.output.weight, writes.tensors["decoder.embedding.tokens.weight"])


def test_what_has_no_place_is_named():
    old = parent(replace(SMALL, n_decoder_layers=0, output="transformed", activation="gelu", pooler=True))
    _, report, _ = begun(old)
    assert set(report.left) == {"transform.dense", "transform.norm", "pooler.dense", "output"}


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ((SMALL, SMALL), "got one, a model with 2 encoder layers and 1 decoder layers, and two"),
        ((replace(SMALL, n_decoder_layers=0),) * 2, "an encoder and a decoder"),
        (
            (replace(SMALL, n_decoder_layers=0), replace(SMALL, n_encoder_layers=0, d_model=32)),
            "need the same d_model: one has 16 and two 32",
        ),
        ((SMALL,) * 3, "got 3"),
    ],
)
def test_what_makes_no_model_is_refused_with_both_names(shapes, said):
    parents = [parent(shape, name) for shape, name in zip(shapes, ("one", "two", "three"), strict=False)]
    with pytest.raises(OptionError, match=said):
        whole_shape(parents)


def test_the_report_survives_json_and_says_everything():
    _, report, _ = begun(parent(replace(SMALL, n_decoder_layers=0)))
    assert WarmStart.from_json(report.to_json()) == report
    said = "; ".join(report.describe())
    assert f"{report.n_kept:,} of {report.n_weights:,} weights are those of old" in said
    assert "decoder.blocks.*.cross" in said
