import json
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER
from sacrebleu.significance import PairedTest

from heedful.errors import DataError
from heedful.evaluation.significance import bootstrap_sums
from heedful.evaluation.translation import (
    _SUMS,
    LOWER_IS_BETTER,
    Scores,
    Tally,
    _metrics,
    _statistics,
    compare,
    corpus_bleu,
    score,
    sentence_chrf,
)

WORDS = [
    "The",
    "the",
    "a",
    "man",
    "dog",
    "house,",
    "sees",
    "sold",
    "red",
    "red.",
    "Mann",
    "it's",
    "3.5",
    "%",
    "–",
    "not",
    "“or”",
]
NAMES = ("bleu", "bleu_lowercase", "chrf", "ter")


def sentences(seed, n=40):
    generator = random.Random(seed)
    return [" ".join(generator.choices(WORDS, k=generator.randint(1, 12))) for _ in range(n)]


def noisy(lines, seed, share=0.3):
    generator = random.Random(seed)
    return [
        " ".join(generator.choice(WORDS) if generator.random() < share else w for w in line.split()) for line in lines
    ]


@pytest.fixture(scope="module")
def corpus():
    references = sentences(1)
    return noisy(references, 2), references


def test_the_figures_are_those_of_sacrebleu(corpus):
    hypotheses, references = corpus
    scores = score(hypotheses, references, "de")
    for name, metric in (
        ("bleu", BLEU()),
        ("bleu_lowercase", BLEU(lowercase=True)),
        ("chrf", CHRF()),
        ("ter", TER()),
    ):
        theirs = metric.corpus_score(hypotheses, [references], n_bootstrap=1000)
        ours = scores.to_json()[name]
        assert ours["score"] == theirs.score
        assert ours["signature"] == metric.get_signature().format()
        assert (ours["high"] - ours["low"]) / 2 == pytest.approx(theirs._ci, rel=1e-4)
        assert ours["low"] < ours["score"] < ours["high"]


def test_signatures_say_everything():
    signature = score(["a b"], ["a b"], "en").bleu.signature
    assert signature.startswith("nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.")


@pytest.mark.parametrize("language", ["en", "zh", "ja"])
def test_scores_of_resampled_sets_equal_those_of_the_drawn_sentences(language):
    if language == "en":
        references = sentences(5, 15)
        hypotheses = noisy(references, 6)
    else:
        references = ["我喜欢吃苹果。", "他昨天去了北京", "这本书很有意思!", "猫在桌子上。", "你好"]
        hypotheses = ["我喜欢苹果。", "他昨天到了北京", "这书很有趣!", "桌子上有猫。", "再见"]
    drawn = np.random.default_rng(12345).choice(len(references), size=(5, len(references)), replace=True)
    for name, metric in _metrics(language).items():
        sums = bootstrap_sums(_statistics(metric, hypotheses, references), 5)
        expected = [
            metric.corpus_score([hypotheses[i] for i in row], [[references[i] for i in row]]).score for row in drawn
        ]
        assert _SUMS[name](sums) == pytest.approx(expected, rel=1e-12), name


texts = st.lists(st.sampled_from(["a", "b", "c", "dog.", "DOG", ""]), max_size=7).map(" ".join)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(texts, texts), min_size=1, max_size=4))
def test_degenerate_sentences_score_as_in_sacrebleu(pairs):
    hypotheses, references = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    for name, metric in _metrics("en").items():
        theirs = metric.corpus_score(hypotheses, [references]).score
        sums = _statistics(metric, hypotheses, references).sum(0)[None]
        assert _SUMS[name](sums)[0] == pytest.approx(theirs, rel=1e-12, abs=1e-300), name


def test_perfect_and_hopeless():
    lines = ["the cat sat on the mat", "a dog ran over the hill"]
    perfect = score(lines, lines, "en")
    assert [getattr(perfect, name).score for name in NAMES] == pytest.approx([100, 100, 100, 0])
    hopeless = score(["", ""], lines, "en")
    assert [getattr(hopeless, name).score for name in NAMES] == [0, 0, 0, 100]


def test_case_matters_only_where_it_should():
    scores = score(["THE CAT SAT ON THE MAT"], ["the cat sat on the mat"], "en")
    assert scores.bleu.score == 0
    assert scores.bleu_lowercase.score == pytest.approx(100)
    assert scores.ter.score == 0


@pytest.mark.parametrize(
    ("language", "tokenizer", "asian"),
    [("zh", "zh", "yes"), ("zh-CN", "zh", "yes"), ("ZH_Hant", "zh", "yes"), ("yue", "zh", "yes"), ("ja", "char", "yes"),
     ("th", "char", "no"), ("de", "13a", "no"), ("ko", "13a", "no"), ("x", "13a", "no")],
)  # fmt: skip
def test_words_are_found_as_the_language_needs(language, tokenizer, asian):
    scores = score(["你好 世界"], ["你好 世界"], language)
    assert f"|tok:{tokenizer}|" in scores.bleu.signature
    assert f"|asian:{asian}|" in scores.ter.signature


def test_chinese_is_compared_by_characters():
    scores = score(["我今天很高兴见到你。"], ["我今天非常高兴见到你。"], "zh")
    assert 50 < scores.bleu.score < 100
    assert (
        scores.bleu.score
        == BLEU(tokenize="zh").corpus_score(["我今天很高兴见到你。"], [["我今天非常高兴见到你。"]]).score
    )
    # 11 characters in the reference, one replaced and one missing.
    assert scores.ter.score == pytest.approx(100 * 2 / 11)
    assert score(["我今天很高兴见到你。"], ["我今天非常高兴见到你。"], "en").bleu.score < 1


def test_a_look_at_the_dev_set_is_the_same_bleu(corpus):
    assert corpus_bleu(*corpus, "en") == score(*corpus, "en").bleu.score


def test_sentence_chrf_is_that_of_each_sentence_alone(corpus):
    hypotheses, references = corpus
    theirs = [CHRF().sentence_score(h, [r]).score for h, r in zip(hypotheses, references, strict=True)]
    assert sentence_chrf(hypotheses, references) == pytest.approx(theirs, rel=1e-12)


def test_two_systems_are_compared_as_by_sacrebleu(corpus):
    hypotheses, references = corpus
    others = noisy(references, 9, 0.4)
    comparison = compare(hypotheses, others, references, "en")
    metrics = {"BLEU": BLEU(), "chrF2": CHRF(), "TER": TER()}
    _, theirs = PairedTest([("others", others), ("ours", hypotheses)], metrics, [references], "bs", 1000)()
    for ours, name in (("bleu", "BLEU"), ("chrf", "chrF2"), ("ter", "TER")):
        baseline, system = theirs[name]
        assert comparison[ours].difference == pytest.approx(system.score - baseline.score)
        assert comparison[ours].p_value == pytest.approx(system.p_value, abs=1e-12)
    assert comparison["bleu"].low < comparison["bleu"].difference < comparison["bleu"].high


def test_a_tally_gives_the_scores_of_some_sentences(corpus):
    hypotheses, references = corpus
    tally = Tally.of(hypotheses, references, "en")
    rows = np.arange(3, 40, 3)
    part = score([hypotheses[row] for row in rows], [references[row] for row in rows], "en")
    assert len(tally) == 40
    assert Scores(**{name: tally.figure(name, rows) for name in NAMES}) == part
    assert tally.scores() == score(*corpus, "en")


def test_several_systems_together_score_as_one_long_text(corpus):
    first, references = corpus
    second = noisy(references, 5, share=0.6)
    together = Tally.pooled([Tally.of(each, references, "en") for each in (first, second)])
    whole = score([*first, *second], [*references, *references], "en")
    for name in ("bleu", "bleu_lowercase", "chrf", "ter"):
        assert together.figure(name).score == getattr(whole, name).score
    assert len(together) == len(references)


def test_a_lower_score_is_better_where_it_is_said(corpus):
    hypotheses, references = corpus
    worse = [f"{line} and more of the wrong words" for line in hypotheses]
    for name, comparison in compare(hypotheses, worse, references, "en").items():
        assert (comparison.difference < 0) == (name in LOWER_IS_BETTER)


def test_json_round_trip(corpus):
    scores = score(*corpus, "en")
    values = json.loads(json.dumps(scores.to_json()))
    assert list(values) == list(NAMES)
    assert list(values["bleu"]) == ["score", "low", "high", "signature"]
    assert Scores.from_json({**values, "sentences": 40}) == scores


def test_different_counts_and_nothing_are_refused():
    for call in (lambda h, r: score(h, r, "en"), lambda h, r: corpus_bleu(h, r, "en"), sentence_chrf):
        with pytest.raises(DataError, match="got 2 translations and 1 references; give files of equally many lines"):
            call(["a", "b"], ["a"])
        with pytest.raises(DataError, match="at least one sentence to score: got none"):
            call([], [])
    with pytest.raises(DataError, match="got 1 translations and 2 references"):
        compare(["a", "b"], ["a"], ["a", "b"], "en")
    two, one = Tally.of(["a", "b"], ["a", "b"], "en"), Tally.of(["a"], ["a"], "en")
    with pytest.raises(DataError, match="translations of the same sentences: got 2 and 1; give as many"):
        two.compare(one, "bleu")
