"""Figures of a contest with times that are easy to work out."""

import io
from dataclasses import replace
from xml.etree import ElementTree as ET

import pytest
from rich.console import Console

from bench import peers
from bench.floor import useful_flops
from bench.rivals import Setting, Turn
from bench.standing import Entry, Row, Text, chart, comparison, finalists, ratios, settings_in_words, standing, table

OURS = Setting("heedful int8", "2 hands", "heedful", "int8", {})
FAST = Setting("CTranslate2 int8", "2 of 1", "CTranslate2", "int8", {})
EXACT = Setting("CTranslate2 float32", "2 of 1", "CTranslate2", "float32", {})
ANSWERS = [[5, 6], [7], [8, 9, 4], [5]]


def entry(setting, seconds, width=5, rows=0, answers=ANSWERS, alone=False):
    turns = [Turn(each if alone else [each], answers) for each in seconds]
    return Entry(setting, width, alone, rows, trial=1.0, turns=turns)


def text(bleu=None):
    peaks = {"float32": 1e8, "bfloat16": 2e8, "int8": 4e8}
    return Text(peers.small(), [3, 2, 4, 2], 1, bleu, peaks, cores=2)


ENTRIES = [
    entry(OURS, [1.0, 2.0, 4.0]),
    entry(OURS, [[0.001, 0.002, 0.009], [0.003, 0.004, 0.005], [0.002, 0.002, 0.002]], alone=True),
    entry(FAST, [3.0, 3.0, 3.0], rows=64),
    entry(FAST, [2.5, 8.0, 8.0], rows=16, answers=[[5, 6], [7], [8, 9, 4], [6]]),
    entry(FAST, [[0.004] * 3, [0.002] * 3, [0.004] * 3], alone=True),
    entry(EXACT, [6.0, 6.0, 2.0], rows=32),
]
MEMORY = {OURS.key: 300, FAST.key: 100, EXACT.key: 200}


def test_a_ratio_is_to_the_best_of_the_same_round():
    # The best of the rival: 2.5 (its second setting), 3, and 2 in float32.
    found = ratios(ENTRIES[0], ENTRIES)
    assert found["CTranslate2"] == pytest.approx(sorted([2.5 / 1, 3 / 2, 2 / 4])[1])
    assert found["CTranslate2 int8"] == pytest.approx(sorted([2.5 / 1, 3 / 2, 3 / 4])[1])
    assert found["CTranslate2 float32"] == pytest.approx(sorted([6 / 1, 6 / 2, 2 / 4])[1])
    assert ratios(ENTRIES[2], ENTRIES)["CTranslate2"] == pytest.approx(sorted([2.5 / 3, 3 / 3, 2 / 3])[1])
    # Medians of sentences: 2, 4, 2 ms against 4, 2, 4; in float32 nobody takes part.
    assert ratios(ENTRIES[1], ENTRIES) == pytest.approx({"CTranslate2": 2.0, "CTranslate2 int8": 2.0})
    assert ratios(ENTRIES[0], ENTRIES[:2]) == {}


def test_a_row_quotes_the_best_setting():
    ours, fast, exact = standing(ENTRIES, text(lambda answers: float(len(answers))), MEMORY)
    assert (fast.system, fast.setting, fast.alone) == ("CTranslate2 int8", "2 of 1, batches of 64", "2 of 1")
    assert fast.sentences == pytest.approx(4 / 3)
    assert fast.tokens == pytest.approx((7 + 4) / 3)  # each answer has an end
    assert (fast.p50, fast.memory, fast.bleu) == (pytest.approx(0.004), 100, 4.0)
    assert ours.sentences == pytest.approx(4 / 2)
    assert ours.floor == pytest.approx(useful_flops(peers.small(), 5, 11, 11) / 2.0 / (4e8 * 2))
    assert (exact.alone, exact.p50, exact.p95, exact.alone_ratios) == (None, None, None, {})


def test_percentiles_are_of_all_sentences_of_all_rounds():
    ours = standing(ENTRIES, text(), MEMORY)[0]
    assert ours.p50 == pytest.approx(0.002)
    assert 0.005 < ours.p95 < 0.009
    assert ours.bleu is None


def test_answers_are_compared_with_those_of_float32():
    other = entry(OURS, [1.0], answers=[[5, 6], [7], [1], [5]])
    rows = standing([other, entry(FAST, [1.0]), entry(EXACT, [1.0])], text(), MEMORY)
    assert [row.same for row in rows] == [0.75, 1.0, 1.0]
    assert standing([other], text(), MEMORY)[0].same == 1.0


def test_widths_are_apart():
    rows = standing([*ENTRIES, entry(OURS, [0.5] * 3, width=1)], text(), MEMORY)
    assert [(row.system, row.width) for row in rows][-1] == ("heedful int8", 1)
    assert (rows[-1].ratios, rows[-1].same) == ({}, 1.0)


def test_the_few_fastest_of_each_go_on():
    tried = [replace(entry(FAST, [], rows=rows), trial=trial) for rows, trial in ((16, 3.0), (32, 1.0), (64, 2.0))]
    tried += [replace(entry(FAST, [], alone=True), trial=9.0), replace(entry(FAST, [], width=1), trial=9.0)]
    assert [(e.rows, e.trial) for e in finalists(tried, 2)] == [(32, 1.0), (64, 2.0), (0, 9.0), (0, 9.0)]


ROW = Row(
    system="heedful int8",
    width=5,
    setting="2 hands",
    sentences=1234.5,
    tokens=20000.4,
    ratios={"CTranslate2": 1.5, "CTranslate2 int8": 1.5, "transformers float32": 9.0},
    floor=0.4,
    bleu=33.333,
    same=0.996,
    alone="2 hands",
    p50=0.0041,
    p95=0.008,
    alone_ratios={"CTranslate2": 1.25, "CTranslate2 int8": 1.25},
    memory=123_000_000,
)
REST = replace(
    ROW, system="transformers <b>", width=1, ratios={}, bleu=None, alone=None, p50=None, p95=None, alone_ratios={}
)


def printed(table):
    """The words of each line."""
    console = Console(width=160, record=True, file=io.StringIO())
    console.print(table)
    return [line.split() for line in console.export_text().splitlines()]


def test_the_table_says_it_all():
    lines = printed(table([ROW, REST]))
    assert ["beam", "5"] in lines
    assert ["greedy"] in lines
    figures = ["1,234", "20,000", "1.50x", "40.0%", "33.33", "99.6%", "4.10", "8.00", "1.25x", "123"]
    assert ["heedful", "int8", *figures] in lines
    assert ["transformers", "<b>", "1,234", "20,000", "-", "40.0%", "-", "99.6%", "-", "-", "-", "123"] in lines


def test_ours_are_compared_with_each_of_the_others():
    assert printed(comparison([ROW, REST])) == [
        "times as fast as CTranslate2 int8 transformers float32".split(),
        "heedful int8, beam 5 1.50 9.00".split(),
        "heedful int8, beam 5, alone 1.25 -".split(),
    ]


def test_settings_are_said():
    assert settings_in_words([ROW, REST]) == [
        "beam 5, heedful int8: 2 hands; alone 2 hands",
        "greedy, transformers <b>: 2 hands",
    ]


def test_the_chart_is_xml_with_a_bar_for_each():
    root = ET.fromstring(chart([ROW, replace(ROW, system="a & b", sentences=617.25), REST]))
    bars = [float(each.get("width")) for each in root.iter("{http://www.w3.org/2000/svg}rect")]
    assert bars == [300.0, 150.0, 300.0, 300.0, 300.0, 0.0]
    words = [each.text for each in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "a & b" in words
    assert "greedy, one at a time: ms" in words
