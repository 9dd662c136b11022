"""The page about going on from another model says what the code does."""

import re

import pytest

from heedful.tasks.defaults import TUNINGS, WINDOW
from heedful.tasks.forgetting import MAX_SCORED
from tests.docs.pages import read, tables

LAST = {"docs/transfer-learning.md": "more", "docs/transfer-learning.zh.md": "更多"}


@pytest.mark.parametrize("page", LAST)
def test_the_table_is_that_of_the_code(page):
    rows = next(rows for rows in tables(read(page)) if len(rows[0]) == 5)[1:]
    expected = [
        [
            LAST[page] if row.pairs == float("inf") else f"{row.pairs:,}",
            f"{row.dropout:g}",
            f"{row.share:g}",
            f"{row.epochs}",
        ]
        for row in TUNINGS
    ]
    assert [row[:4] for row in rows] == expected


@pytest.mark.parametrize("page", LAST)
def test_the_sentences_that_are_translated_again(page):
    assert re.search(rf"\b{MAX_SCORED}\b|{MAX_SCORED} 句", read(page))


@pytest.mark.parametrize("page", ["docs/text.md", "docs/text.zh.md"])
def test_the_window(page):
    assert f"{WINDOW - 2:,}" in read(page)
