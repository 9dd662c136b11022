"""The page of a curve: well-formed, self-contained, with every figure and a way to each run."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from heedful.tasks.curve_page import curve_page
from heedful.tasks.curve_words import more_data, overfitting, prospects_of
from tests.tasks.curves import points

VOID = {"meta", "br"}


class Reader(HTMLParser):
    """Checks that every element is closed in order, and keeps the words."""

    def __init__(self):
        super().__init__()
        self.open, self.words, self.links = [], [], []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words.append(data.strip())


def page_of(found):
    prospects = prospects_of(found)
    words = {"more data": more_data(found, prospects), "overfitting": overfitting(found), "made": ["<by> hand"]}
    return curve_page(found, prospects, words), words


def read(page):
    reader = Reader()
    reader.feed(page)
    assert reader.open == []
    return reader


def test_the_page_says_every_figure_and_leads_to_every_run():
    found = points([12.9, 19.4, 26.3, 31.8, 36.1])
    page, words = page_of(found)
    reader = read(page)
    assert reader.links == [f"{name}/report.html" for name in ("1-16", "1-8", "1-4", "1-2", "all")]
    for sentences in words.values():
        assert set(sentences) <= set(reader.words)
    for item in found:
        assert {item.name, f"{item.pairs:,}", f"{item.scores[0].bleu.score:.1f}"} <= set(reader.words)
    assert "<by> hand" not in page


def test_it_loads_nothing():
    page, _ = page_of(points([10, 16, 20]))
    assert "default-src 'none'" in page
    assert not re.search(r"https?://|<script|@import|url\(", page)


def charts(page):
    return [ET.fromstring(svg) for svg in re.findall(r'<svg class="chart".*?</svg>', page)]


def test_each_direction_has_a_picture_with_the_ends_of_its_forecast():
    found = points([10, 16, 20], ways=(("zh", "en"), ("en", "zh")))
    prospects = prospects_of(found)
    forth, back, losses = charts(page_of(found)[0])
    twice, four_times = prospects[0].curve.forecasts
    assert forth.get("aria-label") == (
        f"BLEU zh → en over pairs: measured from 10 to 20; high from 20 to {four_times.high:.1f}; "
        f"low from 20 to {four_times.low:.1f}"
    )
    assert back.get("aria-label").startswith("BLEU en → zh")
    assert losses.get("aria-label") == "Loss over pairs: train from 1.90 to 1.90; dev from 2.10 to 2.10"
    # Three sizes were measured, two are forecast: each stands at the axis with its number of pairs.
    ticks = [item for item in forth.iter("text") if item.get("class") == "tick" and item.get("text-anchor") == "middle"]
    assert [item.text for item in ticks] == ["7,250", "14.5k", "29k", "58k", "116k"]
    places = [float(item.get("x")) for item in ticks]
    assert [after - before for before, after in pairwise(places)] == pytest.approx([74, 74, 74, 74], abs=0.2)


def test_two_sizes_have_a_picture_without_a_forecast():
    (bleu, _) = charts(page_of(points([10, 16]))[0])
    assert bleu.get("aria-label") == "BLEU en → de over pairs: measured from 10 to 16"
