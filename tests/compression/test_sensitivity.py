"""What int8 does to each layer: most where a weight was made to suffer; and what is kept within a budget."""

import pytest
import torch

from heedful.compression import sensitivity as module
from heedful.compression.quantize import groups, n_stored_bytes, quantize
from heedful.compression.sensitivity import WORTH, divergences, sensitivity, worst
from heedful.data.batch import collate
from heedful.errors import OptionError
from tests.contract.families import build

BAD = "decoder.blocks.1.feed_forward"


@pytest.fixture(scope="module")
def batches():
    rows = torch.randint(4, 23, (6, 5), generator=torch.Generator().manual_seed(3)).tolist()
    return [collate(rows[:4], [row[:3] for row in rows[:4]]), collate(rows[4:], rows[4:])]


@pytest.fixture(scope="module")
def model():
    """One layer has a weight so large that the others of its row are rounded away."""
    found = build("encoder-decoder").float()
    with torch.no_grad():
        found.get_submodule(BAD).narrow.weight[:, 0] = 30.0
        found.get_submodule(BAD).widen.weight[0] = 0.0
        found.get_submodule(BAD).widen.bias[0] = 0.0
    return found


@torch.no_grad()
def test_divergence_is_the_sum_over_the_vocabulary_written_out(model, batches):
    twin = quantize(model)
    total, count = 0.0, 0
    for batch in batches:
        p, q = (
            each.logits(each.decode(batch.target, each.encode(batch.source))).softmax(-1).double()
            for each in (model, twin)
        )
        for row, length in enumerate((batch.labels != 0).sum(1).tolist()):
            for place in range(length):
                total += float(sum(a * (a / b).log() for a, b in zip(p[row, place], q[row, place], strict=True)))
                count += 1
    assert divergences(model, {"all": twin}, batches)["all"] == pytest.approx(total / count, rel=1e-3)
    assert divergences(model, {"itself": model}, batches) == {"itself": 0.0}


def test_the_layer_that_suffers_is_found(model, batches):
    found = sensitivity(model, batches)
    assert set(found) == set(groups(model))
    assert max(found, key=found.__getitem__) == BAD
    assert all(value >= -1e-6 for value in found.values())


def test_the_worst_are_kept_as_long_as_they_fit(model, batches, monkeypatch):
    measured = {BAD: 3.0, "encoder.embedding.tokens": 2.0, "encoder.blocks.0.attention": WORTH / 2}
    monkeypatch.setattr(module, "sensitivity", lambda model, batches: measured)
    monkeypatch.setattr(module, "divergences", lambda model, twins, batches: {"all": 5.0})
    known = groups(model)
    assert worst(model, batches, 1.0) == [*known[BAD], *known["encoder.embedding.tokens"]]
    total = 4 * sum(parameter.numel() for parameter in model.parameters())

    def share(group):
        return (n_stored_bytes(quantize(model, lambda name: name not in known[group])) + 0.5) / total

    alone, smaller = share(BAD), share("encoder.embedding.tokens")
    assert worst(model, batches, alone) == known[BAD]
    # What costs most does not fit, what costs less does.
    assert smaller < alone
    assert worst(model, batches, smaller) == known["encoder.embedding.tokens"]


def test_a_model_that_bears_it_whole_is_not_taken_apart(model, batches, monkeypatch):
    monkeypatch.setattr(module, "divergences", lambda model, twins, batches: dict.fromkeys(twins, WORTH / 2))
    monkeypatch.setattr(module, "sensitivity", None)
    assert worst(model, batches) == []


@pytest.mark.parametrize("budget", [0, -1, 1.5, float("nan")])
def test_a_budget_is_a_share(model, batches, budget):
    with pytest.raises(OptionError, match="a share"):
        worst(model, batches, budget)
