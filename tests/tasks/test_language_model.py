"""A finished language model: it goes on with texts, fills gaps, and says what it cannot do."""

import json
import math

import pytest
import torch

from heedful.data.batch import pad_sources
from heedful.data.tokenizer import BOS, EOS, GAPS
from heedful.decoding import Sampling
from heedful.decoding.writing import Writing
from heedful.errors import LengthError, OptionError
from heedful.tasks.language_model import LanguageModel

GREEDY = Writing(Sampling(top_k=1), max_tokens=12)


@pytest.fixture(scope="module")
def loaded(languages):
    return {name: LanguageModel.load(path, "cpu") for name, path in languages.runs.items()}


@pytest.mark.parametrize("prompt", ["", "The cat", "The cat saw ", "猫"])
def test_what_is_heard_is_what_is_written(loaded, prompt):
    heard = {0: "", 1: ""}

    def hear(row, said):
        heard[row] += said

    found = loaded["causal"].generate(prompt, Writing(Sampling(n_best=2, seed=1), max_tokens=15), hear)
    assert [one.text for one in found] == [heard[0], heard[1]]
    assert all(one.n_tokens <= 15 and one.log_probability < 0 for one in found)
    assert found[0].to_json()["ended"] in ("eos", "length")


def test_the_text_is_that_of_the_tokens(loaded):
    model = loaded["causal"]
    found = model.generate("The", GREEDY)[0]
    again = model.generate("The", GREEDY)[0]
    assert found == again
    longer = model.generate("The", Writing(Sampling(top_k=1), max_tokens=40))[0]
    assert longer.text.startswith(found.text)
    assert longer.n_slides >= 1 or longer.ended == "eos"


def test_a_stop_string_ends_a_text_and_is_left_out(loaded):
    whole = loaded["causal"].generate("The", Writing(Sampling(seed=5), max_tokens=20))[0].text
    assert len(whole) > 6
    stop = whole[3:5]
    found = loaded["causal"].generate("The", Writing(Sampling(seed=5), max_tokens=20, stop=(stop,)))[0]
    assert found.text == whole[: whole.index(stop)]
    assert found.ended == "stop"


def test_a_prompt_longer_than_the_window(loaded):
    with pytest.raises(LengthError, match="the model's window 24: shorten it"):
        loaded["causal"].generate("the cat " * 40)


def test_probabilities_of_a_gap_are_those_of_the_encoder(loaded):
    model = loaded["masked"]
    (found,) = model.fill("the <mask> laughed", k=3)
    tokenizer = model.tokenizer
    ids = [*tokenizer.encode("the"), tokenizer.mark_id("<mask>"), *tokenizer.encode(" laughed", opening=False)]
    with torch.no_grad():
        hidden = model.model.encode(pad_sources([[BOS, *ids, EOS]], multiple=16)).values
        logits = model.model.logits(hidden[0, 1 + ids.index(tokenizer.mark_id("<mask>"))]).float()
    logits[: tokenizer.n_specials] = -torch.inf
    shares = logits.softmax(-1)
    assert [one.token for one in found] == shares.topk(3).indices.tolist()
    assert [one.probability for one in found] == pytest.approx(shares.topk(3).values.tolist(), rel=0.02)
    for one in found:
        piece = tokenizer.piece(one.token)
        assert one.sequence == ("the" + piece if piece.startswith(" ") else "the " + piece) + " laughed"


def test_gaps_are_filled_each_with_the_others_left(loaded):
    found = loaded["masked"].fill("<mask> cat <mask>", k=2)
    assert [len(gap) for gap in found] == [2, 2]
    assert all(one.sequence.endswith("cat <mask>") for one in found[0])
    assert all(one.sequence.startswith("<mask> cat") for one in found[1])


def test_an_encoder_and_a_decoder_write_what_is_missing(loaded):
    found = loaded["spans"].fill("the <mask> laughed, and <mask> went", k=2)
    assert [len(gap) for gap in found] == [2, 2]
    for gap in found:
        assert all(0 <= one.probability <= 1 for one in gap)
        assert gap[0].probability >= gap[1].probability
    (whole,) = loaded["infilling"].fill("the <mask> laughed", k=1)
    assert whole[0].text == whole[0].sequence


def test_spans_are_what_stands_behind_their_marks(loaded):
    model = loaded["spans"]
    tokenizer = model.tokenizer
    one, other = (tokenizer.mark_id(gap) for gap in GAPS[:2])
    words = [tokenizer.encode(text, opening=False) for text in (" old man", "x")]
    assert model._spans([one, *words[0], other, *words[1]], 2) == [" old man", "x"]
    assert model._spans([*words[1], other, *words[0]], 2) == ["", " old man"]
    assert model._placed(["the ", " laughed"], 0, " old man", 0.5) == ("old man", 0.5, "the old man laughed")
    assert model._placed(["", " laughed"], 0, " He", 0.5) == ("He", 0.5, "He laughed")


@pytest.mark.parametrize(
    ("name", "ask", "said"),
    [
        ("causal", lambda model: model.fill("a <mask>"), "fills no gaps"),
        ("masked", lambda model: model.generate("a"), "does not go on with a text"),
        ("masked", lambda model: model.fill("no gap"), "expected a text with <mask>"),
        ("masked", lambda model: model.fill("<mask>", 0), "k is at least 1"),
        ("spans", lambda model: model.fill("<mask> " * 65), "may have 64 gaps"),
    ],
)
def test_what_is_refused(loaded, name, ask, said):
    with pytest.raises(OptionError, match=said):
        ask(loaded[name])


def test_a_text_too_long_to_fill(loaded):
    with pytest.raises(LengthError, match="the model's window 24"):
        loaded["masked"].fill("<mask>" + " the cat" * 30)


def test_a_tuned_model_prefers_what_it_was_taught(loaded, languages):
    accuracy = languages.published["preference"].scores[0].figures["accuracy"]
    assert 0 <= accuracy["score"] <= 100
    assert math.isfinite(loaded["preference"].generate("The", GREEDY)[0].log_probability)


@pytest.mark.parametrize("name", ["causal", "masked", "spans", "infilling"])
def test_figures_are_made_again_from_the_texts_alone(loaded, languages, name):
    (score,) = languages.published[name].scores
    held = json.loads((languages.runs[name] / "training" / "begun" / "prepared.json").read_text())["dev"]
    found = loaded[name].figures([(text, truth) for text, truth in held])
    assert found == score.figures
    assert loaded["preference"].figures([("a", "b")]) == {}


def test_a_file_is_read_in_every_way_in_which_documents_may_be_cut(loaded, tmp_path):
    (tmp_path / "a.txt").write_text("one\ntwo\n\nthree\n", encoding="utf-8")
    assert loaded["causal"].readings(tmp_path / "a.txt") == [
        [("one\ntwo", ""), ("three", "")], [("one\ntwo\n\nthree", "")], [("one", ""), ("two", ""), ("three", "")],
    ]  # fmt: skip
