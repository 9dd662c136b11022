"""`heedful generate`: texts to stdout, complaints to stderr, mistakes in one line."""

import json
from itertools import islice

import pytest

from heedful.cli.generate import remarks
from heedful.decoding import Sampling
from heedful.decoding.writing import Writing
from heedful.tasks.language_model import LanguageModel
from tests.cli.commands import refused, run


def test_a_prompt_and_its_continuation(capsys, languages):
    code, out, err = run(capsys, "generate", languages.runs["causal"], "--prompt", "The cat", "--max-tokens", 5)
    assert (code, err) == (0, "")
    assert out.startswith("The cat")
    again = run(capsys, "generate", languages.runs["causal"], "--max-tokens", 5, typed="The cat\n")
    assert again == (0, out, "")


def test_json_and_several(capsys, languages):
    _, out, _ = run(
        capsys, "generate", languages.runs["causal"], "--prompt", "The", "--n", 2, "--max-tokens", 4, "--json"
    )
    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["prompt"] for row in rows] == ["The", "The"]
    assert all({"text", "ended", "n_tokens", "n_slides"} <= row.keys() for row in rows)
    _, plain, _ = run(capsys, "generate", languages.runs["causal"], "--prompt", "The", "--n", 2, "--max-tokens", 4)
    assert plain == "The" + rows[0]["text"] + "\n---\nThe" + rows[1]["text"] + "\n"


def test_the_flags_reach_the_search(capsys, languages):
    given = ("generate", languages.runs["causal"], "--prompt", "The", "--max-tokens", 8)
    _, one, _ = run(capsys, *given, "--top-k", 1)
    _, same, _ = run(capsys, *given, "--top-p", 1e-9)
    assert one == same
    _, stopped, _ = run(capsys, *given, "--top-k", 1, "--stop", one[3:5], "--stop", "never there")
    assert stopped == "The\n"


def test_gaps(capsys, languages):
    _, out, _ = run(capsys, "generate", languages.runs["masked"], "--fill", "the <mask> laughed", "--n", 3)
    assert len(out.splitlines()) == 3
    assert all(line.split()[0].endswith("%") for line in out.splitlines())
    _, out, _ = run(capsys, "generate", languages.runs["masked"], "--fill", "the <mask> laughed", "--n", 300)
    assert out.splitlines()[-1].lstrip().startswith("<0.1% ")
    _, rows, _ = run(capsys, "generate", languages.runs["masked"], "--fill", "the <mask> <mask>", "--json")
    found = [json.loads(line) for line in rows.splitlines()]
    assert [(row["gap"], len(row["fillings"])) for row in found] == [(1, 5), (2, 5)]


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--prompt", "a", "--temperature", 0), "--top-k 1 takes the likeliest every time"),
        (("--prompt", "a", "--temperature", "inf"), "--top-k 1 takes the likeliest every time"),
        (("--prompt", "a", "--temperature", -1), "temperature is a number above 0"),
        (("--prompt", "a", "--top-p", 1.5), "top_p is a probability"),
        (("--prompt", "a", "--top-k", 0), "top_k is at least 1"),
        (("--prompt", "a", "--max-tokens", 0), "max_tokens is at least 1"),
        (("--prompt", "a", "--n", 0), "--n is at least 1: got 0"),
        (("--prompt", "a", "--repetition-penalty", 0), "repetition_penalty is a number"),
        (("--prompt", "a", "--fill", "b"), "give one of them"),
        (("--prompt", "the cat " * 40), "the model's window 24: shorten it"),
        (("--fill", "a <mask>"), "fills no gaps"),
    ],
)
def test_mistakes(capsys, languages, flags, said):
    assert said in refused(capsys, "generate", languages.runs["causal"], *flags)


def test_no_text_and_no_language_model(capsys, languages, tiny):
    assert "not UTF-8" in refused(capsys, "generate", languages.runs["causal"], typed=b"\xff")
    assert "expected a run of `heedful train language`" in refused(capsys, "generate", tiny.rnn, "--prompt", "a")


def test_a_full_window_is_told():
    assert remarks([0, 0], 24) == []
    assert remarks([1], 24) == [
        "the window of 24 tokens was full once: its first half was forgotten, and writing went on"
    ]
    assert "full 2 times" in remarks([2, 1], 24)[0]


def test_however_many_texts_are_wanted_few_are_in_memory(languages):
    model = LanguageModel.load(languages.runs["causal"], "cpu")
    first = islice(model.passages("The", Writing(Sampling(n_best=10**8), max_tokens=2)), 70)
    some = model.generate("The", Writing(Sampling(n_best=70), max_tokens=2))
    assert [passage.text for passage in first] == [passage.text for passage in some]
    assert len({passage.text for passage in some}) > 5
