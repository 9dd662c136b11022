"""Perplexity, bits, accuracy: by hand, and their intervals."""

import math

import numpy as np
import pytest

from heedful.evaluation.language import choice_figures, language_figures, masked_figures, written_figures


def test_the_figures_of_two_documents():
    found = language_figures(np.array([[3.0, 4, 20, 10], [5.0, 4, 20, 6]]), "here")
    assert found["perplexity"].score == pytest.approx(math.e)
    assert found["nll"].score == 1
    assert found["bits_per_byte"].score == pytest.approx(8 / 40 / math.log(2))
    assert found["bits_per_character"].score == pytest.approx(8 / 16 / math.log(2))
    assert found["nll"].signature == "here|units:2|bs:1000|seed:12345"
    assert (found["nll"].low, found["nll"].high) == (0.75, 1.25)
    # What people look at first is the first.
    assert next(iter(found)) == "bits_per_character"


def test_words_guessed_and_words_written():
    found = masked_figures(np.array([[2.0, 4, 3], [4.0, 2, 0]]), "here")
    assert (found["accuracy"].score, found["nll"].score) == (50, 1)
    assert (found["accuracy"].low, found["accuracy"].high) == (0, 75)
    written = written_figures(np.array([[2.0, 4], [4.0, 2]]), "here")
    assert written["perplexity"].score == pytest.approx(math.e)


def test_one_unit_has_no_width():
    found = language_figures(np.array([[3.0, 4, 20, 10]]), "here")["nll"]
    assert found.low == found.score == found.high == 0.75


def test_choices():
    found = choice_figures(np.array([1.0, 1, 0, 1]), "here")["accuracy"]
    assert found.score == 75
    assert found.low < 75 < found.high <= 100
    assert found.to_json()["signature"] == "here|pairs:4|bs:1000|seed:12345"
