"""Which sizes a learning curve has, how the budget is divided among them, and their texts, written once."""

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from heedful.data import chance
from heedful.data.split import TRAIN, Split, split
from heedful.data.text import ParallelText
from heedful.errors import DataError, OptionError
from heedful.run.disk import atomic_folder, read_json, write_file, write_json
from heedful.run.manifest import check_manifest, write_manifest
from heedful.tasks.preparation import Sources
from heedful.tasks.request import TranslationOptions
from heedful.training.plan import Budget

DIVISORS = (16, 8, 4, 2, 1)
# A translator of fewer pairs says nothing about one of more.
MIN_PAIRS = 100
# Training pairs whose loss is set beside that of dev; they are in every size.
N_SAMPLE = 400
# A held-out sentence must fit the model of every size, whatever its vocabulary: no piece is shorter than a byte.
MAX_BYTES = 1000
TEXT, PLAN = "text", "plan.json"
_NESTED = 200

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Portion:
    """A size of the curve, and its share of the budget.

    Args:
        divisor: it is this part of the data: 16 is a sixteenth, 1 all of it.
        pairs: with text on both sides.
        minutes: of training; None for another budget, or for that of the defaults.
        epochs: passes over these pairs, instead.
        steps: updates, instead.
        flops: arithmetic, instead.
    """

    divisor: int
    pairs: int
    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None
    flops: float | None = None

    @property
    def name(self) -> str:
        """ "1/8", or "all"."""
        return "all" if self.divisor == 1 else f"1/{self.divisor}"

    @property
    def folder(self) -> str:
        """The name of its run: "1-8", or "all"."""
        return self.name.replace("/", "-")


@dataclass(frozen=True)
class CurvePlan:
    """What a learning curve was begun with.

    Args:
        options: as they were asked for, the languages told.
        pairs: to learn from, those with text on both sides; what was held out is not among them.
        portions: the sizes, the smallest first.
        left_out: sizes that are too small.
        has_test: whether there is a test text beside dev.
    """

    options: TranslationOptions
    pairs: int
    portions: list[Portion]
    left_out: list[Portion]
    has_test: bool

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return {**asdict(self), "options": self.options.to_json()}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        sizes = {name: [Portion(**size) for size in values[name]] for name in ("portions", "left_out")}
        options = TranslationOptions.from_json(values["options"])
        return cls(options, values["pairs"], sizes["portions"], sizes["left_out"], values["has_test"])

    @classmethod
    def stored(cls, out: Path) -> Self:
        """The one that `begin_curve` wrote, its texts unharmed.

        Raises:
            RunError: a file is missing or damaged.
        """
        check_manifest(out / TEXT, (PLAN,))
        return cls.from_json(read_json(out / TEXT / PLAN))

    @property
    def sample(self) -> ParallelText:
        """Training pairs that are in every size."""
        return self._text("sample")

    def asks(self, portion: Portion) -> TranslationOptions:
        """What the run of a size is asked for."""
        text, dev = self._text(portion.folder), self._text("dev")
        test = self._text("test") if self.has_test else None
        return replace(
            self.options,
            out=self.options.out / portion.folder,
            source=text.source,
            target=text.target,
            tsv=None,
            dev_source=dev.source,
            dev_target=dev.target,
            dev_tsv=None,
            test_source=test.source if test else None,
            test_target=test.target if test else None,
            test_tsv=None,
            minutes=portion.minutes,
            epochs=portion.epochs,
            steps=portion.steps,
            flops=portion.flops,
            resume=False,
        )

    def _text(self, name: str) -> ParallelText:
        source, target = self.options.source_language, self.options.target_language
        folder = self.options.out / TEXT
        return ParallelText(folder / f"{name}.{source}", folder / f"{name}.{target}")


def is_curve(out: Path) -> bool:
    """Whether a learning curve was begun in a folder."""
    return (out / TEXT / PLAN).is_file()


def portions(n_pairs: int, budget: Budget | None) -> tuple[list[Portion], list[Portion]]:
    """The sizes of a curve, the smallest first, and those left out because they are too small.

    A budget is divided by the square roots of the numbers of pairs: half of the data gets 0.71 of what all of it gets,
    so a smaller size is read more often. That is how pairs times epochs grow in the table of defaults, about.

    Args:
        n_pairs: all of the data.
        budget: of the whole curve; epochs are of all of the data. None leaves each size the one of its defaults.
    Raises:
        DataError: fewer than two sizes remain.
        OptionError: the steps do not suffice for one of each size.
    """
    sizes = [Portion(divisor, n_pairs // divisor) for divisor in DIVISORS]
    kept = [size for size in sizes if size.pairs >= MIN_PAIRS]
    if len(kept) < 2:
        raise DataError(
            f"a learning curve needs two sizes of at least {MIN_PAIRS} pairs, all of the data and half of it: got "
            f"{n_pairs:,} pairs to learn from; give {2 * MIN_PAIRS} or more, or leave --learning-curve out"
        )
    if budget is not None:
        roots = [math.sqrt(size.pairs) for size in kept]
        kept = [_with_share(size, budget, root / sum(roots), n_pairs) for size, root in zip(kept, roots, strict=True)]
        if any(size.steps == 0 for size in kept):
            raise OptionError(
                f"steps={budget.steps} do not suffice for a step of each of the {len(kept)} sizes of the curve: give "
                f"at least {math.ceil(sum(roots) / min(roots))}"
            )
    return kept, [size for size in sizes if size.pairs < MIN_PAIRS]


def _with_share(size: Portion, budget: Budget, share: float, n_pairs: int) -> Portion:
    """A size with its share of the budget; an epoch of the budget reads all of the pairs."""
    if budget.minutes is not None:
        return replace(size, minutes=share * budget.minutes)
    if budget.flops is not None:
        return replace(size, flops=share * budget.flops)
    if budget.epochs is not None:
        return replace(size, epochs=share * budget.epochs * n_pairs / size.pairs)
    assert budget.steps is not None, "a budget is one of four"
    return replace(size, steps=math.floor(share * budget.steps + 1e-9))


def begin_curve(options: TranslationOptions, sources: Sources) -> CurvePlan:
    """Write the texts of all sizes and the plan, whole or not at all.

    Args:
        options: what was asked for; nothing of a curve is in `out` yet.
        sources: its texts.
    Raises:
        DataError: there is too little text.
        OptionError: the budget cannot be divided.
        RunError: the file system refused; nothing is left behind.
    """
    held = sources.parts_to_hold_out
    parts = split(sources.train.pairs(), held, seed=options.seed) if held else None
    ranks = _ranks(sources.train.pairs(), parts, options.seed)
    n_pairs = int((ranks >= 0).sum())
    kept, left_out = portions(n_pairs, options.budget())
    first, second = sources.languages
    asked = replace(options, source_language=first, target_language=second)
    has_test = sources.test is not None or "test" in held
    plan = CurvePlan(asked, n_pairs, kept, left_out, has_test)
    train = sources.train
    texts: dict[str, Callable[[], Pairs]] = {
        name: partial(_held_out, sources, parts, name) for name in (("dev", "test") if has_test else ("dev",))
    }
    for name, size in [*((size.folder, size.pairs) for size in kept), ("sample", min(N_SAMPLE, kept[0].pairs))]:
        texts[name] = partial(_chosen, train, ranks, size)
    with atomic_folder(options.out / TEXT) as folder:
        for name, pairs in texts.items():
            for number, language in enumerate(sources.languages):
                write_file(folder / f"{name}.{language}", (f"{pair[number]}\n".encode() for pair in pairs()))
        write_json(folder / PLAN, plan.to_json())
        write_manifest(folder)
    return plan


def _ranks(pairs: Pairs, parts: Split | None, seed: int) -> np.ndarray:
    """For each line its place in a random order of what can be learned from, -1 for all others.

    A size is the pairs of the lowest places, so that each holds all smaller ones.
    """
    usable = np.fromiter((bool(source.strip() and target.strip()) for source, target in pairs), dtype=bool)
    if parts is not None:
        usable &= ~parts.skip(TRAIN)
    ranks = np.full(len(usable), -1, dtype=np.int64)
    lines = np.flatnonzero(usable)
    ranks[lines[chance.shuffled(chance.key(seed, _NESTED), len(lines))]] = np.arange(len(lines))
    return ranks


def _chosen(text: ParallelText, ranks: np.ndarray, size: int) -> Iterator[tuple[str, str]]:
    """The pairs of a size, in the order of the lines."""
    return (pair for pair, rank in zip(text.pairs(), ranks, strict=True) if 0 <= rank < size)


def _held_out(sources: Sources, parts: Split | None, name: str) -> Iterator[tuple[str, str]]:
    """The caller's own pairs as they are, or those held out."""
    given = sources.dev if name == "dev" else sources.test
    if given is not None:
        return given.pairs()
    assert parts is not None, "what is not given is held out"
    found = parts.select(sources.train.pairs(), name)
    return (pair for pair in found if max(len(side.encode()) for side in pair) <= MAX_BYTES)
