"""What an imported model writes beside what transformers lets it write."""

from dataclasses import replace

import pytest
import torch

from heedful.data.tokenizer import MASK
from heedful.decoding import Beam, Greedy, Limits, Sampling
from heedful.decoding.writing import Writing
from heedful.errors import OptionError, RunError
from heedful.tasks.compress import CompressOptions, compress
from heedful.tasks.distill import distill
from heedful.tasks.distillation import DistillOptions
from heedful.tasks.imported import load_imported
from heedful.tasks.importing import ImportOptions, import_model
from heedful.tasks.language_model import LanguageModel
from heedful.tasks.loading import load
from heedful.tasks.translator import Translator
from tests.tasks import foreign_runs
from tests.transfer import foreign_folder

MARIAN = {
    "d_model": 16, "encoder_layers": 2, "decoder_layers": 1, "encoder_attention_heads": 4, "decoder_attention_heads": 4,
    "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "max_position_embeddings": 40, "decoder_start_token_id": 0,
    "scale_embedding": True, "forced_eos_token_id": None,
}  # fmt: skip
GPT2 = {"n_embd": 16, "n_layer": 2, "n_head": 4, "n_positions": 40}
LLAMA = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
    "intermediate_size": 24, "max_position_embeddings": 40,
}  # fmt: skip
BERT = {
    "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24,
    "max_position_embeddings": 40,
}  # fmt: skip
UNWRITTEN = [0, 1, 2, 4, 5, 6]
TEXTS = ["ba de fi", "gu ka lo me mi fa do", "bo"]


def exact(run):
    """A language model that rounds nothing."""
    made = load(run, "cpu")
    return LanguageModel(
        load_imported(run).model, made.codec, replace(made.numerics, compute="float32"), made.stacks
    )  # fmt: skip


@torch.no_grad()
def test_a_marian_translates_as_it_does_there(tmp_path):
    theirs, run = foreign_runs.imported(tmp_path, "MarianConfig", "MarianMTModel", **MARIAN)
    translator = Translator.load(run, "cpu", compute="float32")
    translator.limits = Limits(loop_repeats=0)
    assert translator.told(["anything"]) == ("", "") and translator.direction([], "zh") == ("", "zh")
    kinds = set()
    for search, width in ((Greedy(), 1), (Beam(3, 0.0), 3)):
        found = translator.answer(TEXTS, search=search)
        for text, (answer,) in zip(TEXTS, found.answers, strict=True):
            read = torch.tensor([[*translator.codec.encode(text), 3]])
            most = translator.limits.max_len(read.shape[1])
            written = theirs.generate(
                read, num_beams=width, length_penalty=0.0, max_new_tokens=most, min_new_tokens=1, do_sample=False,
                bad_words_ids=[[0]], early_stopping="never",
            )[0].tolist()  # fmt: skip
            assert list(answer.tokens) == [token for token in written[1:] if token != 3], (text, width)
            kinds.add(answer.stopped)
            assert answer.text == translator.codec.decode(answer.tokens) != ""
    assert "eos" in kinds


def test_what_needs_a_vocabulary_of_ours_says_so(tmp_path):
    foreign_folder.write(tmp_path / "there", "marian")
    run = foreign_runs.import_model(foreign_runs.ImportOptions(str(tmp_path / "there"), tmp_path / "run")).path
    with pytest.raises(RunError, match="imported with a tokenizer of its own: it translates"):
        _ = Translator.load(run).tokenizer


@torch.no_grad()
@pytest.mark.parametrize(
    ("kind", "model", "sizes", "read"),
    [("GPT2Config", "GPT2LMHeadModel", GPT2, []), ("LlamaConfig", "LlamaForCausalLM", LLAMA, [2])],
)
def test_a_decoder_writes_as_it_does_there(kind, model, sizes, read, tmp_path):
    theirs, run = foreign_runs.imported(tmp_path, kind, model, **sizes)
    ours = exact(run)
    for prompt in (*TEXTS, ""):
        (found,) = ours.generate(prompt, Writing(Sampling(top_k=1), max_tokens=20))
        ids = torch.tensor([read + ours.codec.encode(prompt) or [2]])
        written = theirs.generate(ids, max_new_tokens=20, do_sample=False, suppress_tokens=UNWRITTEN)
        tokens = [token for token in written[0, ids.shape[1] :].tolist() if token != 3]
        assert found.n_tokens == len(tokens) > 0
        whole = ours.codec.decode([*ids[0].tolist(), *tokens])
        assert (prompt + found.text).strip() == whole


@torch.no_grad()
def test_an_encoder_guesses_as_it_does_there(tmp_path):
    theirs, run = foreign_runs.imported(tmp_path, "BertConfig", "BertForMaskedLM", **BERT)
    ours = exact(run)
    first, second = ours.fill(f"ba {MASK} fi {MASK}", 3)
    ids = torch.tensor([[4, *ours.codec.encode("ba"), 6, *ours.codec.encode("fi"), 6, 5]])
    logits = theirs(ids).logits[0]
    logits[:, [*UNWRITTEN, 3]] = -torch.inf
    for place, found in ((2, first), (4, second)):
        shares, tokens = logits[place].softmax(-1).topk(3)
        assert [one.token for one in found] == tokens.tolist()
        torch.testing.assert_close(torch.tensor([one.probability for one in found]), shares, rtol=1e-4, atol=1e-6)
    assert first[0].sequence == f"ba {foreign_runs.WORDS[first[0].token]} fi {MASK}"
    with pytest.raises(RunError, match="nothing is measured with it here"):
        ours.figures([("ba", "")])


def test_an_encoder_that_guesses_nothing_says_what_it_is_for(tmp_path):
    foreign_folder.write(tmp_path / "there", "bert")
    run = foreign_runs.import_model(foreign_runs.ImportOptions(str(tmp_path / "there"), tmp_path / "run")).path
    with pytest.raises(RunError, match="fills no gaps: begin with it"):
        LanguageModel.load(run)


def test_what_needs_a_training_of_ours_refuses_an_imported_translator(tmp_path):
    foreign_folder.write(tmp_path / "there", "marian")
    import_model(ImportOptions(str(tmp_path / "there"), tmp_path / "run"))
    with pytest.raises(OptionError, match=r"was imported: .* give a run that heedful trained"):
        compress(tmp_path / "run", CompressOptions(out=tmp_path / "out"))
    with pytest.raises(OptionError, match=r"was imported: .* give a run that heedful trained"):
        distill(tmp_path / "run", DistillOptions(out=tmp_path / "out"))
    assert not (tmp_path / "out").exists()
