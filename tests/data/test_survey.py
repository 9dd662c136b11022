"""What the survey counts while it reads."""

from pathlib import Path

import pytest

from heedful.data.survey import Survey
from heedful.data.text import ParallelText


@pytest.fixture
def survey() -> Survey:
    return Survey(ParallelText(Path("a.de"), Path("a.zh")), max_units=50)


def test_lines_scripts_languages_and_lengths(survey: Survey) -> None:
    for line in range(1, 30):
        survey.add(line, "Der Mann ist nicht da.", "那个人不在。")
    survey.add(30, "", "空")
    survey.judge_whole({"source": "de", "target": "zh"})
    assert (survey.n_lines, survey.n_usable) == (30, 29)
    assert survey.scripts == {"source": "Latin", "target": "Han"}
    assert survey.languages == {"source": "de", "target": "zh"}
    assert survey.mean_units() == pytest.approx({"source": 5.0, "target": 6.0})
    assert [(found.kind, found.count, found.examples[0].line) for found in survey.findings] == [("empty", 1, 30)]


def test_lengths_add_up_over_blocks(survey: Survey) -> None:
    for line in range(1, 4501):
        survey.add(line, "ja " * (line % 9 + 1), "好" * (line % 9 + 1))
    survey.judge_whole({"source": None, "target": None})
    expected = sum(line % 9 + 1 for line in range(1, 4501)) / 4500
    assert survey.mean_units() == pytest.approx({"source": expected, "target": expected})
    assert "alignment" not in {found.kind for found in survey.findings}


def test_lines_with_several_sentences_are_counted(survey: Survey) -> None:
    survey.add(1, "Er kam. Sie ging.", "他来了。她走了。")
    survey.add(2, "Er kam.", "他来了。她走了。")
    survey.add(3, "Er kam. Sie ging.", "")
    assert survey.n_several == {"source": 1, "target": 2}


def test_nothing_read(survey: Survey) -> None:
    survey.judge_whole({"source": "de", "target": None})
    survey.judge_repetitions()
    assert [found.kind for found in survey.findings] == ["size"]
    assert survey.mean_units() == {"source": 0.0, "target": 0.0}
