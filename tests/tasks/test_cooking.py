"""Every recipe trains: on a slice of made-up text under the names that it asks for, with a small model."""

import gzip
from dataclasses import replace

import pytest

from heedful.architecture import Architecture
from heedful.errors import DataError, OptionError, RunError
from heedful.run.disk import read_json
from heedful.run.receipt import read_receipt
from heedful.tasks import cooking
from heedful.tasks.cooking import run_recipe
from heedful.tasks.recipes import load_recipe, recipe_names
from heedful.tasks.request import TranslationOptions
from heedful.tasks.translation import train_translation
from heedful.tasks.verification import verify_run
from tests.tasks.tiny import SIZE, small

N_PAIRS = {"train": 60, "dev": 3, "test": 3}
WORDS = {
    "en": ("the dog", "the old man", "my sister", "a child", "sees", "likes", "buys", "two apples", "the red car"),
    "de": (
        "der Hund",
        "der alte Mann",
        "meine Schwester",
        "ein Kind",
        "sieht",
        "mag",
        "kauft",
        "zwei Äpfel",
        "das Auto",
    ),
    "fr": ("le chien", "le vieil homme", "ma sœur", "un enfant", "voit", "aime", "achète", "deux pommes", "la voiture"),
}


def line(language, number):
    words = WORDS[language]
    return f"{words[number % 4]} {words[4 + number // 4 % 3]} {words[7 + number // 12 % 2]} {number}.".capitalize()


def write_slice(recipe, folder, packed=()):
    """Made-up text under the names that a recipe asks for."""
    folder.mkdir()
    for option, name in recipe.data.files.items():
        part = option.split("_")[0] if "_" in option else "train"
        first = {"train": 0, "dev": 100, "test": 200}[part]
        language = recipe.languages[option.endswith("target")]
        lines = "".join(f"{line(language, first + number)}\n" for number in range(N_PAIRS[part])).encode()
        if name in packed:
            (folder / f"{name}.gz").write_bytes(gzip.compress(lines))
        else:
            (folder / name).write_bytes(lines)
    return folder


def shrunk(recipe):
    """The same with a model of a few thousand weights, all else as it is."""
    if recipe.model is None:
        return recipe
    model = replace(
        recipe.model, vocab_size=300, d_model=16, n_heads=2, d_ff=32, n_encoder_layers=1, n_decoder_layers=1
    )
    return replace(recipe, model=model, batches=replace(recipe.batches, tokens_per_batch=SIZE.tokens_per_batch))


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_trains_on_a_slice(name, tmp_path):
    recipe = shrunk(load_recipe(name))
    data = write_slice(recipe, tmp_path / "data", packed=(recipe.data.files["source"],))
    with small():
        published = run_recipe(recipe, data, tmp_path / "run", steps=2)
    receipt = read_receipt(tmp_path / "run")
    assert (receipt.steps, published.result.step, receipt.directions) == (2, 2, [recipe.languages])
    assert receipt.command == f"heedful recipe {name} --data data --out run --steps 2"
    assert dict(receipt.n_pairs) == N_PAIRS
    assert {file.name.removesuffix(".gz") for file in receipt.data} == set(recipe.data.files.values())
    config = read_json(tmp_path / "run" / "config.json")
    plan = read_json(tmp_path / "run" / "training" / "begun" / "plan.json")["options"]
    if recipe.model is not None and recipe.training is not None:
        shape = Architecture.from_json(config["architecture"])
        assert shape == replace(recipe.model, vocab_size=shape.vocab_size)
        assert plan == {**recipe.training.to_json(), "steps": 2, "seed": 1, "evaluate_every": 1}


def test_what_is_missing_is_named_with_its_place(tmp_path):
    recipe = load_recipe("multi30k-en-de")
    data = write_slice(recipe, tmp_path / "data")
    (data / "train.de").unlink()
    (data / "val.en").rename(data / "val.en.txt")
    with pytest.raises(
        DataError, match=r"data lacks train\.de, val\.en \(each may have \.gz .*`heedful recipe multi30k"
    ):
        run_recipe(recipe, data, tmp_path / "run")
    with pytest.raises(DataError, match=r"none is not a folder: give one that holds train\.en, train\.de"):
        run_recipe(recipe, tmp_path / "none", tmp_path / "run")
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_is_refused_before_anything_is_written(tmp_path):
    recipe = shrunk(load_recipe("iwslt14-de-en"))
    data = write_slice(recipe, tmp_path / "data")
    with pytest.raises(OptionError, match="steps must be above 0"):
        run_recipe(recipe, data, tmp_path / "run", steps=0)
    with pytest.raises(OptionError, match="device is 'cpu' or 'cuda'"):
        run_recipe(recipe, data, tmp_path / "run", device="abacus")
    with pytest.raises(RunError, match="is not empty"):
        run_recipe(recipe, data, data)
    assert not (tmp_path / "run").exists()


def test_one_that_was_begun_goes_on_as_every_training_does(tmp_path, monkeypatch):
    recipe = shrunk(load_recipe("iwslt14-de-en"))
    data = write_slice(recipe, tmp_path / "data")

    def stopped(options, watch=None):
        raise KeyboardInterrupt

    with small(), monkeypatch.context() as patched:
        patched.setattr(cooking, "train_translation", stopped)
        with pytest.raises(KeyboardInterrupt):
            run_recipe(recipe, data, tmp_path / "run", steps=2, seed=7)
    with pytest.raises(RunError, match=r"was begun in .*: go on with `heedful train translation --out \S+ --resume`"):
        run_recipe(recipe, data, tmp_path / "run", steps=2, seed=7)
    with small():
        train_translation(TranslationOptions(out=tmp_path / "run", resume=True))
        run_recipe(recipe, data, tmp_path / "other", steps=2, seed=7)
        changed = run_recipe(recipe, data, tmp_path / "changed", steps=2, replanned="1:2/4/1", seed=7)
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in ("run", "other")]
    assert weights[0] == weights[1]
    verified = verify_run(tmp_path / "run")
    assert not verified.failures
    assert verified.command == f"heedful recipe iwslt14-de-en --data {data} --out run --steps 2 --seed 7"
    assert changed.result.step == 3
    assert read_receipt(changed.path).command.endswith("--out changed --steps 2 --seed 7 --replanned 1:2/4/1")
