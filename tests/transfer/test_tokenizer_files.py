"""Tokenizers of every kind of file: where transformers is installed, its ids are ours on a thousand lines."""

import json

import pytest
import tokenizers
from tokenizers import models, normalizers, pre_tokenizers, trainers

from heedful.errors import RunError
from heedful.run.disk import encode_json
from heedful.transfer.families.bert import BERT
from heedful.transfer.families.gpt2 import GPT2
from heedful.transfer.families.llama import LLAMA
from heedful.transfer.families.marian import MARIAN
from heedful.transfer.families.roberta import ROBERTA
from heedful.transfer.families.t5 import T5
from heedful.transfer.tokenizer_files import read_tokenizer
from tests.transfer.scripts import lines

LINES = lines(1000)
EDGES = ["", " ", "  two  spaces ", "a\tb\nc", "<mask> and [MASK] here", "in <s>the</s> middle", "日本語とkana"]


def oracle(name):
    library = pytest.importorskip("transformers", reason="transformers is not installed")
    library.logging.set_verbosity_error()
    return getattr(library, name)


def words(folder, **said):
    """vocab.txt."""
    inner = tokenizers.Tokenizer(models.WordPiece(unk_token="[UNK]"))
    inner.normalizer = normalizers.BertNormalizer(lowercase=said.get("do_lower_case", True))
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    inner.train_from_iterator(LINES[:800], trainers.WordPieceTrainer(vocab_size=900, special_tokens=special))
    vocabulary = inner.get_vocab()
    (folder / "vocab.txt").write_text("".join(f"{each}\n" for each in sorted(vocabulary, key=vocabulary.get)))
    if said:
        (folder / "tokenizer_config.json").write_bytes(encode_json(said))


def test_a_vocabulary_without_what_stands_around_texts_is_refused(tmp_path):
    (tmp_path / "vocab.txt").write_text("[PAD]\n[UNK]\n[MASK]\nthe\ncat\n")
    with pytest.raises(RunError, match=r"vocab\.txt has no '\[CLS\]' and no '\[SEP\]', between which"):
        read_tokenizer(tmp_path, {}, BERT.frame)


def pairs_of_bytes(folder, special):
    """vocab.json and merges.txt."""
    inner = tokenizers.Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        LINES[:800], trainers.BpeTrainer(vocab_size=700, special_tokens=special, initial_alphabet=alphabet)
    )
    inner.model.save(str(folder))


def same(found, theirs, pairs=True):
    for text in [*LINES, *EDGES]:
        assert found.read(text).ids == theirs(text)["input_ids"], text
        assert found.encode(text) == theirs(text, add_special_tokens=False)["input_ids"], text
    for first, second in zip(LINES[:20], LINES[20:40], strict=True) if pairs else ():
        both, expected = found.read(first, second), theirs(first, second)
        assert both.ids == expected["input_ids"]
        assert both.kinds == expected.get("token_type_ids", [0] * len(both.ids))


@pytest.mark.parametrize("said", [{}, {"do_lower_case": False}, {"strip_accents": False}])
def test_pieces_of_words(said, tmp_path):
    words(tmp_path, **said)
    found, files = read_tokenizer(tmp_path, {}, BERT.frame)
    assert found.tokens == {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4}
    assert {path.name for path in files} == {"vocab.txt", *(["tokenizer_config.json"] if said else [])}
    same(found, oracle("BertTokenizer").from_pretrained(tmp_path))


def test_bytes_without_a_frame(tmp_path):
    pairs_of_bytes(tmp_path, ["<|endoftext|>"])
    found, _ = read_tokenizer(tmp_path, {}, GPT2.frame)
    assert found.tokens == {"bos": 0, "eos": 0, "unk": 0}
    assert all(found.decode(found.encode(text)) == text for text in LINES[:50])
    same(found, oracle("GPT2Tokenizer").from_pretrained(tmp_path), pairs=False)


def test_bytes_in_a_frame(tmp_path):
    pairs_of_bytes(tmp_path, ["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    mask = {"content": "<mask>", "lstrip": True, "rstrip": False, "normalized": False, "special": True}
    (tmp_path / "special_tokens_map.json").write_bytes(encode_json({"mask_token": mask}))
    found, _ = read_tokenizer(tmp_path, {}, ROBERTA.frame)
    assert found.id("mask") == 4
    same(found, oracle("RobertaTokenizer").from_pretrained(tmp_path))


def sentencepiece(path, **options):
    library = pytest.importorskip("sentencepiece", reason="sentencepiece is not installed: it makes the model files")
    text = path.with_suffix(".txt")
    text.write_text("\n".join(LINES[:800]), encoding="utf-8")
    library.SentencePieceTrainer.train(
        input=str(text), model_prefix=str(path.with_suffix("")), vocab_size=600, minloglevel=2, hard_vocab_limit=False,
        **options,
    )  # fmt: skip
    path.with_suffix(".vocab").unlink()
    text.unlink()
    return library.SentencePieceProcessor(model_file=str(path.with_suffix(".model")))


def test_likeliest_pieces_with_added_ones(tmp_path):
    inner = sentencepiece(tmp_path / "spiece.model", pad_id=0, eos_id=1, unk_id=2, bos_id=-1)
    n = inner.vocab_size()
    extra = {str(n + i): {"content": f"<extra_id_{1 - i}>", "special": True} for i in range(2)}
    (tmp_path / "tokenizer_config.json").write_bytes(encode_json({"added_tokens_decoder": extra, "extra_ids": 2}))
    found, _ = read_tokenizer(tmp_path, {"vocab_size": n + 28}, T5.frame)
    assert (found.tokens, found.vocab_size) == ({"pad": 0, "eos": 1, "unk": 2}, n + 28)
    assert found.encode("<extra_id_0>") == [n + 1]
    for text in [*LINES, *EDGES[:4], EDGES[-1]]:
        assert found.encode(text) == inner.encode(text), text
        assert found.read(text).ids == [*inner.encode(text), 1]
    theirs = oracle("T5Tokenizer").from_pretrained(tmp_path)
    assert all(found.read(text).ids == theirs(text)["input_ids"] for text in LINES)


def test_joined_pieces_with_bytes(tmp_path):
    inner = sentencepiece(
        tmp_path / "tokenizer.model", model_type="bpe", byte_fallback=True, normalization_rule_name="identity",
        remove_extra_whitespaces=False, character_coverage=0.98,
    )  # fmt: skip
    found, _ = read_tokenizer(tmp_path, {"pad_token_id": 2}, LLAMA.frame)
    assert found.tokens == {"unk": 0, "bos": 1, "eos": 2, "pad": 2}
    for text in [*LINES, *EDGES[:4], EDGES[-1]]:
        assert found.encode(text) == inner.encode(text), text
        assert found.read(text).ids == [1, *inner.encode(text)]
        assert found.decode(found.encode(text)) == inner.decode(inner.encode(text))


# It would change quotation marks beforehand with sacremoses, and says so without it.
@pytest.mark.filterwarnings("ignore:Recommended")
def test_two_languages_in_one_vocabulary(tmp_path):
    source = sentencepiece(tmp_path / "source.model", bos_id=-1, eos_id=1, unk_id=0)
    (tmp_path / "source.model").rename(tmp_path / "source.spm")
    (tmp_path / "target.spm").write_bytes((tmp_path / "source.spm").read_bytes())
    pieces = [source.id_to_piece(token) for token in range(2, source.vocab_size())]
    # Not in their order, one of them missing, and others between that are of the other language alone.
    names = ["</s>", "<unk>", ">>fra<<", *pieces[:9:-1], "▁only", "zzz", *pieces[1:10], "<pad>"]
    vocabulary = {name: token for token, name in enumerate(names)}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary))
    found, files = read_tokenizer(tmp_path, {"vocab_size": len(names)}, MARIAN.frame)
    assert found.tokens == {"eos": 0, "unk": 1, "pad": len(names) - 1}
    assert {path.name for path in files} == {"source.spm", "target.spm", "vocab.json"}
    assert found.read(">>fra<< " + LINES[0]).ids == [2, *found.read(LINES[0]).ids]
    for text in LINES:
        assert found.encode(text) == [vocabulary.get(piece, 1) for piece in source.encode(text, out_type=str)], text
    theirs = oracle("MarianTokenizer").from_pretrained(tmp_path)
    assert all(found.read(text).ids == theirs(text)["input_ids"] for text in LINES[:200])


def test_a_whole_file_is_kept_as_it_is(tmp_path):
    words(tmp_path)
    first, _ = read_tokenizer(tmp_path, {}, BERT.frame)
    inner = tokenizers.Tokenizer.from_str(first.to_json())
    inner.enable_truncation(4)
    inner.enable_padding(length=9)
    inner.save(str(tmp_path / "tokenizer.json"))
    found, files = read_tokenizer(tmp_path, {}, BERT.frame)
    assert files == [tmp_path / "tokenizer.json"]
    assert found.to_json() == (tmp_path / "tokenizer.json").read_text(encoding="utf-8")
    assert found.tokens == first.tokens
    assert all(found.read(text) == first.read(text) for text in LINES[:30])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "holds no tokenizer: expected tokenizer.json, vocab.txt"),
        ({"vocab.txt": "a\nb\n"}, r"has no '\[UNK\]'"),
        ({"vocab.json": '{"a": 0}', "merges.txt": "a\n"}, "expected two pieces a line"),
        ({"vocab.json": '{"a": 0}', "merges.txt": "a b\n"}, "do not fit"),
        ({"tokenizer.json": "{}"}, "cannot be used"),
        ({"vocab.txt": "[UNK]\n", "tokenizer_config.json": "3"}, "expected keys and values"),
        ({"spiece.model": "text"}, "damaged, or no SentencePiece model"),
        (
            {
                "vocab.txt": "[UNK]\n[CLS]\n[SEP]\n",
                "tokenizer_config.json": '{"added_tokens_decoder": {"7": {"content": "x"}}}',
            },
            "gives 'x' the id 7, and the vocabulary 3",
        ),
    ],
)
def test_what_is_missing_or_damaged_is_named(files, said, tmp_path):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(RunError, match=said):
        read_tokenizer(tmp_path, {}, BERT.frame)


@pytest.mark.parametrize(
    ("content", "said", "message"),
    [
        (b"[UNK]\n\xff\n", {}, r"vocab\.txt is damaged: it is no UTF-8 at byte 6"),
        (b"[UNK]\na\n", {"do_lower_case": "no"}, "do_lower_case is true or false, got 'no'"),
    ],
)
def test_a_damaged_vocabulary_of_words(content, said, message, tmp_path):
    (tmp_path / "vocab.txt").write_bytes(content)
    (tmp_path / "tokenizer_config.json").write_bytes(encode_json(said))
    with pytest.raises(RunError, match=message):
        read_tokenizer(tmp_path, {}, BERT.frame)
