import math
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.run.charts import Dot, Series, dot_chart, escape, heat_map, line_chart, number, ticks
from tests.run.sample import NASTY


def words(svg):
    return ["".join(item.itertext()) for item in ET.fromstring(svg).iter("text")]


def test_text_is_inert_and_what_cannot_be_seen_is_shown():
    assert escape("<b a=\"1\" c='2'>&") == "&lt;b a=&quot;1&quot; c=&#x27;2&#x27;&gt;&amp;"
    assert escape("\x00\x1b\x7f\u202e\u2066\ud800") == "␀␛" + 4 * "\ufffd"
    assert escape("你好 مرحبا 😀\n") == "你好 مرحبا 😀\n"
    assert escape(12) == "12"


def test_a_chart_is_well_formed_and_says_what_it_shows():
    svg = line_chart(
        [Series("train", [0, 1, 2], [9, 4, 2.5]), Series("dev", [1, 2], [5, 3], marks=True)], "Loss", "minutes"
    )
    root = ET.fromstring(svg)
    assert root.get("role") == "img"
    assert root.get("aria-label") == "Loss over minutes: train from 9 to 2.50; dev from 5 to 3"
    assert {"train2.50", "dev3", "minutes"} <= set(words(svg))
    assert len(root.findall("circle")) == 2
    assert root.findall("circle")[0].find("title").text == "1 minutes: 5"


def points(svg, index=0):
    path = next(item for item in ET.fromstring(svg).iter("path") if item.get("class") == f"line s{index}")
    return [tuple(map(float, pair.split())) for pair in path.get("d")[1:].split("L")]


def test_points_stand_where_the_axes_say():
    svg = line_chart([Series("a", [0, 5, 10], [0, 50, 100]), Series("b", [0, 10], [100, 0])], "Title", "steps")
    (x0, y0), (x1, y1), (x2, y2) = points(svg)
    assert (x1 - x0, y0 - y1) == pytest.approx((x2 - x1, y1 - y2), abs=0.1)
    levels = {item.text: float(item.get("y")) - 4 for item in ET.fromstring(svg).iter("text") if item.text == "100"}
    assert levels["100"] == pytest.approx(y2, abs=0.2)


def test_the_axis_holds_every_point_the_steep_beginning_too():
    xs = list(range(101))
    svg = line_chart(
        [Series("a", xs, [9.2, 8.1] + [4 - x / 50 for x in xs[2:]]), Series("b", xs, [3.0] * 101)], "t", "s"
    )
    (_, first), (_, second), (_, third) = points(svg)[:3]
    assert first < second < third
    assert "10" in words(svg)


def test_sizes_make_a_logarithmic_axis_with_these_numbers_at_it():
    svg = line_chart([Series("a", [1812, 7250, 29_000], [1, 2, 3])], "t", "pairs", sizes=[1812, 7250, 29_000])
    (x0, _), (x1, _), (x2, _) = points(svg)
    assert x1 - x0 == pytest.approx(x2 - x1, abs=0.2)
    assert {"1,812", "7,250", "29k", "pairs"} <= set(words(svg))


def test_a_single_line_is_filled_from_zero():
    svg = line_chart([Series("speed", [0, 1], [90, 91])], "Speed", "s")
    assert "0" in words(svg)
    assert 'class="area s0"' in svg


def circles(svg):
    found = [item for item in ET.fromstring(svg).iter("circle") if item.get("class").startswith("best")]
    return [(item.get("class"), item.find("title").text) for item in found]


@pytest.mark.parametrize(("best", "value"), [("high", "best 9"), ("low", "best 1")])
def test_the_best_point_of_every_series_of_marks_has_an_open_circle(best, value):
    svg = line_chart([Series("a", [0, 1, 2, 3], [2, 9, 1, 3], marks=True), Series("b", [0, 1], [5, 6])], "t", "s", best)
    assert value in words(svg)
    assert circles(svg) == [("best s0", value.replace(" ", ": "))]


def test_the_best_point_has_its_circle_where_it_is_the_last_and_no_second_label():
    svg = line_chart(
        [Series("a", [0, 1], [4, 5], marks=True), Series("b", [0, 1], [2, 6], marks=True)], "t", "s", "high"
    )
    assert circles(svg) == [("best s0", "best: 5"), ("best s1", "best: 6")]
    assert not any("best" in word for word in words(svg) if "title" not in word)


def test_best_values_are_written_where_they_have_room_and_not_over_each_other():
    def best(*peaks):
        series = [Series(str(y), [0, 5, x, 10], [0, 1, y, 2], marks=True) for x, y in peaks]
        svg = line_chart(series, "t", "s", "high")
        return len(circles(svg)), sorted(word for word in words(svg) if word.startswith("best "))

    assert best((6, 30), (9, 10)) == (2, ["best 10", "best 30"])
    assert best((6, 30), (6.5, 29.9)) == (2, [])


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9, allow_subnormal=False), min_size=1, max_size=250))
def test_any_values_make_a_well_formed_chart(values):
    svg = line_chart([Series("a", [float(i) for i in range(len(values))], values, marks=True)], "t", "s", "high")
    for x, y in points(svg):
        assert 0 <= x <= 420
        assert 0 <= y <= 232
    assert len(points(svg)) <= 240


def test_long_series_are_thinned_and_keep_their_end():
    svg = line_chart([Series("a", list(range(10_000)), [float(i) for i in range(10_000)])], "t", "s")
    assert len(points(svg)) == 240
    assert "a10,000" in words(svg) or "a9,999" in words(svg)
    assert len(svg) < 8000


@settings(max_examples=60, deadline=None)
@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6), st.integers(2, 6))
def test_ticks_are_round_and_cover_the_range(low, span, n_ticks):
    found = ticks(low, low + span, n_ticks)
    steps = np.diff(found)
    assert 2 <= len(found) <= n_ticks + 3
    assert found[0] <= low + 1e-6 * steps[0] + 1e-9
    assert found[-1] >= low + span - 1e-6 * steps[0] - 1e-9
    mantissa = steps[0] / 10 ** math.floor(math.log10(steps[0]) + 1e-6)
    assert min(abs(mantissa - round_one) for round_one in (1, 2, 5, 10)) < 1e-3


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (2, "2"), (2.314, "2.31"), (36.42, "36.4"), (0.002, "0.002"), (2.4e-6, "2e-6"), (950.4, "950"),
     (4096, "4,096"), (24_500, "24.5k"), (1_230_000, "1.23M"), (-3.5, "-3.50")],
)  # fmt: skip
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_a_heat_map_has_a_cell_for_each_pair_and_all_its_words():
    weights = np.array([[0.9, 0.05, 0.001], [0.1, 0.2, 0.7]])
    svg = heat_map(["我", "喜欢", "你"], ["▁I", "like"], weights, "zh → en")
    root = ET.fromstring(svg)
    cells = list(root.iter("rect"))
    assert [cell.find("title").text for cell in cells[:2]] == ["I ← 我: 0.90", "I ← 喜欢: 0.05"]
    assert len(cells) == 6
    assert [cell.get("class") for cell in cells] == [None, None, "none", None, None, None]
    strengths = [float(cell.get("fill-opacity", 0)) for cell in cells]
    assert np.argsort(strengths).tolist() == np.argsort(weights.ravel()).tolist()
    assert set(words(svg)) == {"我", "喜欢", "你", "I", "like"}
    assert root.get("aria-label") == "zh → en: I looks most at 我, like looks most at 你"
    for cell in cells:
        assert float(cell.get("x")) + 24 <= float(root.get("width"))
        assert float(cell.get("y")) + 24 <= float(root.get("height"))


@pytest.mark.parametrize(("n_pieces", "least"), [(5, 13), (25, 13), (60, 10)])
def test_a_page_holds_a_map_of_a_long_sentence_and_its_words_are_legible(n_pieces, least):
    pieces = ["sentence", "of", "words", "a"] * 15
    root = ET.fromstring(heat_map(pieces[:n_pieces], pieces[:n_pieces], np.ones((n_pieces, n_pieces)) / 9, ""))
    assert float(root.get("width")) <= 984  # 1080 pixels of the page, less its margins and those of a card
    assert float(root.get("font-size")) >= least


def test_the_heads_of_columns_stand_as_their_script_wants():
    weights = np.ones((1, 2)) / 2
    assert "tspan" not in heat_map(["我", "你"], ["x"], weights, "")
    assert heat_map(["喜欢", "你"], ["x"], weights, "").count("<tspan") == 3
    assert heat_map(["sentence", "你"], ["x"], weights, "").count("rotate(-45") == 2


def test_strange_maps_do_not_break_the_page():
    empty = heat_map([], [], np.zeros((0, 0)), "")
    assert ET.fromstring(empty).tag == "svg"
    odd = heat_map([NASTY, ""], ["x" * 99], np.array([[np.nan, 2.0]]), NASTY)
    assert ET.fromstring(odd).find("script") is None
    assert "x" * 15 + "…" in words(odd)
    many = heat_map(["a"] * 100, ["b"] * 90, np.full((90, 100), 0.01), "")
    assert many.count("<rect") == 3600
    with pytest.raises(AssertionError, match=r"expected \(1, 2\): got \(2, 1\)"):
        heat_map(["a", "b"], ["c"], np.ones((2, 1)), "")


def test_dots_stand_where_the_axes_say_with_their_intervals():
    svg = dot_chart([Dot("a", 50, 30, 20, 40), Dot("b <fast>", 100, 10, 0, 20)], "Quality", "sentences/s")
    root = ET.fromstring(svg)
    (x0, y0), (x1, y1) = [(float(item.get("cx")), float(item.get("cy"))) for item in root.findall("circle")]
    across = {item.text: float(item.get("x")) for item in root.iter("text")}
    assert (across["100"], across["60"] - across["40"]) == (x1, pytest.approx((x1 - across["0"]) / 5, abs=0.2))
    assert x0 == pytest.approx((across["0"] + x1) / 2, abs=0.1)
    heights = {item.text: float(item.get("y")) - 4 for item in root.iter("text") if item.get("text-anchor") == "end"}
    assert (y0, y1) == pytest.approx((heights["30"], heights["10"]), abs=0.2)
    spans = [item.get("d").split(" ")[1].split("V") for item in root.iter("path") if "line" in item.get("class")]
    assert [tuple(map(float, span)) for span in spans] == [
        pytest.approx((heights["20"], heights["40"]), abs=0.2),
        pytest.approx((heights["0"], heights["20"]), abs=0.2),
    ]
    assert root.get("aria-label") == "Quality, over sentences/s: a 30 at 50; b <fast> 10 at 100"


def test_a_single_dot_at_zero_is_drawn():
    assert ET.fromstring(dot_chart([Dot("a", 0, 0, 0, 0)], "t", "s")).find("circle") is not None


def test_names_of_dots_that_are_one_are_read_one_below_the_other():
    same = [Dot(name, 10, 30, 20, 40) for name in ("run", "run-bfloat16", "a" * 200)]
    texts = [text for text in ET.fromstring(dot_chart(same, "t", "s")).iter("text") if "end" in text.get("class")]
    first, second, third = (float(text.get("y")) for text in texts)
    assert second - first == third - second == 13
    assert [text.text for text in texts] == ["run", "run-bfloat16", "a" * 23 + "…"]
    assert [found.text[:4] for found in ET.fromstring(dot_chart(same, "t", "s")).iter("title")][2] == "aaaa"
