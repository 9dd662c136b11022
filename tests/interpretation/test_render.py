"""The heat map in a terminal: every word and figure is there, wide characters too, and more weight is brighter."""

import io
import re

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from heedful.interpretation.attention_maps import AttentionMap
from heedful.interpretation.render import heat_map


def drawn(attention: AttentionMap, color: bool = False, width: int = 120) -> list[str]:
    out = io.StringIO()
    system = "truecolor" if color else None
    console = Console(file=out, width=width, color_system=system, force_terminal=color, highlight=False)
    console.print(heat_map(attention))
    return out.getvalue().rstrip("\n").split("\n")


WEIGHTS = np.array([[0.9, 0.06, 0.04], [0.0, 0.333, 0.667]])
CHINESE = AttentionMap(("我", "喜欢", "书"), ("I", "like"), WEIGHTS)


def test_words_stand_at_the_edges_and_figures_inside():
    head, first, second = drawn(CHINESE)
    assert head.split() == ["我", "喜欢", "书"]
    assert first.split() == ["I", "90", "6"]
    assert second.split() == ["like", "33", "67"]


def test_columns_are_aligned_also_with_wide_characters():
    lines = drawn(CHINESE)
    assert {cell_len(line) for line in lines} == {cell_len(lines[0])}
    middle = lines[0].index("喜欢")
    assert cell_len(lines[0][:middle]) <= cell_len(lines[1][: lines[1].index("6")]) <= cell_len(lines[0][:middle]) + 4


@pytest.mark.parametrize("n_tokens", [5, 25, 60])
def test_however_long_the_sentence_no_column_is_cut(n_tokens):
    source, target = ([f"{side}{i}" for i in range(n_tokens)] for side in ("source", "written"))
    lines = drawn(AttentionMap(tuple(source), tuple(target), np.eye(n_tokens)), width=80)
    assert max(map(cell_len, lines)) <= 80
    heads = [line.split() for line in lines if "source" in line]
    assert [word for head in heads for word in head] == source
    assert len(heads) == -(-n_tokens // len(heads[0]))
    assert " ".join(lines).split().count("100") == n_tokens


def brightness(line: str) -> list[int]:
    return [sum(map(int, found)) for found in re.findall(r"48;2;(\d+);(\d+);(\d+)", line)]


def test_more_weight_is_brighter():
    _, first, second = drawn(CHINESE, color=True)
    one, other = brightness(first), brightness(second)
    assert one[0] > one[1] > one[2]
    assert other[2] > other[1] > other[0]
    assert one[0] == max(one + other)


@pytest.mark.parametrize("weights", [np.zeros((1, 2)), np.array([[1.0, 0.0]])])
def test_extremes_can_be_drawn(weights):
    assert len(drawn(AttentionMap(("a", "b"), ("x",), weights))) == 2


def test_words_that_look_like_markup_stay_as_they_are():
    lines = drawn(AttentionMap(("[bold]", "b"), ("[/]",), np.array([[0.5, 0.5]])))
    assert "[bold]" in lines[0]
    assert "[/]" in lines[1]


def test_a_map_without_a_target_is_a_head():
    assert len(drawn(AttentionMap(("a",), (), np.zeros((0, 1))))) == 1
