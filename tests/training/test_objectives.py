import pytest
import torch

from heedful.architecture import Architecture
from heedful.data.batch import collate
from heedful.data.tokenizer import BOS, EOS, PAD
from heedful.data.windows import Windows
from heedful.interface import Source
from heedful.model.transformer import Transformer
from heedful.training.objectives import MaskedToken, NextToken, TeacherForcing, rows_that_count
from tests.reference.smoothed_loss import smoothed_loss

PAIRS = [([5, 6, 7, EOS], [8, 9]), ([6, EOS], [9, 5, 6, 7]), ([7, 7, EOS], [])]


@pytest.fixture
def model():
    shape = Architecture(10, d_model=8, n_heads=2, d_ff=12, n_encoder_layers=1, n_decoder_layers=1, dropout=0.0)
    return Transformer(shape).double()


def batch(pairs):
    return collate([source for source, _ in pairs], [target for _, target in pairs])


def by_hand(model, smoothing):
    """One sentence at a time, without padding: every next token from those before it."""
    total = likelihood = torch.zeros((), dtype=torch.float64)
    for source, target in PAIRS:
        read, taught = torch.tensor([source]), torch.tensor([[BOS, *target]])
        memory = model.encode(Source(read, torch.ones_like(read, dtype=torch.bool)))
        hidden = model.decode(Source(taught, torch.ones_like(taught, dtype=torch.bool)), memory)
        of_row = smoothed_loss(model.logits(hidden)[0], torch.tensor([*target, EOS]), smoothing, PAD)
        total, likelihood = total + of_row[0], likelihood + of_row[1]
    return total, likelihood


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_equals_sentences_by_themselves(model, smoothing):
    loss = TeacherForcing(smoothing)(model, batch(PAIRS))
    total, likelihood = by_hand(model, smoothing)
    torch.testing.assert_close(loss.total, total, rtol=1e-10, atol=0)
    torch.testing.assert_close(loss.figures["nll"][0], likelihood, rtol=1e-10, atol=0)
    assert loss.count == loss.figures["nll"][1] == 2 + 4 + 0 + 3


def test_gradients_equal_those_of_sentences_by_themselves(model):
    TeacherForcing(0.1)(model, batch(PAIRS)).total.backward()
    found = [parameter.grad.clone() for parameter in model.parameters()]
    model.zero_grad()
    by_hand(model, 0.1)[0].backward()
    for slope, parameter in zip(found, model.parameters(), strict=True):
        torch.testing.assert_close(slope, parameter.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("shape", "n_real", "n_rows"), [((4, 40), 100, 128), ((4, 32), 128, 128), ((3, 40), 110, 120)])
def test_the_output_layer_meets_few_numbers_of_rows(shape, n_real, n_rows):
    """Every labelled position once, in order; then padding up to a multiple, as far as there is any."""
    labels = torch.full((shape[0] * shape[1],), PAD)
    where = torch.randperm(len(labels), generator=torch.Generator().manual_seed(1))[:n_real].sort().values
    labels[where] = torch.arange(n_real) % 5 + 5
    rows, kept = rows_that_count(torch.arange(float(len(labels))).view(*shape, 1), labels.view(shape))
    assert len(rows) == len(kept) == n_rows
    assert torch.equal(rows[:n_real, 0].long(), where)
    assert torch.equal(kept[:n_real], labels[where])
    assert (kept[n_real:] == PAD).all()


def test_parts_add_up(model):
    whole = TeacherForcing()(model, batch(PAIRS))
    parts = [TeacherForcing()(model, part) for part in batch(PAIRS).split(2)]
    assert sum(part.count for part in parts) == whole.count
    torch.testing.assert_close(sum(part.total for part in parts), whole.total, rtol=1e-12, atol=0)


def test_the_answer_is_not_shown(model):
    """A label may change without a change of what the model computed for it."""
    one, other = batch([([5, EOS], [8, 9])]), batch([([5, EOS], [8, 4])])
    memory = model.encode(one.source)
    seen = [model.decode(pair.target, memory)[0, :2] for pair in (one, other)]
    assert torch.equal(seen[0], seen[1])
    assert one.labels[0, 1] != other.labels[0, 1]


def windows(labels):
    """Two rows, the second of two documents."""
    values = torch.tensor([[1, 5, 6, 7], [8, 2, 1, 9]])
    documents = torch.tensor([[0, 0, 0, 0], [0, 0, 1, 1]])
    labels = torch.tensor(labels)
    return Windows(Source(values, values > 0, documents), labels, int((labels != PAD).sum()))


@pytest.mark.parametrize("objective", [NextToken(), MaskedToken()])
def test_a_text_alone_is_scored_where_something_is_asked(objective):
    causal = isinstance(objective, NextToken)
    shape = Architecture(
        10, d_model=8, n_heads=2, d_ff=12, n_encoder_layers=1 - causal, n_decoder_layers=int(causal), dropout=0.0
    )
    model = Transformer(shape).double()
    batch = windows([[5, PAD, PAD, 2], [2, PAD, 9, 3]])
    loss = objective(model, batch)
    read = (lambda source: model.decode(source, None)) if causal else (lambda source: model.encode(source).values)
    expected = torch.zeros((), dtype=torch.float64)
    for row in range(2):
        source = Source(
            *(each[row : row + 1] for each in (batch.inputs.values, batch.inputs.mask, batch.inputs.documents))
        )
        chances = model.logits(read(source))[0].log_softmax(-1)
        expected -= sum(chances[at, label] for at, label in enumerate(batch.labels[row].tolist()) if label != PAD)
    assert int(loss.count) == 5
    assert torch.allclose(loss.total, expected)
    assert torch.allclose(loss.figures["nll"][0], expected)


def test_rows_that_are_counted_already_are_not_counted_again():
    hidden = torch.arange(8.0).view(2, 4, 1)
    full = torch.full((2, 4), 3)
    assert rows_that_count(hidden, full, 8)[0].data_ptr() == hidden.data_ptr()
    labels = torch.tensor([[PAD, 3, PAD, 4], [5, PAD, PAD, PAD]])
    found, asked = rows_that_count(hidden, labels, 3)
    assert (found[:3, 0].tolist(), asked[:3].tolist()) == ([1, 3, 4], [3, 4, 5])
