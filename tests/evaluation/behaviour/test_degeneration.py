"""Loops, nothing, and the source again."""

import pytest

from heedful.evaluation.behaviour.degeneration import degeneration_series, find_loop
from tests.evaluation.behaviour.material import from_chinese, german, judge, named, texts


@pytest.mark.parametrize(
    ("text", "loop"),
    [
        ("no no no no", "no"),
        ("no no no", ""),
        ("the dog and the dog and the dog and", "the dog and"),
        ("the dog and the dog and", ""),
        ("A b C a B c a b c", "a b c"),
        ("哈哈哈哈", "哈"),
        ("哈哈哈", ""),
        ("我是我是我是", "我 是"),
        ("Er sagte: ja, ja, ja, ja, dann ging er.", "ja"),
        ("", ""),
        ("one two three four five six", ""),
        ("Nein, nein. Nein nein!", "nein"),
        ("- - - -", "-"),
        ("x " + "a b c d e f g h " * 3, "a b c d e f g h"),
    ],
)
def test_loops(text, loop):
    assert find_loop(text) == loop


def test_everything_translated_is_looked_at():
    tried = ["One.", "", " ", "Two."]
    series = degeneration_series(german(), tried)
    assert texts(named(series, "repetition")) == texts(named(series, "empty")) == ["One.", "Two."]


def test_loops_count_unless_the_source_has_one():
    series = named(degeneration_series(german(), ["He said it.", "No no no no."]), "repetition")
    check = judge(series, lambda text: "nein nein nein nein")
    assert (check.passed, check.tried) == (1, 2)
    assert check.examples[0].source == "He said it."
    assert check.examples[0].why == "says 'nein' again and again"


def test_nothing_is_no_answer():
    series = named(degeneration_series(german(), ["He said it.", "Two."]), "empty")
    check = judge(series, lambda text: " " if text == "Two." else text)
    assert (check.passed, [example.source for example in check.examples]) == (1, ["Two."])


@pytest.mark.parametrize("material", [german(), from_chinese()], ids=["de", "from zh"])
def test_a_copy_is_one_whatever_its_case_and_marks(material):
    series = named(degeneration_series(material, []), "copied")
    assert judge(series, lambda text: text.upper().rstrip(".?!")).passed == 0
    assert judge(series, lambda text: "Etwas anderes.").rate == 1.0


def test_what_should_be_copied_is_not_asked():
    material = german(pairs=[("https://a.example is the page", "https://a.example is the page")])
    series = named(degeneration_series(material, []), "copied")
    assert not series.probes
    assert series.missing
