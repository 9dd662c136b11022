"""The engine against the model that it was made of: the same tokens, and probabilities that the model itself gives."""

import random
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from heedful.architecture import Architecture
from heedful.crew import Crew
from heedful.decoding import Beam, Greedy, Limits, Search, decode
from heedful.decoding.engine import Decoded
from heedful.errors import RunError, ShapeError
from heedful.interface import Allowed, Source
from heedful.model.native.library import library
from heedful.model.native.network import NativeNetwork, rewritten
from heedful.model.transformer import Transformer
from heedful.numerics import cpu_runs_engine
from tests.model.native.quantized import Quantized

pytestmark = pytest.mark.skipif(
    not cpu_runs_engine() or library() is None, reason="the engine cannot be built or run here"
)

PAD, BOS, EOS = 0, 1, 3
SMALL = Architecture(97, 32, 2, 2, 2, None, 64, dropout=0.0, max_len=64)
SEARCHES = [Greedy(), Beam(1), Beam(5), Beam(3, 0.6, n_best=3)]
CHANGES = [
    {},
    {"order": "pre", "encoder_positions": "rotary", "decoder_positions": "rotary"},
    {"order": "pre", "norm": "rms", "bias": False, "activation": "relu2"},
    {"activation": "swiglu", "n_kv_heads": 1, "decoder_positions": "learned"},
    {"activation": "gelu", "window": 2, "encoder_positions": "none", "decoder_positions": "rotary"},
    {"d_model": 64, "n_heads": 1, "tie": "none", "scale_embeddings": False},
    {"n_encoder_layers": 3, "n_decoder_layers": 1, "d_ff": 80, "tie": "output", "vocab_size": 130},
    {"activation": "silu", "output": "biased", "norm_eps": 1e-3},
    {"activation": "gelu_tanh", "norm_embeddings": True, "n_kinds": 2, "decoder_positions": "learned"},
    {"activation": "geglu_tanh", "norm_embeddings": True, "norm": "rms", "order": "pre"},
    {"d_model": 48, "n_heads": 3, "activation": "swiglu", "d_ff": 16, "n_kv_heads": 1, "window": 1},
]


def make(seed: int = 0, **changes) -> Transformer:
    torch.manual_seed(seed)
    model = Transformer(replace(SMALL, **changes)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.2)
    return model


def sentences(n: int, seed: int = 0) -> list[list[int]]:
    generator = random.Random(seed)
    return [[*(generator.randrange(4, 97) for _ in range(generator.randrange(1, 14))), EOS] for _ in range(n)]


def run(model: Transformer, sources: list[list[int]], search: Search, **options) -> Decoded:
    return decode(model, sources, search, bos=BOS, eos=EOS, pad=PAD, **options)


def network(model: nn.Module) -> NativeNetwork:
    found = rewritten(model)
    assert found is not None
    return found


def log_probability(model: Transformer, source: list[int], tokens: list[int], ended: bool) -> float:
    """What the model says to a whole answer."""
    written = [*tokens, EOS] if ended else tokens
    read = torch.tensor([[BOS, *written[:-1]]])
    everything = torch.ones(1, len(source), dtype=torch.bool)
    memory = model.encode(Source(torch.tensor([source]), everything))
    hidden = model.decode(Source(read, torch.ones_like(read, dtype=torch.bool)), memory)
    log_probabilities = model.logits(hidden).float().log_softmax(-1)[0]
    return float(log_probabilities[torch.arange(len(written)), torch.tensor(written)].sum())


@pytest.mark.parametrize("search", SEARCHES, ids=str)
@pytest.mark.parametrize("changes", CHANGES, ids=str)
def test_the_same_answers(changes, search):
    model, sources = make(**changes), sentences(9)
    limits = Limits(rows=16, max_extra=5, min_len=2, copy_penalty=0.5)
    expected = run(model, sources, search, limits=limits)
    found = run(model, sources, search, limits=limits, searcher=network(model))
    ties = 0
    for theirs, ours in zip(expected.hypotheses, found.hypotheses, strict=True):
        assert [each.score for each in ours] == pytest.approx([each.score for each in theirs], abs=1e-4)
        if [(each.tokens, each.stopped) for each in ours] != [(each.tokens, each.stopped) for each in theirs]:
            # Sums in another order may turn round what differs by their rounding alone.
            ties += 1
            assert [each.score for each in ours] == pytest.approx([each.score for each in theirs], abs=1e-5)
    assert ties <= 1
    names = ("sentences", "length", "repetition", "copied", "empty")
    assert {name: found.counters[name] for name in names} == {name: expected.counters[name] for name in names}


def lists(n: int, vocab_size: int, most: int = 40, seed: int = 5) -> Allowed:
    """Some tokens for all answers, and others for each, of some none."""
    generator = random.Random(seed)
    common = {EOS, *generator.sample(range(4, vocab_size), 6)}
    own = [sorted({*generator.sample(range(4, vocab_size), generator.randrange(0, most))} - common) for _ in range(n)]
    return Allowed(np.array(sorted(common), np.int32), [np.array(each, np.int32) for each in own])


@pytest.mark.parametrize("search", [Greedy(), Beam(3, 0.6, n_best=3)], ids=str)
@pytest.mark.parametrize("changes", [{}, *CHANGES[-3:]], ids=str)
def test_what_is_allowed_is_what_pytorch_finds_with_all_else_masked(changes, search):
    model, sources = make(**changes), sentences(9)
    allowed = lists(9, model.architecture.vocab_size)
    limits = Limits(rows=16, max_extra=5, min_len=2)
    expected = run(model, sources, search, limits=limits, allowed=allowed)
    found = run(model, sources, search, limits=limits, allowed=allowed, searcher=network(model))
    for place, (theirs, ours) in enumerate(zip(expected.hypotheses, found.hypotheses, strict=True)):
        assert [each.tokens for each in ours] == [each.tokens for each in theirs]
        assert [each.score for each in ours] == pytest.approx([each.score for each in theirs], abs=1e-3)
        assert {token for each in ours for token in each.tokens} <= {*allowed.common, *allowed.own[place]}


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.int8], ids=str)
def test_lists_of_every_token_change_no_token(dtype):
    """Panels that are full, that are not, and that are empty; places that others have left larger."""
    model = make(vocab_size=200, order="pre", d_model=64, d_ff=128)
    if dtype == torch.int8:
        model.output = Quantized(model.output)
    else:
        model.to(dtype)
    engine, sources, everything = network(model), sentences(13), np.arange(200, dtype=np.int32)
    expected = run(model, sources, Beam(4, n_best=4), searcher=engine)
    commons = [np.flatnonzero((everything % (i + 2) == 0) | (everything < 10)).astype(np.int32) for i in range(3)]
    for common in (everything, *commons):
        rest = np.setdiff1d(everything, common)
        found = run(
            model,
            sources,
            Beam(4, n_best=4),
            searcher=engine,
            limits=Limits(rows=8),
            allowed=Allowed(common, [rest] * 13),
        )
        for theirs, ours in zip(expected.hypotheses, found.hypotheses, strict=True):
            assert [each.tokens for each in ours] == [each.tokens for each in theirs]
            assert [each.score for each in ours] == pytest.approx([each.score for each in theirs], abs=1e-5)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_company_changes_no_bit_of_what_is_allowed(dtype):
    """A gathered row is as it would be alone, whoever had its place before."""
    engine, sources = network(make().to(dtype)), sentences(11)
    allowed = lists(11, 97, most=90)
    together = run(make(), sources, Beam(3), searcher=engine, limits=Limits(rows=6), allowed=allowed).hypotheses
    alone = [
        run(make(), [source], Beam(3), searcher=engine, allowed=Allowed(allowed.common, [own])).hypotheses[0]
        for source, own in zip(sources, allowed.own, strict=True)
    ]
    assert together == alone


@pytest.mark.parametrize("search", [Greedy(), Beam(3)], ids=str)
def test_ties_go_to_the_lower_token_wherever_it_stands(search):
    model, sources = make(3), [[5, 6, EOS], [8, EOS]]
    with torch.no_grad():
        model.output.weight = nn.Parameter(torch.zeros_like(model.output.weight))
    allowed = Allowed(np.array([EOS, 40, 41, 50, 60, 90], np.int32), [np.array([7, 30, 45]), np.array([80, 95])])
    expected = run(model, sources, search, allowed=allowed).hypotheses
    found = run(model, sources, search, allowed=allowed, searcher=network(model)).hypotheses
    assert [[each.tokens for each in one] for one in found] == [[each.tokens for each in one] for one in expected]
    assert {token for each in found[0] for token in each.tokens} == {7} or isinstance(search, Beam)


def test_numbers_that_are_none_are_told_among_a_few_too():
    model = make()
    with torch.no_grad():
        model.encoder.blocks[0].feed_forward.widen.weight[0, 0] = torch.nan
    for search in (Greedy(), Beam(2)):
        with pytest.raises(RunError, match="NaN"):
            run(model, sentences(2), search, searcher=network(model), allowed=lists(2, 97))


def test_padding_and_beginning_are_never_written_though_allowed():
    model, sources = make(), sentences(7)
    with torch.no_grad():
        model.output.weight = nn.Parameter(model.output.weight.clone())
        model.output.weight[[PAD, BOS]] *= 30
    everything = Allowed(np.arange(97, dtype=np.int32), [np.zeros(0, np.int32)] * 7)
    for search in (Greedy(), Beam(3)):
        expected = run(model, sources, search, allowed=everything).hypotheses
        found = run(model, sources, search, allowed=everything, searcher=network(model)).hypotheses
        written = {token for one in found for each in one for token in each.tokens}
        assert written.isdisjoint({PAD, BOS})
        assert [one[0].tokens for one in found] == [one[0].tokens for one in expected]


def test_lists_of_another_vocabulary_are_refused():
    engine = network(make())
    good = np.array([EOS, 5, 6, 7, 8], np.int32)
    for wrong in (97, -1):
        bad = np.array([wrong], np.int32)
        for allowed in (Allowed(np.append(good, bad), [good[:0]]), Allowed(good, [bad])):
            with pytest.raises(ShapeError, match=f"from 0 to 96: got {wrong}"):
                run(make(), [[5, EOS]], Greedy(), searcher=engine, allowed=allowed)


@torch.no_grad()
def test_probabilities_are_the_model_s_own():
    model, sources = make(order="pre"), sentences(6)
    for source, (best, *_) in zip(
        sources, run(model, sources, Beam(4), searcher=network(model)).hypotheses, strict=True
    ):
        expected = log_probability(model, source, best.tokens, best.stopped == "eos")
        assert best.log_probability == pytest.approx(expected, abs=1e-4)


def test_loops_are_cut():
    model = make(3)
    with torch.no_grad():
        model.output.weight = nn.Parameter(torch.zeros_like(model.output.weight))
    # All tokens are equally likely: the lowest that may be written comes again and again.
    found = run(model, [[5, 6, EOS]], Greedy(), searcher=network(model))
    assert found.hypotheses == run(model, [[5, 6, EOS]], Greedy()).hypotheses
    assert found.hypotheses[0][0].stopped == "repetition"


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_company_changes_no_bit(dtype):
    engine = network(make().to(dtype))
    sources = sentences(11)
    together = run(make(), sources, Beam(3), searcher=engine, limits=Limits(rows=12, tokens=20)).hypotheses
    assert together == [run(make(), [source], Beam(3), searcher=engine).hypotheses[0] for source in sources]


@torch.no_grad()
def test_bfloat16_is_near():
    model, sources = make(order="pre"), sentences(6)
    rounded = make(order="pre").to(torch.bfloat16)
    for source, (best, *_) in zip(
        sources, run(rounded, sources, Greedy(), searcher=network(rounded)).hypotheses, strict=True
    ):
        expected = log_probability(model, source, best.tokens, best.stopped == "eos")
        assert best.log_probability == pytest.approx(expected, rel=0.02, abs=0.1)


@pytest.mark.parametrize("left", [(), ("output",), ("query", "key_value")], ids=str)
def test_int8(left):
    model = make(order="pre", d_model=64, d_ff=128)
    for module in list(model.modules()):
        for name, child in list(module.named_children()):
            if type(child) is nn.Linear and name not in left:
                setattr(module, name, Quantized(child))
    sources = sentences(8)
    expected = run(model, sources, Greedy())
    found = run(model, sources, Greedy(), searcher=network(model))
    both = [(ours, theirs) for [ours], [theirs] in zip(found.hypotheses, expected.hypotheses, strict=True)]
    # A value between two steps may be rounded either way, and what follows from it differs.
    same = [(ours, theirs) for ours, theirs in both if ours.tokens == theirs.tokens]
    assert len(same) >= 7
    for ours, theirs in same:
        assert ours.log_probability == pytest.approx(theirs.log_probability, rel=0.03)


def test_numbers_that_are_none_are_told():
    model = make()
    with torch.no_grad():
        model.encoder.blocks[0].feed_forward.widen.weight[0, 0] = torch.nan
    for search in (Greedy(), Beam(2)):
        with pytest.raises(RunError, match="NaN"):
            run(model, sentences(2), search, searcher=network(model))


def test_who_watches_may_stop_it():
    model, told = make(), []

    def progress(done: int, whole: int) -> None:
        told.append((done, whole))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(model, sentences(20), Greedy(), searcher=network(model), limits=Limits(rows=2), progress=progress)
    assert len(told) == 1
    assert told[0][0] < told[0][1] == 20


def test_ctrl_c_is_heard_while_the_engine_is_at_work():
    """It is Python that hears it, as soon as the engine comes back to it: outside of all that could catch it there."""
    model, sources = make(vocab_size=3000), sentences(40)
    engine = network(model)

    def interrupted() -> None:
        signal.setitimer(signal.ITIMER_REAL, 0.01)
        run(model, sources, Beam(5), searcher=engine, limits=Limits(min_len=64))

    heard = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            interrupted()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, heard)


def test_a_long_answer_can_be_stopped_before_its_end():
    model, seen = make(max_len=300), []
    with torch.no_grad():
        model.output.weight = nn.Parameter(model.output.weight.clone())
        model.output.weight[EOS] = 0.0
    limits = Limits(max_ratio=250, min_len=300, loop_repeats=0)
    with pytest.raises(ZeroDivisionError):
        run(model, sentences(1), Greedy(), searcher=network(model), limits=limits, progress=lambda *_: 1 // 0)
    run(model, sentences(1), Greedy(), searcher=network(model), limits=limits, progress=lambda *n: seen.append(n))
    assert len(seen) > 10
    assert set(seen[:-1]) == {(0, 1)}


def test_progress_counts_up_to_the_end():
    model, told = make(), []
    run(
        model,
        [[], *sentences(20)],
        Greedy(),
        searcher=network(model),
        limits=Limits(rows=4),
        progress=lambda *n: told.append(n),
    )
    assert told == sorted(told)
    assert told[-1] == (21, 21)


@pytest.mark.parametrize("search", SEARCHES, ids=str)
def test_the_smallest_vocabularies(search):
    model = make(vocab_size=9)
    sources = [[4, 5, EOS], [8, EOS], [7, 6, 5, 4, EOS]]
    expected, found = run(model, sources, search), run(model, sources, search, searcher=network(model))
    assert [[each.tokens for each in one] for one in found.hypotheses] == [
        [each.tokens for each in one] for one in expected.hypotheses
    ]
    scores = [[each.score for each in one] for one in found.hypotheses]
    for ours, theirs in zip(scores, expected.hypotheses, strict=True):
        assert ours == pytest.approx([each.score for each in theirs], abs=1e-4)


def test_tokens_of_another_vocabulary_are_refused():
    engine = network(make())
    for wrong in (97, -1):
        with pytest.raises(ShapeError, match=f"from 0 to 96: got {wrong}"):
            run(make(), [[5, EOS], [wrong, EOS]], Greedy(), searcher=engine)
    with pytest.raises(ShapeError, match="got 100"):
        decode(make(), [[5, EOS]], Greedy(), bos=100, eos=EOS, pad=PAD, searcher=engine)


@torch.no_grad()
def test_a_model_that_goes_on_learning_changes_nothing():
    model, sources = make(), sentences(5)
    engine = network(model)
    before = run(model, sources, Beam(2), searcher=engine).hypotheses
    for parameter in model.parameters():
        parameter.mul_(1.5)
    assert run(model, sources, Beam(2), searcher=engine).hypotheses == before


def test_hands_share_a_network():
    model, sources = make(), sentences(40)
    engine = network(model)
    alone = run(model, sources, Beam(3), searcher=engine)
    assert run(model, sources, Beam(3), searcher=engine, crew=Crew(3)).hypotheses == alone.hypotheses


def test_a_beam_needs_a_vocabulary():
    engine = network(make())
    assert engine.searches(94)
    assert not engine.searches(95)


def test_other_models_are_left_to_pytorch():
    assert rewritten(nn.Linear(2, 2)) is None
    assert rewritten(make(n_decoder_layers=0, tie="none")) is None
