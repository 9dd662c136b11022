"""What is asked for: it survives JSON, is told as a command line, and what is wrong with it is said by its flag."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from heedful.data.augment import Augmentation
from heedful.data.text import ParallelText
from heedful.errors import OptionError
from heedful.tasks.request import TranslationOptions, differences, parallel_text
from heedful.training.plan import Budget
from tests.tasks.tiny import ask

PLAIN = TranslationOptions(Path("runs/x"), source=Path("a.de"), target=Path("b.en"))


def test_json_keeps_everything_and_makes_paths_absolute():
    options = replace(
        PLAIN, dev_tsv=Path("dev.tsv"), epochs=2.5, both_directions=True, seed=7, vectors=Path("glove.txt")
    )
    again = TranslationOptions.from_json(json.loads(json.dumps(options.to_json())))
    assert again == replace(
        options,
        **{name: getattr(options, name).resolve() for name in ("out", "source", "target", "dev_tsv", "vectors")},
    )
    assert TranslationOptions.from_json(again.to_json()) == again


def test_unknown_keys_of_another_version_are_named():
    with pytest.raises(OptionError, match="unknown key 'steeps' in the options of the run; did you mean 'steps'"):
        TranslationOptions.from_json({**PLAIN.to_json(), "steeps": 3})


@pytest.mark.parametrize(
    ("changes", "budget"),
    [
        ({}, None),
        ({"minutes": 0.5}, Budget(minutes=0.5)),
        ({"epochs": 3.0}, Budget(epochs=3.0)),
        ({"steps": 9}, Budget(steps=9)),
    ],
)
def test_the_budget_is_the_one_that_was_given(changes, budget):
    assert replace(PLAIN, **changes).budget() == budget


def test_the_command_asks_for_the_same_with_the_names_of_the_files_alone():
    options = replace(PLAIN, out=Path("/home/me/runs/x y"), minutes=2.0, both_directions=True, resume=True)
    assert options.command == [
        "heedful", "train", "translation", "--out", "x y", "--source", "a.de", "--target", "b.en", "--both-directions",
        "--minutes", "2.0",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "transfomer"}, "did you mean 'transformer'"),
        ({"augment": "word"}, "augment is 'none', 'all' or some of words,.* did you mean 'words'"),
        ({"device": "tpu"}, "device is 'cpu' or 'cuda': got 'tpu'"),
        ({"minutes": 1.0, "steps": 5}, "one of minutes, epochs and steps: got minutes=1.0 and steps=5; keep one"),
        ({"minutes": 0.0}, "minutes must be above 0: got 0"),
        ({"minutes": float("nan")}, "minutes must be above 0: got nan"),
        ({"epochs": float("inf")}, "epochs must be above 0: got inf"),
        ({"steps": -5}, "steps must be above 0: got -5"),
        ({"seed": -1}, r"seed is a whole number from 0 to 2\^63-1: got -1"),
        ({"seed": 1 << 63}, "seed is a whole number"),
        ({"evaluations": 0}, "evaluations must be 1 or more: got 0"),
        ({"target": Path("a.de")}, "a.de as --source and --target; name another"),
        ({"dev_tsv": Path("x/../b.en")}, "b.en as --target and --dev-tsv; name another"),
        ({"dev_tsv": Path("h"), "test_tsv": Path("h")}, "h as --dev-tsv and --test-tsv"),
    ],
)
def test_what_no_text_can_make_right_is_refused(changes, said):
    with pytest.raises(OptionError, match=said):
        replace(PLAIN, **changes).check()


def test_kinds_of_made_pairs_are_named(tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x", augment="words,numbers")
    assert options.sources().augmentation == Augmentation.named("words,numbers")
    assert ask(tiny.texts, tmp_path / "x").sources().augmentation is None
    assert options.command[options.command.index("--augment") + 1] == "words,numbers"
    begun = TranslationOptions.from_json({name: value for name, value in PLAIN.to_json().items() if name != "augment"})
    assert begun.augment == "none"
    assert differences(options, replace(options, augment="words")) == ["with --augment words"]


def test_what_is_right_passes():
    PLAIN.check()
    replace(PLAIN, dev_tsv=Path("dev.tsv"), test_tsv=Path("test.tsv"), seed=0, steps=1, device="cpu").check()


@pytest.mark.parametrize(
    ("source", "target", "tsv", "said"),
    [
        ("a", None, None, "--dev-source and --dev-target belong together: --dev-target is missing"),
        (None, "a", None, "--dev-source is missing"),
        ("a", None, "c", "give either --dev-tsv or --dev-source and --dev-target, not both"),
        (None, "b", "c", "not both"),
        ("a", "x/../a", None, "--dev-source and --dev-target are one file, a: give its translation as the other"),
    ],
)
def test_halves_and_both_ways_at_once_are_refused(source, target, tsv, said):
    paths = [Path(name) if name else None for name in (source, target, tsv)]
    with pytest.raises(OptionError, match=said):
        parallel_text(*paths, "dev_")


def test_two_files_or_one_or_none():
    one, other = Path("a"), Path("b")
    assert parallel_text(one, other, None, "") == ParallelText(one, other)
    assert parallel_text(None, None, one, "") == ParallelText(one)
    assert parallel_text(None, None, None, "") is None


def test_sources_are_the_files_with_their_languages(tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x")
    found = options.sources()
    assert (found.train, found.dev, found.test) == tuple(
        ParallelText(tiny.texts / f"{part}.zh", tiny.texts / f"{part}.en") for part in ("train", "dev", "test")
    )
    assert (found.languages, found.both) == (("zh", "en"), True)


@pytest.mark.parametrize(
    ("names", "changes", "languages"),
    [
        (("plain", "other"), {}, ("zh", "en")),
        (("plain", "other"), {"source_language": "YUE"}, ("yue", "en")),
        (("plain", "other"), {"target_language": "en-GB"}, ("zh", "en-GB")),
        (("train.zh", "text.txt"), {}, ("zh", "en")),
        # A name is somebody's word.
        (("train.yi", "train.fy"), {}, ("yi", "fy")),
    ],
)
def test_languages_come_from_flags_then_names_then_text(tiny, tmp_path, names, changes, languages):
    paths = [tmp_path / name for name in names]
    for path, language in zip(paths, ("zh", "en"), strict=True):
        path.write_bytes((tiny.texts / f"train.{language}").read_bytes())
    options = TranslationOptions(tmp_path / "out", source=paths[0], target=paths[1], **changes)
    assert options.sources().languages == languages


def test_named_languages_need_no_text():
    absent = replace(PLAIN, source_language="de", target_language="en")
    assert absent.sources().languages == ("de", "en")


@pytest.mark.parametrize(
    ("rows", "changes", "said"),
    [
        ("xq zv\tqx vz\n" * 9, {}, "language of the source is not clear: say it, for example --source-language en"),
        ("我来了。\tqx vz\n" * 9, {}, "language of the target is not clear"),
        ("我来了。\t你好。\n" * 9, {}, "both sides seem to be in 'zh'"),
        ("我来了。\tqx\n", {"source_language": "zh-TW", "target_language": "zh"}, "both sides seem to be in 'zh-TW'"),
        ("a\tb\n", {"source_language": "german"}, "--source-language is a language code .* did you mean 'de'"),
        ("a\tb\n", {"target_language": "xx"}, "--target-language is a language code"),
    ],
)
def test_unclear_and_unknown_languages_are_refused(tmp_path, rows, changes, said):
    path = tmp_path / "rows.tsv"
    path.write_text(rows, encoding="utf-8")
    with pytest.raises(OptionError, match=said):
        TranslationOptions(tmp_path / "out", tsv=path, **changes).sources()


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(OptionError, match="give the text to learn from"):
        TranslationOptions(Path("x")).sources()


def test_what_was_left_out_is_no_difference():
    begun = replace(PLAIN, minutes=3.0, seed=7, both_directions=True)
    assert differences(TranslationOptions(Path("elsewhere"), resume=True), begun) == []
    assert differences(replace(begun, resume=True), begun) == []
    given = TranslationOptions(Path("x"), minutes=4.0, epochs=2.0, seed=8)
    assert differences(given, begun) == ["with --minutes 3.0", "without --epochs", "with --seed 7"]
    assert differences(begun, PLAIN) == ["without --both-directions", "without --minutes", "with --seed 1"]
