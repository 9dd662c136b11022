"""What may be asked for, and what is said when it cannot be."""

from pathlib import Path

import pytest

from heedful.errors import OptionError
from heedful.tasks.language_request import LanguageOptions

TEXT = (Path("a.txt"),)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({}, "nothing to learn from"),
        ({"text": TEXT, "objective": "masking"}, "objective 'masking' is not known; did you mean 'masked'"),
        ({"text": TEXT, "documents": "files"}, "documents 'files' is not known; did you mean 'file'"),
        ({"text": TEXT, "level": "bytes"}, "level 'bytes' is not known"),
        ({"text": TEXT, "noise": "span"}, "noise 'span' is not known; did you mean 'spans'"),
        ({"text": TEXT, "mask_rate": 0.9}, "taken out"),
        ({"text": TEXT, "window": 4}, "window is a number of tokens"),
        ({"text": TEXT, "beta": 0.0}, "beta is a number above 0"),
        ({"text": TEXT, "beta": float("nan")}, "beta is a number above 0"),
        ({"text": TEXT * 2}, "named twice"),
        ({"text": TEXT, "dev_text": TEXT}, "named twice"),
        ({"text": TEXT, "preferences": Path("p.tsv")}, "goes with --objective preference"),
        ({"text": TEXT, "init": Path("run"), "level": "characters"}, "leave --level and --window out"),
        ({"objective": "preference", "preferences": Path("p.tsv")}, "needs a language model to begin with"),
        ({"objective": "preference", "init": Path("run")}, "needs a language model to begin with"),
        (
            {"objective": "preference", "init": Path("run"), "preferences": Path("p"), "text": TEXT},
            "leave --text and --dev-text out",
        ),
        ({"text": TEXT, "seed": -1}, "seed is a whole number"),
    ],
)
def test_what_no_text_can_make_right(values, said):
    with pytest.raises(OptionError, match=said):
        LanguageOptions(out=Path("out"), **values).check()


def test_options_survive_json_and_become_a_command():
    asked = LanguageOptions(out=Path("/runs/x"), text=(Path("/d/a.txt"), Path("/d/b.txt")), objective="masked", steps=3)
    asked.check()
    assert LanguageOptions.from_json(asked.to_json()) == asked
    assert asked.command == [
        "heedful", "train", "language", "--text", "a.txt", "b.txt", "--out", "x", "--steps", "3", "--objective",
        "masked",
    ]  # fmt: skip
