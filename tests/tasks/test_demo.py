"""The demo's text and run, made small: what is written, what is scored, and that nothing is written over."""

import pytest

from heedful.data import phrasebook
from heedful.data.text import ParallelText
from heedful.errors import OptionError, RunError
from heedful.evaluation.translation import corpus_bleu
from heedful.run.manifest import check_manifest
from heedful.tasks import demo
from heedful.tasks.demo import free_folder, run_demo, write_corpus
from tests.tasks.tiny import contents, small_demo


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("demo")
    with small_demo():
        return run_demo(folder / "here"), folder


def test_the_parts_have_their_sizes_and_share_no_pair(tmp_path, monkeypatch):
    monkeypatch.setattr(demo, "PARTS", (("train", 200), ("dev", 20), ("test", 30)))
    files = write_corpus(tmp_path / "deep" / "text")
    rows = {part: list(ParallelText(path).pairs()) for part, path in files.items()}
    assert {part: len(pairs) for part, pairs in rows.items()} == {"train": 200, "dev": 20, "test": 30}
    assert not set(rows["train"]) & (set(rows["dev"]) | set(rows["test"]))
    assert files["test"].name == "test.zh-en.tsv"
    chinese, english = rows["train"][0]
    assert not chinese.isascii()
    assert english.isascii()


def test_the_same_text_may_be_written_again_and_another_is_not_touched(tmp_path):
    with small_demo():
        files = write_corpus(tmp_path / "text")
        before = contents(tmp_path)
        write_corpus(tmp_path / "text")
        assert contents(tmp_path) == before
        files["dev"].write_text("mine", encoding="utf-8")
        with pytest.raises(RunError, match=r"dev\.zh-en\.tsv holds other text: nothing is written over"):
            write_corpus(tmp_path / "text")
        assert files["dev"].read_text() == "mine"


def test_a_run_translates_both_ways_and_is_scored_on_the_test(made):
    found, folder = made
    check_manifest(folder / "here")
    assert sorted(path.name for path in folder.iterdir()) == ["here", "here-text"]
    assert found.test == list(ParallelText(folder / "here-text" / "test.zh-en.tsv").pairs())
    assert [(item.source, item.target, item.data, item.n_sentences) for item in found.published.scores] == [
        ("zh", "en", "test", 8), ("en", "zh", "test", 8),
    ]  # fmt: skip
    card = (folder / "here" / "README.md").read_text(encoding="utf-8")
    assert "\nheedful demo\n" in card


def test_the_dictionary_is_scored_on_the_same_pairs(made):
    found, _ = made
    pairs = list(phrasebook.generate(8, "test", 1))
    assert [(pair.chinese, pair.english) for pair in pairs] == found.test
    words = [phrasebook.word_by_word(pair, "en") for pair in pairs]
    assert found.word_by_word[("zh", "en")] == corpus_bleu(words, [pair.english for pair in pairs], "en")
    assert set(found.word_by_word) == {("zh", "en"), ("en", "zh")}


def test_what_is_there_is_refused_before_anything_is_written(made, tmp_path):
    _, folder = made
    with small_demo():
        with pytest.raises(RunError, match="here is not empty"):
            run_demo(folder / "here")
        with pytest.raises(OptionError, match="'rmn' is not known; did you mean 'rnn'"):
            run_demo(tmp_path / "x", model="rmn")
    assert not list(tmp_path.iterdir())


def test_the_first_free_name(tmp_path):
    assert free_folder(tmp_path, "demo") == tmp_path / "demo"
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo-2").mkdir()
    assert free_folder(tmp_path, "demo") == tmp_path / "demo-3"
    assert not (tmp_path / "demo-3").exists()
