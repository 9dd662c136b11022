import hashlib
from dataclasses import replace

import pytest

from heedful.errors import RunError
from heedful.run.disk import read_json
from heedful.run.facts import DataFile, amount, duration, read_scores, write_scores
from tests.run.sample import facts, score_set


@pytest.mark.parametrize(
    ("directions", "title", "languages"),
    [
        ((("de", "en"),), "de → en", ["de", "en"]),
        ((("zh", "en"), ("en", "zh")), "zh ⇄ en", ["zh", "en"]),
        ((("en", "de"), ("en", "fr"), ("de", "en")), "en ⇄ de, en → fr", ["en", "de", "fr"]),
        ((), "", []),
    ],
)
def test_directions_in_one_line(directions, title, languages):
    said = replace(facts(), directions=directions)
    assert (said.title, said.languages) == (title, languages)


def test_the_summary_says_what_it_is_and_what_it_cost():
    assert facts().summary == (
        "A transformer model of 3.14 million parameters, trained from scratch on 60,000 pairs of sentences "
        "in 11.5 minutes on AMD EPYC, 2 cores."
    )
    assert replace(facts(), machine={}).summary.endswith("in 11.5 minutes.")


def test_scores_are_written_and_read(tmp_path):
    sets = [score_set(), score_set("en", "zh")]
    write_scores(tmp_path / "scores.json", sets)
    assert read_scores(tmp_path / "scores.json") == sets


@pytest.mark.parametrize("content", ["{}", "[]", '{"scores": [{"x": 1}]}', '{"scores": 3}'])
def test_damaged_scores_are_named(tmp_path, content):
    (tmp_path / "scores.json").write_text(content)
    with pytest.raises(RunError, match=r"scores\.json is damaged: it holds no scores"):
        read_scores(tmp_path / "scores.json")


def test_a_data_file_is_measured(tmp_path):
    (tmp_path / "train.zh").write_bytes(b"text\n")
    expected = DataFile("train source", "train.zh", 5, hashlib.sha256(b"text\n").hexdigest())
    assert DataFile.read("train source", tmp_path / "train.zh") == expected
    with pytest.raises(RunError, match="No such file"):
        DataFile.read("train source", tmp_path / "none")


@pytest.mark.parametrize(
    ("number", "text"), [(950, "950"), (31_415, "31,415"), (3_141_592, "3.14 million"), (7e9, "7 billion")]
)
def test_amounts(number, text):
    assert amount(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 seconds"),
        (119, "119 seconds"),
        (690, "11.5 minutes"),
        (9000, "2.5 hours"),
        (2.5e5, "2.9 days"),
        (1037.1 * 86400, "2.8 years"),
    ],
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_the_summary_of_a_model_made_of_another_says_so():
    assert replace(facts(), origin="It is int8.").summary.endswith("in 11.5 minutes. It is int8.")


def test_parity_stands_beside_the_scores(tmp_path):
    write_scores(tmp_path / "scores.json", [score_set()], {"parity": {"data": "test"}})
    assert read_json(tmp_path / "scores.json")["parity"] == {"data": "test"}
    assert read_scores(tmp_path / "scores.json") == [score_set()]
