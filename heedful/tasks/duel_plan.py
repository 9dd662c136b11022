"""What a duel is asked for, and what each family is given: the same text, the same seed, one budget."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal, Self, get_args

import torch

from heedful.architecture import check_types
from heedful.errors import OptionError, RunError, suggest
from heedful.run.disk import read_json
from heedful.run.facts import amount
from heedful.tasks.defaults import Size
from heedful.tasks.models import family, n_parameters
from heedful.tasks.preparation import prepare
from heedful.tasks.request import TranslationOptions
from heedful.tasks.texts import FILES, Texts
from heedful.training.plan import MOST

Kind = Literal["minutes", "flops", "parameters"]

# The order in which the field met them.
FAMILY_NAMES = {"rnn": "RNN", "rnn-attention": "RNN + attention", "conv": "CNN", "transformer": "Transformer"}
CHAMPION = "transformer"
PLAN = "plan.json"
# Heads must divide a width, and products are fastest in multiples of it.
WIDTH_STEP, WIDEST = 8, 1024
# Each is a training of every family.
MOST_SEEDS = 100
# A family may be so far from the number of parameters asked for.
TOLERANCE = 1.25


@dataclass(frozen=True)
class DuelBudget:
    """What is equal for all.

    Args:
        kind: "minutes" of training each; "flops", the arithmetic of training each; or "parameters" of each model, which
            then reads the text as often as the defaults say.
        amount: how many.
    """

    kind: Kind
    amount: float

    def __post_init__(self) -> None:
        if self.amount > MOST:
            raise OptionError(f"a budget must be {MOST:g} at most: got {self}; no run could use more")
        if not self.amount > 0:
            raise OptionError(f"a budget must be above 0: got {self}")

    def __str__(self) -> str:
        return f"{self.kind}={self.amount:g}"

    @property
    def words(self) -> str:
        """As people say it: "10 minutes of training"."""
        if self.kind == "parameters":
            return f"about {amount(round(self.amount))} parameters"
        if self.kind == "minutes":
            return f"{self.amount:g} minute{'s' * (self.amount != 1)} of training"
        return f"{self.amount:g} floating-point operations of training"

    @classmethod
    def read(cls, text: str) -> Self:
        """From "minutes=10" and the like.

        Raises:
            OptionError: it is not of that form.
        """
        kind, _, amount = text.partition("=")
        if kind not in get_args(Kind):
            raise OptionError(
                f"a budget is minutes=N, flops=N or parameters=N: got {text!r}{suggest(kind, get_args(Kind))}"
            )
        try:
            number = float(amount)
        except ValueError:
            raise OptionError(f"a budget is {kind}=N with a number N: got {text!r}") from None
        return cls(kind, number)  # type: ignore[arg-type]


@dataclass(frozen=True)
class DuelOptions(Texts):
    """Families of models that learn from the same text at the same budget; without a text, from the embedded corpus.

    Args:
        out: folder for the runs and the report; runs/duel when left out.
        models: who takes part, some of "rnn,rnn-attention,conv,transformer".
        budget: what is equal for all: "minutes=N" or "flops=N" of training for each, or "parameters=N"; 10 minutes
            when left out, and 1 on the embedded corpus.
        seed: of everything random.
        seeds: trainings of each family, the second with the seed after the first, and so on; scored together.
        device: "cpu" or "cuda"; chosen when left out.
        resume: go on in `out` where a duel was interrupted.
    """

    out: Path = Path("runs/duel")
    models: str = ",".join(FAMILY_NAMES)
    budget: str | None = None
    seed: int = 1
    seeds: int = 1
    device: str | None = None
    resume: bool = False

    @property
    def is_embedded(self) -> bool:
        """Whether no text was given."""
        return all(getattr(self, item.name) is None for item in fields(Texts))

    def names(self) -> list[str]:
        """The families, each once, in the order in which the field met them.

        Raises:
            OptionError: one is not known, or there are fewer than two.
        """
        given = [name.strip() for name in self.models.split(",") if name.strip()]
        for name in given:
            family(name)
        if len(set(given)) < 2:
            raise OptionError(
                f"a duel needs two models or more, of {', '.join(FAMILY_NAMES)}: got {self.models!r}; "
                "`heedful train translation --model` trains one"
            )
        return [name for name in FAMILY_NAMES if name in given]

    def asks(self, name: str, budget: DuelBudget) -> list[TranslationOptions]:
        """What the runs of a family are asked for, one for each seed.

        Raises:
            OptionError: it is asked for no seed, or for more than any duel is worth.
        """
        if not 1 <= self.seeds <= MOST_SEEDS:
            raise OptionError(f"a duel takes from 1 to {MOST_SEEDS} seeds: got --seeds {self.seeds}; 3 are usual")
        texts: dict[str, Any] = {item.name: getattr(self, item.name) for item in fields(Texts)}
        given: dict[str, Any] = {} if budget.kind == "parameters" else {budget.kind: budget.amount}
        return [
            TranslationOptions(**texts, out=self.out / run, model=name, seed=seed, device=self.device, **given)
            for run, seed in zip(run_names(name, self.seeds), range(self.seed, self.seed + self.seeds), strict=True)
        ]

    @classmethod
    def stored(cls, out: Path) -> Self:
        """The options that a duel in this folder was begun with.

        Raises:
            RunError: they cannot be read, or are not what `to_json` wrote.
        """
        values = read_json(out / PLAN)
        try:
            # One that is missing would be taken for one that was left out.
            if set(values) != {item.name for item in fields(cls)}:
                raise OptionError(f"expected the keys {', '.join(item.name for item in fields(cls))}")
            paths = {name: Path(values[name]) for name in FILES if values[name] is not None}
            stored = cls(**{**values, **paths, "out": out})
            check_types(stored)
        except (TypeError, OptionError) as error:
            raise RunError(f"{out / PLAN} is damaged: {error}; restore it from a copy") from error
        return stored


def run_names(name: str, n_seeds: int) -> list[str]:
    """What the folders of a family are called: rnn, rnn-2, rnn-3."""
    return [name, *(f"{name}-{number}" for number in range(2, n_seeds + 1))]


def is_duel(out: Path) -> bool:
    """Whether a duel was begun in a folder."""
    return (out / PLAN).is_file()


def sizes_for(asked: TranslationOptions, names: Sequence[str], size: Size | None, target: float) -> dict[str, Size]:
    """The row of the table of defaults, made as wide as brings each family nearest to a number of parameters.

    Args:
        asked: what to learn from; the vocabulary has a part of the parameters.
        names: families.
        size: the row; None follows from the number of pairs.
        target: parameters of each.
    Raises:
        OptionError: a family cannot come near it.
    """
    with TemporaryDirectory() as folder:
        prepared = prepare(asked.sources(), Path(folder), asked.seed, size)
        row, vocab_size = prepared.size, prepared.tokenizer.vocab_size
    found = {name: _nearest(partial(_widths, name, row, vocab_size), target) for name in names}
    for name, (chosen, count) in found.items():
        if not 1 / TOLERANCE <= count / target <= TOLERANCE:
            raise OptionError(
                f"parameters={target:g} cannot be met: with a vocabulary of {vocab_size:,} the {name} nearest to it "
                f"has {count:,} (d_model {chosen.d_model}); give a number nearer to that"
            )
    return {name: chosen for name, (chosen, _) in found.items()}


def _widths(name: str, row: Size, vocab_size: int) -> Iterator[tuple[Size, int]]:
    """Wider and wider models with their parameters, counted without making them."""
    for width in range(WIDTH_STEP, WIDEST + 1, WIDTH_STEP):
        size = replace(row, d_model=width)
        try:
            shape = family(name).shape_for(size, vocab_size)
        except OptionError:
            continue  # the heads do not divide it
        with torch.device("meta"):
            yield size, n_parameters(family(name).build(shape))


def _nearest(widths: Callable[[], Iterator[tuple[Size, int]]], target: float) -> tuple[Size, int]:
    """The last one below, or the first one above, whichever is nearer as a ratio."""
    best: tuple[Size, int] | None = None
    for size, count in widths():
        if best is None or abs(math.log(count / target)) < abs(math.log(best[1] / target)):
            best = size, count
        if count > target:
            break
    assert best is not None, "some width fits every family"
    return best
