"""Vectors side by side: the texts are as long as they should be, batches change nothing, the fastest settings go on."""

import numpy as np
import pytest
import torch

from bench import embedding
from bench.embedding import LONGEST, SHORTEST, System, by_batches, finalists, report, texts_of


class Words:
    """Cuts at spaces, with one token before and one behind; pads with 0."""

    def __call__(self, texts, padding=False, return_tensors=None):
        if isinstance(texts, str):
            return {"input_ids": [1, *map(len, texts.split()), 2]}
        rows = [self(text)["input_ids"] for text in texts]
        width = max(map(len, rows))
        ids = torch.tensor([row + [0] * (width - len(row)) for row in rows])
        return {"input_ids": ids, "attention_mask": (ids > 0).long()}


def test_lengths_are_spread_between_both_ends():
    texts = texts_of(["a bb ccc dddd", "e ff"], Words(), 200)
    lengths = [len(text.split()) + 2 for text in texts]
    assert (min(lengths), max(lengths)) == (SHORTEST, LONGEST)
    assert 55 < np.mean(lengths) < 80
    assert texts == texts_of(["a bb ccc dddd", "e ff"], Words(), 200)


def test_vectors_are_means_over_the_tokens_in_the_order_of_the_texts():
    texts = ["a", "a bb ccc", "dddd dddd"]
    for rows in (1, 2, 3):
        found = by_batches(texts, Words(), rows, lambda batch: batch["input_ids"][:, :, None].float())
        assert found[:, 0].tolist() == pytest.approx([(1 + 1 + 2) / 3, (1 + 1 + 2 + 3 + 2) / 5, (1 + 4 + 4 + 2) / 4])


def test_the_fastest_setting_of_each_kind_goes_on(monkeypatch, capsys):
    took = {"heedful, float32": 1.0, "transformers, float32, eager, batches of 16": 4.0}
    took |= {"transformers, float32, sdpa, batches of 16": 2.0, "transformers, bfloat16, sdpa, batches of 16": 3.0}

    def play(system, texts):
        system.vectors, _ = np.ones((len(texts), 2)), system.seconds.append(took[system.name])

    monkeypatch.setattr(embedding, "play", play)
    best = finalists([System(name, lambda _: np.empty(0)) for name in took], ["x"])
    assert [system.name for system in best] == [name for name in took if "eager" not in name]
    for system in best:
        play(system, ["x", "y"])
    report(best, 2)
    first = capsys.readouterr().out.splitlines()[2]
    assert first.split() == ["heedful,", "float32", "2", "2.00x", "3.00x", "1.000000"]
