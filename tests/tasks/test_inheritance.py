"""What a training begins with of another run: its weights, its vocabulary with the tags that are needed, a report."""

from dataclasses import replace

import pytest
import torch

from heedful.architecture import Architecture
from heedful.errors import OptionError, RunError
from heedful.run.disk import read_json, write_json
from heedful.run.manifest import write_manifest
from heedful.run.weights import load_tensors
from heedful.tasks.inheritance import Inheritance, put_in, roomy, stored
from heedful.tasks.translation import train_translation
from heedful.tasks.translator import Translator
from tests.tasks.tiny import ask, small, train_tiny


@pytest.fixture(scope="module")
def one_way(tiny, tmp_path_factory):
    """Chinese to English, of a translator of both ways, in no step that moves much."""
    out = tmp_path_factory.mktemp("heirs") / "one-way"
    return train_tiny(ask(tiny.texts, out, both_directions=False, init=(tiny.both,), steps=1)).path


def test_another_direction_has_another_tag_and_the_same_pieces(tiny, one_way):
    old, new = Translator.load(tiny.both), Translator.load(one_way)
    assert old.tokenizer.languages == ("en", "zh")
    assert new.tokenizer.languages == ()
    assert new.tokenizer.merges == old.tokenizer.merges
    assert new.tokenizer.vocab_size == old.tokenizer.vocab_size - 2
    begun = load_tensors(one_way / "training" / "begun" / "inherited.safetensors")["encoder.embedding.tokens.weight"]
    table = load_tensors(tiny.both / "model.safetensors")["encoder.embedding.tokens.weight"]
    assert torch.equal(begun[4:], table[6:])
    assert torch.equal(begun[:4], table[:4])


def test_shape_and_rates_follow(tiny, one_way):
    setup = read_json(one_way / "training" / "begun" / "setup.json")
    assert setup["architecture"]["d_model"] == read_json(tiny.both / "config.json")["architecture"]["d_model"]
    assert setup["architecture"]["dropout"] == setup["size"]["dropout"] == 0.3
    assert setup["size"]["orthogonal_rate"] == pytest.approx(0.15 * 0.02)
    assert setup["size"]["epochs"] == 12


def test_a_narrow_window_binds_only_where_positions_are_learned():
    narrow = Architecture(20, n_encoder_layers=0, decoder_positions="rotary", max_len=32)
    assert roomy(narrow).max_len == 1024
    assert roomy(replace(narrow, max_len=2048)).max_len == 2048
    learned = replace(narrow, decoder_positions="learned")
    assert roomy(learned) == learned


def test_a_language_model_with_a_narrow_window_becomes_a_translator_of_long_lines(languages):
    assert read_json(languages.runs["causal"] / "config.json")["architecture"]["max_len"] == 24
    begun = Inheritance.open([languages.runs["causal"]], "new")
    assert begun.shape.max_len == 1024


def test_card_and_scores_tell_of_it(one_way):
    card = (one_way / "README.md").read_text()
    assert "trained from both on" in card
    assert "## What it began with" in card
    assert "## What it forgot" in card
    assert "--init both" in card
    forgetting = read_json(one_way / "scores.json")["forgetting"]
    assert forgetting["sentences"] == 5
    assert set(forgetting["before"]) == set(forgetting["after"]) == {"bleu", "chrf"}


def test_the_family_is_that_of_the_run(tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "rnn", both_directions=False, init=(tiny.rnn,), vocabulary="new", steps=1)
    path = train_tiny(options).path
    assert read_json(path / "config.json")["model"] == "rnn"
    forgetting = read_json(path / "scores.json")["forgetting"]
    assert forgetting == {"run": "rnn", "why_not": "it translated en → zh, which this run does not learn"}


def test_nothing_is_put_in_where_nothing_was_laid_down(tmp_path):
    model = torch.nn.Linear(2, 2)
    before = model.weight.clone()
    assert put_in(tmp_path, model) is stored(tmp_path) is None
    assert torch.equal(model.weight, before)


def test_a_vocabulary_is_kept_as_it_is_where_its_tags_are_those_that_are_needed(tiny):
    opened = Inheritance.open([tiny.both], "kept")
    assert opened.tokenizer(["en", "zh"]) is opened.parents[0].codec
    assert replace(opened, vocabulary="new").tokenizer([]) is None


def copied(run, folder, **changes):
    folder.mkdir()
    for file in ("model.safetensors", "tokenizer.json"):
        (folder / file).write_bytes((run / file).read_bytes())
    write_json(folder / "config.json", {**read_json(run / "config.json"), **changes})
    write_manifest(folder)
    return folder


def test_runs_that_cannot_be_gone_on_with_are_refused_before_anything_is_written(tiny, tmp_path):
    for changes, said in (
        ({"compression": {"dtype": "int8"}}, "is compressed"),
        ({"model": "vit", "task": "images"}, "is a 'vit' model for 'images'"),
    ):
        folder = copied(tiny.both, tmp_path / changes.get("model", "int8"), **changes)
        with pytest.raises(RunError, match=said), small():
            train_translation(ask(tiny.texts, tmp_path / "x", init=(folder,)))
        assert not (tmp_path / "x").exists()
    with pytest.raises(OptionError, match="runs of two families"), small():
        train_translation(ask(tiny.texts, tmp_path / "x", init=(tiny.both, tiny.rnn)))
