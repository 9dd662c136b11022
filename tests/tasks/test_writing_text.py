"""What training reads: parts that share nothing, texts within the window, and what is wrong with them."""

from dataclasses import replace

import pytest

from heedful.data.assignments import TURN
from heedful.errors import DataError, LengthError, OptionError
from heedful.tasks.writing_text import lay_down, reopen
from tests.tasks.written import ask, dialogues, small, summaries, write_rows

LONG = {"source": " ".join(["old cat"] * 900), "target": "cat"}


def laid(place, options):
    place.mkdir()
    with small():
        lay_down(place, options)
    return reopen(place)


def test_parts_are_held_out_and_every_reference_is_learned_from(tmp_path):
    found = laid(tmp_path / "x", ask(summaries(tmp_path), tmp_path / "out"))
    assert found.n_examples["dev"] == found.n_examples["test"] == len(found.dev) == 12
    assert found.n_examples["train"] == 2 * (120 - 24)
    assert found.dev[0][1].count("\t") == 1
    read = [{source for source, _ in part} for part in (found.facts["known"], found.dev, found.test)]
    assert not read[0] & (read[1] | read[2]) | (read[1] & read[2])


def test_a_dialogue_is_in_one_part_as_a_whole(tmp_path):
    found = laid(tmp_path / "x", ask(dialogues(tmp_path), tmp_path / "out", turns=3, source_column="en"))

    def openings(pairs):
        return {source.split(TURN)[0] for source, _ in pairs if source.count(TURN) == 2}

    assert not openings(found.facts["known"]) & (openings(found.dev) | openings(found.test))
    assert len(openings(found.dev)) == len(found.dev) / 3
    assert found.manner.turns == 3


def test_too_few_dialogues_are_counted_as_dialogues(tmp_path):
    asked = ask(dialogues(tmp_path, 90), tmp_path / "out", turns=3, source_column="en")
    with pytest.raises(DataError, match="at least 100 dialogues: got 90; give more text, or name held-out files"):
        laid(tmp_path / "x", asked)


def test_a_text_beyond_the_window_is_left_out_or_read_in_part(tmp_path):
    rows = [{"source": f"old cat {n}", "target": f"cat {n}"} for n in range(30)]
    data, dev = write_rows(tmp_path / "a.jsonl", [*rows, LONG]), write_rows(tmp_path / "d.jsonl", rows[:3])
    options = ask(data, tmp_path / "out", dev_data=dev)
    refused = laid(tmp_path / "x", options)
    assert (refused.facts["n_long"], refused.facts["n_cut"], refused.n_examples["train"]) == (1, 0, 30)
    leading = laid(tmp_path / "y", replace(options, long="leading"))
    assert (leading.facts["n_long"], leading.facts["n_cut"], leading.n_examples["train"]) == (0, 1, 31)
    assert LONG["source"].startswith(leading.facts["known"][-1][0])


def test_a_held_out_text_beyond_the_window_is_refused_with_a_count(tmp_path):
    rows = [{"source": f"old cat {n}", "target": f"cat {n}"} for n in range(30)]
    data, dev = write_rows(tmp_path / "a.jsonl", rows), write_rows(tmp_path / "d.jsonl", [*rows[:3], LONG])
    with pytest.raises(LengthError, match="1 of 4 dev texts are longer than the model's window of 1,022 tokens"):
        laid(tmp_path / "x", ask(data, tmp_path / "out", dev_data=dev))


def test_what_is_wrong_is_found_and_what_is_wrong_with_translations_alone_is_not(tmp_path):
    rows = [{"source": f"the old cat sees bird number {n} in the house and runs", "target": "cat"} for n in range(30)]
    rows += [rows[0], {"source": "same", "target": "same"}, {"source": "a", "target": ""}]
    data, dev = write_rows(tmp_path / "a.jsonl", rows), write_rows(tmp_path / "d.jsonl", rows[4:6])
    found = laid(tmp_path / "x", ask(data, tmp_path / "out", dev_data=dev))
    counts = {item["kind"]: (item["count"], item["examples"][0]["line"]) for item in found.facts["findings"]}
    assert counts == {"duplicate": (1, 31), "empty": (1, 33), "leaked_pairs": (2, 1)}


def test_the_most_that_is_written_follows_from_what_was_learned(tmp_path):
    rows = [{"source": f"cat {n}", "target": " ".join(["cat"] * (n + 1))} for n in range(12)]
    data, dev = write_rows(tmp_path / "a.jsonl", rows), write_rows(tmp_path / "d.jsonl", rows[:2])
    found = laid(tmp_path / "x", ask(data, tmp_path / "out", dev_data=dev))
    longest = max(len(found.tokenizer.encode(row["target"])) for row in rows)
    assert found.manner.most == int(1.5 * longest) + 10


def test_two_runs_that_make_no_model_are_refused(tmp_path, tiny):
    with pytest.raises(
        OptionError, match=r"runs of two families make no model: got both \(transformer\) and rnn \(rnn\)"
    ):
        laid(tmp_path / "x", ask(summaries(tmp_path), tmp_path / "out", init=(tiny.both, tiny.rnn)))
