import pytest
import torch

from heedful.training import calibrate as module
from heedful.training.calibrate import calibrate
from heedful.training.progress import Evaluation
from tests.training.toy import ToyBatches, ToyObjective, same, toy_model, toy_options, weights


class Recorded(ToyBatches):
    """Remembers which batches were asked for."""

    def batch(self, epoch, index):
        ASKED.append((epoch, index))
        return super().batch(epoch, index)


ASKED: list[tuple[int, int]] = []


@pytest.fixture(autouse=True)
def nothing_asked():
    ASKED.clear()


def test_what_will_be_trained_is_untouched():
    model = toy_model().train()
    before, seen = weights(model), []
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)

    def evaluate(copy):
        seen.append((copy, copy.training))
        return Evaluation(0.0)

    found = calibrate(model, ToyObjective(), ToyBatches(), toy_options(), evaluate=evaluate, seconds=0.0)
    assert same(weights(model), before)
    assert torch.equal(torch.rand(4), expected)
    assert all(parameter.grad is None for parameter in model.parameters())
    assert seen[0][0] is not model
    assert seen[0][1] is False
    assert model.training
    assert found.n_timed == module.FEWEST - module.UNTIMED
    assert found.step_seconds > 0
    assert found.evaluation_seconds > 0


def test_places_are_spread_over_the_epoch(monkeypatch):
    monkeypatch.setattr(module, "FEWEST", 10)
    calibrate(toy_model(), ToyObjective(), Recorded(n=1000), toy_options(), seconds=0.0)
    places = sorted(index for _, index in ASKED)
    gaps = [after - before for before, after in zip(places, places[1:] + [1000], strict=True)]
    assert places[0] == 0
    assert max(gaps) < 180


def test_an_update_of_several_batches_is_timed_whole():
    found = calibrate(toy_model(), ToyObjective(), Recorded(n=3), toy_options(accumulation=2), seconds=0.0)
    assert {index for _, index in ASKED} == {0, 1, 2}
    assert len(ASKED) == 2 * (found.n_timed + module.UNTIMED)
    assert found.evaluation_seconds == 0.0


def test_the_first_updates_are_not_in_the_mean(monkeypatch):
    """A clock that shows a hundred seconds more for each of the first batches, and two more for the others."""
    now = [0.0]

    class Clocked(ToyBatches):
        def batch(self, epoch, index):
            ASKED.append((epoch, index))
            now[0] += 2.0 if len(ASKED) > module.UNTIMED else 100.0
            return super().batch(epoch, index)

    monkeypatch.setattr(module.time, "monotonic", lambda: now[0])
    found = calibrate(toy_model(), ToyObjective(), Clocked(n=500), toy_options(), seconds=1.0)
    assert found.step_seconds == 2.0
    assert found.n_timed == module.FEWEST - module.UNTIMED
