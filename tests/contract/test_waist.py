"""Every family keeps the promises of `heedful/interface.py`."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_model, save_model
from torch import Tensor

from heedful.errors import HeedfulError
from heedful.interface import Memory, Model, Source
from tests.contract.families import BUILD, READERS, VOCAB, WRITERS, build, remember, sentences

TOLERANCE = 1e-10


def whole(model: Model, tokens: Tensor, memory: Memory | None) -> Tensor:
    return model.decode(Source(tokens, torch.ones_like(tokens, dtype=torch.bool)), memory)


def some_tokens(rows: int, length: int, seed: int = 1) -> Tensor:
    return torch.randint(1, VOCAB, (rows, length), generator=torch.Generator().manual_seed(seed))


def same(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and bool(torch.allclose(a, b, rtol=0, atol=TOLERANCE))


@pytest.mark.parametrize("name", WRITERS)
def test_step_by_step_equals_whole(name: str) -> None:
    model, tokens = build(name), some_tokens(3, 20)
    memory = remember(model, name, 3)
    state = model.start(memory, 3, 1, 20)
    steps = [model.step(tokens[:, t : t + 1], state) for t in range(20)]
    assert same(torch.cat(steps, 1), whole(model, tokens, memory))
    assert state.lengths.tolist() == [20, 20, 20]


@pytest.mark.parametrize("name", WRITERS)
def test_a_prefix_at_once_equals_whole(name: str) -> None:
    model, tokens = build(name), some_tokens(3, 12)
    memory = remember(model, name, 3)
    state = model.start(memory, 3, 1, 12)
    steps = [model.step(tokens[:, :5], state), model.step(tokens[:, 5:6], state), model.step(tokens[:, 6:], state)]
    assert same(torch.cat(steps, 1), whole(model, tokens, memory))


@pytest.mark.parametrize("name", WRITERS)
def test_the_future_is_not_seen(name: str) -> None:
    model, tokens = build(name), some_tokens(2, 8)
    memory = remember(model, name, 2)
    changed = torch.cat((tokens[:, :5], some_tokens(2, 3, seed=9)), 1)
    before, after = whole(model, tokens, memory), whole(model, changed, memory)
    assert same(before[:, :5], after[:, :5])
    assert not same(before, after)


@pytest.mark.parametrize("name", WRITERS)
def test_beams_read_what_their_parents_read(name: str) -> None:
    model, width = build(name), 3
    memory = remember(model, name, 2)
    tokens = some_tokens(2 * width, 4)
    state = model.start(memory, 2, width, 6)
    model.step(tokens[:, :1], state)
    model.step(tokens[:, 1:3], state)
    parents = torch.tensor([[2, 2, 0], [1, 0, 1]])
    state.reorder(parents)
    found = model.step(tokens[:, 3:], state)
    rows = (parents + torch.tensor([[0], [width]])).flatten()
    read = torch.cat((tokens[rows, :3], tokens[:, 3:]), 1)
    wide = None if memory is None else memory.select(torch.tensor([0, 0, 0, 1, 1, 1]))
    assert same(found, whole(model, read, wide)[:, 3:])


@pytest.mark.parametrize("name", WRITERS)
def test_dropped_sentences_leave_the_others_alone(name: str) -> None:
    model, tokens = build(name), some_tokens(8, 3)
    memory = remember(model, name, 4)
    state = model.start(memory, 4, 2, 3)
    model.step(tokens[:, :2], state)
    state.keep(torch.tensor([3, 1]))
    rows = torch.tensor([6, 7, 2, 3])
    found = model.step(tokens[rows, 2:], state)
    kept = None if memory is None else memory.select(torch.tensor([3, 3, 1, 1]))
    assert same(found, whole(model, tokens[rows], kept)[:, 2:])
    assert state.lengths.tolist() == [3, 3]


@pytest.mark.parametrize("name", WRITERS)
def test_admitted_sentences_may_be_younger_and_longer(name: str) -> None:
    model, old, new = build(name), some_tokens(4, 20), some_tokens(2, 3, seed=2)
    first = remember(model, name, 2)
    second = model.encode(sentences(1, 13, seed=5)) if name in READERS else None
    state = model.start(first, 2, 2, 20)
    model.step(old[:, :18], state)
    late = model.start(second, 1, 2, 20)
    model.step(new[:, :1], late)
    state.admit(late)
    assert state.lengths.tolist() == [18, 18, 1]
    found = torch.cat([model.step(torch.cat((old[:, 18 + t], new[:, 1 + t]))[:, None], state) for t in range(2)], 1)
    of_old = None if first is None else first.select(torch.tensor([0, 0, 1, 1]))
    of_new = None if second is None else second.select(torch.tensor([0, 0]))
    assert same(found[:4], whole(model, old, of_old)[:, 18:])
    assert same(found[4:], whole(model, new, of_new)[:, 1:])
    state.keep(torch.tensor([2]))
    assert same(model.step(new[:, 2:], state)[:, 0], whole(model, torch.cat((new, new[:, 2:]), 1), of_new)[:, -1])


@pytest.mark.parametrize("name", READERS)
def test_a_batch_encodes_like_its_rows_alone(name: str) -> None:
    model, batch = build(name), sentences(4, 9)
    together = model.encode(batch)
    for row, length in enumerate(batch.mask.sum(1).tolist()):
        alone = model.encode(Source(batch.values[row : row + 1, :length], batch.mask[row : row + 1, :length]))
        assert same(together.values[row, :length], alone.values[0])


@pytest.mark.parametrize("name", [name for name in WRITERS if name in READERS])
def test_padding_of_the_source_is_not_seen(name: str) -> None:
    model, batch, tokens = build(name), sentences(3, 9), some_tokens(3, 5)
    wider = Source(
        torch.nn.functional.pad(batch.values, (0, 4), value=5), torch.nn.functional.pad(batch.mask, (0, 4), value=False)
    )
    assert same(whole(model, tokens, model.encode(batch)), whole(model, tokens, model.encode(wider)))


@pytest.mark.parametrize("name", READERS)
def test_memory_rows_can_be_selected(name: str) -> None:
    memory = build(name).encode(sentences(3, 7))
    rows = torch.tensor([2, 0, 2])
    chosen = memory.select(rows)
    assert type(chosen) is type(memory)
    assert torch.equal(chosen.values, memory.values[rows]) and torch.equal(chosen.mask, memory.mask[rows])


@pytest.mark.parametrize("name", list(BUILD))
def test_saved_equals_loaded(name: str, tmp_path: Path) -> None:
    model = build(name)
    save_model(model, str(tmp_path / "model.safetensors"))
    torch.manual_seed(99)
    other = BUILD[name]().double().eval()
    load_model(other, str(tmp_path / "model.safetensors"))
    hidden = torch.randn(3, 16, dtype=torch.float64)
    assert torch.equal(model.logits(hidden), other.logits(hidden))
    for left, right in zip(model.parameters(), other.parameters(), strict=True):
        assert torch.equal(left, right)


@pytest.mark.parametrize("name", list(BUILD))
def test_logits_are_over_the_vocabulary(name: str) -> None:
    assert build(name).logits(torch.zeros(2, 5, 16, dtype=torch.float64)).shape == (2, 5, VOCAB)


@pytest.mark.parametrize("name", list(BUILD))
def test_what_is_too_long_or_missing_is_refused(name: str) -> None:
    model = build(name)
    if name in READERS:
        with pytest.raises(HeedfulError, match="window"):
            model.encode(sentences(1, 65))
    else:
        with pytest.raises(HeedfulError, match="encoder"):
            model.encode(sentences(1, 5))
    if name in WRITERS:
        memory = remember(model, name, 1)
        with pytest.raises(HeedfulError, match="window"):
            model.start(memory, 1, 1, 65)
        state = model.start(memory, 1, 1, 3)
        with pytest.raises(HeedfulError, match="room"):
            model.step(some_tokens(1, 4), state)
    else:
        with pytest.raises(HeedfulError, match="decoder"):
            model.start(None, 1, 1, 5)
