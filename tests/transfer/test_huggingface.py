"""Marian's layout: where transformers is installed, its logits and its search are ours."""

import json

import pytest
import torch

from heedful.data.tokenizer import BOS, EOS
from heedful.errors import OptionError
from heedful.model.positions import sinusoids
from heedful.transfer import huggingface
from heedful.transfer.foreign import Exported
from tests.transfer.small import MODERN, TEXTS, TOKENIZER, brief, logits, run_example, translator

SHAPES = ({}, {"bias": False}, {"n_kv_heads": 2}, {"activation": "gelu"}, {"activation": "relu2"}, {"tie": "output"},
          {"tie": "none"}, {"scale_embeddings": False}, {"d_model": 20})  # fmt: skip


def exported(folder, **changes):
    model = translator(TOKENIZER.vocab_size, **changes)
    what = Exported(model if changes else brief(model), TOKENIZER, [("zh", "en"), ("en", "zh")], width=2)
    folder.mkdir()
    huggingface.write(folder, what)
    return what


def test_all_sines_come_before_all_cosines():
    ours = translator(encoder_positions="sinusoidal")
    # A table of tokens that is our positions must come out as theirs: halves, each from the quickest to the slowest.
    with torch.no_grad():
        ours.encoder.embedding.tokens.weight.copy_(sinusoids(40, 16))
    rates = 10000.0 ** (-torch.arange(8) / 8)
    angles = torch.arange(40)[:, None] * rates
    theirs = torch.cat((angles.sin(), angles.cos()), 1)
    torch.testing.assert_close(huggingface.marian_tensors(ours)["model.shared.weight"], theirs, atol=1e-4, rtol=0)


def test_a_shared_matrix_stands_once():
    names = {tie: huggingface.marian_tensors(translator(tie=tie)).keys() for tie in ("all", "output", "none")}
    assert names["output"] - names["all"] == {f"model.{side}.embed_tokens.weight" for side in ("encoder", "decoder")}
    assert names["none"] - names["output"] == {"lm_head.weight"}


def test_what_it_cannot_express_is_refused(tmp_path):
    with pytest.raises(OptionError) as error:
        huggingface.check(translator(**MODERN, window=3))
    for said in ("order='pre'", "encoder_positions='rotary'", "decoder_positions='rotary'", "window=3", "ctranslate2"):
        assert said in str(error.value)


def test_the_files_say_how_a_sentence_ends(tmp_path):
    exported(tmp_path / "made")
    tokenizer = json.loads((tmp_path / "made/tokenizer.json").read_text(encoding="utf-8"))
    assert tokenizer["post_processor"]["special_tokens"]["</s>"]["ids"] == [EOS]
    assert tokenizer["model"] == json.loads(TOKENIZER.to_json())["model"]
    assert json.loads((tmp_path / "made/config.json").read_text())["decoder_start_token_id"] == BOS


@pytest.mark.parametrize("changes", SHAPES)
def test_it_computes_what_we_do(changes, tmp_path):
    library = pytest.importorskip("transformers", reason="transformers is not installed")
    what = exported(tmp_path / "made", **changes)
    theirs, told = library.MarianMTModel.from_pretrained(tmp_path / "made", output_loading_info=True)
    assert not any(told.values())
    source, target = [17, 200, 31, EOS], [BOS, 40, 41, 300]
    with torch.no_grad():
        found = theirs.eval()(input_ids=torch.tensor([source]), decoder_input_ids=torch.tensor([target])).logits[0]
    torch.testing.assert_close(found, logits(what.model, source, target), atol=1e-5, rtol=1e-5)


def test_the_example_of_the_readme_does_what_the_proof_does(tmp_path, monkeypatch):
    pytest.importorskip("transformers", reason="transformers is not installed")
    what = exported(tmp_path / "made")
    monkeypatch.chdir(tmp_path)
    tokens, texts = huggingface.run(tmp_path / "made", what, ("zh", "en"))(TEXTS[:2])
    assert run_example(huggingface.use("made", what))["translate"](TEXTS[:2]) == texts
    assert texts == [TOKENIZER.decode(each) for each in tokens]


def test_its_tokenizer_cuts_as_ours(tmp_path):
    library = pytest.importorskip("transformers", reason="transformers is not installed")
    exported(tmp_path / "made")
    theirs = library.AutoTokenizer.from_pretrained(tmp_path / "made")
    for text in TEXTS:
        assert theirs("<2zh>" + text)["input_ids"] == [TOKENIZER.tag_id("zh"), *TOKENIZER.encode(text), EOS]
