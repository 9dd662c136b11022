from dataclasses import fields, replace
from pathlib import Path

import pytest

from heedful.data.text import ParallelText
from heedful.errors import OptionError
from heedful.tasks.asked import flag_of
from heedful.tasks.texts import Texts, parallel_text
from tests.tasks.tiny import ask

PLAIN = Texts(Path("a.de"), Path("b.en"))


def texts_of(options):
    return Texts(**{item.name: getattr(options, item.name) for item in fields(Texts)})


def test_a_flag_has_dashes():
    assert flag_of("dev_source") == "--dev-source"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"target": Path("a.de")}, "a.de as --source and --target; name another"),
        ({"dev_tsv": Path("x/../b.en")}, "b.en as --target and --dev-tsv; name another"),
        ({"dev_tsv": Path("h"), "test_tsv": Path("h")}, "h as --dev-tsv and --test-tsv"),
    ],
)
def test_a_file_has_one_part_to_play(changes, said):
    PLAIN.check_files()
    with pytest.raises(OptionError, match=said):
        replace(PLAIN, **changes).check_files()


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
    found = texts_of(ask(tiny.texts, tmp_path / "x")).sources()
    assert (found.train, found.dev, found.test) == tuple(
        ParallelText(tiny.texts / f"{part}.zh", tiny.texts / f"{part}.en") for part in ("train", "dev", "test")
    )
    assert (found.languages, found.both) == (("zh", "en"), False)


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
    options = Texts(source=paths[0], target=paths[1], **changes)
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
        Texts(tsv=path, **changes).sources()


def test_nothing_to_learn_from_is_refused():
    with pytest.raises(OptionError, match="give the text to learn from"):
        Texts().sources()
