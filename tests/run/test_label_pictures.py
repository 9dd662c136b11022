"""Pictures say their numbers as text, and hold no more labels than a page does."""

import re

import numpy as np

from heedful.run.label_pictures import MOST, calibration_chart, confusion_table


def cells(page):
    return [re.findall(r">([\d,]+)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", page)[1:]]


def test_every_count_stands_in_its_row_and_column():
    page = confusion_table(np.array([[1234, 2], [3, 40]]), ["好", "<b>"])
    assert cells(page) == [["1,234", "2"], ["3", "40"]]
    assert "&lt;b&gt;" in page
    assert "<b>" not in page
    assert "commonest" not in page


def test_the_diagonal_has_a_colour_of_its_own():
    page = confusion_table(np.array([[4, 0], [2, 2]]), ["a", "b"])
    colours = re.findall(r"var\((--\w+)\) (\d+)%", page)
    assert colours == [("--first", "70"), ("--second", "0"), ("--second", "35"), ("--first", "35")]


def test_only_the_commonest_labels_are_shown_where_there_are_many():
    counts = np.diag(np.arange(1, MOST + 6))
    page = confusion_table(counts, [f"l{n}" for n in range(MOST + 5)])
    assert len(cells(page)) == MOST
    assert f"the {MOST} commonest of {MOST + 5} labels" in page
    assert ">l0<" not in page


def test_the_calibration_is_drawn_beside_the_diagonal():
    page = calibration_chart([(0.55, 0.5, 10), (0.95, 0.9, 30)])
    assert page.count('class="line') == 2
    assert "Right as often as it says?" in page
