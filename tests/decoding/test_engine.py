"""Sentences are shared out between hands, and nobody is left at work."""

import time
from unittest.mock import patch

import numpy as np
import pytest

from heedful.crew import ALONE, Crew
from heedful.decoding import Beam, Greedy, Limits
from heedful.errors import LengthError, OptionError, RunError, ShapeError
from heedful.interface import Allowed
from tests.decoding.toy import EOS, SEARCHES, Toy, chance, run, some_sources


def test_nothing_in_nothing_out():
    model = Toy(chance(0, 7), 7)
    assert run(model, [], Greedy()).hypotheses == []
    found = run(model, [[], [4, EOS], []], Beam(2, n_best=2)).hypotheses
    assert [item.tokens for item in found[0]] == [item.tokens for item in found[2]] == [[]]
    assert found[0][0].score == 0.0
    assert found[1] == run(model, [[4, EOS]], Beam(2, n_best=2)).hypotheses[0]
    assert run(model, [[]], Greedy(), prefixes=[[5]]).hypotheses[0][0].tokens == [5]


def test_what_does_not_fit_is_refused():
    model = Toy(chance(0, 7), 7, max_len=12)
    with pytest.raises(LengthError, match="sentence 2 has 13 tokens, the model reads at most 12"):
        run(model, [[3, EOS], [3] * 12 + [EOS]], Greedy())
    with pytest.raises(LengthError, match="prefix of sentence 1 has 12"):
        run(model, [[3, EOS]], Greedy(), prefixes=[[3] * 12])
    with pytest.raises(ShapeError, match="1 and 2"):
        run(model, [[3, EOS]], Greedy(), prefixes=[[], []])
    with pytest.raises(OptionError, match="prefixes"):
        run(model, None, Greedy())


def test_progress_and_mode():
    model, told = Toy(chance(0, 7), 7), []
    model.train()
    run(model, some_sources(20, 4, 7), Greedy(), limits=Limits(rows=4), progress=lambda *now: told.append(now))
    assert model.training
    assert told == sorted(told)
    assert told[-1] == (20, 20)


@pytest.mark.parametrize("search", SEARCHES, ids=lambda search: type(search).__name__)
@pytest.mark.parametrize("n", [3, 16, 41])
def test_hands_change_nothing(search, n):
    model = Toy(chance(1, 7, eos=-1.0), 7)
    sources = [[], *some_sources(n, 6, 7)]
    told = []
    limits = Limits(rows=4 * search.width)
    alone = run(model, sources, search, limits=limits)
    found = run(model, sources, search, limits=limits, crew=Crew(3), progress=lambda *now: told.append(now))
    assert found.hypotheses == alone.hypotheses
    same = ("sentences", "tokens", "length", "repetition", "copied", "empty")
    assert [found.counters[name] for name in same] == [alone.counters[name] for name in same]
    assert max(told) == (n + 1, n + 1)
    assert all(0 <= done <= in_all for done, in_all in told)


def test_what_fails_in_a_hand_is_raised():
    model = Toy(lambda source, read: [float("nan")] * 7, 7)
    with pytest.raises(RunError, match="computes NaN"):
        run(model, some_sources(30, 6, 7), Greedy(), crew=Crew(2))


def test_each_hand_has_sentences_of_its_own():
    model, sources = Toy(chance(1, 7, eos=-1.0), 7), some_sources(41, 6, 7)
    one = run(model, sources, Greedy(), limits=Limits(rows=64)).counters
    model.batches.clear()
    three = run(model, sources, Greedy(), limits=Limits(rows=64), crew=Crew(3)).counters
    assert (one["encoded"], three["encoded"]) == (1, 3)
    assert sorted(rows for rows, _ in model.batches) == [13, 14, 14]


@pytest.mark.parametrize("crew", [ALONE, Crew(2)])
def test_who_fails_stops_the_others(crew):
    """The first news is an error: of 400 sentences few are begun after it."""
    model = Toy(chance(1, 7, eos=-1.0), 7)

    def fail(done, in_all):
        if not model.failed:
            model.failed = True
            raise ZeroDivisionError

    model.failed = False
    with pytest.raises(ZeroDivisionError):
        run(model, some_sources(400, 6, 7), Greedy(), limits=Limits(rows=4), crew=crew, progress=fail)
    assert len(model.steps) < 40


def test_an_interrupted_caller_leaves_nobody_at_work():
    """Ctrl-C interrupts the thread that waits, not the hands."""
    model = Toy(chance(1, 7, eos=-1.0), 7)
    with patch("heedful.crew.wait", side_effect=KeyboardInterrupt), pytest.raises(KeyboardInterrupt):
        run(model, some_sources(400, 6, 7), Greedy(), limits=Limits(rows=4), crew=Crew(2))
    time.sleep(0.1)
    steps = len(model.steps)
    assert steps < 40
    time.sleep(0.1)
    assert len(model.steps) == steps


def test_each_source_needs_a_list_of_what_is_allowed():
    with pytest.raises(ShapeError, match="a list of what is allowed: got 2 and 1"):
        run(
            Toy(chance(0, 7), 7),
            [[3, EOS], [4, EOS]],
            Greedy(),
            allowed=Allowed(np.array([EOS, 4, 5, 6]), [np.array([3])]),
        )
