"""Folders, read and written; the weights stand in families/, the tokenizers beside tokenizer_files."""

import pytest
import torch

from heedful.errors import OptionError, RunError
from heedful.run.disk import encode_json, read_json
from heedful.transfer.families.table import LAYOUTS
from heedful.transfer.pretrained import read_pretrained, write_pretrained
from tests.transfer import foreign_folder


@pytest.mark.parametrize("family", LAYOUTS)
def test_there_and_back(family, tmp_path):
    model = foreign_folder.write(tmp_path / "there", family)
    found = read_pretrained(tmp_path / "there")
    assert all(map(torch.equal, found.model.parameters(), model.parameters())) or family == "t5"
    (tmp_path / "back").mkdir()
    write_pretrained(tmp_path / "back", found.layout, found.model, found.tokenizer, found.start)
    again = read_pretrained(tmp_path / "back")
    for left, right in zip(again.model.parameters(), found.model.parameters(), strict=True):
        torch.testing.assert_close(left, right, rtol=1e-6, atol=0)
    assert again.tokenizer.tokens == found.tokenizer.tokens
    assert again.start == found.start == (None if model.decoder is None else 2)
    assert again.tokenizer.read("the cats").ids == found.tokenizer.read("the cats").ids


@pytest.mark.parametrize("family", ["bert", "gpt2", "t5"])
def test_transformers_reads_what_is_written(family, tmp_path):
    library = pytest.importorskip("transformers", reason="transformers is not installed")
    library.logging.set_verbosity_error()
    foreign_folder.write(tmp_path / "there", family, pooler=family == "bert")
    found = read_pretrained(tmp_path / "there")
    (tmp_path / "back").mkdir()
    write_pretrained(tmp_path / "back", found.layout, found.model, found.tokenizer, found.start)
    theirs = library.AutoTokenizer.from_pretrained(tmp_path / "back")
    for text in ("the cats sat.", "the [MASK] sat"):
        assert theirs(text)["input_ids"] == found.tokenizer.read(text).ids
    assert theirs.mask_token_id == found.tokenizer.id("mask") and theirs.pad_token_id == found.tokenizer.id("pad")
    classes = {"bert": "AutoModel", "gpt2": "AutoModelForCausalLM", "t5": "AutoModelForSeq2SeqLM"}
    _, told = getattr(library, classes[family]).from_pretrained(tmp_path / "back", output_loading_info=True)
    told.pop("error_msgs")
    assert not any(told.values())


def test_what_it_was_read_of_and_what_is_left(tmp_path):
    head = {"classifier.weight": torch.ones(2, 8)}
    foreign_folder.write(tmp_path / "there", "bert", head, output="transformed")
    found = read_pretrained(tmp_path / "there")
    assert found.left == ["classifier.weight"]
    assert [path.name for path in found.files] == ["config.json", "model.safetensors", "vocab.txt"]


def test_what_is_no_model_folder_is_refused(tmp_path):
    with pytest.raises(RunError, match="is not a folder"):
        read_pretrained(tmp_path / "none")
    with pytest.raises(RunError, match=r"config\.json"):
        read_pretrained(tmp_path)
    (tmp_path / "config.json").write_text("[]")
    with pytest.raises(RunError, match="expected keys and values"):
        read_pretrained(tmp_path)
    (tmp_path / "config.json").write_bytes(encode_json({"model_type": "mamba"}))
    with pytest.raises(OptionError, match="model_type 'mamba' is not known"):
        read_pretrained(tmp_path)


def test_a_decoder_must_begin_somewhere(tmp_path):
    foreign_folder.write(tmp_path / "there", "t5")
    # A whole tokenizer, which says itself what stands around a text.
    made = read_pretrained(tmp_path / "there").tokenizer
    (tmp_path / "there/tokenizer.json").write_text(made.to_json())
    (tmp_path / "there/tokenizer_config.json").write_bytes(encode_json({"unk_token": "[UNK]"}))
    config = read_json(tmp_path / "there/config.json")
    del config["decoder_start_token_id"], config["eos_token_id"]
    (tmp_path / "there/config.json").write_bytes(encode_json(config))
    with pytest.raises(RunError, match="with which token writing begins"):
        read_pretrained(tmp_path / "there")
