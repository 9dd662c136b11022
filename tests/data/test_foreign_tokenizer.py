import pytest
import tokenizers
from tokenizers import decoders, models, pre_tokenizers, processors

from heedful.data.codec import Codec
from heedful.data.foreign_tokenizer import ForeignTokenizer
from heedful.data.tokenizer import Tokenizer
from heedful.errors import OptionError, RunError

WORDS = {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "the": 5, "cat": 6, "##s": 7, "sat": 8}
TOKENS = {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4}


def inner():
    made = tokenizers.Tokenizer(models.WordPiece(WORDS, unk_token="[UNK]"))
    made.pre_tokenizer, made.decoder = pre_tokenizers.BertPreTokenizer(), decoders.WordPiece()
    made.add_special_tokens(list(WORDS)[:5])
    made.post_processor = processors.TemplateProcessing(
        "[CLS]:0 $A:0 [SEP]:0", "[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", [("[CLS]", 2), ("[SEP]", 3)]
    )
    return made


def test_by_hand():
    found = ForeignTokenizer(inner(), TOKENS)
    assert found.vocab_size == 9
    assert found.encode("the cats sat") == [5, 6, 7, 8]
    assert found.encode("a [MASK]") == [1, 4]
    assert found.pieces([6, 7, 99]) == ["cat", "##s", "<99>"]
    assert found.decode([2, 5, 6, 7, 3]) == "the cats"


def test_one_text_and_two():
    found = ForeignTokenizer(inner(), TOKENS)
    one = found.read("the cats")
    assert (one.ids, one.kinds, one.texts) == ([2, 5, 6, 7, 3], [0] * 5, [None, 0, 0, 0, None])
    assert one.offsets == [(0, 0), (0, 3), (4, 7), (7, 8), (0, 0)]
    two = found.read("cats", "sat")
    assert (two.ids, two.kinds) == ([2, 6, 7, 3, 8, 3], [0, 0, 0, 0, 1, 1])
    assert (two.texts, two.offsets[4]) == ([None, 0, 0, None, 1, None], (0, 3))


def test_tokens_by_what_they_are_for():
    found = ForeignTokenizer(inner(), TOKENS)
    assert [found.id(role) for role in TOKENS] == [0, 1, 2, 3, 4]
    assert (found.token("cat"), found.token("dog")) == (6, None)
    with pytest.raises(OptionError, match="no token for 'bos'; choose from cls, mask, pad"):
        found.id("bos")
    with pytest.raises(OptionError, match="a token is not for 'maks'; did you mean 'mask'"):
        ForeignTokenizer(inner(), {"maks": 4})


def test_what_the_model_has_no_vector_for_is_unknown():
    found = ForeignTokenizer(inner(), TOKENS, vocab_size=7)
    assert found.encode("the cats sat") == [5, 6, 1, 1]
    assert found.read("sat").ids == [2, 1, 3]


def test_nothing_is_cut_or_filled_up_and_the_file_stays(tmp_path):
    made = inner()
    made.enable_truncation(3)
    made.enable_padding(length=12)
    made.save(str(tmp_path / "tokenizer.json"))
    found = ForeignTokenizer.load(tmp_path / "tokenizer.json", TOKENS)
    assert found.read("the cats sat").ids == [2, 5, 6, 7, 8, 3]
    assert found.to_json() == (tmp_path / "tokenizer.json").read_text()
    again = ForeignTokenizer.from_json(found.to_json(), TOKENS)
    assert again.read("the cats sat") == found.read("the cats sat")


def test_files_that_cannot_be_used(tmp_path):
    with pytest.raises(RunError, match="cannot read the tokenizer"):
        ForeignTokenizer.load(tmp_path / "none.json", {})
    (tmp_path / "none.json").write_text('{"model": 3}')
    with pytest.raises(RunError, match=r"none\.json cannot be used"):
        ForeignTokenizer.load(tmp_path / "none.json", {})


@pytest.mark.parametrize("coder", [ForeignTokenizer(inner(), TOKENS), Tokenizer.train(["the cats sat"], 300)])
def test_both_tokenizers_answer_alike(coder: Codec):
    ids = coder.encode("the cats")
    assert coder.decode(ids) == "the cats"
    assert len(coder.pieces(ids)) == len(ids)
    assert max(ids) < coder.vocab_size
    assert [coder.piece(token) for token in ids] == coder.pieces(ids) or isinstance(coder, Tokenizer)
    offsets = coder.offsets("the cats")
    assert (offsets[0][0], offsets[-1][1], len(offsets)) == (0, 8, len(ids))
    one, two = coder.join(ids), coder.join(ids, ids[:1])
    assert one.ids[one.first : one.first + len(ids)] == ids
    assert one.second is None
    assert two.ids[two.second] == ids[0]
    assert sorted(set(two.kinds)) == [0, 1]
    assert len(two.ids) == len(two.kinds)
    assert coder.pad == 0


def test_what_is_joined_is_what_the_library_reads():
    found = ForeignTokenizer(inner(), TOKENS)
    one, two = found.read("the cats"), found.read("cats", "sat")
    assert found.join([5, 6, 7])[:2] == (one.ids, one.kinds)
    assert found.join([6, 7], [8]) == (two.ids, two.kinds, 1, 4)
    assert found.join([], [8]).ids == [2, 3, 8, 3]


def test_usual_names_are_found_where_nobody_says():
    assert ForeignTokenizer(inner()).tokens == TOKENS
    assert ForeignTokenizer(tokenizers.Tokenizer(models.WordPiece({"a": 0}, unk_token="a"))).tokens == {}
