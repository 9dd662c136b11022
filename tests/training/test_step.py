import pytest
import torch

from heedful.training.step import Step, accumulate, step_seed, to_host
from tests.training.toy import ToyBatches, ToyObjective, toy_model

CPU = torch.device("cpu")


def gradients(model):
    return {name: parameter.grad.clone() for name, parameter in model.named_parameters()}


def summed(batches, n_parts=1, dtype=torch.float64):
    model = toy_model(0.0, dtype)
    loss = accumulate(Step(model, ToyObjective(), dtype), batches, n_parts, CPU)
    return loss, gradients(model)


@pytest.mark.parametrize("n_parts", [1, 2, 3, 4, 8])
def test_parts_of_a_batch_add_up_to_it(n_parts):
    batches = [ToyBatches(rows=7).batch(0, 0), ToyBatches(rows=3).batch(0, 1)]
    whole, expected = summed(batches)
    loss, found = summed(batches, n_parts)
    assert loss.count == whole.count == sum(int((batch.labels != 0).sum()) for batch in batches)
    assert float(loss.total) == pytest.approx(float(whole.total), rel=1e-6)
    assert float(loss.figures["nll"][0]) == pytest.approx(float(whole.figures["nll"][0]), rel=1e-5)
    for name in expected:
        assert torch.allclose(found[name], expected[name], rtol=0, atol=1e-9), name


@pytest.mark.parametrize("n_parts", [2, 4])
def test_parts_add_up_in_float32_too(n_parts):
    batches = [ToyBatches(rows=8).batch(0, 0)]
    count = int((batches[0].labels != 0).sum())
    _, expected = summed(batches, 1, torch.float32)
    _, found = summed(batches, n_parts, torch.float32)
    for name in expected:
        assert torch.allclose(found[name] / count, expected[name] / count, rtol=0, atol=1e-6), name


def test_uneven_windows_equal_one_gradient_of_all_rows():
    """The sum over batches is the sum over their rows, each alone."""
    batches = [ToyBatches(rows=5).batch(0, index) for index in range(3)]
    _, expected = summed(batches)
    _, found = summed([row for batch in batches for row in batch.split(5)])
    for name in expected:
        assert torch.allclose(found[name], expected[name], rtol=0, atol=1e-9), name


def test_a_step_in_bfloat16_equals_a_model_cast_as_a_whole():
    batch = ToyBatches(rows=6).batch(0, 0)
    model, reference = toy_model(0.0), toy_model(0.0).bfloat16()
    loss = accumulate(Step(model, ToyObjective(), torch.bfloat16), [batch], 1, CPU)
    expected = ToyObjective()(reference, batch)
    expected.total.backward()
    assert float(loss.total) == expected.total.item()
    for (name, parameter), other in zip(model.named_parameters(), reference.parameters(), strict=True):
        assert parameter.dtype == parameter.grad.dtype == torch.float32
        assert torch.equal(parameter.grad, other.grad.float()), name


def test_micro_batches_in_bfloat16_are_added_up_in_the_masters():
    batch = ToyBatches(rows=4).batch(0, 0)
    model, expected = toy_model(0.0), {}
    accumulate(Step(model, ToyObjective(), torch.bfloat16), [batch], 4, CPU)
    for row in batch.split(4):
        reference = toy_model(0.0).bfloat16()
        ToyObjective()(reference, row).total.backward()
        for name, parameter in reference.named_parameters():
            expected[name] = expected.get(name, 0.0) + parameter.grad.float()
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter.grad, expected[name]), name


def test_figures_come_to_the_host_in_float64():
    loss, _ = summed([ToyBatches().batch(0, 0)], 2)
    sums = to_host(loss, torch.tensor(3.0))
    assert sums.norm == 3.0
    assert sums.loss == pytest.approx(float(loss.total) / int(loss.count))
    assert sums.figures["nll"] == (float(loss.figures["nll"][0]), float(loss.figures["nll"][1]))


def test_nothing_counted_is_no_number():
    loss, _ = summed([ToyBatches().batch(0, 0)])
    sums = to_host(type(loss)(loss.total, torch.zeros((), dtype=torch.float64)), torch.tensor(0.0))
    assert sums.loss != sums.loss


def test_seeds_of_neighbours_share_nothing():
    seeds = {step_seed(seed, step) for seed in range(30) for step in range(300)}
    assert len(seeds) == 9000
    assert all(0 <= seed < 2**63 for seed in seeds)
    changed = [(step_seed(0, step) ^ step_seed(0, step + 1)).bit_count() for step in range(300)]
    assert sum(changed) / len(changed) == pytest.approx(31.5, abs=1.5)
