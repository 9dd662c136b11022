"""From files to what is learned from: parts that share nothing, sentences that fit, facts with hashes."""

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from heedful.data.augment import Augmentation
from heedful.data.corpus import SIDES
from heedful.data.text import ParallelText, identity
from heedful.errors import DataError, LengthError
from heedful.tasks.defaults import size_for
from heedful.tasks.preparation import MAX_TOKENS, Sources, examine, fingerprints, prepare
from tests.tasks.tiny import SIZE, contents


def text(texts: Path, part: str) -> ParallelText:
    return ParallelText(texts / f"{part}.zh", texts / f"{part}.en")


def sources(train: ParallelText, dev=None, test=None, both=True) -> Sources:
    return Sources(train, dev, test, ("zh", "en"), both)


def written(folder: Path, rows: list[tuple[str, str]], name: str = "more.tsv") -> ParallelText:
    path = folder / name
    path.write_text("".join(f"{one}\t{other}\n" for one, other in rows), encoding="utf-8")
    return ParallelText(path)


def numbered(n: int) -> list[tuple[str, str]]:
    return [(f"这是第{i}句话。", f"This is sentence {i}.") for i in range(n)]


@pytest.mark.parametrize(
    ("dev", "test", "expected"),
    [(None, None, ["dev", "test"]), ("x", None, []), (None, "x", ["dev"]), ("x", "x", [])],
)
def test_only_what_is_missing_is_held_out(dev, test, expected):
    assert sources(ParallelText(Path("a")), dev, test).parts_to_hold_out == expected


def test_directions():
    assert sources(ParallelText(Path("a"))).directions == [("zh", "en"), ("en", "zh")]
    assert sources(ParallelText(Path("a")), both=False).directions == [("zh", "en")]


def test_parts_held_out_share_no_sentence_and_nothing_is_lost(tiny, tmp_path):
    prepared = prepare(sources(text(tiny.texts, "train")), tmp_path, 1, SIZE)
    pairs = list(text(tiny.texts, "train").pairs())
    trained = [pairs[line] for line in prepared.corpus.lines]
    parts = [trained, prepared.dev, prepared.test]
    assert sorted(pair for part in parts for pair in part) == sorted(pairs)
    assert all(len(part) > 5 for part in parts)
    seen = [{identity(side) for pair in part for side in pair} for part in parts]
    assert not seen[0] & seen[1] | seen[0] & seen[2] | seen[1] & seen[2]


def test_lines_with_several_sentences_are_a_share_of_what_is_learned_from(tmp_path):
    rows = [*numbered(130), *((f"他来了{i}。她走了。", f"He came {i}.") for i in range(20))]
    given = sources(written(tmp_path, rows))
    prepared = prepare(given, tmp_path / "plain", 1, SIZE)
    assert prepared.several == [20 / 150, 0]
    joined = prepare(replace(given, augmentation=Augmentation.named("joined")), tmp_path / "joined", 1, SIZE)
    n_made = joined.facts["augmented"]["joined"]
    assert n_made > 0
    assert joined.several == [(20 + n_made) / (150 + n_made), n_made / (150 + n_made)]
    # An older heedful counted none.
    del prepared.facts["verdict"]["n_several"]
    assert prepared.several == []


def test_another_seed_holds_out_others(tiny, tmp_path):
    found = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        found.append(prepare(sources(text(tiny.texts, "train")), tmp_path / name, seed, SIZE).dev)
    assert found[0] == found[1] != found[2]


def test_what_is_given_is_not_split(tiny, tmp_path):
    given = [text(tiny.texts, part) for part in ("train", "dev", "test")]
    prepared = prepare(sources(*given), tmp_path, 1)
    assert prepared.corpus.n_pairs == len(list(given[0].pairs()))
    assert prepared.dev == list(given[1].pairs())
    assert prepared.test == list(given[2].pairs())
    # A pair counts once for each direction.
    assert prepared.size == size_for(2 * prepared.corpus.n_pairs)


def test_it_is_laid_out_once_and_reopened_the_same(tiny, tmp_path, monkeypatch):
    asked = sources(*(text(tiny.texts, part) for part in ("train", "dev")))
    first = prepare(asked, tmp_path, 1, SIZE)
    monkeypatch.setattr("heedful.tasks.preparation.inspect", None)
    again = prepare(asked, tmp_path, 1, SIZE)
    assert (again.dev, again.test, again.size, again.facts) == (first.dev, first.test, first.size, first.facts)
    assert again.tokenizer.to_json() == first.tokenizer.to_json()
    assert all(again.corpus.tokens("target", i) == first.corpus.tokens("target", i) for i in range(3))


def test_directions_are_read_with_the_tag_of_the_language_written(tiny, tmp_path):
    asked = sources(text(tiny.texts, "train"), text(tiny.texts, "dev"))
    prepared = prepare(asked, tmp_path, 1, SIZE)
    forth, back = prepared.reading(asked.directions)
    assert (forth.source, forth.target, forth.tag) == ("source", "target", prepared.tokenizer.tag_id("en"))
    assert (back.source, back.target, back.tag) == ("target", "source", prepared.tokenizer.tag_id("zh"))


def test_one_direction_has_no_tags(tiny, tmp_path):
    asked = sources(text(tiny.texts, "train"), text(tiny.texts, "dev"), both=False)
    prepared = prepare(asked, tmp_path, 1, SIZE)
    (only,) = prepared.reading(asked.directions)
    assert (only.tag, prepared.tokenizer.languages) == (None, ())


def test_the_vocabulary_is_learned_on_the_training_part_alone(tiny, tmp_path):
    dev = written(tmp_path, [("ѪѪѪѪ", "ѬѬѬѬ")] * 3)
    prepared = prepare(sources(text(tiny.texts, "train"), dev), tmp_path, 1, SIZE)
    assert all(prepared.tokenizer.is_byte(token) for token in prepared.tokenizer.encode("ѪѬ")[1:])


def test_pairs_with_an_empty_side_are_in_the_test_alone(tiny, tmp_path):
    rows = [("我来了。", "I came."), ("", "Nobody."), ("谁？", "")]
    held = written(tmp_path, rows)
    prepared = prepare(sources(text(tiny.texts, "train"), held, written(tmp_path, rows, "test.tsv")), tmp_path, 1, SIZE)
    assert prepared.dev == rows[:1]
    assert prepared.test == rows


def test_long_sentences_are_neither_learned_from_nor_held_out(tmp_path):
    long = " ".join(f"word{i}" for i in range(400))
    rows = numbered(300) + [(f"{i} {long}", f"{long} {i}") for i in range(40)]
    prepared = prepare(sources(written(tmp_path, rows)), tmp_path, 1, SIZE)
    assert 0 < prepared.corpus.contents.n_long <= 40
    for part in (prepared.dev, prepared.test):
        assert all(len(prepared.tokenizer.encode(side)) <= MAX_TOKENS for pair in part for side in pair)


@pytest.mark.parametrize("part", ["dev", "test"])
def test_a_held_out_sentence_beyond_the_window_is_refused_with_its_place(tiny, tmp_path, part):
    rows = [("好。", "Good."), ("好。", "x y z " * 700)]
    given = {"dev": text(tiny.texts, "dev"), part: written(tmp_path, rows)}
    with pytest.raises(LengthError, match=r"more\.tsv:2 has [\d,]+ tokens and the model's window 1,022: split"):
        prepare(sources(text(tiny.texts, "train"), **given), tmp_path, 1, SIZE)


def augmented(found: Sources, names: str = "numbers,tokens,marks") -> Sources:
    return replace(found, augmentation=Augmentation.named(names))


def in_text(prepared, rows) -> list[tuple[str, str]]:
    """What the model reads of some rows of the corpus."""
    sides = ([prepared.tokenizer.decode(prepared.corpus.tokens(side, row)) for row in rows] for side in SIDES)
    return list(zip(*sides, strict=True))


@pytest.mark.parametrize("split", [False, True], ids=["dev given", "dev held out"])
def test_pairs_made_from_the_text_come_behind_it_and_are_counted(tmp_path, split):
    rows = numbered(300)
    given = sources(written(tmp_path, rows), None if split else written(tmp_path, [("好。", "Good.")], "dev.tsv"))
    for name in ("plain", "more"):
        (tmp_path / name).mkdir()
    plain = prepare(given, tmp_path / "plain", 1, SIZE)
    more = prepare(augmented(given), tmp_path / "more", 1, SIZE)
    counts = more.facts["augmented"]
    assert set(counts) == {"numbers", "tokens", "marks"}
    assert more.corpus.n_pairs == plain.corpus.n_pairs + sum(counts.values())
    assert plain.facts["augmented"] == {}
    assert more.n_pairs == {**plain.n_pairs, "made from them": sum(counts.values())}
    assert plain.n_pairs["train"] == plain.corpus.n_pairs
    assert ("test" in plain.n_pairs) == split
    # The vocabulary, the parts and the size are those of the text itself.
    assert (more.dev, more.test, more.size) == (plain.dev, plain.test, plain.size)
    assert more.tokenizer.to_json() == plain.tokenizer.to_json()
    n_real = plain.corpus.n_pairs
    assert in_text(more, range(n_real)) == in_text(plain, range(n_real))
    made = in_text(more, range(n_real, more.corpus.n_pairs))
    assert not set(made) & set(rows)
    assert (more.corpus.lines[n_real:] >= len(rows)).all()
    assert sum(source[-1] in "？！" for source, _ in made) > 2


def test_pairs_are_made_the_same_each_time(tmp_path):
    given = augmented(sources(written(tmp_path, numbered(300))))
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        (tmp_path / name).mkdir()
        prepare(given, tmp_path / name, seed, SIZE)
    assert contents(tmp_path / "a") == contents(tmp_path / "b") != contents(tmp_path / "c")


def test_no_pair_is_made_that_holds_a_sentence_kept_for_testing(tmp_path):
    rows = [(f"这是第{i}句话。", f"This is sentence {i}.") for i in range(2, 10)] * 10
    every = [
        pair for i in range(2, 10) for pair in [(f"这是第{i}句话？", f"Oh {i}"), (f"不{i}", f"This is sentence {i}!")]
    ]
    given = sources(written(tmp_path, rows), written(tmp_path, every, "dev.tsv"))
    prepared = prepare(augmented(given, "marks"), tmp_path, 1, SIZE)
    made = in_text(prepared, range(len(rows), prepared.corpus.n_pairs))
    assert not {identity(side) for pair in made for side in pair} & {identity(side) for pair in every for side in pair}
    # Where none of them is kept for testing, they are made.
    free = Augmentation.named("marks").make(rows, 1)["marks"]
    assert {identity(side) for pair in free for side in pair} & {identity(side) for pair in every for side in pair}


def test_of_a_large_text_a_sample_is_looked_at(tmp_path, monkeypatch):
    given = augmented(
        sources(written(tmp_path, numbered(300)), written(tmp_path, [("好。", "Good.")], "dev.tsv")), "marks"
    )
    monkeypatch.setattr("heedful.tasks.preparation.MAX_AUGMENTED", 100)
    assert prepare(given, tmp_path, 1, SIZE).facts["augmented"] == {"marks": 2}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("是", "yes")], r"more.tsv: too little text \(1 of 1 lines\): give at least 2"),
        ([("是", ""), ("", "no"), (" ", "x")] * 50, r"too little text \(0 of 150 lines\)"),
        (numbered(99), "at least 100 pairs with text on both sides: got 99"),
        ([(f"same {i}", f"same {i}") for i in range(200)], r"one text \(200 of 200 lines\): give the translation"),
        ([("是的。", f"yes {i}") for i in range(300)], "holding out 30 pairs for 'dev' needs groups"),
    ],
)
def test_texts_that_cannot_work_are_refused(tmp_path, rows, said):
    with pytest.raises(DataError, match=said):
        prepare(sources(written(tmp_path, rows)), tmp_path, 1, SIZE)


@pytest.mark.parametrize("part", ["dev", "test"])
def test_held_out_text_without_a_whole_pair_is_refused(tiny, tmp_path, part):
    given = {"dev": text(tiny.texts, "dev"), part: written(tmp_path, [("", "a"), ("b", "")])}
    with pytest.raises(DataError, match=r"more\.tsv holds no pair with text on both sides"):
        examine(sources(text(tiny.texts, "train"), **given))


def test_leaks_into_dev_and_test_are_both_found(tiny):
    train = text(tiny.texts, "train")
    for dev, test in ((train, text(tiny.texts, "test")), (text(tiny.texts, "dev"), train)):
        findings = {finding.kind: finding for finding in examine(sources(train, dev, test)).findings}
        assert findings["leaked_pairs"].share == 1.0


def test_every_file_has_its_hash_and_a_tsv_stands_once(tiny, tmp_path):
    tsv = written(tmp_path, numbered(3))
    files = fingerprints(sources(tsv, text(tiny.texts, "dev")))
    assert [(file.role, file.name) for file in files] == [
        ("train", "more.tsv"), ("dev source", "dev.zh"), ("dev target", "dev.en"),
    ]  # fmt: skip
    assert files[0].sha256 == hashlib.sha256(tsv.source.read_bytes()).hexdigest()
    assert files[0].n_bytes == tsv.source.stat().st_size
