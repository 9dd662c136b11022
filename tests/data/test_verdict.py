"""Texts with one thing wrong each, and the verdict on them."""

import json
import random
from pathlib import Path

import pytest

from heedful.data.findings import Finding
from heedful.data.text import ParallelText
from heedful.data.verdict import Verdict, inspect
from heedful.errors import DataError

WORDS = "der Mann sieht die Frau und das Kind nicht im Haus von Tom".split()
LEXICON = dict(zip(WORDS, "the man sees a woman and that child not in house of him".split(), strict=False))


def sentences(n: int, seed: int = 0) -> list[tuple[str, str]]:
    chance = random.Random(seed)
    chosen = [chance.choices(WORDS, k=chance.randint(3, 20)) for _ in range(n)]
    return [
        (f"{' '.join(words)} {seed}{i}.", f"{' '.join(LEXICON[w] for w in words)} {seed}{i}!")
        for i, words in enumerate(chosen)
    ]


def written(folder: Path, pairs: list[tuple[str, str]], name: str = "train") -> ParallelText:
    for side, language in enumerate(("de", "en")):
        text = "".join(pair[side] + "\n" for pair in pairs)
        (folder / f"{name}.{language}").write_text(text, encoding="utf-8", newline="")
    return ParallelText(folder / f"{name}.de", folder / f"{name}.en")


def only(verdict: Verdict, kind: str) -> Finding:
    (finding,) = (finding for finding in verdict.findings if finding.kind == kind)
    return finding


def places(finding: Finding) -> list[tuple[str, int]]:
    return [(Path(example.file).name, example.line) for example in finding.examples]


def test_a_good_text(tmp_path: Path) -> None:
    held_out = written(tmp_path, sentences(20, seed=7), "dev")
    verdict = inspect(written(tmp_path, sentences(300)), "de", "en", held_out=held_out)
    assert verdict.findings == ()
    assert verdict.fatal == []
    assert (verdict.n_lines, verdict.n_usable) == (300, 300)
    assert verdict.languages == {"source": "de", "target": "en"}


@pytest.mark.parametrize(
    ("kind", "severity", "pair", "file"),
    [
        ("empty", "warning", ("", "nothing"), "train.de"),
        ("identical", "warning", ("same words here", "same words here"), "train.de"),
        ("ratio", "warning", ("eins", "one " * 12 + "more"), "train.en"),
        ("script", "warning", ("это не то", "that is not it"), "train.de"),
        ("long", "note", ("lang " * 160 + ".", "long " * 160 + "!"), "train.de"),
        ("control", "warning", ("eins zwei", "one\x1btwo"), "train.en"),
        ("bidi", "note", ("eins\u202e zwei", "one two"), "train.de"),
        ("mojibake", "warning", ("schÃ¶n und gut", "nice and good"), "train.de"),
        ("unnormalised", "note", ("scho\u0308n und gut", "nice and good"), "train.de"),
        ("spaces", "note", ("eins  zwei", "one two"), "train.de"),
    ],
)
def test_one_bad_line(tmp_path: Path, kind: str, severity: str, pair: tuple[str, str], file: str) -> None:
    pairs = sentences(99)
    pairs.insert(41, pair)
    finding = only(inspect(written(tmp_path, pairs), "de", "en"), kind)
    assert finding.severity == severity
    assert places(finding)[0] == (file, 42)
    assert finding.share == pytest.approx(finding.count / 100)
    assert finding.count == (2 if kind == "long" else 1)


def test_examples_are_the_first_five(tmp_path: Path) -> None:
    finding = only(inspect(written(tmp_path, [("", "x")] * 30 + sentences(50))), "empty")
    assert finding.count == 30
    assert places(finding) == [("train.de", line) for line in range(1, 6)]


def test_repeated_pairs_and_other_translations(tmp_path: Path) -> None:
    pairs = sentences(50)
    pairs += [pairs[3], (pairs[4][0].upper(), pairs[4][1]), (pairs[5][0], "something else")]
    verdict = inspect(written(tmp_path, pairs))
    assert places(only(verdict, "duplicate")) == [("train.de", 51), ("train.de", 52)]
    assert only(verdict, "duplicate").examples[0].what == "the same as line 4"
    assert places(only(verdict, "ambiguous")) == [("train.de", 53)]
    assert only(verdict, "ambiguous").examples[0].what.endswith("line 6")


def test_leakage(tmp_path: Path) -> None:
    pairs, held = sentences(200), sentences(20, seed=7)
    held[2] = pairs[10]
    held[5] = (held[5][0], pairs[11][1])
    held[6] = (pairs[12][0], held[6][1])
    verdict = inspect(written(tmp_path, pairs), held_out=written(tmp_path, held, "dev"))
    whole, single = only(verdict, "leaked_pairs"), only(verdict, "leaked_sentences")
    assert places(whole) == [("dev.de", 3)]
    assert whole.examples[0].what == "is line 11 of train.de, the training text"
    assert places(single) == [("dev.de", 7), ("dev.en", 6)]
    assert [whole.share, single.share] == [0.05, 0.1]


def test_languages_that_are_not_as_named(tmp_path: Path) -> None:
    text = written(tmp_path, sentences(60))
    swapped = only(inspect(text, "en", "de"), "swapped")
    assert [example.what for example in swapped.examples] == ["seems to be de, named en", "seems to be en, named de"]
    wrong = only(inspect(text, "fr", "en"), "language")
    assert places(wrong) == [("train.de", 1)]
    assert inspect(text).findings == ()


def test_lines_that_do_not_belong_together(tmp_path: Path) -> None:
    pairs = sentences(400)
    targets = [pair[1] for pair in pairs]
    random.Random(1).shuffle(targets)
    shuffled = written(tmp_path, [(pair[0], target) for pair, target in zip(pairs, targets, strict=True)])
    assert only(inspect(shuffled), "alignment").severity == "warning"


def test_texts_that_cannot_work(tmp_path: Path) -> None:
    assert [found.kind for found in inspect(written(tmp_path, sentences(1))).fatal] == ["size"]
    assert [found.kind for found in inspect(written(tmp_path, [("", "")] * 9)).fatal] == ["size"]
    pairs = [(source, source) for source, _ in sentences(30)]
    assert [found.kind for found in inspect(written(tmp_path, pairs)).fatal] == ["same"]
    with pytest.raises(DataError, match="empty"):
        inspect(written(tmp_path, []))


def test_a_japanese_text_may_have_lines_of_han_alone(tmp_path: Path) -> None:
    pairs = [(f"私は学校に行きます{n}。", f"I go to school {n}.") for n in range(20)] + [
        ("東京大学。", "University of Tokyo.")
    ]
    assert "script" not in {found.kind for found in inspect(written(tmp_path, pairs)).findings}


def test_json(tmp_path: Path) -> None:
    verdict = inspect(written(tmp_path, [("", "x"), *sentences(9)]))
    values = json.loads(json.dumps(verdict.to_json()))
    assert values["n_lines"] == 10
    assert values["findings"][0]["kind"] == "empty"
    assert values["findings"][0]["examples"][0]["line"] == 1
