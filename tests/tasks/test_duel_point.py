from dataclasses import replace

import pytest
import torch

from heedful.numerics import Numerics
from heedful.tasks import duel_point
from heedful.tasks.duel_point import Arena, measure
from tests.tasks.test_duel_words import ATTENDING, TRANSFORMER
from tests.tasks.tiny import ask


def test_the_sentence_that_all_are_shown_is_neither_short_nor_long():
    words = [" ".join(["w"] * n) for n in (3, 30, 11, 12)]
    arena = Arena.of("dev", [(each, "x") for each in words])
    assert (arena.unit, arena.shown) == ("words", words[2])
    assert Arena.of("dev", [("a b", "x"), ("a", "y")]).shown == "a b"
    assert Arena.of("dev", [("我来了。", "x"), ("今天天气很好，我们去公园吧。", "y")]).unit == "characters"


def test_speeds_follow_from_counts_and_times():
    assert TRANSFORMER.tokens_per_second == 10_000
    assert TRANSFORMER.sentences_per_second == 50


def test_json_is_plain_and_leaves_the_picture_to_the_page():
    import json

    values = json.loads(json.dumps(ATTENDING.to_json()))
    assert values["against_champion"]["difference"] == 0.1
    assert values["by_length"][0]["name"] == "1 to 9 words"
    assert values["scores"]["bleu"]["score"] == 30.1
    assert values["growth"]["learning"] == [17, 33, 65, 129]
    assert "attention" not in values
    assert TRANSFORMER.to_json()["against_champion"] is None


def test_looks_are_the_rows_with_a_score():
    rows = [
        {"step": 1, "loss": 3.0, "elapsed_seconds": 1.0, "tokens": 10},
        {"step": 1, "dev_score": 4.5, "elapsed_seconds": 2.0, "tokens": 10},
    ]
    assert [(look.seconds, look.tokens, look.bleu) for look in duel_point._looks(rows)] == [(2.0, 10, 4.5)]


def test_timed_sentences_have_the_length_that_is_asked_for(tiny, monkeypatch):
    from heedful.run.directory import RunDirectory
    from heedful.tasks.setup import Setup
    from heedful.tasks.translator import Translator

    seen = []
    real = duel_point.accumulate

    def watched(step, batches, n_parts, device):
        seen.append((tuple(batches[0].source.values.shape), int(batches[0].source.mask.sum())))
        return real(step, batches, n_parts, device)

    monkeypatch.setattr(duel_point, "accumulate", watched)
    monkeypatch.setattr(duel_point, "TOKENS_AT_ONCE", 64)
    run = RunDirectory.open(tiny.both)
    setup = replace(Setup.stored(run.begun), numerics=Numerics("cpu", "float32", "default", 1))
    translator = Translator.load(tiny.both)
    weights = {name: value.clone() for name, value in translator.model.state_dict().items()}
    assert duel_point._training_speed(translator, setup, 8) > 0
    assert seen == [((4, 8), 32)] * (1 + duel_point.REPEATS)
    assert all(torch.equal(value, weights[name]) for name, value in translator.model.state_dict().items())


def test_all_families_decode_by_the_same_code(tiny, monkeypatch):
    from heedful.tasks import translator

    class Loaded(Exception):
        pass

    def evaluated(loaded, *_):
        raise Loaded(loaded.numerics.engine)

    monkeypatch.setattr(translator, "rewritten", lambda model: pytest.fail("the engine takes no RNN"))
    monkeypatch.setattr(duel_point, "evaluate_pairs", evaluated)
    asked = [ask(tiny.texts, tiny.both)]
    with pytest.raises(Loaded, match="torch"):
        measure("transformer", asked, Arena.of("dev", [("He came.", "他来了。")]), None)
