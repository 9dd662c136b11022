"""The tables of an evaluation: every number that was found, and what it means, whatever the names hold."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from heedful.cli.figures import show_comparison, show_groups, show_scores
from heedful.evaluation.breakdown import Group
from heedful.evaluation.significance import Comparison
from heedful.evaluation.translation import Figure, Scores, Tally
from heedful.tasks.comparison import Against
from heedful.tasks.evidence import Evaluated
from heedful.tasks.grouping import Groups

FIGURES = [Figure(10.0 + number, 9.0 + number, 11.5 + number, f"signature-{number}") for number in range(4)]
TALLY = Tally({"bleu": np.zeros((1234, 10))}, "en")
FOUND = Evaluated(Scores(*FIGURES), ("zh", "en"), 1234, 5.0, 678.0, [], TALLY)


def shown(show, *values, width=160):
    stream = io.StringIO()
    show(*values, Console(file=stream, width=width, highlight=False))
    return [line.rstrip() for line in stream.getvalue().split("\n")]


def row(lines, start):
    (line,) = [line for line in lines if line.startswith(start)]
    return line[len(start) :].split()


def test_scores_have_their_interval_and_signature():
    lines = shown(show_scores, FOUND)
    assert lines[1].split() == ["BLEU", "cased", "10.00", "9.0", "–", "11.5"]
    assert lines[4].split() == ["TER", "lower", "is", "better", "13.00", "12.0", "–", "14.5"]
    assert lines[lines.index("BLEU cased") + 1] == "signature-0"
    assert lines[lines.index("TER lower is better") + 1] == "signature-3"
    assert "1,234 sentences zh → en in 5.0 s, 678 tokens/s" in lines
    assert "as a rule of thumb: hard to follow" in lines


@pytest.mark.parametrize(("sign", "bleu", "ter"), [(1, "A[b]", "[/]C"), (-1, "[/]C", "A[b]")])
def test_a_comparison_names_the_better_one(sign, bleu, ter):
    ends = sorted((sign * 0.5, sign * 2.5))
    clear, unclear = Comparison(sign * 1.5, *ends, 0.004, 1.0), Comparison(-0.004, -0.96, 0.95, 0.5, 0.5)
    comparisons = {"bleu": clear, "bleu_lowercase": unclear, "chrf": clear, "ter": clear}
    against = Against("A[b]", "[/]C", Scores(*FIGURES[::-1]), comparisons, TALLY)
    lines = shown(show_comparison, FOUND, against)
    numbers = [f"{sign * 1.5:+.2f}", f"({ends[0]:.2f}–{ends[1]:.2f})", "0.004"]
    assert lines[1].split() == ["figure", "A[b]", "[/]C", "difference", "p-value", "better"]
    assert row(lines, "BLEU cased") == ["10.00", "13.00", *numbers, bleu]
    assert row(lines, "BLEU lower-cased") == ["11.00", "12.00", "-0.004", "(-0.960–0.950)", "0.500", "not", "clear"]
    assert row(lines, "TER lower is better") == ["13.00", "10.00", *numbers, ter]
    assert against.verdict in lines
    assert "better: where p is below 0.05 and the interval lies on one side of 0, both" in lines


LONG = Group("9 words or more", 1200, FIGURES[0], FIGURES[2], (9, None), {"bleu": Comparison(-0.04, -3, 2, 0.9, 0.4)})
SHORT = Group("1 to 8 words", 9, None, None, (1, 8))


def test_groups_have_a_line_each():
    lines = shown(show_groups, Groups("words", (SHORT, LONG), (LONG,), (LONG,), "", 0), "run[x]")
    titles = ("length of the source", "how often training read the rarest word", "what training read of the source")
    assert [sum(line.startswith(title) for line in lines) for title in titles] == [1, 1, 1]
    assert row(lines, "1 to 8 words") == ["9", "too", "few"]
    assert "too few: under 10 sentences say nothing" in lines
    rows = [line.split() for line in lines if line.startswith("9 words or more")]
    figures = ["1,200", "10.0", "(9.0–11.5)", "12.0", "(11.0–13.5)", "-0.04", "(-3.00–2.00)"]
    assert [row[4:] for row in rows] == [figures] * 3
    assert "BLEU against run[x]" in lines[2]


def test_a_table_that_would_say_nothing_is_a_line():
    lines = shown(show_groups, Groups("words", (LONG,), (SHORT,), (), "", 0), None)
    assert [line for line in lines if "rarest" in line] == [
        "how often training read the rarest word: left out, no part of the text has 10 sentences"
    ]
    assert not any("too few" in line for line in lines)
    lines = shown(show_groups, Groups("words", (SHORT,), (), (), "", 0), None)
    assert [line for line in lines if line] == ["length of the source: left out, no part of the text has 10 sentences"]


def test_a_narrow_window_cuts_no_signature():
    signature = "nrefs:1|bs:1000|seed:12345|case:lc|tok:tercom|norm:no|punct:yes|asian:no|version:2.6.0"
    scores = replace(FOUND.scores, ter=replace(FOUND.scores.ter, signature=signature))
    lines = shown(show_scores, replace(FOUND, scores=scores, sentences=1), width=80)
    assert lines[lines.index("TER lower is better") + 1] == signature
    assert max(len(line) for line in lines if line != signature) <= 80
    assert "1 sentence zh → en in 5.0 s, 678 tokens/s" in lines


@pytest.mark.parametrize("rival", [None, "experiments/a-long-name"])
def test_a_narrow_window_cuts_nothing(rival):
    both = {"bleu": Comparison(-0.4, -3, 2, 0.9, 0.4), "chrf": Comparison(1.5, 0.5, 2.5, 0.9, 0.4)}
    long = replace(LONG, against=both if rival else {})
    lines = shown(show_groups, Groups("words", (SHORT, long), (), (), "", 0), rival, width=80)
    assert max(map(len, lines)) <= 80
    words = " ".join(lines).split()
    assert {"(9.0–11.5)", "(11.0–13.5)", *(("(-3.0–2.0)", "(0.5–2.5)") if rival else ())} <= set(words)
    names = ("a-name-of-twenty-one", "another-name-as-long-")
    against = Against(*names, Scores(*FIGURES), dict.fromkeys(vars(FOUND.scores), both["chrf"]), TALLY)
    lines = shown(show_comparison, FOUND, against, width=80)
    table = lines[1 : lines.index(against.verdict)]
    assert max(map(len, table)) <= 80
    assert not any("…" in line for line in table)
    assert any(line.startswith("BLEU cased ") for line in table)


def test_what_is_left_out_is_said():
    lines = shown(show_groups, Groups("characters", (LONG,), (), (), "it is [gone]", 1234), None)
    assert "by the rarest character and by what training read: left out, it is [gone]" in lines
    assert "lines without text, in no group: 1,234" in lines
    assert not any("too few" in line or "against" in line or "how often" in line for line in lines)
