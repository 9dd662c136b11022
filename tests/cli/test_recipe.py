"""`heedful recipe`: a list, one of them, or its training; as text or as JSON."""

import json
import sys
from unittest.mock import patch

import pytest

from heedful.cli.recipe import show_cooked
from heedful.tasks import recipes
from heedful.tasks.recipes import load_recipe, recipe_names
from tests.cli.commands import refused, run
from tests.tasks.test_cooking import shrunk, write_slice
from tests.tasks.tiny import small


def test_the_list_has_a_row_for_each(capsys):
    code, out, err = run(capsys, "recipe")
    assert (code, err) == (0, "")
    for name in recipe_names():
        (row,) = [line for line in out.split("\n") if line.strip().startswith(f"{name} ")]
        assert load_recipe(name).title in row
    assert "40.0 minutes on two cores" in out
    assert "--data FOLDER --out DIR trains it" in out


def test_json_is_the_recipes(capsys):
    code, out, err = run(capsys, "recipe", "--json")
    assert (code, err) == (0, "")
    assert [item["name"] for item in json.loads(out)] == recipe_names()
    code, out, err = run(capsys, "recipe", "wmt14-en-de-big", "--json")
    values = json.loads(out)
    assert values["expected"][0]["score"] == 28.4
    assert values["expected"][1]["score"] is None
    assert values["cost"]["steps"] == 300_000


@pytest.mark.parametrize("name", recipe_names())
def test_one_is_shown_with_all_that_it_takes(capsys, name):
    recipe = load_recipe(name)
    code, out, err = run(capsys, "recipe", name)
    assert (code, err) == (0, "")
    assert ", ".join(recipe.data.files.values()) in out
    for line in recipe.data.preparing.strip().split("\n"):
        assert f"    {line}\n" in out
    assert recipe.data.licence in out
    assert out.count("published  ") == 2
    assert "not known: BLEU, cased, 13a, detokenised" in out
    assert "           estimated " in out
    assert out.endswith(f"\n    heedful recipe {name} --data FOLDER --out runs/{name}\n")
    assert (f"d_model={recipe.model.d_model}" in out) if recipe.model else ("training   40 minutes" in out)


def test_it_trains_and_shows_what_to_compare_with(capsys, tmp_path):
    recipe = shrunk(load_recipe("iwslt14-de-en"))
    data = write_slice(recipe, tmp_path / "data")
    with small(), patch.object(recipes, "load_recipe", lambda name: recipe):
        code, out, err = run(
            capsys, "recipe", "iwslt14-de-en", "--data", data, "--out", tmp_path / "run", "--steps", 2, "--seed", 3
        )
    assert code == 0, err
    assert "2 updates" in out
    assert "published  not known: BLEU, lower-cased, tokenised" in out
    card = (tmp_path / "run" / "README.md").read_text()
    assert "heedful recipe iwslt14-de-en --data data --out run --steps 2 --seed 3" in card


def test_a_training_as_json_is_one_object(capsys, tiny):
    recipe = load_recipe("multi30k-en-de")
    show_cooked(recipe, tiny.published["both"], as_json=True)
    out, err = capsys.readouterr()
    values = json.loads(out)
    assert (err, out.count("\n"), values["path"]) == ("", 1, str(tiny.both))
    assert [item["score"] for item in values["expected"]] == [item.score for item in recipe.expected]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["wmt15"], "there is no recipe 'wmt15'"),
        (["multi30k-en-fr", "--data", "."], "with its name, --data and --out: give all three"),
        (["multi30k-en-fr", "--out", "x"], "with its name, --data and --out: give all three"),
        (["--data", ".", "--out", "x"], "with its name, --data and --out: give all three"),
        (["multi30k-en-fr", "--data", ".", "--out", "x"], "lacks train.en, train.fr, val.en"),
        (["multi30k-en-fr", "--data", "no", "--out", "x"], "no is not a folder: give one that holds train.en"),
        (["multi30k-en-fr", "--steps", "many"], "many"),
        (["multi30k-en-fr", "--steps", "5"], "are of a training: give a recipe's name, --data and --out too"),
        (["--seed", "2"], "are of a training: give a recipe's name, --data and --out too"),
    ],
)
def test_what_is_wrong_is_one_line_and_2(capsys, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, "recipe", *words)
    assert list(tmp_path.iterdir()) == []


def test_recipes_come_with_the_package():
    assert "heedful.tasks.recipes" in sys.modules
    assert len(recipe_names()) == 7
