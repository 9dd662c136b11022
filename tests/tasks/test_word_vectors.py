"""Word vectors of a run: read once when it begins, in its model from the first step, on record to the end."""

import pytest
import torch

from heedful.errors import DataError, OptionError
from heedful.run.disk import read_json
from heedful.run.facts import DataFile
from heedful.run.receipt import read_receipt
from heedful.tasks import curve_plan
from heedful.tasks import learning_curve as curves
from heedful.tasks.beginning import reopen
from heedful.tasks.preparation import prepare
from heedful.tasks.request import TranslationOptions
from heedful.tasks.setup import Setup, settle
from heedful.tasks.verification import verify_run
from heedful.tasks.word_vectors import COVERAGE, TENSORS, lay_down, put_in
from heedful.training.interruption import Interrupted
from heedful.training.progress import Silent
from heedful.transfer.embedding import token_tables
from tests.tasks.test_translation import Watcher, ask_to_stop, assert_same_run
from tests.tasks.tiny import SIZE, ask, train_tiny

WORDS = ["the", "i", "she", "we", "is", "a", "我", "."]


@pytest.fixture
def file(tmp_path):
    rows = torch.randn(len(WORDS), 20, generator=torch.Generator().manual_seed(1)).tolist()
    path = tmp_path / "vectors.txt"
    lines = (f"{word} {' '.join(map(str, row))}\n" for word, row in zip(WORDS, rows, strict=True))
    path.write_text("".join(lines), encoding="utf-8")
    return path


class Heard(Silent):
    def __init__(self):
        self.said = []

    def event(self, step, text):
        self.said.append(text)


@pytest.mark.parametrize("name", ["transformer", "rnn", "rnn-attention"])
def test_what_was_laid_down_is_put_in_and_the_rest_stays(tiny, tmp_path, file, name):
    prepared = prepare(ask(tiny.texts, tmp_path / "x").sources(), tiny.both / "training" / "begun", 1)
    n_tokens = prepared.tokenizer.vocab_size
    model = settle(tmp_path, name, SIZE, n_tokens, "cpu").build(1)
    assert put_in(tmp_path, model, n_tokens) is None
    wide = "\n".join(f"{line} {line.split(' ', 1)[1]}" for line in file.read_text(encoding="utf-8").splitlines())
    file.write_text(wide, encoding="utf-8")  # the RNNs are twice as wide
    lay_down(tmp_path, file, prepared, model)
    coverage = put_in(tmp_path, model, n_tokens)
    untouched = Setup.stored(tmp_path).build(1)
    tokens = [token for token in range(n_tokens) if (prepared.tokenizer.word(token) or "").lower() in WORDS]
    assert len(tokens) == coverage.n_found > 4
    assert 0 < coverage.share_of_text < 1
    for table, old in zip(token_tables(model, n_tokens), token_tables(untouched, n_tokens), strict=True):
        changed = (table.weight != old.weight).any(dim=1)
        assert changed.nonzero().flatten().tolist() == tokens
        torch.testing.assert_close(table.weight[tokens].norm(dim=1).mean(), old.weight.norm(dim=1).mean())


def test_a_run_says_what_it_began_with_and_is_resumed_without_the_file(tiny, tmp_path, file, monkeypatch):
    monkeypatch.chdir(tmp_path)
    heard, asked = Heard(), {"vectors": file, "both_directions": False, "steps": 3}
    whole = train_tiny(ask(tiny.texts, tmp_path / "x", **asked), watch=lambda outlook: heard).path
    said = [text for text in heard.said if text.startswith("word vectors: ")]
    assert len(said) == 1
    assert "tokens begin as word vectors" in said[0]
    assert read_receipt(whole).data[-1] == DataFile.read("vectors", file)
    assert "--vectors vectors.txt" in read_receipt(whole).command
    card = (whole / "README.md").read_text(encoding="utf-8")
    assert "\nWord vectors: " in card
    assert "trained from word vectors on 120 pairs" in card
    states = {check.name: check.state for check in verify_run(whole).checks if check.kind == "data"}
    assert states["vectors.txt"] == "holds"
    with pytest.raises(Interrupted):
        train_tiny(ask(tiny.texts, tmp_path / "y", **asked), watch=lambda outlook: Watcher(2, ask_to_stop))
    file.unlink()
    train_tiny(TranslationOptions(out=tmp_path / "y", resume=True))
    assert_same_run(whole, tmp_path / "y")


def test_before_its_first_save_a_run_begins_with_what_was_laid_down(tiny, tmp_path, file):
    with pytest.raises(Interrupted):
        train_tiny(ask(tiny.texts, tmp_path / "x", vectors=file), watch=lambda outlook: Watcher(1, ask_to_stop))
    begun = tmp_path / "x" / "training" / "begun"
    assert {TENSORS, COVERAGE} <= set(read_json(begun / "manifest.json")["files"])
    sources = ask(tiny.texts, tmp_path / "x").sources()
    beginning = reopen(begun, sources, 1)
    bare = beginning.setup.build(1)
    n_tokens = beginning.prepared.tokenizer.vocab_size
    table, old = (token_tables(model, n_tokens)[0].weight for model in (beginning.model, bare))
    assert int((table != old).any(dim=1).sum()) == beginning.coverage.n_found > 0
    with pytest.raises(OptionError, match=r"this run was begun with --vectors .*vectors\.txt"):
        train_tiny(ask(tiny.texts, tmp_path / "x", vectors=tmp_path / "other", resume=True))


def test_what_is_no_file_of_vectors_is_refused_before_anything_is_written(tiny, tmp_path, file):
    file.write_text("text\n")
    with pytest.raises(DataError, match="is this a file of word vectors"):
        train_tiny(ask(tiny.texts, tmp_path / "x", vectors=file))
    assert not (tmp_path / "x").exists()
    file.write_text("the 0.5 1\n")
    with pytest.raises(DataError, match="vectors of 2 numbers and the model's embeddings 16"):
        train_tiny(ask(tiny.texts, tmp_path / "x", vectors=file))
    assert not (tmp_path / "x" / "training" / "begun").exists()


def test_every_size_of_a_learning_curve_begins_with_them(tiny, tmp_path, file, monkeypatch):
    asked = []

    class Stop(Exception):
        pass

    def train(options, **more):
        asked.append(options)
        raise Stop

    monkeypatch.setattr("heedful.tasks.translation.train_translation", train)
    monkeypatch.setattr(curve_plan, "MIN_PAIRS", 50)
    with pytest.raises(Stop):
        curves.learning_curve(ask(tiny.texts, tmp_path / "x", vectors=file))
    with pytest.raises(Stop):
        curves.learning_curve(TranslationOptions(out=tmp_path / "x", resume=True))
    assert [options.vectors for options in asked] == [file, file]
    assert read_json(tmp_path / "x" / "text" / "plan.json")["options"]["vectors"] == str(file)
