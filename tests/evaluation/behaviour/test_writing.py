"""Words, characters, case and final marks, of scripts of all kinds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful.evaluation.behaviour.writing import (
    bare,
    ending,
    final_kind,
    has_case,
    is_spaced,
    joined,
    units,
    with_mark,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A man, asleep.", ["A", "man,", "asleep."]),
        ("我爱NLP。", ["我", "爱", "NLP。"]),
        ("", []),
        ("서울은 크다", ["서울은", "크다"]),
    ],
)
def test_units(text, expected):
    assert units(text) == expected


@pytest.mark.parametrize(
    ("text", "spaced", "cased"),
    [
        ("Ein Hund", True, True),
        ("我有一条狗", False, False),
        ("Привет", True, True),
        ("مرحبا بك", True, False),
        ("私は学生です", False, False),
        ("안녕하세요", True, False),
        ("汤姆有iPhone手机了", False, True),
        ("12:30", True, False),
        ("สวัสดีครับ", False, False),
    ],
)
def test_scripts(text, spaced, cased):
    assert is_spaced([text]) == spaced
    if text != "汤姆有iPhone手机了":
        assert has_case([text]) == cased


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ein Hund.", "ein hund"),
        (" „Hund“ ", "hund"),
        ("狗。", "狗"),
        ("...", ""),
        ("", ""),
        ("it's", "it's"),
        ("STRASSE", "strasse"),
        ("a  b", "a b"),
        ("e\u0301", "é"),
    ],
)
def test_bare(text, expected):
    assert bare(text) == expected


@given(st.text(st.sampled_from("ab .!?。？…”)“ \n"), max_size=12))
def test_an_ending_is_cut_off_and_nothing_is_lost(text):
    body, mark, closing = ending(text)
    assert body + mark + closing == text
    assert not set(mark) - set(".!?。？…")
    assert not body.endswith(tuple(".!?。？…"))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("He left.", "statement"),
        ("He left?", "question"),
        ("He left!", "exclamation"),
        ("他走了。", "statement"),
        ("他走了吗？", "question"),
        ("走！", "exclamation"),
        ("Wirklich?!", "question"),
        ('He said "no."', "statement"),
        ("（他走了。）", "statement"),
        ("Well...", ""),
        ("Well…", ""),
        ("He left", ""),
        ("", ""),
        ("هل ذهب؟", "question"),
        ("वह गया।", "statement"),
        ("3.5", ""),
    ],
)
def test_final_kinds(text, kind):
    assert final_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "kind", "expected"),
    [
        ("He left.", "question", "He left?"),
        ("他走了。", "question", "他走了？"),
        ("他走了？", "statement", "他走了。"),
        ("He left", "exclamation", "He left!"),
        ('"He left."', "question", '"He left?"'),
    ],
)
def test_marks_are_exchanged_in_their_width(text, kind, expected):
    assert with_mark(text, kind) == expected
    assert final_kind(expected) == kind


def test_sentences_are_joined_as_their_script_does_it():
    assert joined(["One. ", " Two."]) == "One. Two."
    assert joined(["一。", "二。"]) == "一。二。"
