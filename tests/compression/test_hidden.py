"""What a student learns of a teacher that reads: row by row, layer by layer, by hand."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from heedful.compression.distill import Mixture
from heedful.compression.hidden import Imitation, blocks_of, chosen_layers, distance, states
from heedful.data.label_batch import IGNORED, LabelBatch
from heedful.interface import Source
from heedful.model.heads import Head, Headed
from heedful.model.transformer import Transformer
from heedful.training.labelling import Labelling
from tests.contract.families import SMALL

VALUES = torch.tensor([[5, 6, 7, 8], [6, 9, 0, 0]])
MASK = VALUES != 0
BATCH = LabelBatch(Source(VALUES, MASK), torch.tensor([2, 0]))
TAGS = LabelBatch(Source(VALUES, MASK), torch.tensor([[1, IGNORED, 2, 0], [2, IGNORED, IGNORED, IGNORED]]))


def reader(n_layers, seed, over="mean", reads="encoder"):
    torch.manual_seed(seed)
    depth = {"n_encoder_layers": 0, "n_decoder_layers": 0, f"n_{reads}_layers": n_layers}
    return Headed(Transformer(replace(SMALL, **depth)), Head(16, 3, over, 0.0), reads).eval()


def test_layers_are_spread_evenly_and_the_last_learns_from_the_last():
    assert chosen_layers(2, 4) == [1, 3]
    assert chosen_layers(3, 3) == [0, 1, 2]
    assert chosen_layers(3, 6) == [1, 3, 5]
    assert chosen_layers(4, 6) == [1, 2, 4, 5]
    assert chosen_layers(1, 2) == [1]


def alone(model, row):
    """The states that every layer leaves of a row without padding, and its scores."""
    values = VALUES[row][MASK[row]][None]
    source = Source(values, torch.ones_like(values, dtype=torch.bool))
    stack = model.trunk.encoder if model.reads == "encoder" else model.trunk.decoder
    places = torch.arange(values.shape[1])[None]
    x, found = stack.embedding(values, places), []
    for block in stack.blocks:
        x = block(x, None, stack.rotary(places, x.dtype))
        found.append(x[0])
    return found, model.score(source)[0]


def apart(student, teacher, row):
    """The mean of 1 minus the cosine over the pairs of layers and the tokens of a row."""
    mine, its = alone(student, row)[0], alone(teacher, row)[0]
    cosines = [
        torch.dot(one, other.detach()) / one.norm() / other.detach().norm()
        for layer, learns_from in ((0, 1), (1, 3))
        for one, other in zip(mine[layer], its[learns_from], strict=True)
    ]
    return 1 - torch.stack(cosines).mean()


@pytest.mark.parametrize("reads", ["encoder", "decoder"])
def test_states_equal_rows_and_layers_by_themselves_and_so_do_the_gradients(reads):
    student, teacher = (reader(n, n, reads=reads) for n in (2, 4))
    loss = Imitation(teacher, Labelling("one"), "hidden", Mixture(smoothing=0.0))(student, BATCH)
    scores = torch.stack([alone(student, row)[1] for row in (0, 1)])
    expected = sum(apart(student, teacher, row) for row in (0, 1))
    total = functional.cross_entropy(scores, BATCH.labels, reduction="sum") + expected
    assert loss.total.item() == pytest.approx(total.item(), rel=1e-5)
    assert loss.figures["states"][0].item() == pytest.approx(expected.item(), rel=1e-5)
    assert loss.count == 2
    watched = list(blocks_of(student)[0].parameters())
    for slope, wanted in zip(
        torch.autograd.grad(loss.total, watched), torch.autograd.grad(total, watched), strict=True
    ):
        torch.testing.assert_close(slope, wanted, rtol=1e-4, atol=1e-5)


def test_what_the_teacher_tells_is_mixed_with_what_is_true():
    student, teacher = reader(2, 1), reader(4, 2)
    loss = Imitation(teacher, Labelling("one"), "logits", Mixture(0.25, 2.0, 0.0))(student, BATCH)
    mine, its = student.score(BATCH.source), teacher.score(BATCH.source)
    true = functional.cross_entropy(mine, BATCH.labels, reduction="sum")
    told = functional.kl_div((mine / 2).log_softmax(-1), (its / 2).softmax(-1), reduction="sum")
    assert loss.total.item() == pytest.approx((0.75 * true + 0.25 * 4 * told).item(), rel=1e-5)
    assert set(loss.figures) == {"kl"}
    loss.total.backward()
    assert all(parameter.grad is None for parameter in teacher.parameters())


def test_of_tags_the_states_of_a_row_count_as_often_as_it_has_words():
    student, teacher = reader(2, 1, "each"), reader(4, 2, "each")
    objective = Imitation(teacher, Labelling("tags"), "both", Mixture(smoothing=0.0))
    loss = objective(student, TAGS)
    expected = 3 * apart(student, teacher, 0) + 1 * apart(student, teacher, 1)
    assert loss.figures["states"][0].item() == pytest.approx(expected.item(), rel=1e-5)
    assert loss.count == 4
    halves = [objective(student, part) for part in TAGS.split(2)]
    assert sum(part.total for part in halves).item() == pytest.approx(loss.total.item(), rel=1e-5)


def test_the_teacher_itself_is_at_no_distance():
    teacher = reader(2, 3)
    loss = Imitation(teacher, Labelling("one"), "both", Mixture(1.0, 1.0, 0.0))(teacher, BATCH)
    assert loss.total.item() == pytest.approx(0, abs=1e-5)


def test_a_distance_has_no_length_and_no_padding():
    found, wanted = torch.tensor([[[3.0, 0], [0, 2], [9, 9]]]), torch.tensor([[[5.0, 0], [7, 0], [-1, -1]]])
    assert distance(found, wanted, torch.tensor([[True, True, False]])).tolist() == pytest.approx([0.5])
    assert distance(found, wanted, torch.tensor([[True, False, False]])).tolist() == pytest.approx([0])


def test_nobody_watches_when_the_block_is_left():
    model = reader(2, 1)
    with states(blocks_of(model)) as found:
        model.score(BATCH.source)
    model.score(BATCH.source)
    assert [state.shape for state in found] == [(2, 4, 16)] * 2
