import errno
import json
import os

import pytest

from heedful.errors import RunError
from heedful.training import log
from heedful.training.log import Journal, Window
from heedful.training.step import Sums


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "metrics.jsonl")


def test_rows_come_back_also_those_that_json_does_not_know(journal):
    assert (journal.rows(), journal.n_bytes) == ([], 0)
    journal.write({"step": 1, "loss": float("nan"), "rate": 0.1, "text": "词\n"})
    journal.write({"step": 2, "loss": None})
    assert journal.rows() == [{"step": 1, "loss": "nan", "rate": 0.1, "text": "词\n"}, {"step": 2, "loss": None}]
    assert [json.loads(line) for line in journal.path.read_text().splitlines()] == journal.rows()
    assert journal.n_bytes == journal.path.stat().st_size


@pytest.mark.parametrize("torn", [b"", b"{", b'{"step": 3, "lo', b'{"step": 3}'])
def test_a_torn_last_line_is_repaired_and_later_rows_are_forgotten(journal, torn):
    journal.write({"step": 1})
    known = journal.n_bytes
    journal.write({"step": 2})
    with open(journal.path, "ab") as file:
        file.write(torn)
    assert [row["step"] for row in journal.rows()] == [1, 2]
    journal.cut(10**9)
    assert [row["step"] for row in journal.rows()] == [1, 2]
    assert journal.path.read_bytes().endswith(b"}\n")
    journal.cut(known)
    journal.write({"step": 3})
    journal.sync()
    assert [row["step"] for row in journal.rows()] == [1, 3]
    journal.cut(0)
    assert journal.rows() == []


@pytest.mark.parametrize("damaged", [b"zstep", b"[1]", b"\xff\xfe", b""])
def test_a_damaged_row_is_named(journal, damaged):
    journal.write({"step": 1})
    with open(journal.path, "ab") as file:
        file.write(damaged + b"\n")
    journal.write({"step": 3})
    with pytest.raises(RunError, match=r"metrics\.jsonl:2 is damaged: it is no JSON; delete that line and go on"):
        journal.rows()


def test_a_journal_that_does_not_exist_is_cut_and_synced_in_vain(journal):
    journal.cut(5)
    journal.sync()
    assert not journal.path.exists()


def test_a_full_disk_is_one_clear_line(journal, monkeypatch):
    def full(*_, **__):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(log, "open", full, raising=False)
    with pytest.raises(RunError, match=r"metrics.jsonl: No space left on device; make room"):
        journal.write({"step": 1})


def test_a_window_is_summed_by_hand():
    window = Window(tokens=300, seconds=2.0)
    window.add(Sums(10.0, 4.0, 1.0, {"nll": (8.0, 4.0)}))
    window.add(Sums(2.0, 2.0, 3.0, {"nll": (1.0, 2.0), "rare": (0.0, 0.0)}))
    window.n_bad = 1
    row = window.row()
    assert row == {
        "loss": 2.0,
        "gradient_norm": 2.0,
        "bad_steps": 1,
        "nll": 1.5,
        "rare": None,
        "tokens_per_second": 150.0,
    }
    assert Window(**json.loads(json.dumps(window.to_json()))).row() == row
    assert Window(n_bad=1).row()["loss"] is None
