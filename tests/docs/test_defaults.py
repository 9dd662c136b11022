"""The page about defaults says what the code does: the table, and the figures in the sentences."""

import re
from itertools import pairwise

import pytest

from heedful.tasks import course
from heedful.tasks.defaults import SIZES, architecture_for, options_for, size_for
from heedful.training import plan, timekeeper
from tests.docs.pages import read, tables

ENGLISH, CHINESE = "docs/defaults.md", "docs/defaults.zh.md"
PAGES = [ENGLISH, CHINESE]
LAST = {ENGLISH: "more", CHINESE: "更多"}
LONG, SHORT = 10_000, 1_000


def figures(page: str) -> list[str]:
    """Every number in the sentences, in order: the table, what stands in backticks and the names of pages left out."""
    text = re.sub(r"<!-- SIZES.*?/SIZES -->|`[^`]+`|\]\([^)]+\)|Multi30k", "", read(page), flags=re.DOTALL)
    return re.findall(r"\d[\d,]*(?:\.\d+)?%?", text)


@pytest.mark.parametrize("page", PAGES)
def test_the_table_is_that_of_the_code(page):
    (marked,) = re.findall(r"<!-- SIZES.*?-->\n(.*?)<!-- /SIZES -->", read(page), re.DOTALL)
    ((_, *rows),) = tables(marked)
    expected = [
        [
            LAST[page] if size.pairs == float("inf") else f"{size.pairs:,}",
            f"{size.vocab_size:,}",
            f"{size.d_model}",
            f"{architecture_for(size, size.vocab_size).n_heads}",
            f"{size.n_encoder_layers}",
            f"{size.n_decoder_layers}",
            f"{size.dropout:g}",
            f"{size.learning_rate:g}",
            f"{size.tokens_per_batch:,}",
            f"{size.epochs}",
        ]
        for size in SIZES
    ]
    assert rows == expected


def test_a_row_holds_up_to_its_number_of_pairs():
    for size, larger in pairwise(SIZES):
        assert size_for(int(size.pairs)) is size
        assert size_for(int(size.pairs) + 1) is larger


@pytest.mark.parametrize("page", PAGES)
def test_the_figures_in_the_sentences_are_those_of_the_code(page):
    long, short = options_for(SIZES[2], LONG, 1), options_for(SIZES[2], SHORT, 1)
    architecture = architecture_for(SIZES[2], 8000)
    expected = [
        f"{architecture.d_ff // architecture.d_model}",
        f"{SIZES[2].smoothing:g}",
        f"{SIZES[0].piece_dropout:.0%}",
        f"{long.orthogonal_rate:g}",
        f"{long.weight_decay:g}",
        f"{long.clip:g}",
        f"{round(long.schedule.warmup * LONG)}",
        f"{short.schedule.warmup:.0%}",
        f"{round(round(long.schedule.warmup * LONG) / short.schedule.warmup):,}",
        f"{long.schedule.cooldown:.0%}",
        f"{round(1 / (1 - options_for(SIZES[2], 10**6, 1).average))}",
        f"{plan.N_EVALUATIONS}",
        f"{plan.LEAST_APART}",
        f"{course.PATIENCE}",
        f"{plan.MARGIN - timekeeper.TOLERANCE:.0%}",
        f"{plan.MARGIN + timekeeper.TOLERANCE:.0%}",
    ]
    assert timekeeper.LOOK_EVERY == 1 / 20
    # The order of the sentences differs between languages in one place: the share of a short run and its length.
    assert sorted(figures(page)) == sorted(expected)


def test_the_short_run_ends_where_the_page_says():
    below, at = options_for(SIZES[0], 2_999, 1), options_for(SIZES[0], 3_001, 1)
    assert below.schedule.warmup == 0.1
    assert at.schedule.warmup < 0.1
    assert 1 / (1 - options_for(SIZES[0], 8_000, 1).average) == pytest.approx(8_000 / 40)


def test_the_words_of_the_page():
    for size in SIZES:
        found = architecture_for(size, size.vocab_size)
        assert (found.order, found.norm, found.activation, found.tie) == ("pre", "layer", "relu", "all")
        assert (found.encoder_positions, found.decoder_positions, found.d_ff) == ("rotary", "rotary", 4 * size.d_model)
        assert options_for(size, SHORT, 1).keep == "best"
