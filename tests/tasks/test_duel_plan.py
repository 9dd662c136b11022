from dataclasses import replace
from pathlib import Path

import pytest

from heedful.errors import OptionError, RunError
from heedful.run.disk import write_json
from heedful.tasks.duel_plan import FAMILY_NAMES, PLAN, DuelBudget, DuelOptions, is_duel, sizes_for
from heedful.tasks.models import FAMILIES, family, n_parameters
from tests.tasks.tiny import SIZE, ask

PLAIN = DuelOptions(Path("a.de"), Path("b.en"), out=Path("x"))


def test_every_family_has_a_name():
    assert set(FAMILY_NAMES) == set(FAMILIES)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("minutes=2.5", "2.5 minutes of training"),
        ("minutes=1", "1 minute of training"),
        ("flops=1e+15", "1e+15 floating-point operations of training"),
        ("parameters=3e+06", "about 3 million parameters"),
    ],
)
def test_a_budget_is_what_its_text_says(text, words):
    budget = DuelBudget.read(text)
    assert (budget.kind, budget.amount) == (text.split("=")[0], float(text.split("=")[1]))
    assert (str(budget), budget.words) == (text, words)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("minuts=3", r"a budget is minutes=N, flops=N or parameters=N: got 'minuts=3'; did you mean 'minutes'"),
        ("10", "got '10'"),
        ("", "got ''"),
        ("minutes", "a budget is minutes=N with a number N: got 'minutes'"),
        ("minutes=ten", "with a number N: got 'minutes=ten'"),
        ("minutes=0", "a budget must be above 0: got minutes=0"),
        ("flops=-1", "above 0"),
        ("parameters=nan", "above 0"),
        ("flops=inf", r"a budget must be 1e\+30 at most: got flops=inf; no run could use more"),
        ("minutes=1e308", r"1e\+30 at most: got minutes=1e\+308"),
    ],
)
def test_what_is_no_budget_is_refused(text, said):
    with pytest.raises(OptionError, match=said):
        DuelBudget.read(text)


def test_families_stand_in_the_order_of_history_and_once():
    assert replace(PLAIN, models="transformer, rnn,rnn").names() == ["rnn", "transformer"]
    assert PLAIN.names() == list(FAMILY_NAMES)
    for models in ("", "conv", "conv,conv"):
        with pytest.raises(OptionError, match="a duel needs two models or more"):
            replace(PLAIN, models=models).names()
    with pytest.raises(OptionError, match="'cnn' is not known"):
        replace(PLAIN, models="rnn,cnn").names()


def test_a_family_is_asked_for_the_same_as_the_others_but_for_its_name_and_place():
    (asked,) = replace(PLAIN, seed=7).asks("conv", DuelBudget("flops", 1e12))
    assert (asked.out, asked.model, asked.seed, asked.flops, asked.minutes) == (Path("x/conv"), "conv", 7, 1e12, None)
    assert (asked.source, asked.target) == (PLAIN.source, PLAIN.target)
    # Read as often as the defaults say.
    assert PLAIN.asks("rnn", DuelBudget("parameters", 1e6))[0].budget() is None


def test_every_seed_has_a_run_of_its_own():
    runs = replace(PLAIN, seed=7, seeds=3).asks("conv", DuelBudget("minutes", 1))
    assert [(asked.out, asked.seed) for asked in runs] == [
        (Path("x/conv"), 7),
        (Path("x/conv-2"), 8),
        (Path("x/conv-3"), 9),
    ]


def test_what_was_asked_for_is_stored(tmp_path):
    assert not is_duel(tmp_path)
    options = replace(PLAIN, out=tmp_path, budget="flops=1e12", seed=3)
    write_json(tmp_path / PLAN, options.to_json())
    assert is_duel(tmp_path)
    assert DuelOptions.stored(tmp_path) == replace(
        options, source=Path("a.de").resolve(), target=Path("b.en").resolve()
    )
    assert DuelOptions().is_embedded and not PLAIN.is_embedded
    assert not DuelOptions(source_language="de").is_embedded


@pytest.mark.parametrize(
    "changed",
    [{"seed": "1"}, {"budget": 5}, {"models": None}, {"source": 5}, {"more": 1}, {"source_language": 5}],
)
def test_what_was_stored_and_changed_since_is_refused(tmp_path, changed):
    write_json(tmp_path / PLAN, {**PLAIN.to_json(), **changed})
    with pytest.raises(RunError, match=r"plan\.json is damaged: .*; restore it from a copy"):
        DuelOptions.stored(tmp_path)


@pytest.mark.parametrize("stored", [{}, [], None, {"seed": 1}])
def test_what_is_missing_from_the_stored_is_not_made_up(tmp_path, stored):
    write_json(tmp_path / PLAN, stored)
    with pytest.raises(RunError, match=r"plan\.json is damaged: .*; restore it from a copy"):
        DuelOptions.stored(tmp_path)


def test_widths_bring_every_family_near_the_number(tiny, tmp_path):
    asked = ask(tiny.texts, tmp_path / "x", both_directions=False)
    found = sizes_for(asked, list(FAMILY_NAMES), SIZE, 400_000)
    counts = {}
    for name, size in found.items():
        # The vocabulary of these texts, about.
        counts[name] = n_parameters(family(name).build(family(name).shape_for(size, 800)))
        assert replace(size, d_model=16) == SIZE
    assert all(300_000 < count < 520_000 for count in counts.values())
    with pytest.raises(OptionError, match=r"parameters=100 cannot be met: with a vocabulary of \d+ the rnn nearest"):
        sizes_for(asked, ["rnn"], SIZE, 100)
