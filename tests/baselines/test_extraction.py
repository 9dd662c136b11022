"""Sentences taken from a text."""

from heedful.baselines.extraction import lead, oracle

TEXT = "We study nets. They are slow to train. Our trick makes training fast!"


def test_the_lead_is_the_first_sentence():
    assert lead(TEXT) == "We study nets."
    assert lead("no end here") == "no end here"


def test_the_oracle_takes_the_sentence_that_shares_most_words():
    assert oracle(TEXT, ["a trick for fast training"]) == "Our trick makes training fast!"
    assert oracle(TEXT, ["x y", "slow to train"]) == "They are slow to train."
