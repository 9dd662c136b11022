"""The sentences say what the figures are, and each case has its own."""

from dataclasses import replace
from pathlib import Path

import pytest

from heedful.evaluation.extrapolation import Measured, extrapolate
from heedful.evaluation.overfitting import judge
from heedful.tasks.curve_plan import CurvePlan, Portion, portions
from heedful.tasks.curve_words import how_made, more_data, overfitting, prospects_of
from heedful.tasks.request import TranslationOptions
from tests.tasks.curves import EARLY, TURNED, point, points


def about_data(found):
    return " ".join(more_data(found, prospects_of(found)))


def about_fit(*, first_gap=0.8, **changes):
    found = [point(0, 2, 20.0, gap=first_gap), point(1, 2, 25.0, **changes)]
    return " ".join(overfitting(found))


def test_the_forecast_is_that_of_the_scores_with_the_noise_of_their_intervals():
    found = points([12.9, 19.4, 26.3, 31.8, 36.1])
    (prospect,) = prospects_of(found)
    measured = [Measured(item.pairs, item.scores[0].bleu.score, 1.3 / 1.96) for item in found]
    expected = extrapolate(measured, [58_000, 116_000])
    for one, other in zip(prospect.curve.forecasts, expected.forecasts, strict=True):
        assert (one.pairs, one.score, one.low, one.high) == pytest.approx(
            (other.pairs, other.score, other.low, other.high)
        )
    assert (prospect.source, prospect.target, prospect.now) == ("en", "de", 36.1)
    assert prospect.to_json()["curve"]["forecasts"][0]["pairs"] == 58_000


def test_a_score_without_an_interval_has_the_noise_of_a_run_all_the_same():
    found = points([10, 20, 25], half=0.0)
    (prospect,) = prospects_of(found)
    assert prospect.curve == extrapolate(
        [Measured(i.pairs, i.scores[0].bleu.score, 0.3) for i in found], [58_000, 116_000]
    )


def test_the_gains_the_forecast_and_its_test_are_said():
    found = points([12.9, 19.4, 26.3, 31.8, 36.1])
    (prospect,), said = prospects_of(found), about_data(found)
    assert "From 1/16 of the data to all of it, each doubling brought +6.5, +6.9, +5.5, +4.3 BLEU." in said
    twice, four_times = prospect.curve.forecasts
    assert f"twice the data (58,000 pairs) about {twice.score:.1f} BLEU ({twice.low:.1f} to {twice.high:.1f})" in said
    assert f"four times the data (116,000 pairs) about {four_times.score:.1f} BLEU" in said
    assert "with what there is it reaches 36.1" in said
    assert "would bring more, almost surely" in said
    check = prospect.curve.check
    assert f"forecast at {check.score:.1f} ({check.low:.1f} to {check.high:.1f}), and it reached 36.1: within" in said
    assert "it fits 5 scores of one run each" in said


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ([30, 30.2, 29.9, 30.1], "little or nothing"),
        ([20, 26, 29, 31], "would probably bring more; that it brings nothing is within the range"),
        ([10, 20, 30, 31], "outside the range, so trust the forecast as a direction"),
        ([1, 1.5, 9, 17, 24], "Left out of the forecast: 1/16, where the gains still grew"),
        ([10, 19, 18, 30, 29], "times as far off as their noise explains"),
        ([0, 0.2, 0.4, 0.6], "do not say what more data would bring: train longer first"),
        ([10, 20], "No forecast: it needs three sizes, from 400 pairs on; there are 2."),
    ],
)
def test_every_kind_of_curve_has_its_sentence(scores, said):
    assert said in about_data(points(scores))


def test_too_short_a_training_is_not_taken_for_a_lack_of_data():
    found = points([10, 16, 20], pairs=29_000)
    assert "Trained far less" not in about_data(found)
    # The table has up to 100 epochs for 7,250 pairs, and 30 for 29,000.
    said = about_data([replace(found[0], epochs=24.0), replace(found[1], epochs=13.0), replace(found[2], epochs=7.0)])
    assert "Trained far less than by default: 1/4 (24.0 of up to 100 epochs) and all (7.0 of up to 30 epochs)." in said
    assert "may be one of time" in said


def test_a_larger_model_that_was_not_seen_is_named_only_where_the_table_has_one():
    larger = "data heedful takes a larger model"
    assert f"For four times the {larger}" in about_data(points([10, 16, 20], pairs=29_000))
    assert f"For twice the {larger}" in about_data(points([10, 16, 20], pairs=40_000))
    assert larger not in about_data(points([10, 16, 20], pairs=2_000_000))


def test_two_directions_are_told_apart():
    found = points([10, 16, 20], ways=(("zh", "en"), ("en", "zh")), pairs=3000)
    assert len(prospects_of(found)) == 2
    said = more_data(found, prospects_of(found))
    assert [line.split(":")[0] for line in said if "each doubling" in line] == ["zh → en", "en → zh"]
    assert sum("How:" in line for line in said) == 1
    # Each pair counts twice: 6,000 pairs both ways are 12,000 of the table.
    assert "For twice the data heedful takes a larger model" in " ".join(said)
    assert "For four times the data heedful takes a larger model" in about_data(points([10, 16, 20], pairs=3000))


def test_overfitting_is_said_with_when_how_much_and_what_to_do():
    said = about_fit(dev=TURNED, scores=EARLY)
    assert "It overfits: it went on learning its own sentences while new ones became harder for it." in said
    assert "Dev loss was lowest after 50% of the training and ended 25% higher." in said
    assert "The best dev BLEU came after 50%; those weights were kept, so only time was lost: about 20 epochs" in said
    assert "What helps is more data; where there is none, a shorter training." in said
    assert "came after 100% all the same" in about_fit(dev=TURNED)


def test_a_fit_is_said_in_choices_and_in_losses():
    said = about_fit(gap=0.3)
    assert "as unsure of the next token as among 6.0 equally likely ones in sentences it learned from" in said
    assert "as among 8.2 in those of dev, which are new to it (loss 1.80 and 2.10 nats a token)" in said
    assert "No sign of overfitting" in said
    assert "Its last look at dev was its best: a longer training may bring more." in said
    assert "Dev loss lay 0.20 nats a character above training loss with 1/2 of the data and lies 0.07 above it" in said
    assert "more data brings the two together" in said
    assert "more data does not bring the two together" in about_fit(gap=0.9)
    assert "gap" not in said


def test_nothing_has_the_sign_of_a_loss_that_is_none():
    assert "-0." not in about_fit(gap=-0.001, first_gap=-0.001)
    flat = about_data(points([30.0, 29.98, 29.99]))
    assert "each doubling brought +0.0, +0.0 BLEU" in flat
    assert "-0.0" not in about_data(points([0.01, 0.0, 0.0, 0.0], half=0.0))


def test_the_other_verdicts():
    assert "More data would make new sentences as easy for it" in about_fit(gap=0.6)
    assert "train longer before you collect more data" in about_fit(gap=0.01)
    early = about_fit(scores=EARLY)
    assert "Its best dev BLEU came after 50% of the training: about 20 epochs would have been enough." in early
    assert "overfits" not in early
    found = points([10.0, 20.0])
    unclear = replace(found[1], overfitting=judge([], 1.9, 2.1))
    assert "too few looks at the dev set" in " ".join(overfitting([found[0], unclear]))


def test_smaller_sizes_that_overfit_are_named():
    bad, good = point(0, 3, 10.0, dev=TURNED), point(2, 3, 20.0)
    assert "Of the smaller sizes, 1/4 overfits." in overfitting([bad, point(1, 3, 15.0), good])
    both = [bad, point(1, 3, 15.0, dev=TURNED), good]
    assert "Of the smaller sizes, 1/4 and 1/2 overfit." in overfitting(both)
    assert not any("smaller sizes" in line for line in overfitting(points([1.0, 2.0, 3.0])))


def test_how_it_was_made_says_what_was_left_out_and_the_shares():
    options = TranslationOptions(out=Path("x"), minutes=10)
    kept, left_out = portions(700, options.budget())
    said = " ".join(how_made(CurvePlan(options, 700, kept, left_out, False)))
    assert "Left out: 1/16 (43 pairs) and 1/8 (87 pairs), because fewer than 100 pairs say nothing about more." in said
    assert "divided by the square roots of the pairs: 2.3 minutes for 1/4, 3.2 minutes for 1/2 and 4.5 minutes" in said
    free = " ".join(how_made(CurvePlan(replace(options, minutes=None), 700, [Portion(1, 700)], [], False)))
    assert "Left out" not in free
    assert "No budget was given: each size was trained until its dev score no longer grew." in free
    for budget, words in (({"steps": 90}, "40 steps for all"), ({"epochs": 9.0}, "epochs for 1/2")):
        asked = replace(options, minutes=None, **budget)
        kept, left_out = portions(700, asked.budget())
        assert words in " ".join(how_made(CurvePlan(asked, 700, kept, left_out, False)))
