"""A compressed run: the model that was meant, a whole run directory, and nothing at all where it is refused."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from heedful.compression.prune import drop_layers
from heedful.compression.quantize import QuantizedLinear, quantizable, quantize
from heedful.compression.shortlist import save_shortlists
from heedful.errors import DataError, OptionError, QualityError, RunError
from heedful.numerics import choose
from heedful.run.directory import RunDirectory
from heedful.run.facts import read_scores
from heedful.run.manifest import check_manifest, write_manifest
from heedful.run.receipt import read_receipt
from heedful.run.weights import load_tensors
from heedful.tasks import compress as task
from heedful.tasks import parity
from heedful.tasks.compress import CompressOptions, check_uncompressed, compress
from heedful.tasks.models import compression_of
from heedful.tasks.parity import held_out
from heedful.tasks.request import TranslationOptions
from heedful.tasks.stored import load_model
from heedful.tasks.translation import train_translation
from heedful.tasks.translator import Translator
from heedful.tasks.verification import verify_run
from tests.tasks.tiny import SIZE, ask, contents, folder_in_memory

KEPT = ["encoder.blocks.0.feed_forward.widen"]


@pytest.fixture(scope="module", autouse=True)
def unweighed():
    """A new process for each model would take seconds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(parity, "peak_bytes", lambda path, sources, to: 1)
        yield


@pytest.fixture(scope="module")
def made(tiny):
    with folder_in_memory() as folder:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(task, "worst", lambda model, batches: KEPT)
            found = compress(tiny.both, CompressOptions(Path(folder) / "small", accept_loss=True))
        yield found


def test_it_is_a_whole_run_that_holds(made, tiny):
    run = RunDirectory(made.path)
    assert set(check_manifest(made.path)) == set(check_manifest(tiny.both))
    found = verify_run(made.path)
    assert not found.failures
    assert {check.state for check in found.checks if check.kind == "figure"} == {"holds"}
    assert found.command == "heedful compress both --out small --dtype int8 --accept-loss"
    assert [item.figures for item in read_scores(run.scores)] == [each.to_json() for each in made.proof.scores.values()]
    assert run.weights.stat().st_size < 0.5 * RunDirectory(tiny.both).weights.stat().st_size
    assert not list(made.path.parent.glob(".*"))


def test_the_model_is_what_quantizing_gives(made, tiny):
    expected = quantize(load_model(RunDirectory(tiny.both)), lambda name: name not in KEPT)
    found = dict(load_model(RunDirectory(made.path)).named_parameters())
    for name, parameter in expected.named_parameters():
        wanted = parameter.bfloat16().float() if parameter.ndim > 1 and parameter.is_floating_point() else parameter
        assert torch.equal(found.pop(name), wanted)
    assert not found
    translator = Translator.load(made.path)
    layer = translator.model.decoder.blocks[0].attention.query
    assert isinstance(layer, QuantizedLinear)
    assert (layer.weight.dtype, layer.scale.dtype) == (torch.int8, torch.float32)


def test_it_says_what_it_is_and_of_what_it_was_made(made, tiny):
    run = RunDirectory(made.path)
    weights = check_manifest(tiny.both)["model.safetensors"]
    assert compression_of(run) == {
        "dtype": "int8", "kept": KEPT, "made_of": {"name": "both", "weights_sha256": weights},
    }  # fmt: skip
    assert compression_of(RunDirectory(tiny.both)) is None
    card = run.card.read_text()
    n_layers = len(quantizable(load_model(RunDirectory(tiny.both)))) - 1
    for said in (weights, "Its weights are int8", f"{n_layers} layers", KEPT[0].replace("_", "\\_"), "--accept-loss"):
        assert said in card
    assert "heedful compress both --out small --dtype int8 --accept-loss" in card
    values = json.loads(json.dumps(made.to_json(), allow_nan=False))
    assert (values["dtype"], values["kept"], len(values["directions"])) == ("int8", KEPT, 2)


def test_an_rnn_is_int8_where_it_can_be_and_says_where_not(tiny, tmp_path):
    made = compress(tiny.rnn, CompressOptions(tmp_path / "small", accept_loss=True))
    tensors = load_tensors(RunDirectory(made.path).weights)
    dtypes = {name: tensor.dtype for name, tensor in tensors.items()}
    assert dtypes["tokens.weight"] == torch.int8
    assert torch.bfloat16 in dtypes.values()
    assert "Not made int8" in RunDirectory(made.path).card.read_text()
    assert not verify_run(made.path).failures


def test_bfloat16_is_half_the_file(tiny, tmp_path):
    made = compress(tiny.both, CompressOptions(tmp_path / "half", dtype="bfloat16", accept_loss=True))
    before, after = (load_tensors(RunDirectory(path).weights) for path in (tiny.both, made.path))
    for name, tensor in before.items():
        assert torch.equal(after[name], tensor.bfloat16() if tensor.ndim > 1 else tensor)
    assert compression_of(RunDirectory(made.path))["dtype"] == "bfloat16"
    if choose().compute == "bfloat16":
        # It is rounded to that at every load anyway.
        assert [parity.tokens for parity in made.proof.parities.values()] == [1, 1]


def test_its_place_is_beside_the_original(tiny, tmp_path):
    run = shutil.copytree(tiny.rnn, tmp_path / "run")
    made = compress(run, CompressOptions(dtype="bfloat16", accept_loss=True))
    assert made.path == tmp_path / "run-bfloat16"


def test_too_great_a_loss_is_refused_and_nothing_is_left(tiny, tmp_path, monkeypatch):
    real = task.prove

    def losing(*asked):
        proof = real(*asked)
        worse = {
            direction: replace(each, bleu=replace(each.bleu, low=-0.6)) for direction, each in proof.parities.items()
        }
        return replace(proof, parities=worse)

    monkeypatch.setattr(task, "prove", losing)
    with pytest.raises(QualityError, match=r"zh → en loses more than 0\.5 BLEU"):
        compress(tiny.both, CompressOptions(tmp_path / "small"))
    assert not list(tmp_path.iterdir())
    assert compress(tiny.both, CompressOptions(tmp_path / "small", allowed_loss=0.6)).path.is_dir()


def test_given_sentences_are_what_it_is_compared_on(tiny, tmp_path):
    options = CompressOptions(
        tmp_path / "small", source=tiny.texts / "dev.zh", target=tiny.texts / "dev.en", accept_loss=True
    )
    run = shutil.copytree(tiny.both, tmp_path / "bare", ignore=shutil.ignore_patterns("training"))
    made = compress(run, options)
    assert made.proof.trial.data == "dev.zh"
    assert "--source dev.zh --target dev.en" in RunDirectory(made.path).card.read_text()
    assert not (made.path / "training").exists()
    with pytest.raises(DataError, match="--source and --target"):
        compress(run, replace(options, source=None, target=None, out=tmp_path / "other"))


def test_the_layers_are_tried_on_the_dev_text(tiny):
    run = RunDirectory(tiny.both)
    trial = held_out(run)
    tried = task._tried(run, trial)
    dev = zip(*((tiny.texts / f"dev.{language}").read_text().splitlines() for language in ("zh", "en")), strict=True)
    assert tried == list(dev)
    (batch,) = task._batches(Translator.load(tiny.both), tried)
    assert len(batch.labels) == len(tried)
    assert batch.source.values[0, 0] == Translator.load(tiny.both).tag(("zh", "en"))
    assert task._tried(RunDirectory(tiny.texts), trial) == list(trial.pairs)


def test_what_is_compressed_is_not_compressed_again_nor_trained(made, tiny, tmp_path):
    with pytest.raises(OptionError, match="compressed already: its weights are int8, made of both"):
        compress(made.path, CompressOptions(tmp_path / "again"))
    check_uncompressed(RunDirectory(tiny.both))
    before = contents(made.path)
    with pytest.raises(RunError, match=r"compressed \(int8\).*cannot be trained"):
        train_translation(TranslationOptions(out=made.path, resume=True))
    assert contents(made.path) == before


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"dtype": "int4"}, OptionError, "did you mean 'int8'"),
        ({"allowed_loss": -1.0}, OptionError, "0 or more: got -1"),
        ({"allowed_loss": float("nan")}, OptionError, "0 or more: got nan"),
        ({"source": "test.zh"}, OptionError, "--target is missing"),
        ({"source": "test.zh", "target": "dev.en"}, DataError, "line"),
        ({"out": "texts"}, RunError, "exists already"),
        ({"out": "no/where"}, RunError, "does not exist"),
        ({"out": "both/training/new"}, RunError, "is inside .*both, which is not to be changed"),
        ({"out": "n" * 300}, RunError, "choose a shorter name"),
        ({"source": "test.en", "target": "test.zh"}, DataError, "exchange --source and --target"),
    ],
)
def test_bad_options_are_refused_before_anything_is_written(tiny, changes, error, said):
    named = {
        name: tiny.texts.parent / value if name == "out" else tiny.texts / value if isinstance(value, str) else value
        for name, value in changes.items()
    }
    if "dtype" in changes:
        named = changes
    before = sorted(tiny.texts.parent.iterdir())
    with pytest.raises(error, match=said):
        compress(tiny.both, replace(CompressOptions(tiny.texts.parent / "new"), **named))
    assert sorted(tiny.texts.parent.iterdir()) == before


def test_other_folders_are_refused(tiny, tmp_path):
    for path, said in ((tmp_path / "none", "does not exist"), (tiny.texts, "no run directory")):
        with pytest.raises(RunError, match=said):
            compress(path, CompressOptions(tmp_path / "new"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "compression", [{"dtype": "int4", "kept": []}, {"dtype": "int8"}, {"dtype": "int8", "kept": ["x"]}, 3]
)
def test_a_damaged_description_is_named(made, tmp_path, compression):
    run = RunDirectory(shutil.copytree(made.path, tmp_path / "run"))
    config = json.loads(run.config.read_text())
    run.config.write_text(json.dumps({**config, "compression": compression}))
    write_manifest(run.path)
    with pytest.raises(RunError, match="describes no translator"):
        Translator.load(run.path)


def test_weights_of_the_other_kind_are_named(made, tiny, tmp_path):
    run = RunDirectory(shutil.copytree(made.path, tmp_path / "run"))
    shutil.copy(RunDirectory(tiny.both).weights, run.weights)
    write_manifest(run.path)
    with pytest.raises(RunError, match=r"does not fit its config\.json"):
        Translator.load(run.path)


def test_a_model_without_a_layer_is_a_whole_run_too(tiny, tmp_path):
    """The tiny one has a layer on each side, and cannot do without; a student with two of encoder can."""
    deep = replace(SIZE, n_encoder_layers=2)
    train_translation(ask(tiny.texts, tmp_path / "deep", steps=2, both_directions=False), size=deep)
    whole = Translator.load(tmp_path / "deep").model
    for wanted in ("encoder.0", "1"):
        options = CompressOptions(tmp_path / wanted, "bfloat16", drop_layers=wanted, accept_loss=True)
        made = compress(tmp_path / "deep", options)
        found = load_model(RunDirectory(made.path))
        (dropped,) = compression_of(RunDirectory(made.path))["dropped"]
        assert dropped == wanted or wanted == "1"
        expected = drop_layers(load_model(RunDirectory(tmp_path / "deep")), [dropped])
        for (name, ours), theirs in zip(found.named_parameters(), expected.parameters(), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=2**-8, atol=1e-6, msg=name)
        count = sum(parameter.numel() for parameter in expected.parameters())
        assert read_receipt(made.path).n_parameters == count < sum(each.numel() for each in whole.parameters())
        assert f"Left out: {dropped}." in (made.path / "README.md").read_text()
        assert f"--drop-layers {wanted}" in read_receipt(made.path).command
    with pytest.raises(OptionError, match=r"there is no layer 'encoder\.7'"):
        compress(tmp_path / "deep", CompressOptions(tmp_path / "x", drop_layers="encoder.7"))
    with pytest.raises(OptionError, match="--drop-layers is for a Transformer: this is a RNN"):
        compress(tiny.rnn, CompressOptions(tmp_path / "x", drop_layers="1"))
    assert not (tmp_path / "x").exists()


@pytest.fixture(scope="module")
def shortened(tiny):
    with folder_in_memory() as folder:
        options = CompressOptions(Path(folder) / "short", shortlist="own", accept_loss=True)
        yield compress(tiny.both, options)


def test_int8_and_a_shortlist_in_one(shortened, made, tiny):
    run = RunDirectory(shortened.path)
    assert set(check_manifest(shortened.path)) == {*check_manifest(tiny.both), "shortlist.safetensors"}
    assert compression_of(run)["dtype"] == "int8"
    assert compression_of(run)["shortlist"] == {"likely": 64, "frequent": 100}
    found = verify_run(shortened.path)
    assert not found.failures
    assert found.command == "heedful compress both --out short --dtype int8 --shortlist own --accept-loss"
    translator = Translator.load(shortened.path)
    assert set(translator.shortlists) == set(shortened.proof.effects) == {("zh", "en"), ("en", "zh")}
    card, scores = run.card.read_text(), json.loads(run.scores.read_text())["parity"]["shortlist"]
    for direction, effect in shortened.proof.effects.items():
        assert f"Shortlist, {' → '.join(direction)}: {effect.said}." in card
        row = next(row for row in scores if (row["source"], row["target"]) == direction)
        assert (row["size"], row["coverage"]) == (effect.reach.size, effect.reach.coverage)
    assert shortened.to_json()["shortlist"] == scores
    assert "shortlist" not in made.to_json()


def test_a_shortlist_that_is_missing_or_of_another_vocabulary_is_refused(shortened, tiny, tmp_path):
    run = RunDirectory(shutil.copytree(shortened.path, tmp_path / "run"))
    tokenizer = Translator.load(tiny.rnn).tokenizer
    save_shortlists(run.shortlist, Translator.load(run.path).shortlists, tokenizer)
    with pytest.raises(RunError, match=r"shortlist\.safetensors is damaged"):
        Translator.load(run.path)
    write_manifest(run.path)
    with pytest.raises(RunError, match="the shortlist of another vocabulary"):
        Translator.load(run.path)
    run.shortlist.unlink()
    write_manifest(run.path)
    with pytest.raises(RunError, match=r"does not list shortlist\.safetensors"):
        Translator.load(run.path)


def test_a_shortlist_is_learned_from_files_that_the_command_names(tiny, tmp_path):
    files = f"{tiny.texts / 'train.zh'},{tiny.texts / 'train.en'}"
    found = compress(tiny.both, CompressOptions(tmp_path / "s", "bfloat16", shortlist=files, accept_loss=True))
    assert "--shortlist train.zh,train.en" in read_receipt(found.path).command
