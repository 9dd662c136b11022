"""A trunk is what another run learned, bit by bit; from scratch its size follows from the data."""

from dataclasses import replace
from itertools import pairwise

import pytest
import torch

from heedful.data.text_rows import TextRows
from heedful.errors import RunError
from heedful.model.transformer import Transformer
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json, write_json
from heedful.run.manifest import write_manifest
from heedful.run.weights import load_tensors
from heedful.tasks.trunk import (
    SIZES,
    Trunk,
    borrow,
    fresh,
    load_codec,
    shallower,
    size_for,
    with_vocabulary,
)


def test_sizes_grow_with_the_data():
    for size, larger in pairwise(SIZES):
        assert size_for(int(size.examples)) is size
        assert size_for(int(size.examples) + 1) is larger
        assert (larger.vocab_size, larger.d_model) >= (size.vocab_size, size.d_model)
        assert larger.epochs < size.epochs


def test_from_scratch_it_is_an_encoder_the_same_for_the_same_seed():
    trunk = fresh(SIZES[0], 300, paired=True)
    one, two, other = trunk.build(1), trunk.build(1), trunk.build(2)
    assert one.decoder is None
    assert trunk.architecture.n_kinds == 2
    assert torch.equal(one.output.weight, two.output.weight)
    assert not torch.equal(one.output.weight, other.output.weight)


def test_the_encoder_of_a_translator_is_taken_as_it_is(tiny):
    trunk, codec = borrow(tiny.both)
    weights = load_tensors(RunDirectory(tiny.both).weights)
    model = trunk.build(7)
    assert (trunk.reads, model.decoder) == ("encoder", None)
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, weights[name]), name
    assert codec.to_json() == load_codec(RunDirectory(tiny.both).tokenizer).to_json()


def test_another_vocabulary_moves_its_vectors(tiny):
    from heedful.data.tokenizer import Tokenizer

    trunk, codec = borrow(tiny.both)
    new = Tokenizer.train(["good weather"] * 4, 290)
    changed = with_vocabulary(trunk, codec, new)
    assert changed.architecture.vocab_size == new.vocab_size
    assert changed.kept.total == new.vocab_size
    Transformer(changed.architecture)
    space = next(token for token in range(new.vocab_size) if new.piece(token) == "<0x41>")
    old = next(token for token in range(codec.vocab_size) if codec.piece(token) == "<0x41>")
    name = "encoder.embedding.tokens.weight"
    assert torch.equal(changed.build(1).encoder.embedding.tokens.weight[space], trunk.tensors[name][old])


@pytest.mark.parametrize(
    ("change", "said"),
    [({"model": "rnn"}, "expected a Transformer"), ({"compression": {"dtype": "int8"}}, "is compressed"),
     ({"architecture": {}}, "describes no Transformer")],
)  # fmt: skip
def test_what_cannot_be_begun_with_is_refused(tiny, tmp_path, change, said):
    import shutil

    run = shutil.copytree(tiny.both, tmp_path / "run")
    write_json(run / "config.json", {**read_json(run / "config.json"), **change})
    write_manifest(run)
    with pytest.raises(RunError, match=said):
        borrow(run)


@pytest.mark.parametrize(
    ("name", "reads"),
    [("causal", "decoder"), ("masked", "encoder"), ("infilling", "encoder"), ("preference", "decoder")],
)
def test_every_language_model_can_be_begun_with(languages, name, reads):
    run = RunDirectory(languages.runs[name])
    trunk, codec = borrow(run.path)
    weights = load_tensors(run.weights)
    assert trunk.reads == reads
    for key, parameter in trunk.build(3).named_parameters():
        assert torch.equal(parameter, weights[key].float()), key
    (row,) = TextRows(codec, trunk.architecture.max_len).rows("a b", 0, "text 1")
    assert max(row.ids) < trunk.architecture.vocab_size


@pytest.mark.parametrize("reads", ["encoder", "decoder"])
def test_with_some_of_its_layers_it_is_the_same_in_all_else(reads):
    whole = fresh(replace(SIZES[0], n_layers=3), 300, paired=False)
    shape = whole.architecture
    if reads == "decoder":
        shape = replace(shape, n_encoder_layers=0, n_decoder_layers=3)
    whole = Trunk(shape, reads)
    whole = replace(whole, tensors=dict(whole.build(4).named_parameters()))
    few = shallower(whole, [0, 2])
    assert (whole.n_layers, few.n_layers, few.reads) == (3, 2, reads)
    assert replace(few.architecture, **{f"n_{reads}_layers": 3}) == shape
    for name, tensor in few.build(9).named_parameters():
        assert torch.equal(tensor, whole.tensors[name.replace("blocks.1.", "blocks.2.")])
