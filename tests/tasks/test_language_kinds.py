"""What an objective's name stands for, and that each kind is told apart by its figures."""

from pathlib import Path

import pytest

from heedful.data.tokenizer import GAPS, MASK
from heedful.tasks.language_kinds import Causal, Denoising, Masked, kind_of
from heedful.tasks.language_request import LanguageOptions
from heedful.tasks.language_text import Laid
from heedful.training.objectives import MaskedToken, NextToken, TeacherForcing


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, Causal()),
        ({"objective": "masked"}, Masked(0.2)),
        ({"objective": "masked", "mask_rate": 0.4}, Masked(0.4)),
        ({"objective": "denoising"}, Denoising(False, 0.15)),
        ({"objective": "denoising", "noise": "infilling"}, Denoising(True, 0.3)),
        ({"objective": "denoising", "mask_rate": 0.25}, Denoising(False, 0.25)),
    ],
)
def test_names(values, expected):
    assert kind_of(LanguageOptions(out=Path("x"), **values)) == expected


def test_each_needs_its_marks_and_stacks():
    assert [kind.marks for kind in (Causal(), Masked(), Denoising(), Denoising(infilling=True))] == [
        (), (MASK,), GAPS, (MASK,),
    ]  # fmt: skip
    assert [type(kind.objective) for kind in (Causal(), Masked(), Denoising())] == [
        NextToken, MaskedToken, TeacherForcing,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("causal", Causal(), ["bits_per_character", "bits_per_byte", "perplexity", "nll"]),
        ("masked", Masked(), ["accuracy", "nll"]),
        ("spans", Denoising(), ["perplexity", "nll"]),
        ("infilling", Denoising(infilling=True), ["perplexity", "nll"]),
    ],
)
def test_figures_of_a_part_and_of_all(languages, name, kind, expected):
    laid = Laid.open(languages.runs[name] / "training" / "begun")
    model = laid.build(1).eval()
    window = laid.architecture.max_len
    for most in (None, 60):
        found = kind.figures(model, laid.dev, laid.tokenizer, window, most)
        assert list(found) == expected
        # Untrained: about as many nats as there are tokens to choose from have.
        assert 4.5 < found["nll"].score < 8
    assert kind.batches(laid.train, laid.tokenizer, laid.size, 1).n_tokens(0) > 500
