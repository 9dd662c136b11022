"""What was done is found again by its settings alone, also in another process."""

import json

import pytest

from bench.ledger import Ledger
from heedful.errors import RunError

ASKED, FOUND = {"row": "heads-1", "seed": 1, "betas": (0.9, 0.98)}, {"steps": 7, "nll": 0.1 + 0.2, "scores": [None]}


def test_an_outcome_is_found_by_just_its_settings(tmp_path):
    path = tmp_path / "x.json"
    Ledger(path).add(ASKED, FOUND)
    for ledger in (Ledger(path), Ledger(path)):
        assert ledger.find(ASKED) == FOUND
        assert ledger.find({**ASKED, "seed": 2}) is None
        assert ledger.find({"row": "heads-1", "seed": 1}) is None


def test_what_other_settings_came_to_stays_and_a_new_table_takes_the_place_of_the_old(tmp_path):
    path = tmp_path / "x.json"
    Ledger(path).add(ASKED, FOUND)
    Ledger(path).conclude(["old"])
    other = Ledger(path)
    other.add({**ASKED, "seed": 2}, {"steps": 8})
    other.conclude(["new"])
    kept = json.loads(path.read_text())
    assert [run["outcome"]["steps"] for run in kept["runs"]] == [7, 8]
    assert kept["table"] == ["new"]


def test_without_a_file_it_is_remembered_as_long_as_it_lives():
    ledger = Ledger(None)
    ledger.add(ASKED, FOUND)
    assert ledger.find(ASKED) == FOUND


def test_a_place_that_cannot_be_written_to_is_refused_at_once(tmp_path):
    with pytest.raises(RunError, match="create the folder first"):
        Ledger(tmp_path / "nowhere" / "x.json")


@pytest.mark.parametrize("content", ["[]", '{"runs": 3}', '{"layers": []}'])
def test_another_file_is_not_written_over(tmp_path, content):
    path = tmp_path / "x.json"
    path.write_text(content)
    with pytest.raises(RunError, match=r"x\.json is not a file of this bench.*name another with --json"):
        Ledger(path)
    assert path.read_text() == content
