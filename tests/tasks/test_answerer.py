"""Answers are cut from the original text, the best of all windows; nothing where a model that may refuse is sure."""

import pytest
import torch

from heedful.data.passages import Passages
from heedful.data.tokenizer import Tokenizer
from heedful.errors import DataError, LengthError, RunError, ShapeError
from heedful.model.heads import Head, Headed
from heedful.numerics import Numerics
from heedful.tasks.answerer import Answerer, Manner
from heedful.tasks.trunk import Size, fresh

CONTEXT = "The  red box\nholds salt. The black box holds a map! Nothing more."
FILLER = "Nothing stands in this sentence. " * 40


class Pointed:
    """Scores as if the model knew some words: each begins and ends an answer as likely as is said."""

    def __init__(self, codec, likely, nothing):
        self.codec, self.likely, self.nothing = codec, likely, nothing

    def read(self, rows, look, tell=None):
        found = []
        for row in rows:
            scores = torch.full((len(row.ids) + 3, 2), -5.0)
            scores[0] = self.nothing
            for word, score in self.likely.items():
                pieces = self.codec.encode(" " + word)[-len(self.codec.encode(word)) :]
                for place in range(row.begin, row.begin + row.n - len(pieces) + 1):
                    if list(row.ids[place : place + len(pieces)]) == pieces:
                        scores[place, 0] = scores[place + len(pieces) - 1, 1] = score
            found.append(scores)
        return found


@pytest.fixture(scope="module")
def codec():
    return Tokenizer.train([CONTEXT, FILLER, "what does the box hold"] * 2, 360)


def answerer(codec, likely, nothing=-4.0, threshold=None, width=64):
    trunk = fresh(Size(1.0, 0, 16, 1, 0.0, 1e-3, 100, 1), codec.vocab_size, paired=True)
    model = Headed(trunk.build(1), Head(16, 2, "each", 0.0), "encoder")
    made = Answerer(model, codec, Manner(width, 6, "words", threshold), Numerics("cpu", "float32", "default", 1))
    if likely is not None:
        made.reading = Pointed(codec, likely, nothing)
    return made


def test_the_answer_and_its_sentence_stand_in_the_original(codec):
    found = answerer(codec, {"map": 4.0, "salt": 2.0}).answer("what?", CONTEXT)
    assert found["answer"] == "map" == CONTEXT[found["start"] : found["end"]]
    assert found["sentence"] == "The black box holds a map!"
    assert 0.5 < found["probability"] < 1


def test_several_answers_the_likeliest_first(codec):
    first, second = answerer(codec, {"map": 4.0, "salt": 3.5}).answer("what?", CONTEXT, top=2)
    assert (first["answer"], second["answer"]) == ("map", "salt")
    assert second["sentence"] == "The  red box\nholds salt."
    assert first["probability"] > second["probability"]


def test_white_space_is_no_answer(codec):
    context = "A box \n holds a \n map."
    made = answerer(codec, {"\n": 9.0, "map": 1.0, "holds": 0.5})
    found = [one["answer"] for one in made.answer("what?", context, top=20)]
    assert found[0] == "map"
    assert len(found) > 9
    assert all(one and one == one.strip() for one in found)


def test_the_probability_is_that_of_begin_and_end(codec):
    made = answerer(codec, {"map": 4.0})
    (window,) = Passages(codec, 64).windows("what?", CONTEXT, 0, "it")
    others = window.n - len(codec.encode(" map")) + 1 if len(codec.encode(" map")) == 1 else window.n - 1
    alone = torch.tensor([4.0] + [-5.0] * others + [-4.0]).softmax(0)[0]
    assert made.answer("what?", CONTEXT)["probability"] == pytest.approx(float(alone**2), rel=1e-4)


def test_a_long_text_is_searched_to_its_end(codec):
    for text in (FILLER + CONTEXT, CONTEXT + " " + FILLER, FILLER + CONTEXT + " " + FILLER):
        found = answerer(codec, {"map": 4.0}, nothing=3.0).answer("what?", text)
        assert (found["answer"], text[found["start"] : found["end"]]) == ("map", "map")


def test_nothing_is_an_answer_of_who_may_refuse(codec):
    sure = answerer(codec, {"map": 1.0}, nothing=4.0, threshold=0.0).answer("what?", CONTEXT, top=2)
    assert sure[0] == {**sure[0], "answer": "", "start": None, "end": None, "sentence": ""}
    assert (sure[0]["probability"] > 0.5, sure[1]["answer"]) == (True, "map")
    for made in (
        answerer(codec, {"map": 1.0}, nothing=4.0, threshold=20.0),
        answerer(codec, {"map": 1.0}, nothing=4.0),
        answerer(codec, {"map": 5.0}, nothing=4.0, threshold=0.0),
    ):
        assert made.answer("what?", CONTEXT)["answer"] == "map"


def test_one_window_that_knows_is_enough(codec):
    made = answerer(codec, {"map": 9.0}, nothing=4.0, threshold=0.0)
    assert made.answer("what?", FILLER + CONTEXT + " " + FILLER)["answer"] == "map"


def test_many_are_answered_as_if_alone(codec):
    made = answerer(codec, None)
    asked = [("what?", CONTEXT), ("what does the box hold?", FILLER + CONTEXT), ("what?", "A map.")]
    together = made.find(asked, 3)
    for one, pair in zip(together, asked, strict=True):
        (alone,) = made.find([pair], 3)
        assert [(s.start, s.end) for s in one.stretches] == [(s.start, s.end) for s in alone.stretches]
        assert one.nothing == pytest.approx(alone.nothing, rel=1e-4)


def test_figures_are_those_of_the_answers(codec, tmp_path):
    made = answerer(codec, {"map": 4.0})
    row = '{{"question": "what?", "context": "{}", "answers": ["{}"]}}\n'
    path = tmp_path / "x.jsonl"
    path.write_text(row.format("The black box holds a map!", "a map") + row.format("The map holds salt.", "salt"))
    (pairs,) = made.readings(path)
    figures = made.figures(pairs)
    assert {name: figure["score"] for name, figure in figures.items()} == {"f1": 50.0, "exact_match": 50.0}


@pytest.mark.parametrize(
    ("question", "context", "error", "said"),
    [
        ("", CONTEXT, DataError, "the question is empty: expected what is asked"),
        (" \n", CONTEXT, DataError, "the question is empty"),
        ("what?", " ", DataError, "the context of the question is empty"),
        ("what does it hold? " * 30, CONTEXT, LengthError, r"the question has \d+ tokens and the model reads 64"),
        (["what?"], CONTEXT, ShapeError, "expected a question and a context, both texts: got list and str"),
    ],
)
def test_what_cannot_be_answered_is_refused(codec, question, context, error, said):
    with pytest.raises(error, match=said):
        answerer(codec, None).answer(question, context)


def test_fewer_than_one_answer_is_refused(codec):
    with pytest.raises(ShapeError, match="top must be 1 or more: got 0"):
        answerer(codec, None).answer("what?", CONTEXT, top=0)


def test_another_run_is_refused(tiny):
    with pytest.raises(RunError, match="was trained for 'translation': expected a model that answers"):
        Answerer.load(tiny.rnn)
