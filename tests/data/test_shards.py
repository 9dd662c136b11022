"""A corpus on disk against encoding every sentence anew."""

import errno
from pathlib import Path

import numpy as np
import pytest

from heedful.data import shards
from heedful.data.column import Column
from heedful.data.corpus import SIDES, Corpus
from heedful.data.shards import build_shards, fingerprint
from heedful.data.tokenizer import Tokenizer
from heedful.errors import DataError, RunError

PAIRS = [
    ("Die Katze schläft.", "The cat sleeps."),
    ("", "nothing here"),
    ("Die Katzen schlafen nicht, 12 Mal.", "The cats don't sleep, 12 times."),
    ("  \u3000", "white"),
    ("我们去北京。", "We go to Beijing."),
    ("zu lang " * 60, "too long"),
    ("x" * 9000, "far too long"),
    ("Katze Ω\u2028龘", "cat \t odd"),
] + [(f"Katze {n} schläft", f"cat {n} sleeps") for n in range(40)]
USABLE = [line for line in range(len(PAIRS)) if line not in (1, 3, 5, 6)]
tokenizer = Tokenizer.train((text for pair in PAIRS for text in pair), 420, ["de", "en"])


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return build_shards(PAIRS, tokenizer, tmp_path_factory.mktemp("data") / "shards", max_tokens=100, dropout=0.2)


def test_plain_tokens_are_what_the_tokenizer_gives(corpus: Corpus) -> None:
    assert corpus.n_pairs == len(USABLE)
    assert corpus.lines.tolist() == USABLE
    for index, line in enumerate(USABLE):
        for side, text in zip(SIDES, PAIRS[line], strict=True):
            assert corpus.tokens(side, index) == tokenizer.encode(text)
            assert corpus.lengths(side)[index] == len(tokenizer.encode(text))


def test_contents_tell_what_was_left_out(corpus: Corpus) -> None:
    contents = corpus.contents
    assert [contents.n_empty, contents.n_long, contents.first_long] == [2, 2, 6]
    assert contents.tokenizer == fingerprint(tokenizer)
    assert contents.n_variants == 16
    assert corpus.regularised


def test_small_blocks_and_overflowing_types_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shards, "_SENTENCES_AT_ONCE", 3)
    monkeypatch.setattr(shards, "MAX_TYPES", 4)
    monkeypatch.setattr(shards, "MAX_CHUNKS", 2)
    small = build_shards(iter(PAIRS), tokenizer, tmp_path / "shards", max_tokens=100, dropout=0.3)
    assert small.contents.n_types == tokenizer.vocab_size + 4
    for index, line in enumerate(USABLE):
        assert small.tokens("source", index) == tokenizer.encode(PAIRS[line][0])
        drawn = small.tokens("target", index, epoch=2, plain=False)
        assert tokenizer.decode(drawn) == tokenizer.decode(tokenizer.encode(PAIRS[line][1]))
        assert small.epoch_lengths("target", 0, 2)[index] == len(drawn)


def test_held_out_lines_are_skipped(tmp_path: Path) -> None:
    skip = np.zeros(len(PAIRS), dtype=bool)
    skip[10:] = True
    plain = build_shards(PAIRS, tokenizer, tmp_path / "shards", max_tokens=100, skip=skip)
    assert plain.lines.tolist() == [0, 2, 4, 7, 8, 9]
    assert not plain.regularised
    assert plain.tokens("source", 0, epoch=5, plain=False) == plain.tokens("source", 0)


def test_too_little_text(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"at least 2 pairs.*got 1 \(1 left out as empty, 1 as longer than 100 tokens\); give shorter"
    ):
        build_shards([PAIRS[0], PAIRS[1], PAIRS[5]], tokenizer, tmp_path / "shards", max_tokens=100)
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken():
        yield PAIRS[0]
        raise DataError("bad line")

    with pytest.raises(DataError, match="bad line"):
        build_shards(broken(), tokenizer, tmp_path / "shards")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RunError, match="exists"):
        build_shards(PAIRS, tokenizer, tmp_path / "file")
    with pytest.raises(RunError, match="cannot write"):
        build_shards(PAIRS, tokenizer, tmp_path / "file" / "shards")


@pytest.mark.parametrize("n_opened", [0, 3, 7])
def test_every_file_is_closed_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, n_opened: int
) -> None:
    opened: list[Column] = []

    class Full(Column):
        def __init__(self, path: Path, typecode: str) -> None:
            if len(opened) == n_opened < 7:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().__init__(path, typecode)
            opened.append(self)

        def write(self, values: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shards, "Column", Full)
    with pytest.raises(RunError, match="No space left on device; free space"):
        build_shards(PAIRS, tokenizer, tmp_path / "shards")
    assert len(opened) == n_opened
    assert all(column.file.closed for column in opened)
    assert list(tmp_path.iterdir()) == []
