"""What a shortlist is learned from, and what it does to a translator."""

import shutil

import pytest

from heedful.compression.shortlist import learn
from heedful.data.text import ParallelText
from heedful.errors import DataError, OptionError
from heedful.run.directory import RunDirectory
from heedful.tasks.parity import Trial, held_out
from heedful.tasks.shortlist import effects, learned, learning_text
from heedful.tasks.translator import Translator

WAY = ("zh", "en")


@pytest.fixture(scope="module")
def translator(tiny):
    return Translator.load(tiny.both)


@pytest.fixture(scope="module")
def trial(tiny):
    return held_out(RunDirectory(tiny.both))


def encoded(translator, pairs):
    return [tuple(map(translator.tokenizer.encode, pair)) for pair in pairs]


def same(one, other):
    return all(getattr(one, name).tolist() == getattr(other, name).tolist() for name in ("common", "likely", "counts"))


def test_the_run_s_own_text(tiny):
    assert learning_text("own", RunDirectory(tiny.both), WAY) == ParallelText(
        tiny.texts / "train.zh", tiny.texts / "train.en"
    )
    assert learning_text("own", RunDirectory(tiny.rnn), ("en", "zh")) == ParallelText(tiny.texts / "all.en-zh.tsv")


def test_given_files(tiny):
    run, texts = RunDirectory(tiny.both), tiny.texts
    named = learning_text(f"{texts / 'dev.zh'}, {texts / 'dev.en'}", run, WAY)
    assert named == ParallelText(texts / "dev.zh", texts / "dev.en")
    assert learning_text(str(texts / "all.en-zh.tsv"), run, WAY) == ParallelText(texts / "all.en-zh.tsv")


@pytest.mark.parametrize(
    ("wanted", "error", "said"),
    [
        ("a,b,c", OptionError, "'own', two files with a comma between them, or one: got 'a,b,c'"),
        ("train.zh,", OptionError, "or one: got"),
        ("", OptionError, "or one: got ''"),
        ("train.zh,none.en", DataError, "none.en"),
        ("train.en,train.zh", DataError, "seems to be in .*the run translates zh → en"),
        ("train.zh,dev.en", DataError, "line"),
    ],
)
def test_what_cannot_be_learned_from(tiny, translator, monkeypatch, wanted, error, said):
    monkeypatch.chdir(tiny.texts)
    run = RunDirectory(tiny.both)
    with pytest.raises(error, match=said):
        learned(translator, learning_text(wanted, run, WAY), Trial("test", []))


def test_a_run_without_its_text_says_what_to_give(tiny, tmp_path):
    run = shutil.copytree(tiny.both, tmp_path / "bare", ignore=shutil.ignore_patterns("training"))
    with pytest.raises(OptionError, match=r"--shortlist SOURCE,TARGET, or --shortlist PAIRS\.tsv; .* does not keep"):
        learning_text("own", RunDirectory(run), WAY)


def test_each_direction_learns_its_own_and_none_of_what_is_tested(tiny, translator, trial):
    text = learning_text("own", RunDirectory(tiny.both), WAY)
    pairs = list(text.pairs())
    seen = Trial("test", [(pairs[0][0], "x"), ("x", pairs[1][1].upper())])
    found = learned(translator, text, seen)
    there = encoded(translator, pairs[2:])
    assert set(found) == {WAY, ("en", "zh")}
    assert same(found[WAY], learn(there, translator.tokenizer))
    assert same(found["en", "zh"], learn([pair[::-1] for pair in there], translator.tokenizer))


def test_columns_in_the_other_order_are_turned(tiny, translator):
    turned = ParallelText(tiny.texts / "all.en-zh.tsv")
    pairs = encoded(translator, [pair[::-1] for pair in turned.pairs()])
    assert same(learned(translator, turned, Trial("test", []))[WAY], learn(pairs, translator.tokenizer))


def test_effects_are_those_of_the_lists_alone(tiny, translator, trial):
    lists = learned(translator, learning_text("own", RunDirectory(tiny.both), WAY), trial)
    shortened = translator.with_shortlists({})
    shortened.shortlists = lists
    found = effects(shortened, trial)
    for direction, effect in found.items():
        pairs = trial.along(direction, WAY)
        sources = [source for source, _ in pairs]
        with_it, without = (each.answer(sources, to=direction[1]) for each in (shortened, translator))
        agreed = sum(a[0].tokens == b[0].tokens for a, b in zip(with_it.answers, without.answers, strict=True))
        assert effect.parity.tokens == agreed / len(pairs)
        assert effect.reach == lists[direction].reached(encoded(translator, pairs))
        assert effect.vocab_size == translator.tokenizer.vocab_size
        for (source, _), [best, *_] in zip(pairs, with_it.answers, strict=True):
            [own] = lists[direction].allowed([translator.tokenizer.encode(source)]).own
            assert set(best.tokens) <= {*lists[direction].common, *own}
    assert translator.shortlists == {}
