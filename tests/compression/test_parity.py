"""What one model loses against another: figures worked by hand, the contract at its edge, JSON both ways."""

import json
from dataclasses import replace

import pytest
import sacrebleu

from heedful.compression.parity import Outputs, Parity, check_allowed_loss, compare, require
from heedful.errors import DataError, OptionError, QualityError
from heedful.evaluation.translation import compare as compare_texts

REFERENCES = ["the cat sat on the mat today", "a dog runs in the wide park", "two birds sing in a tree"]
BEFORE = Outputs([[1, 2], [3], [4, 5]], REFERENCES, 2.0, 1000, 9000)
AFTER = Outputs([(1, 2), (3,), (4, 6)], [*REFERENCES[:2], "two birds sing in a house"], 1.5, 250, None)


@pytest.fixture(scope="module")
def parity():
    return compare(BEFORE, AFTER, REFERENCES, "en")


def test_figures_are_those_of_sacrebleu_and_the_difference_is_candidate_minus_original(parity):
    assert parity.original.bleu.score == pytest.approx(100)
    assert parity.candidate.bleu.score == pytest.approx(sacrebleu.corpus_bleu(AFTER.texts, [REFERENCES]).score)
    assert parity.bleu.difference == pytest.approx(parity.candidate.bleu.score - 100)
    assert parity.chrf == compare_texts(AFTER.texts, BEFORE.texts, REFERENCES, "en")["chrf"]
    assert parity.bleu.low < parity.bleu.difference < 0


def test_tokens_speed_size_and_memory(parity):
    assert (parity.sentences, parity.tokens) == (3, 2 / 3)
    assert (parity.original.sentences_per_second, parity.candidate.sentences_per_second) == (1.5, 2.0)
    assert parity.speedup == pytest.approx(4 / 3)
    assert (parity.candidate.n_bytes, parity.original.peak_bytes, parity.candidate.peak_bytes) == (250, 9000, None)


def test_a_model_beside_itself_loses_nothing():
    same = compare(BEFORE, BEFORE, REFERENCES, "en")
    assert (same.tokens, same.bleu.difference, same.bleu.low, same.speedup) == (1, 0, 0, 1)
    assert same.within(0)
    require({"en → de": same}, 0)


def test_the_lower_end_decides_not_the_difference(parity):
    parity = replace(parity, bleu=replace(parity.bleu, difference=-0.1, low=-0.5, high=0.3))
    assert parity.within(0.5)
    assert not replace(parity, bleu=replace(parity.bleu, low=-0.5001)).within(0.5)
    assert not replace(parity, bleu=replace(parity.bleu, low=float("nan"))).within(0.5)


def test_a_loss_is_refused_with_its_figures(parity):
    with pytest.raises(QualityError) as refused:
        require({"de → en": replace(parity, bleu=replace(parity.bleu, low=0.0)), "en → de": parity}, 0.5)
    said = str(refused.value)
    assert said.startswith("en → de loses more than 0.5 BLEU")
    assert parity.said in said
    assert "67% of 3 sentences" in said
    assert "--accept-loss" in said


def test_it_reads_back_as_it_was_written(parity):
    assert Parity.from_json(json.loads(json.dumps(parity.to_json(), allow_nan=False))) == parity


@pytest.mark.parametrize("loss", [-0.1, float("nan"), float("inf")])
def test_a_limit_that_is_none_is_refused(loss):
    with pytest.raises(OptionError, match="0 or more"):
        check_allowed_loss(loss)


def test_a_limit_may_be_zero():
    check_allowed_loss(0)


def test_other_sentences_are_refused():
    with pytest.raises(DataError, match="same sentences: got 3 and 2"):
        compare(BEFORE, replace(AFTER, tokens=AFTER.tokens[:2], texts=AFTER.texts[:2]), REFERENCES, "en")
    with pytest.raises(DataError, match="one reference"):
        compare(BEFORE, AFTER, REFERENCES[:2], "en")


def test_a_clock_that_saw_nothing_pass_gives_a_number():
    assert compare(replace(BEFORE, seconds=0.0), AFTER, REFERENCES, "en").original.sentences_per_second > 1e6
