"""A student beside its teacher: what is said of the two, and how they are asked."""

from dataclasses import replace

from heedful.evaluation.labels import Tally
from heedful.evaluation.significance import Comparison
from heedful.run.directory import RunDirectory
from heedful.run.disk import write_json
from heedful.tasks import student_evidence
from heedful.tasks.student_evidence import Side, Standing


class Reader:
    def __init__(self, name):
        self.name, self.asked = name, []

    def replies(self, pairs, tell):
        self.asked.append(len(pairs))
        return [text if self.name == "right" else "no" for text, _ in pairs]

    def tally(self, replies, pairs):
        return Tally.of_labels(replies, [truth for _, truth in pairs])


def test_both_answer_by_turns():
    pairs = [(str(n), "") for n in range(230)]
    readers = Reader("right"), Reader("wrong")
    replies, seconds = student_evidence.alternate(readers, pairs, lambda *told: None)
    assert replies == [[str(n) for n in range(230)], ["no"] * 230]
    assert [reader.asked for reader in readers] == [[1, 58, 58, 57, 57]] * 2
    assert all(spent > 0 for spent in seconds)


def test_both_are_scored_on_the_same(tmp_path, monkeypatch):
    for name, size in (("right", 40), ("wrong", 10)):
        (tmp_path / name).mkdir()
        RunDirectory(tmp_path / name).weights.write_bytes(b"x" * size)
    monkeypatch.setattr(student_evidence, "load", lambda path, device: Reader(path.name))
    pairs = [("yes", "yes"), ("no", "no"), ("no", "no"), ("yes", "yes")]
    found = student_evidence.compare(tmp_path / "right", tmp_path / "wrong", ("test", pairs), None, lambda *told: None)
    assert (found.data, found.examples, found.alike, found.headline) == ("test", 4, 0.5, "accuracy")
    assert (found.teacher.n_bytes, found.student.n_bytes) == (40, 10)
    assert found.difference.difference == -50


STANDING = Standing(
    "dev", 872, 0.934,
    Side({"accuracy": {"score": 88.3, "low": 86.0, "high": 90.4}}, 50.0, 90_000_000),
    Side({"accuracy": {"score": 86.7, "low": 84.2, "high": 88.9}}, 95.0, 68_400_000),
    Comparison(-1.6, -2.9, -0.3, 0.02, 0.01),
)  # fmt: skip


def test_the_lower_end_of_the_interval_decides():
    assert STANDING.within(3.0)
    assert not STANDING.within(2.8)
    better = replace(STANDING, difference=Comparison(1.0, 0.0, 2.0, 0.5, 0.9))
    assert better.within(0.0)


def test_what_is_said_of_the_two():
    assert STANDING.said == (
        "accuracy 86.7 instead of 88.3 (-1.60, 95% interval -2.90 to -0.30), 93% of 872 answers the same"
    )
    assert STANDING.cost == "1.90 times the speed, 68.4 MB instead of 90.0 MB"


def test_it_is_read_as_it_was_written(tmp_path):
    write_json(RunDirectory(tmp_path).scores, {"scores": [], "parity": {**STANDING.to_json(), "allowed_loss": 3.0}})
    assert Standing.stored(RunDirectory(tmp_path)) == STANDING
