"""What is counted is worked out by hand for a few layers, what is fitted is a power; no time is asserted."""

import json
import sys
from dataclasses import replace

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from bench import length
from bench.command import run
from bench.length import FITTED_FROM, LAYERS, SHAPE, Cost, exponent, kept_bytes, verdict
from heedful.errors import DependencyError, OptionError

COST = Cost("window 128", (512, 1024, 2048, 4096), (9, 2, 4, 8), (9, 3, 6, 12), (1, 100, 400, 1600))


class Products(TorchDispatchMode):
    """Counts the multiplications in products of matrices."""

    def __init__(self):
        super().__init__()
        self.total = 0

    @classmethod
    def _should_skip_dynamo(cls):
        return False  # else torch imports its compiler first, which takes seconds

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        result = function(*args, **(kwargs or {}))
        aten = torch.ops.aten
        at = {aten.mm: 0, aten.bmm: 0, aten.addmm: 1}.get(function.overloadpacket)
        self.total += 0 if at is None else result.numel() * args[at].shape[-1]
        return result


@pytest.mark.parametrize("power", [0.0, 1.0, 1.5, 2.0])
def test_the_exponent_of_a_power_is_that_power(power):
    lengths = [256, 512, *(FITTED_FROM << n for n in range(4))]
    values = [3.0 * n**power if n >= FITTED_FROM else 77.0 for n in lengths]
    assert exponent(lengths, values) == pytest.approx(power)


def test_two_lengths_are_needed_for_an_exponent():
    assert exponent([512, 1024], [1.0, 2.0]) != exponent([512, 1024], [1.0, 2.0])
    assert COST.exponents() == pytest.approx({"forward": 1, "both": 1, "kept": 2})


def test_window_attention_is_judged_by_its_time():
    slow = replace(COST, name="window 128, causal", both=(9, 3, 7.5, 18.75))
    other = replace(slow, name="LSTM")
    assert verdict([COST, slow, other]) == [
        "window 128: linear within 10% (forward 1.00, both 1.00)",
        "window 128, causal: not linear within 10% (forward 1.00, both 1.32)",
    ]


def test_what_is_kept_is_counted_once_and_without_the_weights():
    x = torch.randn(2, 8, 16, requires_grad=True)
    size = x.numel() * 4
    linear = nn.Linear(16, 16, bias=False)
    assert kept_bytes(linear, x) == 2 * size  # its input and its result
    assert kept_bytes(nn.Tanh(), x) == size  # its result, which is what it saves
    assert kept_bytes(nn.Sequential(linear, nn.Tanh(), linear), x) == 3 * size  # two inputs and the result


@pytest.mark.parametrize(
    ("name", "by_hand"),
    [
        ("attention", lambda n, d: 4 * n * d**2 + 2 * n**2 * d),
        ("GRU", lambda n, d: 6 * n * d**2),
        ("LSTM", lambda n, d: 8 * n * d**2),
        ("convolution 3", lambda n, d: 2 * 3 * n * d**2),
    ],
    ids=["attention", "GRU", "LSTM", "convolution"],
)
def test_products_are_those_of_table_1_with_their_factors(name, by_hand):
    """Attention passes the GRU and the convolution at n = d, the LSTM at n = 2d."""
    layer, d = LAYERS[name]().double(), SHAPE.d_model  # in float32 the LSTM is one operator that nobody counts
    for n in (16, 48):
        with Products() as counted:
            layer(torch.randn(1, n, d, dtype=torch.float64))
        assert counted.total == by_hand(n, d)


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_keeps_the_shape_and_sees_every_weight(name):
    layer, x = LAYERS[name](), torch.randn(2, 5, SHAPE.d_model, requires_grad=True)
    found = layer(x)
    assert found.shape == x.shape
    gradients = torch.autograd.grad(found, [x, *layer.parameters()], torch.ones_like(found))
    assert all(gradient.isfinite().all() for gradient in gradients)


@pytest.mark.parametrize("name", [name for name in LAYERS if name.startswith("window")])
def test_a_window_keeps_twice_as_much_of_twice_as_many(name, monkeypatch):
    monkeypatch.setattr(length, "WINDOW", 4)
    layer = LAYERS[name]()
    one, two = (kept_bytes(layer, torch.randn(1, n, SHAPE.d_model)) for n in (32, 64))
    assert two == 2 * one


def test_figures_are_printed_and_written(tmp_path, capsys):
    length.main(longest=128, repeats=1, as_json=tmp_path / "x.json")
    printed = capsys.readouterr()
    assert all(printed.out.count(name) >= 3 for name in LAYERS)
    assert printed.err.splitlines() == ["warming up", "turn 1 of 1"]
    found = json.loads((tmp_path / "x.json").read_text())["layers"]
    assert [layer["name"] for layer in found] == list(LAYERS)
    assert all(layer["lengths"] == [64, 128] and min(layer["both"]) > 0 for layer in found)
    assert found[0]["exponents"]["both"] is None


def test_tables_fit_a_narrow_window(capsys):
    long = tuple(64 << n for n in range(8))
    seconds, kept = [0.00123 * 4**n for n in range(8)], [123456 * 4**n for n in range(8)]
    length.show([Cost("window 128, causal", long, seconds, seconds, kept)], width=80)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 80
    assert "…" not in printed
    assert printed.count("window 128, causal") == 4
    assert "1929   2.00" in printed


def test_without_the_library_it_is_said_how_to_get_it_before_anything_is_measured(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(DependencyError, match=r"pip install 'heedful\[bench\]'"):
        length.main(chart=tmp_path / "x.png")


def test_a_chart_is_a_picture(tmp_path):
    pytest.importorskip("matplotlib")
    length.draw([COST, replace(COST, name="LSTM")], tmp_path / "x.png")
    assert (tmp_path / "x.png").read_bytes().startswith(b"\x89PNG")


def test_a_file_that_cannot_be_written_is_refused_before_anything_is_measured(tmp_path):
    for name in ("as_json", "chart"):
        with pytest.raises(OptionError, match=r"there is no folder .*away for x: make it first"):
            length.main(**{name: tmp_path / "away" / "x"})


def test_the_callers_mistake_is_one_line(capsys):
    assert run(length.app, ["--longest", "5"]) == 2
    assert capsys.readouterr().err == "heedful: expected --longest of 64 or more, and --repeats: got 5 and 5\n"


@pytest.mark.parametrize("options", [{"longest": 63}, {"repeats": 0}])
def test_nothing_to_measure_is_refused(options):
    with pytest.raises(OptionError, match="expected --longest of 64 or more"):
        length.main(**options)
