"""Every recipe is whole, says what the papers say, and costs what the formula says."""

import json
from dataclasses import replace

import pytest

from heedful.architecture import Architecture
from heedful.errors import OptionError
from heedful.model import presets
from heedful.model.transformer import Transformer
from heedful.tasks import recipes, setup
from heedful.tasks.defaults import architecture_for, size_for
from heedful.tasks.recipes import MACHINES, Recipe, flops_per_token, load_recipe, recipe_names
from heedful.training.schedule import InverseSquareRoot
from tests.docs.pages import read
from tests.tasks.tiny import SIZE

NAMES = recipe_names()
PAPER = {"wmt14-en-de-base": 27.3, "wmt14-en-de-big": 28.4, "wmt14-en-fr-base": 38.1, "wmt14-en-fr-big": 41.8}


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
