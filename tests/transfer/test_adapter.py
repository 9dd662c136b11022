"""An adapter says of every weight of its family what is added to it, as peft reads it and as peft writes it."""

import copy
import json

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from heedful.errors import OptionError, RunError
from heedful.run.weights import load_tensors
from heedful.transfer.adapter import CONFIG, WEIGHTS, save_adapter, with_adapter
from heedful.transfer.families.table import LAYOUTS
from heedful.transfer.families.weights import written_weights
from heedful.transfer.lora import attach, corrections, merge
from tests.transfer.foreign_folder import random, write


def corrected(family, part="attention."):
    """A model, and the same with corrections that say something."""
    plain = random(family)
    model = copy.deepcopy(plain)
    attach(model, lambda name: part in name, 2, 3.0)
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for _, layer in corrections(model):
            layer.up.copy_(torch.randn(layer.up.shape, generator=generator))
    return plain, model


@pytest.mark.parametrize("family", ["bert", "distilbert", "roberta", "llama"])
def test_what_is_written_is_added_to_the_weights_of_the_family(family, tmp_path):
    plain, model = corrected(family)
    save_adapter(model, tmp_path / "adapter", "base")
    found, left = with_adapter(written_weights(LAYOUTS[family], plain), tmp_path / "adapter")
    merge(model)
    wanted = written_weights(LAYOUTS[family], model)
    assert found.keys() == wanted.keys() and left == []
    for name, weight in wanted.items():
        torch.testing.assert_close(found[name], weight, atol=1e-6, rtol=0)


def test_rows_of_ours_are_modules_of_their_own_there(tmp_path):
    _, model = corrected("bert", "key_value")
    save_adapter(model, tmp_path, "base")
    said = json.loads((tmp_path / CONFIG).read_text())
    names = [f"encoder.layer.0.attention.self.{kind}" for kind in ("key", "value")]
    assert (said["peft_type"], said["r"], said["lora_alpha"], said["target_modules"]) == ("LORA", 2, 3.0, names)
    tensors = load_tensors(tmp_path / WEIGHTS)
    assert set(tensors) == {f"base_model.model.{name}.lora_{kind}.weight" for name in names for kind in "AB"}
    layer = dict(corrections(model))["encoder.blocks.0.attention.key_value"]
    for number, name in enumerate(names):
        assert torch.equal(tensors[f"base_model.model.{name}.lora_A.weight"], layer.down)
        assert torch.equal(tensors[f"base_model.model.{name}.lora_B.weight"], layer.up[8 * number : 8 * (number + 1)])


def test_a_model_that_no_family_has_keeps_our_names(tmp_path):
    model = random("bert", encoder_positions="rotary")
    attach(model, lambda name: "query" in name, 2, 4.0)
    save_adapter(model, tmp_path, "base")
    names = json.loads((tmp_path / CONFIG).read_text())["target_modules"]
    assert names == ["encoder.blocks.0.attention.query"]


@pytest.fixture
def theirs(tmp_path):
    """peft, and BERT in transformers from a folder of ours."""
    peft = pytest.importorskip("peft", reason="peft is not installed")
    transformers = pytest.importorskip("transformers", reason="transformers is not installed")
    write(tmp_path / "base")
    return peft, transformers.AutoModel.from_pretrained(tmp_path / "base")


def alike(found, weights):
    """Whether the weights of a body are those of ours, the head left out."""
    ours = {name.removeprefix("bert."): weight for name, weight in weights.items() if "cls." not in name}
    assert "encoder.layer.0.attention.self.query.weight" in ours
    for name, weight in ours.items():
        torch.testing.assert_close(found[name], weight, atol=1e-5, rtol=0)


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
def test_peft_reads_it(theirs, tmp_path):
    peft, base = theirs
    _, model = corrected("bert")
    save_adapter(model, tmp_path / "adapter", "base")
    merge(model)
    read = peft.PeftModel.from_pretrained(base, tmp_path / "adapter")
    alike(read.merge_and_unload().state_dict(), written_weights(LAYOUTS["bert"], model))


@pytest.mark.filterwarnings("ignore:.is_gradient_checkpointing:FutureWarning")
def test_what_peft_writes_is_read(theirs, tmp_path):
    peft, base = theirs
    config = peft.LoraConfig(r=2, lora_alpha=5, target_modules=["query", "output.dense"], use_rslora=True)
    tuned = peft.get_peft_model(base, config)
    with torch.no_grad():
        for name, weight in tuned.named_parameters():
            if "lora_B" in name:
                weight.copy_(torch.linspace(-1, 1, weight.numel()).view(weight.shape))
    tuned.save_pretrained(tmp_path / "adapter")
    found, left = with_adapter(load_tensors(tmp_path / "base" / "model.safetensors"), tmp_path / "adapter")
    assert left == []
    alike(tuned.merge_and_unload().state_dict(), found)


@pytest.fixture
def adapter(tmp_path):
    plain, model = corrected("bert")
    save_adapter(model, tmp_path / "a", "base")
    return written_weights(LAYOUTS["bert"], plain), tmp_path / "a"


def test_a_head_of_its_own_is_left_out_and_named(adapter):
    tensors, folder = adapter
    save_file(
        load_tensors(folder / WEIGHTS) | {"base_model.model.classifier.weight": torch.ones(2, 8)}, folder / WEIGHTS
    )
    assert with_adapter(tensors, folder)[1] == ["base_model.model.classifier.weight"]


def test_a_weight_that_was_saved_whole_takes_the_place_of_the_models(adapter):
    tensors, folder = adapter
    words = "embeddings.word_embeddings"
    place = next(each for each in tensors if each.endswith(f"{words}.weight"))
    given = load_tensors(folder / WEIGHTS)
    whole = torch.ones_like(tensors[place])
    save_file(given | {f"base_model.model.{words}.weight": whole}, folder / WEIGHTS)
    found, left = with_adapter(tensors, folder)
    assert torch.equal(found[place], whole) and left == []
    save_file(given | {f"base_model.model.{words}.weight": whole[1:]}, folder / WEIGHTS)
    with pytest.raises(RunError, match=r"corrects .*word_embeddings\.weight by \(9, 8\), and the model has \(10, 8\)"):
        with_adapter(tensors, folder)


@pytest.mark.parametrize(
    "part", ["query.lora_B.weight", "query.lora_magnitude_vector", "words.lora_embedding_A", "x.trainable_tokens_delta"]
)
def test_what_would_be_lost_of_a_correction_is_refused_by_name(adapter, part):
    tensors, folder = adapter
    given = load_tensors(folder / WEIGHTS)
    save_file(given | {f"base_model.model.other.{part}": torch.ones(2, 8)}, folder / WEIGHTS)
    with pytest.raises(OptionError, match=f"has base_model.model.other.{part}: expected two matrices .*merge it"):
        with_adapter(tensors, folder)


@pytest.mark.parametrize(("rank", "alpha", "said"), [(0, 1, "lacks its two"), (1, float("nan"), "NaN or infinite")])
def test_numbers_that_correct_nothing_are_refused(adapter, rank, alpha, said):
    tensors, folder = adapter
    name = "base_model.model.encoder.layer.0.attention.self.query.lora"
    save_file(
        {f"{name}_A.weight": torch.ones(rank, 8), f"{name}_B.weight": torch.ones(8, rank)},
        folder / WEIGHTS,
    )
    (folder / CONFIG).write_text(json.dumps(json.loads((folder / CONFIG).read_text()) | {"lora_alpha": alpha}))
    with pytest.raises(RunError, match=said):
        with_adapter(tensors, folder)


@pytest.mark.parametrize("missing", [CONFIG, WEIGHTS])
def test_another_folder_is_told_from_an_adapter(adapter, missing):
    tensors, folder = adapter
    (folder / missing).unlink()
    with pytest.raises(RunError, match=f"has no {missing}: expected a folder that peft wrote"):
        with_adapter(tensors, folder)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("peft_type", "IA3"),
        ("use_dora", True),
        ("bias", "all"),
        ("alpha_pattern", {"query": 3}),
        ("init_lora_weights", "pissa"),
        ("layer_replication", [[0, 1], [0, 1]]),
    ],
)
def test_another_kind_of_correction_is_refused_by_name(adapter, key, value):
    tensors, folder = adapter
    config = json.loads((folder / CONFIG).read_text())
    (folder / CONFIG).write_text(json.dumps(config | {key: value}))
    with pytest.raises(OptionError, match=f"has {key} "):
        with_adapter(tensors, folder)


def test_what_does_not_fit_is_refused(adapter):
    tensors, folder = adapter
    query = "encoder.layer.0.attention.self.query.weight"
    name = next(each for each in tensors if each.endswith(query))
    with pytest.raises(RunError, match=r"corrects .*query\.weight by \(8, 8\), and the model has \(9, 8\)"):
        with_adapter(tensors | {name: torch.ones(9, 8)}, folder)
    with pytest.raises(RunError, match="the model has no weight of that name"):
        with_adapter({each: weight for each, weight in tensors.items() if each != name}, folder)
    with pytest.raises(RunError, match="the model has 2 weights of that name"):
        with_adapter(tensors | {f"other.{query}": torch.ones(8, 8)}, folder)
    given = load_tensors(folder / WEIGHTS)
    save_file({each: weight for each, weight in given.items() if "lora_B" not in each}, folder / WEIGHTS)
    with pytest.raises(RunError, match="lacks its two matrices"):
        with_adapter(tensors, folder)
    save_file({"x": torch.ones(1)}, folder / WEIGHTS)
    with pytest.raises(RunError, match="holds no corrections"):
        with_adapter(tensors, folder)
    (folder / CONFIG).write_text("[]")
    with pytest.raises(RunError, match="damaged: expected keys and values, lora_alpha among them"):
        with_adapter(tensors, folder)


def test_products_that_keep_their_matrix_turned(tmp_path):
    layer = nn.Linear(3, 5, bias=False)
    down, up = torch.randn(2, 3), torch.randn(5, 2)
    save_file({"base_model.model.a.lora_A.weight": down, "base_model.model.a.lora_B.weight": up}, tmp_path / WEIGHTS)
    said = {"peft_type": "LORA", "lora_alpha": 4, "bias": "none", "fan_in_fan_out": True}
    (tmp_path / CONFIG).write_text(json.dumps(said))
    found, _ = with_adapter({"a.weight": layer.weight.detach().mT.contiguous()}, tmp_path)
    torch.testing.assert_close(found["a.weight"], (layer.weight + 2 * up @ down).mT)
