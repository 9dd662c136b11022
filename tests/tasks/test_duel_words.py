from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from heedful.evaluation.breakdown import Group
from heedful.evaluation.significance import Comparison
from heedful.evaluation.translation import Figure, Scores
from heedful.interpretation.attention_maps import AttentionMap
from heedful.tasks.duel_point import Contestant, Growth, Look
from heedful.tasks.duel_words import order, rate, verdicts
from heedful.tasks.recall import Recall


def figure(score):
    return Figure(score, score - 1, score + 1, "sig")


def groups(*scores):
    bounds = [(1, 9), (10, 19), (20, None)]
    names = ["1 to 9 words", "10 to 19 words", "20 words or more"]
    return tuple(
        Group(name, 40, figure(score), figure(score), limits)
        for name, limits, score in zip(names, bounds, scores, strict=True)
    )


def against(parts, *differences):
    """The same groups, each so much better than the champion, give or take 1."""
    compared = [Comparison(each, each - 1, each + 1, 0.001, 0.0) for each in differences]
    return tuple(replace(group, against={"bleu": each}) for group, each in zip(parts, compared, strict=True))


def contestant(name, bleu, comparison=None, by_length=(30.0, 30.0, 30.0), learning=(20, 20, 20, 20), reach=63):
    """One that was trained for two minutes, with a score, its growth and nothing else of interest."""
    growth = Growth((8, 16), (5000.0, 6000.0), (8, 16, 32, 64), learning, learning, reach)
    scores = Scores(figure(bleu), figure(bleu), figure(bleu), figure(bleu))
    return Contestant(
        name=name,
        path=Path("runs") / name,
        parameters=1_500_000,
        flops=2e14,
        steps=1234,
        seconds=120.0,
        tokens=1_200_000,
        looks=(Look(60.0, 600_000, bleu / 2), Look(120.0, 1_200_000, bleu)),
        scores=scores,
        by_seed=(bleu,),
        comparison=comparison,
        by_length=groups(*by_length),
        decoding_seconds=2.0,
        sentences=100,
        growth=growth,
        recall=Recall((4, 20), (1.0, 0.255), (0, 19), (1.0, 0.5)),
        attention=None,
        shown="eine <Übersetzung>",
    )


WORSE = Comparison(-10.04, -11.5, -8.5, 0.001, 0.0)
EVEN = Comparison(0.1, -0.5, 0.7, 0.7, 0.6)
RNN = contestant("rnn", 20.0, WORSE, (28.0, 20.0, 12.0), (16, 32, 64, 128))
RNN = replace(RNN, by_length=against(RNN.by_length, -2.0, -10.0, -18.0))
ATTENDING = contestant("rnn-attention", 30.1, EVEN, (30.0, 30.0, 30.0), (17, 33, 65, 129))
CONV = contestant("conv", 29.0, WORSE, reach=4)
TRANSFORMER = replace(
    contestant("transformer", 30.0), attention=AttentionMap(("a", "b"), ("c",), np.array([[0.25, 0.75]]))
)
ALL = order([TRANSFORMER, RNN, ATTENDING, CONV])


def test_the_best_stands_first():
    assert [each.name for each in ALL] == ["rnn-attention", "transformer", "conv", "rnn"]


@pytest.mark.parametrize(
    "said",
    [
        "BLEU of the test text: RNN + attention 30.1, Transformer 30.0, CNN 29.0, RNN 20.0.",
        "RNN is worse than Transformer by 10.04 BLEU (95% interval -11.50 to -8.50, p = 0.001).",
        (
            "RNN + attention and Transformer: no difference that these sentences can show (95% interval -0.50 to "
            "0.70, p = 0.700)."
        ),
        "Each was trained once: the intervals tell what other sentences would do, not other seeds.",
        (
            "In long sentences RNN does worse against Transformer: -2.0 BLEU (-3.0 to -1.0) in those of 1 to 9 "
            "words, -18.0 BLEU (-19.0 to -17.0) in those of 20 words or more."
        ),
        (
            "Training, tokens a second: RNN + attention 10,000, Transformer 10,000, CNN 10,000, RNN 10,000. "
            "Translating, sentences a second: RNN + attention 50, Transformer 50, CNN 50, RNN 50."
        ),
        (
            "The longest chain of products that must wait for each other in training: of Transformer and CNN it "
            "does not grow with the sentence; of RNN + attention and RNN it grows in proportion to it. In its "
            "encoder a token of the CNN sees 4 tokens to each side."
        ),
        (
            "Random symbols copied by small models of each family: RNN + attention 100% of 4 and 26% of 20; "
            "Transformer 100% of 4 and 26% of 20; CNN 100% of 4 and 26% of 20; RNN 100% of 4 and 26% of 20."
        ),
    ],
)
def test_what_is_said(said):
    assert said in verdicts(ALL, "the test text")


def test_that_nothing_was_learned_is_said_before_anything_is_compared():
    low = [contestant("transformer", 1.9), replace(RNN, scores=contestant("rnn", 0.2).scores)]
    assert verdicts(low, "dev")[1].startswith("None reaches 2 BLEU: they have hardly begun to learn, and what follows")
    assert not any("hardly begun" in line for line in verdicts([contestant("transformer", 2.0), RNN], "dev"))


def test_what_seeds_did_is_said():
    each = [replace(TRANSFORMER, by_seed=(29.0, 31.04, 30.0)), replace(RNN, by_seed=(20.0, 19.0, 21.0))]
    said = "scored together; one by one: Transformer 29.0 to 31.0, RNN 19.0 to 21.0. The"
    assert any("trained with 3 seeds" in line and said in line for line in verdicts(each, "dev"))


def test_what_length_does_is_said_only_where_intervals_lie_apart():
    def said(*differences):
        each = replace(RNN, by_length=against(RNN.by_length, *differences))
        return [line for line in verdicts([TRANSFORMER, each], "dev") if line.startswith("In long sentences")]

    assert said(-2.0, -2.0, -3.9) == []
    assert "does better against Transformer: -18.0 BLEU" in said(-18.0, -9.0, 1.0)[0]
    few = replace(RNN, by_length=tuple(replace(group, against={}) for group in RNN.by_length))
    assert not any(line.startswith("In long") for line in verdicts([TRANSFORMER, few], "dev"))


def test_who_is_better_than_the_champion_is_said_to_be():
    better = replace(ATTENDING, comparison=Comparison(2.0, 1.0, 3.0, 0.001, 1.0))
    said = "RNN + attention is better than Transformer by 2.00 BLEU (95% interval 1.00 to 3.00, p = 0.001)."
    assert said in verdicts([better, TRANSFORMER], "dev")


@pytest.mark.parametrize(
    ("per_second", "said"),
    [(1234.4, "1,234"), (50, "50"), (9.96, "10"), (9.94, "9.9"), (0.321, "0.32"), (0.004, "0.004")],
)
def test_nothing_is_as_slow_as_nothing(per_second, said):
    assert rate(per_second) == said
