from heedful.training.progress import Evaluation, Silent
from heedful.training.record import Pass, Record
from heedful.training.state import State
from heedful.training.step import Sums
from tests.training.toy import toy_model, toy_options


class Ears(Silent):
    def __init__(self):
        self.heard = []

    def step(self, progress):
        self.heard.append(("step", progress.step, progress.loss, progress.tokens))

    def evaluation(self, step, found, best):
        self.heard.append(("evaluation", step, found.score, best))

    def event(self, step, message):
        self.heard.append(("event", step, message))


def take(record, state, loss):
    state.counters.step += 1
    state.counters.tokens += 10
    sums = Sums(4 * loss, 4.0, 1.0, {})
    state.window.add(sums)
    record.step(Pass(sums, state.counters.step / 2, 5, 0.5, 10, 0.25))


def test_rows_events_and_those_who_watch_hear_the_same(tmp_path):
    state, ears = State(toy_model(), toy_options(log_every=2, steps=5)), Ears()
    record = Record(tmp_path, ears, state)
    for loss in (1.0, 2.0, 3.0):
        take(record, state, loss)
    record.evaluation(Evaluation(7.5, {"bleu": 7.5, "decoding_seconds": 1.0}), 1.5, True, 2.0)
    known = record.lengths()
    record.event("skip", "spike", {"loss": 9.0})
    for loss in (5.0, 6.0):
        take(record, state, loss)
    rows = record.metrics.rows()
    assert [(row["step"], row.get("loss")) for row in rows] == [(2, 1.5), (3, None), (4, 4.0), (5, 6.0)]
    assert rows[0]["tokens_per_second"] == 40.0
    evaluation = {"dev_score": 7.5, "dev_bleu": 7.5, "dev_decoding_seconds": 1.0, "evaluation_seconds": 2.0}
    assert rows[1] == {"step": 3, "epoch": 1.5, "tokens": 30, "elapsed_seconds": 0.0, **evaluation}
    assert record.events.rows() == [
        {"step": 3, "elapsed_seconds": 0.0, "kind": "skip", "message": "spike", "loss": 9.0}
    ]
    assert [heard for heard in ears.heard if heard[0] != "step"] == [
        ("evaluation", 3, 7.5, True),
        ("event", 3, "spike"),
    ]
    assert ears.heard[0] == ("step", 1, 1.0, 10)
    record.cut(known)
    assert [row["step"] for row in record.metrics.rows()] == [2, 3]
    assert record.events.rows() == []
