"""The dev set while a model learns: its score and likelihood are those of the model as it is, which stays as it is."""

import math
from itertools import pairwise

import pytest
import torch
from torch.nn import functional

from heedful.data.text import ParallelText
from heedful.data.tokenizer import BOS, EOS
from heedful.decoding import Greedy
from heedful.evaluation.translation import corpus_bleu
from heedful.interface import Source
from heedful.numerics import choose
from heedful.tasks.preparation import Prepared
from heedful.tasks.rehearsal import MAX_SCORED, Rehearsal
from heedful.tasks.translator import Translator
from tests.tasks.tiny import SIZE

BOTH = [("zh", "en"), ("en", "zh")]


@pytest.fixture(scope="module")
def translator(tiny):
    return Translator.load(tiny.both)


def rehearsal(tiny, translator, directions=BOTH, pairs=None):
    dev = list(ParallelText(tiny.texts / "dev.zh", tiny.texts / "dev.en").pairs()) if pairs is None else pairs
    return Rehearsal(Prepared(translator.tokenizer, None, dev, [], SIZE, {}), directions, choose("cpu"))


def test_the_score_is_the_mean_of_both_directions(tiny, translator):
    found = rehearsal(tiny, translator)
    evaluation = found.evaluate(translator.model)
    scores = []
    for (source, target), (sources, references) in zip(BOTH, found.sides, strict=True):
        texts = translator.translate(sources, to=target, search=Greedy())
        scores.append(corpus_bleu(texts, references, target))
        assert evaluation.figures[f"bleu_{source}_{target}"] == pytest.approx(scores[-1])
    assert evaluation.score == evaluation.figures["bleu"] == pytest.approx(sum(scores) / 2)


def test_one_direction_has_one_figure(tiny, translator):
    evaluation = rehearsal(tiny, translator, BOTH[:1]).evaluate(translator.model)
    assert set(evaluation.figures) == {"bleu", "nll"}
    assert len(evaluation.samples) == 4


def surprise(translator, source, target, language):
    """Of one pair, token by token."""
    tokenizer, total = translator.tokenizer, 0.0
    read = torch.tensor([[tokenizer.tag_id(language), *tokenizer.encode(source), EOS]])
    memory = translator.model.encode(Source(read, torch.ones_like(read, dtype=torch.bool)))
    written = [BOS]
    for token in [*tokenizer.encode(target), EOS]:
        taught = torch.tensor([written])
        hidden = translator.model.decode(Source(taught, torch.ones_like(taught, dtype=torch.bool)), memory)
        total -= float(functional.log_softmax(translator.model.logits(hidden[0, -1]).double(), -1)[token])
        written.append(token)
    return total, len(written) - 1


def test_the_likelihood_is_that_of_every_true_token(tiny, translator):
    found = rehearsal(tiny, translator)
    with torch.no_grad():
        sums = [
            surprise(translator, source, target, language)
            for (_, language), (sources, targets) in zip(BOTH, found.sides, strict=True)
            for source, target in zip(sources, targets, strict=True)
        ]
    expected = sum(total for total, _ in sums) / sum(count for _, count in sums)
    assert found.nll(translator) == pytest.approx(expected, rel=1e-2 if choose("cpu").compute == "bfloat16" else 1e-4)


def test_samples_and_glimpse_are_the_same_first_sentences_of_each_direction(tiny, translator):
    found = rehearsal(tiny, translator)
    evaluation, glimpse = found.evaluate(translator.model), found.glimpse(translator.model)
    assert list(evaluation.samples) == glimpse
    assert [sample.source for sample in glimpse] == [*found.sides[0][0][:2], *found.sides[1][0][:2]]
    assert glimpse[0].reference == found.sides[0][1][0]


def test_the_model_is_left_as_it_is(tiny, translator):
    found, model = rehearsal(tiny, translator), translator.model
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state = torch.get_rng_state()
    model.train()
    found.evaluate(model)
    found.glimpse(model)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), state)
    model.eval()


@pytest.mark.parametrize(("n", "directions"), [(1, BOTH), (3, BOTH[:1]), (399, BOTH), (799, BOTH[:1]), (5000, BOTH)])
def test_so_many_are_scored_evenly_spread(tiny, translator, n, directions):
    pairs = [(f"源{i}", f"target {i}") for i in range(n)]
    found = rehearsal(tiny, translator, directions, pairs)
    assert sum(len(sources) for sources, _ in found.sides) == min(n, MAX_SCORED // len(directions)) * len(directions)
    chosen = [int(source[1:]) for source in found.sides[0][0]]
    steps = {after - before for before, after in pairwise(chosen)}
    assert chosen[0] == 0
    assert steps <= {math.floor(n / len(chosen)), math.ceil(n / len(chosen))}
