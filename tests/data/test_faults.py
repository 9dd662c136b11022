"""Each fault in a pair made to have it, and none in a good one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.data.faults import EXCERPT, excerpt, pair_faults

GOOD = ("Die Katze schläft, und es geht ihr gut.", "我们的猫睡着了。")


def kinds(source: str, target: str) -> list[tuple[str, str]]:
    return [(fault.kind, fault.side) for fault in pair_faults(source, target, 50)]


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (*GOOD, []),
        ("", "text", [("empty", "source")]),
        ("text", " \u3000\t", [("empty", "target")]),
        ("", "", [("empty", "source")]),
        ("Hello  there", "Hello there", [("identical", "source"), ("spaces", "source")]),
        ("ja", "one two three four five six seven eight nine ten", [("ratio", "target")]),
        ("ja", "one two three four five six seven eight nine", []),
        ("一二三四五六七八九十", "ten", [("ratio", "source")]),
        ("a " * 50 + "a", "b " * 50 + "b", [("long", "source"), ("long", "target")]),
        ("a\x07b", "c", [("control", "source")]),
        ("a", "b\u2028c", [("control", "target")]),
        ("a\x85b", "c", [("control", "source")]),
        ("a\u202eb", "c", [("bidi", "source")]),
        ("a", "b\u200f", [("bidi", "target")]),
        ("schÃ¶n", "beautiful", [("mojibake", "source")]),
        ("donâ€™t", "nicht", [("mojibake", "source")]),
        ("bad \ufffd", "gut", [("mojibake", "source")]),
        ("Ãos", "SÃO Paulo", []),
        ("e\u0301te\u0301", "summer", [("unnormalised", "source")]),
        ("a", "b\tc", [("spaces", "target")]),
        ("a", " b", [("spaces", "target")]),
        ("a", "b ", [("spaces", "target")]),
        ("Zeile\u00a0eins", "line one", []),
    ],
)
def test_faults(source: str, target: str, expected: list[tuple[str, str]]) -> None:
    assert kinds(source, target) == expected


@given(st.text(st.sampled_from(list("ab 我\n\x07\x85\u2028\u202e\u200f\ufeff")), max_size=200), st.integers(0, 199))
def test_excerpts_are_short_and_printable(text: str, around: int) -> None:
    part = excerpt(text, around)
    assert not set(part) & set("\n\r\0\x07\x85\u2028\u202e\u200f")
    assert part.count("<U+") * 9 + EXCERPT + 2 >= len(part)


def test_excerpt_shows_the_place() -> None:
    assert excerpt("x" * 100 + "\x07" + "y" * 100, 100) == "…" + "x" * 30 + "<U+0007>" + "y" * 29 + "…"
    assert excerpt("short") == "short"
