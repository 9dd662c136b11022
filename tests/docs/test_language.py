"""The page about language models says what the code does."""

import re

import pytest

from heedful.data.corrupt import MASKED, SPAN, SWAPPED
from heedful.data.documents import FEW, MOST_HELD
from heedful.tasks.language_defaults import LANGUAGE_SIZES, MOST_CHARACTERS, language_options
from heedful.tasks.language_kinds import Masked, kind_of
from heedful.tasks.language_request import LanguageOptions
from heedful.tasks.language_scoring import DEV_RATE
from tests.docs.pages import ROOT, read, tables

PAGES = ["docs/language.md", "docs/language.zh.md"]
LAST = {"docs/language.md": "more", "docs/language.zh.md": "更多"}


@pytest.mark.parametrize("page", PAGES)
def test_the_table_is_that_of_the_code(page):
    (marked,) = re.findall(r"<!-- SIZES.*?-->\n(.*?)<!-- /SIZES -->", read(page), re.DOTALL)
    ((_, *rows),) = tables(marked)
    expected = [
        [
            LAST[page] if size.n_tokens == float("inf") else f"{size.n_tokens:,}",
            f"{size.d_model}",
            f"{size.n_layers}",
            f"{size.dropout:g}",
            f"{size.learning_rate:g}",
            f"{size.window}",
            f"{size.rows}",
            f"{size.epochs}",
        ]
        for size in LANGUAGE_SIZES
    ]
    assert rows == expected


@pytest.mark.parametrize("page", PAGES)
def test_the_figures_in_the_sentences_are_those_of_the_code(page):
    text = read(page)
    noises = [
        kind_of(LanguageOptions(out=ROOT, objective="denoising", noise=noise)) for noise in ("spans", "infilling")
    ]
    wanted = [
        *(f"{share:.0%}" for share in (Masked().rate, MASKED, SWAPPED, DEV_RATE, *(noise.rate for noise in noises))),
        f"{MOST_HELD:,}",
        f"{MOST_CHARACTERS:,}",
        f"{FEW}",
        f"{SPAN:g}",
        f"--beta {LanguageOptions(out=ROOT).beta:g}",
        f"{language_options(LANGUAGE_SIZES[0], 1000, 1, True).schedule.cooldown:.0%}",
    ]
    assert [figure for figure in wanted if figure not in text] == []
