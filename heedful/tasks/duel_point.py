"""What one family of a duel came to: its scores, what they cost, and how its work grows with the sentence."""

import copy
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from heedful.data.batch import collate
from heedful.data.languages import UNSPACED_SCRIPTS, count_units, main_script
from heedful.evaluation.breakdown import Group, by_length
from heedful.evaluation.significance import Comparison
from heedful.evaluation.translation import Scores, Tally
from heedful.interface import Model, Source
from heedful.interpretation.attention_maps import AttentionMap, words_of
from heedful.interpretation.operations import encoder_reach, sequential_products
from heedful.numerics import applied
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.tasks.evidence import SEARCH, Tell, evaluate_pairs, unwatched
from heedful.tasks.models import n_parameters
from heedful.tasks.preparation import READY
from heedful.tasks.recall import Recall, measure_recall
from heedful.tasks.request import TranslationOptions
from heedful.tasks.setup import Setup, flops_per_token
from heedful.tasks.translator import Translator
from heedful.training.log import Journal
from heedful.training.step import Step, accumulate

# Lengths of made-up sentences on which training is timed, so many tokens at once; and those whose chains are counted.
LENGTHS, TOKENS_AT_ONCE, REPEATS = (8, 16, 32, 64, 128), 2048, 3
CHAINED = (8, 16, 32, 64)


@dataclass(frozen=True)
class Look:
    """A score while it learned.

    Args:
        seconds: of training until then.
        tokens: read until then.
        bleu: greedy, of some of the dev set.
    """

    seconds: float
    tokens: int
    bleu: float


@dataclass(frozen=True)
class Growth:
    """How the work of a family grows with the length of a sentence.

    Args:
        lengths: in tokens, of the speeds.
        tokens_per_second: of training, at each length.
        chained: lengths of the chains.
        reading: matrix products that must wait for each other to read a sentence of that length.
        learning: the same to read it and to score its whole translation, as training does.
        reach: tokens that the encoder sees to one side, in a sentence of the longest of these lengths.
    """

    lengths: tuple[int, ...]
    tokens_per_second: tuple[float, ...]
    chained: tuple[int, ...]
    reading: tuple[int, ...]
    learning: tuple[int, ...]
    reach: int


@dataclass(frozen=True)
class Contestant:
    """A family that was trained, once or with several seeds: its scores are of all, the rest of the first.

    Args:
        name: of the family.
        path: its run.
        parameters: of the model.
        flops: arithmetic of its training.
        steps: updates.
        seconds: of training, evaluations included.
        tokens: read in training.
        looks: scores while it learned.
        scores: on the text of the arena, of the translations of all its seeds together.
        by_seed: BLEU of each seed.
        comparison: this BLEU minus that of the champion; None for the champion itself.
        by_length: scores by the length of the source.
        decoding_seconds: of the test text, with the search of the scores.
        sentences: of the test text.
        growth: of its work.
        recall: what it remembers of random symbols.
        attention: of the sentence that all were shown; None without attention.
        shown: its translation.
    """

    name: str
    path: Path
    parameters: int
    flops: float
    steps: int
    seconds: float
    tokens: int
    looks: tuple[Look, ...]
    scores: Scores
    by_seed: tuple[float, ...]
    comparison: Comparison | None
    by_length: tuple[Group, ...]
    decoding_seconds: float
    sentences: int
    growth: Growth
    recall: Recall
    attention: AttentionMap | None
    shown: str

    @property
    def tokens_per_second(self) -> float:
        """Of training, evaluations included."""
        return self.tokens / self.seconds

    @property
    def sentences_per_second(self) -> float:
        """Of translating."""
        return self.sentences / self.decoding_seconds

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values; the attention has its own picture on the page."""
        left_out = ("attention", "path", "scores", "comparison", "by_length")
        values = {name: value for name, value in asdict(self).items() if name not in left_out}
        return {
            **values,
            "path": str(self.path),
            "scores": self.scores.to_json(),
            "against_champion": None if self.comparison is None else self.comparison.to_json(),
            "by_length": [group.to_json() for group in self.by_length],
            "tokens_per_second": self.tokens_per_second,
            "sentences_per_second": self.sentences_per_second,
        }


@dataclass(frozen=True)
class Arena:
    """What all contestants are asked alike.

    Args:
        data: what the scores are of, in words.
        pairs: of that text.
        unit: of the lengths of its sentences, "words" or "characters".
        shown: a sentence of it.
    """

    data: str
    pairs: Sequence[tuple[str, str]]
    unit: str
    shown: str

    @classmethod
    def of(cls, data: str, pairs: Sequence[tuple[str, str]]) -> "Arena":
        """From the pairs of a text, and what it is."""
        sources = [source for source, _ in pairs]
        unit = "characters" if main_script("\n".join(sources)) in UNSPACED_SCRIPTS else "words"
        ordered = sorted(sources, key=count_units)
        # Long enough that words change their order, short enough to be looked at.
        return cls(data, pairs, unit, next((each for each in ordered if count_units(each) >= 10), ordered[-1]))


def test_pairs(path: Path) -> tuple[str, Sequence[tuple[str, str]]]:
    """What the run of a family is scored on, in words, and its pairs: the test text, or dev where there is no other.

    Args:
        path: its run, which holds them: the caller's files may have changed since.
    """
    prepared = read_json(RunDirectory.open(path).begun / READY)
    data = "the test text" if prepared["test"] else "dev, by which the best weights of each were chosen"
    return data, [(source, target) for source, target in prepared["test"] or prepared["dev"]]


def measure(
    name: str, runs: Sequence[TranslationOptions], arena: Arena, champion: Tally | None, tell: Tell = unwatched
) -> tuple[Contestant, Tally]:
    """Measure the finished runs of a family.

    Args:
        name: of the family.
        runs: what they were asked for, one for each seed.
        arena: what it is asked.
        champion: what the champion's translations of the same sentences add to its scores.
        tell: is told how far it is.
    Returns:
        What was measured, and what its own translations add to its scores.
    Raises:
        RunError: a run is missing, unfinished or damaged.
    """
    run = RunDirectory.open(runs[0].out)
    translator = _load(runs[0])
    setup = Setup.stored(run.begun)
    # Before what is timed: some things are done at the first call alone.
    shown = translator.translate([arena.shown])[0]
    found = evaluate_pairs(translator, arena.pairs, translator.directions[0], SEARCH, tell)
    others = (_load(each) for each in runs[1:])
    tallies = [
        found.tally,
        *(evaluate_pairs(each, arena.pairs, found.direction, SEARCH, tell).tally for each in others),
    ]
    tally = Tally.pooled(tallies)
    lengths = np.array([count_units(source) for source, _ in arena.pairs])
    rows = Journal(run.metrics).rows()
    seen = translator.attention(arena.shown, shown) if shown else None
    tell("timing sentences of many lengths", 0, 0)
    growth = _growth(translator, setup)
    tokens = int(rows[-1]["tokens"])
    contestant = Contestant(
        name=name,
        path=run.path,
        parameters=n_parameters(translator.model),
        flops=flops_per_token(translator.model) * tokens,
        steps=int(rows[-1]["step"]),
        seconds=float(rows[-1]["elapsed_seconds"]),
        tokens=tokens,
        looks=tuple(_looks(rows)),
        scores=tally.scores(),
        by_seed=tuple(each.figure("bleu").score for each in tallies),
        comparison=None if champion is None else tally.compare(champion, "bleu"),
        by_length=by_length(tally, lengths, arena.unit, champion),
        decoding_seconds=found.seconds,
        sentences=len(arena.pairs),
        growth=growth,
        recall=measure_recall(setup, tell=tell),
        attention=None if seen is None else seen.merged(words_of(seen.source), words_of(seen.target)),
        shown=shown,
    )
    return contestant, tally


def _load(asked: TranslationOptions) -> Translator:
    """Decode by the same code as the others: the engine takes the Transformer alone, and speeds are compared."""
    translator = Translator.load(asked.out, asked.device)
    translator.numerics = replace(translator.numerics, engine="torch")
    return translator


def _looks(rows: Sequence[Mapping[str, Any]]) -> list[Look]:
    return [
        Look(float(row["elapsed_seconds"]), int(row["tokens"]), float(row["dev_score"]))
        for row in rows
        if "dev_score" in row
    ]


def _growth(translator: Translator, setup: Setup) -> Growth:
    speeds = tuple(_training_speed(translator, setup, length) for length in LENGTHS)
    model = copy.deepcopy(translator.model).to("cpu", torch.float64)
    reading, learning = [], []
    for length in CHAINED:
        values = torch.full((1, length), translator.tokenizer.vocab_size - 1)
        text = Source(values, torch.ones_like(values, dtype=torch.bool))
        reading.append(sequential_products(partial(model.encode, text)))
        learning.append(sequential_products(partial(_whole_pass, model, text)))
    reach = encoder_reach(model, CHAINED[-1])
    return Growth(LENGTHS, speeds, CHAINED, tuple(reading), tuple(learning), reach)


def _whole_pass(model: Model, text: Source) -> Tensor:
    """What training computes, with a text as its own translation."""
    return model.logits(model.decode(text, model.encode(text)))


def _training_speed(translator: Translator, setup: Setup, length: int) -> float:
    """Tokens a second, forward and backward, on made-up pairs of sentences of this length: the best of a few times."""
    numerics = setup.numerics
    generator = np.random.default_rng(length)
    n_rows = max(1, TOKENS_AT_ONCE // (2 * length))
    rows = generator.integers(10, translator.tokenizer.vocab_size, (n_rows, length)).tolist()
    batch = collate(rows, rows)
    model = copy.deepcopy(translator.model).float()
    step = Step(model, setup.objective, numerics.dtype).train()
    device = next(model.parameters()).device
    best = float("inf")
    with applied(numerics):
        for _ in range(REPEATS + 1):
            begun = time.perf_counter()
            float(accumulate(step, [batch], 1, device).total)
            best = min(best, time.perf_counter() - begun)
    return batch.n_tokens / best
