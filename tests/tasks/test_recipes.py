"""Every recipe is whole, says what the papers say, and trains: on a slice of made-up text, with a small model."""

import gzip
import json
from dataclasses import replace

import pytest

from heedful.architecture import Architecture
from heedful.errors import DataError, OptionError, RunError
from heedful.model import presets
from heedful.model.transformer import Transformer
from heedful.run.disk import read_json
from heedful.run.receipt import read_receipt
from heedful.tasks import recipes, setup
from heedful.tasks.defaults import architecture_for, size_for
from heedful.tasks.recipes import MACHINES, Recipe, flops_per_token, load_recipe, recipe_names, run_recipe
from heedful.training.schedule import InverseSquareRoot
from tests.docs.pages import read
from tests.tasks.tiny import SIZE, small

NAMES = recipe_names()
PAPER = {"wmt14-en-de-base": 27.3, "wmt14-en-de-big": 28.4, "wmt14-en-fr-base": 38.1, "wmt14-en-fr-big": 41.8}
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


@pytest.mark.parametrize("name", NAMES)
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


def test_the_scores_are_those_of_the_papers_and_no_others():
    found = {name: [item.score for item in load_recipe(name).expected] for name in NAMES}
    known = {**PAPER, "multi30k-en-de": 41.02}
    assert found == {name: [known.get(name), None] for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_every_recipe_is_whole(name):
    recipe = load_recipe(name)
    assert [item.kind for item in recipe.expected] == ["literature", "sacrebleu"]
    assert all(bool(item.source) == (item.score is not None) for item in recipe.expected)
    assert set(recipe.data.files) == {
        f"{part}{side}" for part in ("", "dev_", "test_") for side in ("source", "target")
    }
    assert "https://" in recipe.data.origin
    assert recipe.data.licence
    # The commands name every file that is asked for, or all of their kind.
    made = recipe.data.preparing.replace("$l", recipe.languages[1]).replace("$file", "test_2016_flickr")
    for file in recipe.data.files.values():
        if recipe.data.files["source"] != file and not file.startswith(("train", "val")):
            assert file.removesuffix(recipe.languages[0]) in made
    assert json.loads(json.dumps(recipe.to_json()))["cost"]["measured"] is False


@pytest.mark.parametrize("name", PAPER)
def test_wmt14_is_the_paper_s(name):
    recipe = load_recipe(name)
    preset = presets.big if "big" in name else presets.base
    model = preset(recipe.model.vocab_size)
    if name == "wmt14-en-fr-big":
        model = replace(model, dropout=0.1)  # section 6.1
    assert recipe.model == model
    assert recipe.model.vocab_size == (37_000 if "en-de" in name else 32_000)
    training = recipe.training
    assert training.schedule == InverseSquareRoot(4000)
    assert training.learning_rate == pytest.approx((model.d_model * 4000) ** -0.5, rel=1e-3)
    assert training.steps == (300_000 if "big" in name else 100_000)
    assert (training.betas, training.epsilon, training.clip) == ((0.9, 0.98), 1e-9, None)
    assert (training.weight_decay, training.orthogonal_rate) == (0.0, None)
    assert (recipe.batches.tokens_per_batch, recipe.batches.smoothing) == (50_000, 0.1)


def test_the_row_of_a_recipe_has_its_values():
    size = load_recipe("wmt14-en-fr-big").size
    assert (size.vocab_size, size.d_model, size.dropout, size.tokens_per_batch) == (32_000, 1024, 0.1, 50_000)
    assert (size.n_encoder_layers, size.n_decoder_layers, size.smoothing, size.piece_dropout) == (6, 6, 0.1, 0.0)
    assert load_recipe("multi30k-en-de").size is size_for(29_000)


SHAPES = [
    Architecture(50, 16, 2, 1, 4, d_ff=24),
    Architecture(50, 16, 1, 2, 4, n_kv_heads=2, d_ff=24, activation="swiglu", tie="none"),
    architecture_for(SIZE, 70),
]


@pytest.mark.parametrize("shape", SHAPES)
def test_arithmetic_is_counted_as_in_a_model_that_is_built(shape):
    assert flops_per_token(shape) == setup.flops_per_token(Transformer(shape))


def test_the_cost_follows_the_formula():
    recipe = load_recipe("wmt14-en-de-base")
    cost = recipe.cost()
    # By hand: 6 layers of 4 and 8 times 512^2, feed-forward 2 x 512 x 2048 in each, and the output.
    weights = 6 * (4 + 8) * 512**2 + 12 * 2 * 512 * 2048 + 512 * 37_000
    assert cost.tokens == 5e9
    assert cost.flops == 3 * weights * 5e9
    assert cost.hours[MACHINES[0].name] == pytest.approx(cost.flops / 4.3e11 / 0.25 / 3600)
    minutes = load_recipe("multi30k-en-de").cost()
    assert minutes.hours == {MACHINES[0].name: pytest.approx(40 / 60)}


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


def test_an_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(OptionError, match="there is no recipe 'wmt14-en-de'; did you mean 'wmt14-en-de-b"):
        load_recipe("wmt14-en-de")


TEXT = (recipes.resources.files("heedful") / "recipes" / "iwslt14-de-en.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("dropout = 0.3", "droput = 0.3", "unknown key 'droput' in the architecture; did you mean 'dropout'"),
        ("n_heads = 4", "n_heads = 5", "n_heads must divide d_model"),
        ("smoothing = 0.1", 'smoothing = "much"', "smoothing must be"),
        ("steps = 50_000", "stepps = 50_000", "training option 'stepps' is not known"),
        ('kind = "literature"', 'kind = "literatur"', "kind='literatur' is not known"),
        ("pairs = 160_000", "pears = 160_000", "unknown key 'pears' in the recipe x"),
        ("[batches]", "[batch]", "the recipe x needs 'batches'"),
        ('title = "', 'minutes = 3.0\ntitle = "', "or minutes instead of all"),
    ],
)
def test_a_recipe_that_is_wrong_is_named(old, new, said):
    assert Recipe.read("x", TEXT).training.clip is None
    with pytest.raises(OptionError) as error:
        Recipe.read("x", TEXT.replace(old, new, 1))
    assert said in str(error.value)


def test_measured_figures_can_be_filled_in():
    filled = f'{TEXT}\n[[measured]]\nbleu = 34.5\nbleu_lowercase = 35.0\ntest = "test"\nn_seeds = 3\nminutes = 60\n'
    (found,) = Recipe.read("x", f'{filled}machine = "two cores"\ndate = "2026-11-20"\n').measured
    assert (found.bleu, found.n_seeds, found.machine) == (34.5, 3, "two cores")


@pytest.mark.parametrize("page", ["recipes/README.md", "recipes/README.zh.md"])
def test_the_page_names_every_recipe(page):
    text = read(page)
    for name in NAMES:
        assert f"[`{name}`](../heedful/recipes/{name}.toml)" in text
    assert text.count("../heedful/recipes/") == len(NAMES)
