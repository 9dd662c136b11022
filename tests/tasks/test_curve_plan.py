"""Sizes that hold one another, budgets that add up, texts that are written once and whole."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from heedful.data.split import split
from heedful.data.text import ParallelText
from heedful.errors import DataError, OptionError, RunError
from heedful.tasks import curve_plan
from heedful.tasks.curve_plan import TEXT, CurvePlan, begin_curve, is_curve, portions
from heedful.tasks.request import TranslationOptions
from heedful.training.plan import Budget
from tests.tasks.tiny import ask, contents


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    monkeypatch.setattr(curve_plan, "MIN_PAIRS", 20)


@pytest.fixture
def begun(tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x", steps=40)
    options.out.mkdir()
    return begin_curve(options, options.sources())


def pairs(text):
    return list(text.pairs())


def test_the_sizes_are_halves_of_halves_and_small_ones_are_left_out():
    kept, left_out = portions(330, None)
    assert [(size.name, size.folder, size.pairs) for size in kept] == [
        ("1/16", "1-16", 20), ("1/8", "1-8", 41), ("1/4", "1-4", 82), ("1/2", "1-2", 165), ("all", "all", 330),
    ]  # fmt: skip
    assert left_out == []
    kept, left_out = portions(159, None)
    assert [size.name for size in kept] == ["1/4", "1/2", "all"]
    assert [(size.name, size.pairs) for size in left_out] == [("1/16", 9), ("1/8", 19)]
    assert all((size.minutes, size.epochs, size.steps) == (None, None, None) for size in kept)


@pytest.mark.parametrize("n_pairs", [39, 20, 1, 0])
def test_one_size_is_no_curve(n_pairs):
    with pytest.raises(DataError, match=f"two sizes of at least 20 pairs, .*: got {n_pairs} pairs .*; give 40 or more"):
        portions(n_pairs, None)
    assert len(portions(40, None)[0]) == 2


def test_a_budget_is_divided_by_the_square_roots_and_spent_whole():
    kept, _ = portions(1600, Budget(minutes=10))
    assert sum(size.minutes for size in kept) == pytest.approx(10)
    assert all(size.minutes / kept[-1].minutes == pytest.approx(math.sqrt(size.pairs / 1600)) for size in kept)
    kept, _ = portions(1600, Budget(steps=1000))
    assert 995 <= sum(size.steps for size in kept) <= 1000
    assert kept[2].steps == pytest.approx(kept[4].steps / 2, abs=1)


def test_epochs_of_the_budget_read_all_of_the_data():
    kept, _ = portions(1600, Budget(epochs=3))
    assert sum(size.epochs * size.pairs for size in kept) == pytest.approx(3 * 1600)
    # A quarter of the data is read twice as often as all of it.
    assert kept[2].epochs == pytest.approx(2 * kept[4].epochs)


def test_too_few_steps_are_refused_with_the_number_that_suffices():
    with pytest.raises(OptionError, match=r"steps=11 do not suffice .* of the 5 sizes .*: give at least 12"):
        portions(1600, Budget(steps=11))
    assert [size.steps for size in portions(1600, Budget(steps=12))[0]] == [1, 1, 2, 3, 4]


def test_each_size_holds_all_smaller_ones_in_the_order_of_the_lines(tiny, begun):
    folder = begun.options.out / TEXT
    whole = pairs(ParallelText(tiny.texts / "train.zh", tiny.texts / "train.en"))
    texts = [pairs(ParallelText(folder / f"{size.folder}.zh", folder / f"{size.folder}.en")) for size in begun.portions]
    assert [len(text) for text in texts] == [30, 60, 120]
    assert texts[-1] == whole
    for small, large in pairwise(texts):
        assert [pair for pair in large if pair in small] == small
    # A sample is no run of lines, and the sample of the losses is in every size.
    assert texts[0] != whole[:30]
    assert pairs(begun.sample) == texts[0]


def test_another_seed_takes_other_pairs_and_the_same_one_the_same(tiny, tmp_path):
    texts = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        options = ask(tiny.texts, tmp_path / name, seed=seed)
        options.out.mkdir()
        texts.append((begin_curve(options, options.sources()).options.out / TEXT / "1-4.en").read_bytes())
    assert texts[0] == texts[1] != texts[2]


def test_the_runs_are_asked_for_their_size_and_share_the_held_out_text(tiny, begun):
    first, *_, last = [begun.asks(size) for size in begun.portions]
    folder = begun.options.out / TEXT
    assert (first.out, first.source, first.target) == (begun.options.out / "1-4", folder / "1-4.zh", folder / "1-4.en")
    assert (first.steps, last.steps) == (9, 18)
    assert (first.both_directions, first.source_language, first.target_language) == (True, "zh", "en")
    for name in ("dev", "test"):
        given = pairs(ParallelText(tiny.texts / f"{name}.zh", tiny.texts / f"{name}.en"))
        assert pairs(ParallelText(getattr(last, f"{name}_source"), getattr(last, f"{name}_target"))) == given
    assert first.dev_source == last.dev_source
    first.check()


def test_what_is_not_given_is_held_out_as_a_run_of_all_the_data_would(tiny, tmp_path):
    options = TranslationOptions(out=tmp_path / "x", tsv=tiny.texts / "all.en-zh.tsv", seed=3)
    options.out.mkdir()
    plan = begin_curve(options, options.sources())
    parts = split(ParallelText(options.tsv).pairs(), ["dev", "test"], seed=3)
    asked = plan.asks(plan.portions[-1])
    for name, text in (
        ("dev", ParallelText(asked.dev_source, asked.dev_target)),
        ("test", ParallelText(asked.test_source, asked.test_target)),
        ("train", ParallelText(asked.source, asked.target)),
    ):
        assert pairs(text) == list(parts.select(ParallelText(options.tsv).pairs(), name))
    assert plan.pairs == parts.size("train")
    assert asked.tsv is None


def test_a_dev_set_without_a_test_set_has_none(tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x", test_source=None, test_target=None)
    options.out.mkdir()
    plan = begin_curve(options, options.sources())
    assert not plan.has_test
    assert plan.asks(plan.portions[0]).test_source is None
    assert not list((options.out / TEXT).glob("test*"))


def test_empty_lines_count_for_nothing_and_long_held_out_lines_are_dropped(tmp_path):
    rows = [f"word {number}\t词 {number}\n" for number in range(150)]
    rows[7], rows[9] = " \t词\n", "word\t\n"
    text = tmp_path / "all.en-zh.tsv"
    text.write_text("".join(rows) + "".join(f"{'long ' * 300}{n}\t长 {n}\n" for n in range(150)), encoding="utf-8")
    options = TranslationOptions(out=tmp_path / "x", tsv=text)
    options.out.mkdir()
    plan = begin_curve(options, options.sources())
    parts = split(ParallelText(text).pairs(), ["dev", "test"], seed=1)
    assert plan.pairs == parts.size("train") - 2
    held = [pair for name in ("dev", "test") for pair in parts.select(ParallelText(text).pairs(), name)]
    asked = plan.asks(plan.portions[0])
    written = pairs(ParallelText(asked.dev_source, asked.dev_target))
    written += pairs(ParallelText(asked.test_source, asked.test_target))
    assert written == [pair for pair in held if "long" not in pair[0]]
    assert len(written) < len(held)


def test_the_plan_is_stored_whole_and_moves_with_its_folder(begun, tmp_path):
    assert is_curve(begun.options.out)
    assert CurvePlan.stored(begun.options.out) == replace(
        begun, options=TranslationOptions.from_json(begun.options.to_json())
    )
    with (begun.options.out / TEXT / "1-2.en").open("a") as file:
        file.write("more\n")
    with pytest.raises(RunError, match=r"1-2\.en"):
        CurvePlan.stored(begun.options.out)


def test_a_refusal_leaves_nothing(tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x", steps=2)
    options.out.mkdir()
    before = contents(tiny.texts)
    with pytest.raises(OptionError, match="do not suffice"):
        begin_curve(options, options.sources())
    assert list(options.out.iterdir()) == []
    assert contents(tiny.texts) == before
    assert not is_curve(options.out)
