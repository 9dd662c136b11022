"""Tuning by preferences: what is held out, what is stored, what is refused."""

import json
from shutil import copytree, rmtree

import numpy as np
import pytest
import torch

from heedful.data.preferences import Preference, PreferencePlan
from heedful.errors import DataError, OptionError
from heedful.run.disk import read_json
from heedful.run.weights import load_tensors
from heedful.tasks.language_request import LanguageOptions
from heedful.tasks.language_text import Begun, built
from heedful.tasks.loading import load
from heedful.tasks.models import snapshot
from heedful.tasks.preference import PreferenceTask, held_gains, measurable, part, references
from heedful.tasks.verification import verify_run
from heedful.training.preference import DirectPreference
from tests.tasks.tiny_language import train


def pairs(n, prompts):
    return [Preference(f"prompt {number % prompts}", f"good {number}", f"bad {number}") for number in range(n)]


def test_no_prompt_is_in_both_parts(tmp_path):
    learn, held = part(pairs(60, 20), tmp_path, 1)
    assert len(learn) + len(held) == 60
    assert len(held) == 6
    assert not {pair.prompt for pair in learn} & {pair.prompt for pair in held}
    assert part(pairs(60, 20), tmp_path, 1) == (learn, held)
    assert part(pairs(60, 20), tmp_path, 2) != (learn, held)


@pytest.mark.parametrize(("n", "prompts", "said"), [(19, 19, "expected 20 or more"), (40, 1, "nearly all pairs")])
def test_too_few_pairs(tmp_path, n, prompts, said):
    with pytest.raises(DataError, match=said):
        part(pairs(n, prompts), tmp_path, 1)


def test_pairs_without_a_prompt_can_be_held_out(tmp_path):
    _, held = part([Preference("", f"a{number}", f"b{number}") for number in range(40)], tmp_path, 1)
    assert len(held) == 4


def test_what_was_stored_is_what_the_first_model_says(languages):
    place = languages.runs["preference"] / "training" / "begun"
    plan = PreferenceTask().open(place, LanguageOptions(out=place))
    assert plan.architecture.dropout == 0
    first = snapshot(built(plan.architecture, plan.numerics, place / "start.safetensors", 0), plan.numerics)
    everything = PreferencePlan([*plan.pairs, *plan.held], plan.tokenizer, plan.architecture.max_len, 16, 0)
    found = np.concatenate(list(references(first, everything, plan.numerics)))
    assert found.tolist() == plan.reference.tolist()
    # So at its first step nothing has gained.
    assert np.abs(held_gains(first, plan, DirectPreference(0.1))).max() < 0.1
    assert read_json(place / "laid.json")["begun_with"] == "causal"


def test_pairs_in_json_are_learned_from_as_those_in_columns(tmp_path, languages):
    rows = [line.split("\t") for line in languages.pairs.read_text(encoding="utf-8").splitlines()]
    path = tmp_path / "pairs.jsonl"
    names = ("prompt", "chosen", "rejected")
    path.write_text("".join(json.dumps(dict(zip(names, row, strict=True))) + "\n" for row in rows), encoding="utf-8")
    options = LanguageOptions(
        out=tmp_path / "run", objective="preference", init=languages.runs["causal"], preferences=path
    )
    published = train(options)
    assert published.scores == languages.published["preference"].scores
    begun = Begun.read(published.path)
    assert begun.architecture.dropout == 0


def test_a_model_that_fills_gaps_is_refused(tmp_path, languages):
    options = LanguageOptions(
        out=tmp_path / "run", objective="preference", init=languages.runs["masked"], preferences=languages.pairs
    )
    with pytest.raises(OptionError, match="goes on with a text"):
        train(options)
    assert not (tmp_path / "run").exists()


def test_figures_are_made_anew_from_what_training_began_with(languages, tmp_path):
    path = copytree(languages.runs["preference"], tmp_path / "run")
    (figure,) = (check for check in verify_run(path).checks if check.kind == "figure")
    recorded = languages.published["preference"].scores[0].figures["accuracy"]["score"]
    assert (figure.state, figure.found) == ("holds", recorded)
    loaded = measurable(load(path, "cpu"), path / "training/begun")
    assert loaded.figures([("another", "pair")]) == {}
    rmtree(path / "training/begun")
    (figure,) = (check for check in verify_run(path).checks if check.kind == "figure")
    assert figure.state == "unchecked"


def test_another_model_is_found_out(languages):
    place = languages.runs["preference"] / "training/begun"
    held = [(one.prompt, one.chosen) for one in PreferenceTask().open(place, LanguageOptions(out=place)).held]
    loaded = measurable(load(languages.runs["preference"], "cpu"), place)
    first = load_tensors(place / "start.safetensors")
    with torch.no_grad():
        for name, weight in loaded.tuned.model.named_parameters():
            # As far to the other side of where training began.
            weight.copy_(2 * first[name] - weight)
    assert loaded.figures(held) != languages.published["preference"].scores[0].figures
