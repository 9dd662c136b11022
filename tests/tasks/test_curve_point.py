"""What a size came to, against the slow way to find it out."""

import json
import math

import pytest
import torch

from heedful.data.text import ParallelText
from heedful.data.tokenizer import BOS, EOS
from heedful.evaluation.translation import corpus_bleu
from heedful.interface import Source
from heedful.tasks.curve_plan import Portion
from heedful.tasks.curve_point import looks_of, measure
from heedful.tasks.evidence import SEARCH
from heedful.tasks.request import TranslationOptions
from heedful.tasks.translator import Translator
from tests.tasks.tiny import ask, short_pairs


@pytest.fixture(scope="module")
def point(tiny):
    sample = ParallelText(tiny.texts / "train.zh", tiny.texts / "train.en")
    return measure(Portion(2, 120), ask(tiny.texts, tiny.both), sample)


def token_by_token(translator, source, target, to):
    """Nats and tokens of a sentence, the model asked for one token after the other."""
    tokenizer, model = translator.tokenizer, translator.model
    read = torch.tensor([[tokenizer.tag_id(to), *tokenizer.encode(source), EOS]])
    written, nats = [BOS], 0.0
    for token in [*tokenizer.encode(target), EOS]:
        target_so_far = torch.tensor([written])
        mask = torch.ones_like(read, dtype=torch.bool)
        memory = model.encode(Source(read, mask))
        hidden = model.decode(Source(target_so_far, torch.ones_like(target_so_far, dtype=torch.bool)), memory)
        nats -= float(model.logits(hidden)[0, -1].float().log_softmax(-1)[token])
        written.append(token)
    return nats, len(written) - 1


@torch.inference_mode()
def test_the_losses_are_those_of_every_token_by_itself(tiny, point):
    translator = Translator.load(tiny.both)
    pairs = short_pairs("dev", 4)
    found = [token_by_token(translator, zh, en, "en") for zh, en in pairs]
    found += [token_by_token(translator, en, zh, "zh") for zh, en in pairs]
    nats, n_tokens = map(sum, zip(*found, strict=True))
    assert point.dev_nll == pytest.approx(nats / n_tokens, rel=0.02)
    n_characters = sum(len(side) + 1 for pair in pairs for side in pair)
    assert point.dev_nll_per_character == pytest.approx(nats / n_characters, rel=0.02)
    assert point.gap == pytest.approx(point.dev_nll - point.train_nll)


def test_where_there_is_a_test_text_dev_is_translated_anew(tiny, point):
    translator = Translator.load(tiny.both)
    (sources, references) = zip(*short_pairs("dev", 4), strict=True)
    into_english = corpus_bleu(translator.translate(sources, to="en", search=SEARCH), references, "en")
    into_chinese = corpus_bleu(translator.translate(references, to="zh", search=SEARCH), sources, "zh")
    assert [score.bleu.score for score in point.scores] == [into_english, into_chinese]
    assert [(score.source, score.target, score.n_sentences) for score in point.scores] == [
        ("zh", "en", 4), ("en", "zh", 4),
    ]  # fmt: skip


def test_the_course_is_that_of_the_run(tiny, point):
    result = tiny.published["both"].result
    assert (point.steps, point.best_step, point.epochs) == (result.step, result.kept_step, result.epoch)
    assert point.seconds == pytest.approx(result.seconds, abs=0.1)
    assert point.parameters == tiny.published["both"].parameters
    assert (point.name, point.pairs, point.path) == ("1/2", 120, tiny.both)
    assert point.overfitting.gap == point.gap
    assert json.loads(json.dumps(point.to_json()))["path"] == str(tiny.both)


def test_without_a_test_text_the_scores_of_the_run_are_those_of_dev(tiny, tmp_path):
    from tests.tasks.tiny import train_tiny

    options = ask(tiny.texts, tmp_path / "x", steps=1, both_directions=False, test_source=None, test_target=None)
    published = train_tiny(options)
    sample = ParallelText(tiny.texts / "train.zh", tiny.texts / "train.en")
    (score,) = measure(Portion(1, 120), options, sample).scores
    assert score.bleu.score == published.scores[0].figures["bleu"]["score"]
    assert score.bleu.signature == published.scores[0].figures["bleu"]["signature"]


def test_pairs_that_training_left_out_do_not_count(tiny, point, tmp_path):
    long = "a b c d e f g h i j k l m n o p q r s t u v w x y z " * 20
    lines = [(tiny.texts / f"train.{language}").read_text(encoding="utf-8") for language in ("zh", "en")]
    for language, text in zip(("zh", "en"), lines, strict=True):
        (tmp_path / f"s.{language}").write_text(f"{text}{long}\n", encoding="utf-8")
    sample = ParallelText(tmp_path / "s.zh", tmp_path / "s.en")
    found = measure(Portion(2, 120), ask(tiny.texts, tiny.both), sample)
    assert found.train_nll == point.train_nll


def test_looks_carry_the_training_loss_since_the_one_before():
    rows = [
        {"step": 10, "nll": 5.0}, {"step": 20, "nll": 4.0}, {"step": 20, "dev_score": 1.0, "dev_nll": 4.5},
        {"step": 30, "nll": None}, {"step": 30, "dev_score": 2.0, "dev_nll": 4.0},
        {"step": 40, "nll": 3.0}, {"step": 40, "dev_score": 3.0, "dev_nll": 3.5},
    ]  # fmt: skip
    looks = looks_of(rows)
    assert [(look.step, look.score, look.dev_nll, look.train_nll) for look in looks] == [
        (20, 1.0, 4.5, 4.5), (30, 2.0, 4.0, None), (40, 3.0, 3.5, 3.0),
    ]  # fmt: skip


def test_one_direction_from_a_tsv_too(tiny):
    options = TranslationOptions(out=tiny.rnn, tsv=tiny.texts / "all.en-zh.tsv", model="rnn", steps=4, seed=3)
    sample = ParallelText(options.tsv)
    found = measure(Portion(1, 120), options, sample)
    assert [(score.source, score.target) for score in found.scores] == [("en", "zh")]
    assert math.isfinite(found.gap)
