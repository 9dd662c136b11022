"""What the training can be asked for, and what is refused before anything is read."""

from pathlib import Path

import pytest

from heedful.errors import OptionError
from heedful.tasks.answering_request import AnsweringOptions


def test_several_files_go_to_json_and_back():
    asked = AnsweringOptions(out=Path("/r"), data=(Path("/a.json"), Path("/b.json")), dev_data=Path("/c.json"))
    assert AnsweringOptions.from_json(asked.to_json()) == asked
    assert " ".join(asked.command) == "heedful train answering --data a.json b.json --dev-data c.json --out r"
    assert asked.held_files == {"dev": Path("/c.json")}


def test_no_data_and_the_same_file_twice_are_refused():
    with pytest.raises(OptionError, match="name the questions to learn from: --data"):
        AnsweringOptions(out=Path("r")).check()
    with pytest.raises(OptionError, match="must be different files"):
        AnsweringOptions(out=Path("r"), data=(Path("a"), Path("b")), test_data=Path("b")).check()
