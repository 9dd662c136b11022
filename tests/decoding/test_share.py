"""One job a sentence, and what is kept of those that are done."""

from heedful.decoding import Beam, Greedy, Hypothesis, Limits
from heedful.decoding.constraints import Specials
from heedful.decoding.share import Job, Order, Share, jobs_of

SPECIALS = Specials(bos=1, eos=2, pad=0)


class Idle(Share):
    """Decodes nothing."""

    def decode(self, stop):
        raise AssertionError


def idle(search, jobs, encodes=True, **limits) -> Idle:
    return Idle(Order(search, SPECIALS, Limits(**limits), encodes, lambda: None), jobs)


def test_an_answer_s_room():
    first, second = jobs_of(20, [[3, 2], [3, 4, 5, 2]], [[], [7, 8]], Limits(max_ratio=2, max_extra=3))
    assert (first.max_len, first.room) == (7, 7)
    assert (second.max_len, second.room) == (11, 13)
    [cut] = jobs_of(10, [[3, 4, 5, 2]], [[7, 8]], Limits(max_ratio=2, max_extra=3))
    assert cut.max_len == 8, "the window is full"


def test_an_empty_source_is_answered_at_once():
    share = idle(Greedy(), [Job(4, [], [6], 5), Job(5, [3, 2], [], 5)])
    assert share.hypotheses == {4: [Hypothesis([6], 0.0, 0.0, "eos")]}
    assert [job.index for job in share.queue] == [5]
    assert len(idle(Greedy(), [Job(4, [], [6], 5)], encodes=False).queue) == 1


def test_a_copy_falls_behind():
    job = Job(0, [3, 4, 2], [], 9)
    share = idle(Beam(2), [job], copy_penalty=1.0)
    share.finish(job, [Hypothesis([3, 4], -0.5, -1.0, "eos"), Hypothesis([5], -1.0, -1.5, "eos")])
    assert [each.tokens for each in share.hypotheses[0]] == [[5]]
    assert (share.counters["copied"], share.counters["tokens"]) == (0, 2)


def test_counters():
    jobs = [Job(0, [3, 4, 2], [], 9), Job(1, [3, 2], [5], 9), Job(2, [4, 2], [], 9)]
    share = idle(Greedy(), jobs)
    share.finish(jobs[0], [Hypothesis([3, 4], 0.0, 0.0, "eos")])
    share.finish(jobs[1], [Hypothesis([6, 6, 6], 0.0, 0.0, "length")])
    share.finish(jobs[2], [Hypothesis([], 0.0, 0.0, "eos")])
    counted = {name: n for name, n in share.counters.items() if n}
    assert counted == {"sentences": 3, "tokens": 3 + 3 + 1, "length": 1, "copied": 1, "empty": 1}
    assert share.hypotheses[1][0].tokens == [5, 6, 6, 6]
