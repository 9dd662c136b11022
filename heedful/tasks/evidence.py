"""The proof that comes with a translator: scores, the card, the report; and scoring by file for anyone later."""

import platform
import shlex
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from heedful import __version__
from heedful.data.languages import spoken_among
from heedful.data.text import ParallelText
from heedful.decoding import Beam, Search
from heedful.errors import DataError
from heedful.evaluation.translation import Scores, score, sentence_chrf
from heedful.interface import Model
from heedful.run.card import write_card
from heedful.run.directory import RunDirectory
from heedful.run.disk import write_atomic, write_json
from heedful.run.examples import Attention, Sentence, best_and_worst
from heedful.run.facts import DataFile, Facts, ScoreSet, write_scores
from heedful.run.manifest import write_manifest
from heedful.run.report import Evidence, write_report
from heedful.run.weights import save_tensors
from heedful.tasks.models import n_parameters, weights_of
from heedful.tasks.preparation import Prepared, Sources
from heedful.tasks.setup import Setup
from heedful.tasks.translator import Direction, Translator, snapshot
from heedful.training.log import Journal
from heedful.training.loop import TrainingResult

SEARCH = Beam()
N_MAPS = 4
PACKAGES = ("torch", "tokenizers", "safetensors", "sacrebleu", "numpy")
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Evaluated:
    """The figures of one direction on one text.

    Args:
        scores: with signatures and intervals.
        sentences: how many were translated.
        seconds: spent translating.
        tokens_per_second: pieces written a second.
        hypotheses: the translations.
    """

    scores: Scores
    sentences: int
    seconds: float
    tokens_per_second: float
    hypotheses: list[str]

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values, the translations left out."""
        speed = {"seconds": round(self.seconds, 3), "tokens_per_second": round(self.tokens_per_second, 1)}
        return {**self.scores.to_json(), "sentences": self.sentences, **speed}


@dataclass(frozen=True)
class Published:
    """A finished run.

    Args:
        path: its folder.
        scores: on pairs that training never saw.
        parameters: of the model.
        result: of training.
    """

    path: Path
    scores: list[ScoreSet]
    parameters: int
    result: TrainingResult


def evaluate_pairs(translator: Translator, pairs: Pairs, direction: Direction, search: Search) -> Evaluated:
    """Translate the sources and score them against the targets.

    Args:
        translator: to be scored.
        pairs: (source, reference).
        direction: languages from and into.
        search: how to decode.
    """
    sources, references = zip(*pairs, strict=True)
    found = translator.answer(sources, to=direction[1], search=search)
    scores = score(found.texts, references, direction[1])
    speed = found.tokens / found.seconds if found.seconds else 0.0
    return Evaluated(scores, len(pairs), found.seconds, speed, found.texts)


def evaluate_files(
    translator: Translator, text: ParallelText, to: str | None, search: Search, output: Path | None = None
) -> Evaluated:
    """Score a translator on files.

    Args:
        translator: to be scored.
        text: sources and references; of a TSV the column in the language of `to` is the reference.
        to: language translated into.
        search: how to decode.
        output: where to write the translations, or None.
    Raises:
        DataError: the files cannot be used.
    """
    pairs = list(text.pairs())
    if text.target is None and to is not None:
        # A file with two columns serves both directions.
        spoken = spoken_among((first for first, _ in pairs), translator.direction([], to))
        pairs = [(target, source) for source, target in pairs] if spoken == to else pairs
    direction = translator.direction([source for source, _ in pairs], to)
    if not any(source.strip() for source, _ in pairs):
        raise DataError(f"{text.source} holds no text: there is nothing to translate; give a file with sentences")
    found = evaluate_pairs(translator, pairs, direction, search)
    if output is not None:
        write_atomic(output, "".join(line + "\n" for line in found.hypotheses).encode())
    return found


def publish(
    run: RunDirectory,
    sources: Sources,
    prepared: Prepared,
    setup: Setup,
    model: Model,
    result: TrainingResult,
    seed: int,
) -> Published:
    """Write the artefact of a finished training; the manifest comes last, so an interrupted one is not finished.

    Args:
        run: where.
        sources: what was learned from.
        prepared: the same, laid out.
        setup: what was trained.
        model: with the weights that are kept.
        result: of training.
        seed: of the run.
    """
    _write_model(run, prepared, model)
    translator = Translator(snapshot(model, setup.numerics), prepared.tokenizer, sources.directions, setup.numerics)
    pairs, name = (prepared.test, "test") if prepared.test else (prepared.dev, "dev, by which the weights were chosen")
    sets, sentences, maps = [], [], []
    for number, direction in enumerate(sources.directions):
        ordered = pairs if number == 0 else [(target, source) for source, target in pairs]
        found = evaluate_pairs(translator, ordered, direction, SEARCH)
        figures = found.scores.to_json()
        sets.append(ScoreSet(*direction, name, len(ordered), f"beam {SEARCH.width}", figures))
        chrf = sentence_chrf(found.hypotheses, [reference for _, reference in ordered])
        for (source, reference), hypothesis, value in zip(ordered, found.hypotheses, chrf, strict=True):
            sentences.append(Sentence(source, hypothesis, reference, value, *direction))
        maps += _attention(translator, direction, ordered, found.hypotheses)
    write_scores(run.scores, sets)
    facts = _facts(run, sources, prepared, setup, model, result, seed, sets)
    write_card(run.card, facts)
    best, worst = best_and_worst(sentences)
    findings = prepared.facts["verdict"]["findings"]
    write_report(run.report, facts, Evidence(Journal(run.metrics).rows(), best, worst, maps, findings))
    write_manifest(run.path)
    return Published(run.path, sets, facts.n_parameters, result)


def describe(run: RunDirectory, sources: Sources, setup: Setup) -> None:
    """Write config.json: what a run is, from its beginning on."""
    described = setup.to_json()
    config = {
        "heedful": __version__,
        "task": "translation",
        "model": setup.model,
        "architecture": described["architecture"],
        "directions": sources.directions,
        "numerics": described["numerics"],
    }
    write_json(run.config, config)


def _write_model(run: RunDirectory, prepared: Prepared, model: Model) -> None:
    save_tensors(run.weights, weights_of(model))
    write_atomic(run.tokenizer, prepared.tokenizer.to_json().encode())
    write_json(run.generation, {"search": "beam", **asdict(SEARCH)})


def _attention(
    translator: Translator, direction: Direction, pairs: Pairs, hypotheses: Sequence[str]
) -> list[Attention]:
    """Maps of the first few sentences of a readable length."""
    maps = []
    for (source, _), hypothesis in zip(pairs, hypotheses, strict=True):
        found = translator.attention(source, hypothesis, direction[1]) if hypothesis else None
        if found is not None and 4 <= len(found.source) <= 20:
            maps.append(Attention(found.source, found.target, found.weights, f"{direction[0]} → {direction[1]}"))
        if len(maps) == N_MAPS // len(translator.directions):
            break
    return maps


def _facts(
    run: RunDirectory,
    sources: Sources,
    prepared: Prepared,
    setup: Setup,
    model: Model,
    result: TrainingResult,
    seed: int,
    sets: Sequence[ScoreSet],
) -> Facts:
    counts = {"train": prepared.corpus.n_pairs, "dev": len(prepared.dev), "test": len(prepared.test)}
    numerics = setup.numerics
    return Facts(
        name=run.path.name,
        task="translation",
        directions=sources.directions,
        model=setup.model,
        architecture=setup.shape.to_json(),
        n_parameters=n_parameters(model),
        data=[DataFile(**file) for file in prepared.facts["files"]],
        n_pairs={name: count for name, count in counts.items() if count},
        scores=sets,
        machine={
            "processor": processor(),
            "computing": f"{numerics.compute} on {numerics.device}, {numerics.threads} threads",
        },
        versions=versions(),
        seed=seed,
        steps=result.step,
        seconds=result.seconds,
        command=shlex.join(["heedful", *sys.argv[1:]]),
        date=time.strftime("%Y-%m-%d"),
    )


def versions() -> dict[str, str]:
    """Of everything that takes part in a result."""
    found = {name: metadata.version(name) for name in PACKAGES}
    return {"heedful": __version__, "python": platform.python_version(), **found}


def processor() -> str:
    """The processor's name and how many cores this process may use."""
    from heedful.numerics import available_cores

    listing = Path("/proc/cpuinfo")
    names = (
        [line for line in listing.read_text().splitlines() if line.startswith("model name")] if listing.exists() else []
    )
    name = names[0].split(":", 1)[1].strip() if names else platform.processor() or platform.machine()
    return f"{name}, {available_cores()} cores"
