"""A sentence's numbers do not depend on its company: alone, in any batch, padded more, or step by step with beams.

Exact in bfloat16 where the CPU multiplies it. In float32 through oneDNN too, apart from products of one row, which
oneDNN sums in another order, and those of fewer than 16^3 multiplications, which torch gives to MKL: hence the widths.
"""

from contextlib import ExitStack
from dataclasses import replace

import pytest
import torch

from heedful.architecture import Architecture
from heedful.interface import Source
from heedful.model.cache import round_up
from heedful.model.transformer import Transformer
from heedful.numerics import Numerics, applied, cpu_multiplies_bfloat16, onednn_float32_is_true

PAPER = Architecture(
    60, d_model=128, n_heads=4, d_ff=192, n_encoder_layers=1, n_decoder_layers=2, dropout=0.0, max_len=96
)
MODERN = replace(
    PAPER,
    order="pre",
    norm="rms",
    activation="relu2",
    encoder_positions="rotary",
    decoder_positions="rotary",
    n_kv_heads=2,
    bias=False,
)
READ = [[5 + (7 * i + j) % 55 for j in range(n)] for i, n in enumerate([3, 31, 17, 16, 9, 40, 2])]
WRITTEN = [[5 + (3 * i + 5 * j) % 55 for j in range(n)] for i, n in enumerate([20, 4, 18, 20, 35, 7, 19])]


def padded(rows, more=0):
    width = round_up(max(map(len, rows))) + more
    values = torch.tensor([row + [0] * (width - len(row)) for row in rows])
    return Source(values, torch.arange(width) < torch.tensor([[len(row)] for row in rows]))


def whole(model, chosen, more=0):
    """Logits of the tokens of some sentences, one tensor a sentence."""
    memory = model.encode(padded([READ[i] for i in chosen], more))
    logits = model.logits(model.decode(padded([WRITTEN[i] for i in chosen], more), memory))
    return [logits[row, : len(WRITTEN[i])] for row, i in enumerate(chosen)]


def stepwise(model, chosen, width):
    """The same for 18 tokens, past a block of the cache: 13 at once, then one by one, the beams changing places."""
    memory = model.encode(padded([READ[i] for i in chosen]))
    state = model.start(memory, len(chosen), width, 18)
    steps = []
    for part in (slice(0, 13), *(slice(t, t + 1) for t in range(13, 18))):
        tokens = torch.tensor([WRITTEN[i][part] for i in chosen for _ in range(width)])
        steps.append(model.logits(model.step(tokens, state)))
        state.reorder(
            torch.tensor([[(3 * i + 5 * beam + len(steps)) % width for beam in range(width)] for i in chosen])
        )
    return torch.cat(steps, 1).unflatten(0, (len(chosen), width))


def bfloat16(stack):
    if not cpu_multiplies_bfloat16():
        pytest.skip("this CPU has no instructions for bfloat16 products")
    return torch.bfloat16


def float32(stack):
    if not onednn_float32_is_true():
        pytest.skip("oneDNN rounds float32 products on this CPU, so heedful does not use it for them")
    stack.enter_context(applied(Numerics("cpu", "float32", "onednn", 1)))
    return torch.float32


@pytest.fixture(params=[bfloat16, float32], ids=lambda choose: choose.__name__)
def dtype(request):
    with ExitStack() as stack, torch.inference_mode():
        yield request.param(stack)


@pytest.mark.parametrize("architecture", [PAPER, MODERN], ids=["paper", "modern"])
def test_whole_sequences(architecture, dtype):
    model = Transformer(architecture).to(dtype).eval()
    together, wider = whole(model, range(7)), whole(model, range(7), more=32)
    for i in (1, 4, 6):
        (alone,) = whole(model, [i])
        assert torch.equal(alone, together[i])
        assert torch.equal(alone, wider[i])


@pytest.mark.parametrize("architecture", [PAPER, MODERN], ids=["paper", "modern"])
@pytest.mark.parametrize(("chosen", "width"), [([4], 1), ([4], 5), ([0, 2, 3, 4, 6], 1), ([0, 2, 3, 4, 6], 4)])
def test_step_by_step(architecture, chosen, width, dtype):
    if len(chosen) * width == 1 and dtype == torch.float32:
        pytest.skip("one row of float32 is summed in another order")
    model = Transformer(architecture).to(dtype).eval()
    found = stepwise(model, chosen, width)
    for row, i in enumerate(chosen):
        expected = whole(model, [i])[0][:18]
        if width > 1 and dtype == torch.float32:
            # Whose slot an ancestor wrote in changes the order of the sums; the other sentences still change nothing.
            assert torch.allclose(found[row], expected.expand_as(found[row]), atol=1e-4)
            assert torch.equal(found[row], stepwise(model, [i], width)[0])
        else:
            assert all(torch.equal(beam, expected) for beam in found[row])


def test_a_sentence_that_joins_late_and_outlives_the_others(dtype):
    model = Transformer(PAPER).to(dtype).eval()
    state = model.start(model.encode(padded([READ[5], READ[1]])), 2, 4, 40)
    model.step(torch.tensor([WRITTEN[3][:15]] * 8), state)
    late = model.start(model.encode(padded([READ[4]])), 1, 4, 40)
    model.step(torch.tensor([WRITTEN[4][:2]] * 4), late)
    state.admit(late)
    found = []
    for t in range(2, 7):
        tokens = torch.tensor([[WRITTEN[3][13 + t]]] * (8 if t < 5 else 0) + [[WRITTEN[4][t]]] * 4)
        found.append(model.logits(model.step(tokens, state))[-4:])
        if t == 4:
            state.keep(torch.tensor([2]))
    expected = whole(model, [4])[0][2:7]
    assert all(torch.equal(beam, expected) for beam in torch.cat(found, 1))


@pytest.mark.parametrize("width", [1, 5])
def test_a_long_neighbour_changes_nothing(width, dtype):
    """Its cache is past every limit at which another kernel would be chosen for whole sequences."""
    shape = replace(PAPER, max_len=640, n_decoder_layers=1)
    model = Transformer(shape).to(dtype).eval()
    long = [[5 + t % 55 for t in range(600)]] * width

    def answer(company):
        state = model.start(model.encode(padded([READ[4]])), 1, width, 640)
        model.step(torch.tensor([WRITTEN[4][:3]] * width), state)
        if company:
            other = model.start(model.encode(padded([READ[5]])), 1, width, 640)
            for piece in torch.tensor(long).split(50, dim=1):
                model.step(piece, other)
            state.admit(other)
        rows = 2 * width if company else width
        return model.logits(model.step(torch.full((rows, 1), 7), state))[:width]

    if width == 1 and dtype == torch.float32:
        pytest.skip("one row of float32 is summed in another order")
    assert torch.equal(answer(company=True), answer(company=False))
