"""What is asked for is refused where no data could make it right, and says where its texts are."""

from dataclasses import replace
from pathlib import Path

import pytest

from heedful.data.assignments import Form
from heedful.errors import OptionError
from heedful.tasks.writing_request import WritingOptions

PLAIN = WritingOptions(out=Path("runs/x"), data=Path("a.jsonl"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data": None}, "give what to learn from: --data, --source and --target, or --tsv"),
        ({"dev_data": Path("a.jsonl")}, "every file has one part to play"),
        ({"long": "leeding"}, "--long 'leeding' is not known; did you mean 'leading'"),
        ({"vocabulary": "new"}, "--vocabulary new is for a run named with --init"),
        ({"vocabulary": "old"}, "--vocabulary 'old' is not known"),
        ({"turns": -1}, "--turns counts the turns"),
        ({"language": "klingon"}, "--language"),
        ({"data": None, "tsv": Path("a.tsv"), "turns": 2}, "say how a table is read"),
        ({"minutes": 1, "steps": 1}, "a budget is one of"),
    ],
)
def test_what_cannot_be_is_refused(changes, said):
    with pytest.raises(OptionError, match=said):
        replace(PLAIN, **changes).check()


def test_columns_and_turns_say_how_tables_are_read():
    options = replace(PLAIN, source_column="en", target_column="s", turns=3)
    assert options.form == Form("en", "s", 3)
    assert options.files("") == [Path("a.jsonl")]
    assert options.files("dev_") == []


def test_two_ways_at_once_are_refused(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).write_text("x\n")
    options = replace(PLAIN, data=tmp_path / "a", source=tmp_path / "a", target=tmp_path / "b")
    with pytest.raises(OptionError, match="give either --data or --source and --target, not both"):
        options.assignments("")


def test_json_keeps_everything():
    options = replace(PLAIN, init=(Path("runs/old"),), turns=2)
    again = WritingOptions.from_json(options.to_json())
    assert again.init == (Path("runs/old").resolve(),)
    assert again.to_json() == options.to_json()
