"""What a searcher is asked, and what becomes of its answers."""

from collections import Counter

import numpy as np
import pytest

from heedful.decoding import Beam, Greedy, Hypothesis, Limits, Sampling, decode
from heedful.errors import RunError
from heedful.interface import Allowed, Found
from tests.decoding.toy import BOS, EOS, PAD, Toy, chance


class Oracle:
    """Answers with what it was given, and remembers what it was asked."""

    def __init__(self, *answers: list[Found]) -> None:
        self.answers, self.asked = list(answers), []

    def searches(self, width: int) -> bool:
        return width <= 4

    def search(self, task, watch):
        self.asked.append(task)
        return self.answers[: len(task.sources)], Counter(steps=7, rows=21, encoded=1)


def run(oracle, sources, search, **options):
    model = Toy(chance(1, 7), 7)
    return decode(model, sources, search, bos=BOS, eos=EOS, pad=PAD, searcher=oracle, **options)


def test_the_task():
    oracle = Oracle([Found([4], -1.0, 0)], [Found([5, 6], -2.0, 1)])
    limits = Limits(max_ratio=1.0, max_extra=3, min_len=2, rows=9, tokens=33, copy_penalty=1.0, loop_ngram=2)
    run(oracle, [[3, EOS], [3, 4, 5, EOS]], Beam(3, 0.5, n_best=2), limits=limits)
    [task] = oracle.asked
    assert task.sources == [[3, 4, 5, EOS], [3, EOS]], "the longest first"
    assert (task.max_len, task.min_len) == ([7, 5], [2, 2])
    assert task.loop_runs == [limits.loop_runs(4), limits.loop_runs(2)]
    assert (task.width, task.kept, task.rows, task.tokens) == (3, 3, 9, 33)
    assert task.divisor(7) == Beam(3, 0.5).divisor(7)
    assert (task.bos, task.eos, task.pad) == (BOS, EOS, PAD)


def test_answers_find_their_places():
    oracle = Oracle([Found([4, 5], -2.0, 0), Found([4], -3.0, 1)], [])
    found = run(oracle, [[3, EOS], [], [3, 4, 5, EOS]], Beam(2, 1.0, n_best=2))
    best = Hypothesis([4, 5], -2.0 / ((5 + 3) / 6), -2.0, "eos")
    cut = Hypothesis([4], -3.0 / ((5 + 1) / 6), -3.0, "length")
    nothing = Hypothesis([], -float("inf"), -float("inf"), "length")
    assert found.hypotheses == [[nothing], [Hypothesis([], 0.0, 0.0, "eos")], [best, cut]]
    assert {name: found.counters[name] for name in ("sentences", "tokens", "steps", "rows", "encoded")} == {
        "sentences": 3, "tokens": 3 + 1, "steps": 7, "rows": 21, "encoded": 1,
    }  # fmt: skip


def test_greedy_answers_are_not_ranked():
    oracle = Oracle([Found([4, 5], -2.0, 2)])
    assert run(oracle, [[3, EOS]], Greedy()).hypotheses == [[Hypothesis([4, 5], -2.0, -2.0, "repetition")]]
    assert (oracle.asked[0].width, oracle.asked[0].kept) == (1, 0)


def test_what_is_no_number_is_told():
    with pytest.raises(RunError, match="NaN"):
        run(Oracle([Found([4], float("nan"), 0)]), [[3, EOS]], Greedy())


@pytest.mark.parametrize(
    ("search", "options"),
    [(Sampling(seed=1), {}), (Beam(5), {}), (Greedy(), {"prefixes": [[4]]})],
    ids=["chance", "too wide", "prefix"],
)
def test_the_model_does_what_a_searcher_cannot(search, options):
    oracle = Oracle()
    assert run(oracle, [[3, EOS]], search, **options).counters["sentences"] == 1
    assert oracle.asked == []


def few(*own):
    return Allowed(np.array([EOS, 3, 4, 5, 6]), [np.array(each) for each in own])


def test_each_sentence_keeps_its_own_list():
    oracle = Oracle([Found([4], -1.0, 0)], [Found([5, 6], -2.0, 1)])
    allowed = few([7], [8, 9], [10])
    run(oracle, [[3, EOS], [], [3, 4, 5, EOS]], Greedy(), allowed=allowed)
    [task] = oracle.asked
    assert task.sources == [[3, 4, 5, EOS], [3, EOS]]
    assert task.allowed.common is allowed.common
    assert task.allowed.own == [allowed.own[2], allowed.own[0]]


def test_a_beam_wider_than_the_list_is_the_model_s_own_work():
    oracle = Oracle([Found([4], -1.0, 0)])
    run(oracle, [[3, EOS]], Beam(3), allowed=few([]))
    assert oracle.asked == []
    run(oracle, [[3, EOS]], Beam(2), allowed=few([]))
    assert len(oracle.asked) == 1
