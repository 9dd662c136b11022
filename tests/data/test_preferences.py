"""Pairs of answers: read, refused, laid out with their prompts."""

import json

import numpy as np
import pytest
import torch

from heedful.data.preferences import Preference, PreferencePlan, read_preferences
from heedful.data.tokenizer import BOS, EOS, PAD, Tokenizer
from heedful.errors import DataError, LengthError

tokenizer = Tokenizer.train(["say it well or badly please"] * 3, 320)
PAIRS = [
    Preference("say it", " well", " badly please"),
    Preference("", "please", "badly"),
    Preference("or", " it", " say"),
]


def put(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def test_both_formats_hold_the_same(tmp_path):
    rows = "".join(f"{pair.prompt}\t{pair.chosen}\t{pair.rejected}\n" for pair in PAIRS)
    lines = "".join(json.dumps(vars(pair)) + "\n\n" for pair in PAIRS)
    assert list(read_preferences(put(tmp_path / "a.tsv", rows))) == PAIRS
    assert list(read_preferences(put(tmp_path / "a.jsonl", lines))) == PAIRS


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("a\tb", "a.tsv:2 must hold a prompt"),
        ("a\tb\tb", "a.tsv:2: two different answers"),
        ("a\t\tb", "a.tsv:2: two different answers"),
        ('{"prompt": "a", "chosen": "b"}', "a.tsv:2 is no JSON object with the keys prompt, chosen, rejected"),
        ('{"prompt": 1, "chosen": "b", "rejected": "c"}', "a.tsv:2: prompt, chosen, rejected are texts"),
        ("{", "a.tsv:2 is no JSON"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, said):
    with pytest.raises(DataError, match=said):
        list(read_preferences(put(tmp_path / "a.tsv", f"a\tb\tc\n{line}\n")))


def test_answers_stand_behind_their_prompts_and_alone_are_asked_for():
    known = np.arange(6.0).reshape(3, 2)
    plan = PreferencePlan(PAIRS, tokenizer, 40, 2, seed=1, reference=known)
    batch = plan.answers(np.array([0, 2]))
    assert batch.reference.tolist() == [0, 4, 1, 5]
    for row, (prompt, answer) in enumerate(
        (("say it", " well"), ("or", " it"), ("say it", " badly please"), ("or", " say"))
    ):
        read, asked = [BOS, *tokenizer.encode(prompt)], [*tokenizer.encode(answer, opening=False), EOS]
        n = len(read) + len(asked) - 1
        assert batch.inputs.values[row, :n].tolist() == read + asked[:-1]
        assert batch.labels[row, :n].tolist() == [PAD] * (len(read) - 1) + asked
        assert batch.inputs.mask[row].tolist() == [place < n for place in range(batch.inputs.mask.shape[1])]


def test_every_pair_once_an_epoch():
    plan = PreferencePlan(PAIRS, tokenizer, 40, 2, seed=1)
    for epoch in range(3):
        batches = [plan.batch(epoch, index) for index in range(plan.n_batches(epoch))]
        assert sum(len(batch.labels) for batch in batches) == 6
        assert sum(batch.n_tokens for batch in batches) == plan.n_tokens(epoch)
    assert torch.equal(plan.batch(1, 0).labels, PreferencePlan(PAIRS, tokenizer, 40, 2, seed=1).batch(1, 0).labels)


def test_parts_keep_pairs_together():
    batch = PreferencePlan(PAIRS, tokenizer, 40, 3, seed=1, reference=np.arange(6.0).reshape(3, 2)).answers(
        np.arange(3)
    )
    parts = batch.split(2)
    assert [part.reference.tolist() for part in parts] == [[0, 1], [2, 4, 3, 5]]
    assert torch.equal(parts[1].labels, batch.labels[[1, 2, 4, 5]])
    assert torch.equal(batch.to(torch.device("cpu")).reference, batch.reference)


def test_what_does_not_fit_the_window_is_refused():
    with pytest.raises(LengthError, match="pair 1 has"):
        PreferencePlan(PAIRS, tokenizer, 3, 2, seed=1)
