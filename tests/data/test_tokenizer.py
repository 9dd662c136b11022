"""Round trips, boundaries that pieces never cross, and agreement with the library's own pipeline."""

import gzip
import json
import re
import unicodedata
from itertools import islice
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.data.tokenizer import BOS, BYTES, EOS, GAPS, MASK, PAD, SPECIALS, UNK, Tokenizer
from heedful.errors import OptionError, RunError

DATA = Path(__file__).parents[2].parent / "shared" / "data"
TEXTS = [
    "The cat sat on the mat, didn't it?", "The old cat sees the new mat.", "The cats sat on 12 mats in 1999...",
    "我们在二〇二〇年去了北京。",
    "我们今天去北京，你们呢？", "你们去了北京吗？我们没去。", "Straße, Übung und über 30 Straßen.",
] * 3  # fmt: skip
tokenizer = Tokenizer.train(TEXTS, 480, ["en", "zh"])
texts = st.one_of(
    st.text(st.sampled_from(list("theca st on我们去北京，。2019'’- …▁<s>ßé")), max_size=30),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r\n"), max_size=30),
)


@given(texts)
def test_round_trip_is_lossless(text: str) -> None:
    normal = tokenizer._inner.normalizer.normalize_str(text).removeprefix(" ") if text else ""
    assert tokenizer.decode(tokenizer.encode(text)) == normal
    assert "".join(tokenizer.word_types(text)).removeprefix(" ") == normal


@given(texts)
def test_ids_are_pieces_and_never_special(text: str) -> None:
    assert all(tokenizer.n_specials <= token < tokenizer.vocab_size for token in tokenizer.encode(text))


@given(texts)
def test_the_saved_file_means_the_same_to_the_library(text: str) -> None:
    if not any(special in text for special in SPECIALS):
        assert tokenizer._inner.encode(text).ids == tokenizer.encode(text)


@given(texts)
def test_pieces_stay_inside_words(text: str) -> None:
    for word in tokenizer.word_types(text):
        spelt = "".join(tokenizer.piece(token) for token in tokenizer.word_ids(word))
        assert spelt == word or any(map(tokenizer.is_byte, tokenizer.word_ids(word)))
        assert " " not in word[1:]
        if re.search(r"\d", word):
            assert len(word.strip()) == 1 or word.strip().isalpha()


def test_a_token_is_a_word_or_goes_on_with_one() -> None:
    by_hand = Tokenizer([" the", "ing", "é", " ", "我们", "カー", " (", ",", "7", " 7", "'s", "\t"], [], ["en"])
    words = [by_hand.word(token) for token in range(by_hand.vocab_size)]
    assert set(words[: by_hand.n_plain]) == {None}
    assert words[by_hand.n_plain :] == ["the", None, None, None, "我们", "カー", "(", ",", "7", "7", "'s", None]


def test_words_of_three_scripts() -> None:
    assert tokenizer.word_types("Don't go (at 12)...") == [" Don't", " go", " (", "at", " 1", "2", ")", "..."]
    assert tokenizer.word_types("我们用 Python，好？！") == ["我们用", " Python", "，", "好", "？", "！"]
    assert tokenizer.word_types("zwei-drei  été") == [" zwei", "-", "drei", " ", " été"]
    assert tokenizer.word_types("") == []


def test_special_tokens_in_a_text_are_spelt_out() -> None:
    assert tokenizer.encode("</s>")[0] >= tokenizer.n_specials
    assert tokenizer.decode(tokenizer.encode("a </s> <2en> <pad>")) == "a </s> <2en> <pad>"
    assert tokenizer.decode([BOS, *tokenizer.encode("The cat"), EOS, PAD]) == "The cat"


def test_order_of_the_ids() -> None:
    assert [PAD, UNK, BOS, EOS] == [0, 1, 2, 3]
    assert [tokenizer.tag_id("en"), tokenizer.tag_id("zh")] == [4, 5]
    assert tokenizer.pieces([0, 1, 2, 3, 4, 5]) == [*SPECIALS, "<2en>", "<2zh>"]
    assert tokenizer.pieces(range(6, 262)) == list(BYTES)
    assert tokenizer.is_byte(6)
    assert not tokenizer.is_byte(262)


def test_casing_and_frequent_words_are_kept_whole() -> None:
    assert tokenizer.pieces(tokenizer.encode("The cat")) == ["▁The", "▁cat"]
    assert "北京" in tokenizer.pieces(tokenizer.encode("北京。"))
    assert tokenizer.encode("The") != tokenizer.encode("the")


def test_unknown_characters_are_spelt_as_bytes() -> None:
    ids = tokenizer.encode("龘")
    assert tokenizer.pieces(ids) == ["<0xE9>", "<0xBE>", "<0x98>"]
    assert all(map(tokenizer.is_byte, ids))
    assert tokenizer.decode(ids[:2]).endswith("\ufffd")


def test_training_is_repeatable_and_caps_the_vocabulary() -> None:
    assert Tokenizer.train(iter(TEXTS), 480, ["en", "zh"]).to_json() == tokenizer.to_json()
    assert tokenizer.vocab_size <= 480
    assert Tokenizer.train(["ab ab"], 100_000).vocab_size < 280
    assert Tokenizer.train([], 8000).decode(Tokenizer.train([], 8000).encode("ok")) == "ok"


def test_long_text_without_spaces() -> None:
    text = "a" * 5000 + "我" * 5000 + "!" * 5000
    assert tokenizer.decode(tokenizer.encode(text)) == text
    assert max(map(len, tokenizer.word_types(text))) <= 65


def test_save_and_load(tmp_path: Path) -> None:
    path = tmp_path / "tokenizer.json"
    tokenizer.save(path)
    again = Tokenizer.load(path)
    assert again.languages == ("en", "zh")
    assert again.merges == tokenizer.merges
    assert again.to_json() == tokenizer.to_json()
    assert [again.encode(text) for text in TEXTS] == [tokenizer.encode(text) for text in TEXTS]


def damaged(change: str) -> str:
    values = json.loads(tokenizer.to_json())
    if change == "merge":
        values["model"]["merges"][0] = ["never", "seen"]
    elif change == "gap":
        values["model"]["vocab"]["<pad>"] = 99_999
    elif change == "special":
        values["model"]["vocab"] |= {"<pad>": 1, "<unk>": 0}
    elif change == "pipeline":
        values["decoder"] = None
    elif change == "model":
        values["model"] = None
    return json.dumps(values)


@pytest.mark.parametrize("change", ["merge", "gap", "special", "pipeline", "model"])
def test_damaged_files_are_refused(tmp_path: Path, change: str) -> None:
    path = tmp_path / "tokenizer.json"
    path.write_text(damaged(change), encoding="utf-8")
    with pytest.raises(RunError, match=re.escape(str(path))):
        Tokenizer.load(path)


@pytest.mark.parametrize("content", [b"{", b"\xff\xfe", b"[]"])
def test_files_that_are_no_tokenizer(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "tokenizer.json"
    with pytest.raises(RunError, match="No such file"):
        Tokenizer.load(path)
    path.write_bytes(content)
    with pytest.raises(RunError, match=re.escape(str(path))):
        Tokenizer.load(path)


def test_mistakes_are_named() -> None:
    with pytest.raises(OptionError, match="did you mean 'zh'"):
        tokenizer.tag_id("zhh")
    with pytest.raises(OptionError, match="single direction"):
        Tokenizer.train(["a"], 300).tag_id("en")
    with pytest.raises(OptionError, match="vocab_size must exceed 262"):
        Tokenizer.train(["a"], 262, ["en", "zh"])
    with pytest.raises(OptionError, match="code"):
        Tokenizer.train(["a"], 300, ["e n"])


@pytest.mark.parametrize("name", ["multi30k/val.de.gz", "tatoeba-en-zh/valid.en-zh.tsv.gz"])
def test_real_text(name: str) -> None:
    if not (DATA / name).exists():
        pytest.skip("needs ../shared/data")
    with gzip.open(DATA / name, "rt", encoding="utf-8", newline="\n") as file:
        lines = [text for line in islice(file, 300) for text in line.removesuffix("\n").split("\t")]
    learned = Tokenizer.train(lines, 2000)
    for line in lines:
        ids = learned.encode(line)
        assert learned.decode(ids) == unicodedata.normalize("NFC", line)
        pieces = learned.pieces(ids)
        assert not [piece for piece in pieces if re.search(r"[。，？！,.?].*\w|\w.*[。，？！,.?]", piece)]


def test_marks_are_special_tokens_that_no_text_spells():
    marked = Tokenizer.train(TEXTS, 480, ["en"], marks=(MASK, *GAPS[:2]))
    assert marked.piece(marked.mark_id(MASK)) == MASK
    assert [marked.mark_id(mark) for mark in (MASK, *GAPS[:2])] == [5, 6, 7]
    assert min(marked.encode("a <mask> b <gap0>")) >= marked.n_specials == 8
    assert marked.decode([5, *marked.encode("the cat"), 7]) == "the cat"
    again = Tokenizer.from_json(marked.to_json())
    assert (again.marks, again.languages, again.to_json()) == (marked.marks, marked.languages, marked.to_json())
    with pytest.raises(OptionError, match="no <gap2>"):
        marked.mark_id(GAPS[2])
    # Without marks nothing of the file is other than it was.
    assert "<mask>" not in tokenizer.to_json()


def test_a_vocabulary_of_characters():
    characters = Tokenizer.characters(TEXTS, 1000)
    for text in TEXTS:
        ids = characters.encode(text)
        assert characters.decode(ids) == text
        assert {len(characters.piece(token)) for token in ids if not characters.is_byte(token)} == {1}
    few = Tokenizer.characters(TEXTS, 5)
    assert few.vocab_size == few.n_plain + 5
    assert few.decode(few.encode(TEXTS[0])) == TEXTS[0]


@given(texts, texts)
def test_a_text_in_two_parts_is_the_text(one, other):
    whole = unicodedata.normalize("NFC", one + "\n" + other)
    ids = tokenizer.encode(one) + tokenizer.encode("\n" + other, opening=not one)
    assert tokenizer.decode(ids) == whole or not one
    if one:
        assert ids == tokenizer.encode(whole)


@given(texts)
def test_sizes_add_up_to_the_text(text):
    n_bytes, n_characters = tokenizer.sizes()
    ids = tokenizer.encode(text)
    whole = "".join(tokenizer.piece(token) for token in ids[:1]).startswith(" ")
    text = unicodedata.normalize("NFC", text)
    assert n_bytes[ids].sum() - whole == len(text.encode())
    assert n_characters[ids].sum() - whole == len(text)
