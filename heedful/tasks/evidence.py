"""The proof that comes with a translator: scores, the card, the report."""

import json
import platform
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import torch

from heedful import __version__
from heedful.decoding import Beam, Search
from heedful.evaluation.translation import Scores, Tally, sentence_chrf
from heedful.interface import Model
from heedful.numerics import Numerics, available_cores
from heedful.run.card import write_card
from heedful.run.directory import RunDirectory
from heedful.run.disk import write_atomic, write_json
from heedful.run.examples import Attention, Sentence, best_and_worst
from heedful.run.facts import DataFile, Facts, ScoreSet, Section, Usage, write_scores
from heedful.run.manifest import write_manifest
from heedful.run.receipt import write_receipt
from heedful.run.report import Evidence, write_report
from heedful.run.weights import save_tensors
from heedful.tasks.forgetting import measure
from heedful.tasks.inheritance import Inherited
from heedful.tasks.models import n_parameters, snapshot, weights_of
from heedful.tasks.preparation import Prepared, Sources, last_scored
from heedful.tasks.setup import Setup
from heedful.tasks.translator import RARELY, Direction, Translator
from heedful.training.log import Journal
from heedful.training.loop import TrainingResult
from heedful.transfer.embedding import Coverage

SEARCH = Beam()
N_MAPS = 4
PACKAGES = ("torch", "tokenizers", "safetensors", "sacrebleu", "numpy")
CAVEATS = (
    "It knows only the kind of text it was trained on; other domains and styles come out worse, often fluently wrong.",
    "It translates each line by itself: no context from the line before, no document.",
    "It may leave out, repeat or invent content; names and numbers deserve a check before anything depends on them.",
    "It repeats whatever prejudice its training text holds.",
)
Pairs = Sequence[tuple[str, str]]
# Is told now and then what is being done, how much of it is done, and how much it is; 0 where that is not known.
Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Evaluated:
    """The figures of one direction on one text.

    Args:
        scores: with signatures and intervals.
        direction: languages from and into.
        sentences: how many were translated.
        seconds: spent translating.
        tokens_per_second: pieces written a second.
        hypotheses: the translations.
        tally: what each sentence adds to the scores.
    """

    scores: Scores
    direction: Direction
    sentences: int
    seconds: float
    tokens_per_second: float
    hypotheses: list[str]
    tally: Tally = field(repr=False, compare=False)

    @property
    def speed(self) -> dict[str, float]:
        """What translating took."""
        return {"seconds": round(self.seconds, 3), "tokens_per_second": round(self.tokens_per_second, 1)}

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values, the translations left out."""
        return {**self.scores.to_json(), "sentences": self.sentences, **self.speed}


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


@dataclass(frozen=True)
class Trained:
    """A training that is over and not yet published.

    Args:
        sources: what was learned from.
        prepared: the same, laid out.
        setup: what was trained.
        model: with the weights that are kept.
        result: of training.
        seed: of the run.
        command: that makes it again.
        coverage: what the word vectors that it began with know of its vocabulary; None without them.
        inherited: what it began with of another run; None of one from scratch.
    """

    sources: Sources
    prepared: Prepared
    setup: Setup
    model: Model
    result: TrainingResult
    seed: int
    command: str
    coverage: Coverage | None = None
    inherited: Inherited | None = None


@dataclass(frozen=True)
class Beside:
    """What is told of a model that was made with another's help.

    Args:
        origin: one sentence for the summary.
        sections: of the card and the report.
        parity: how both compare, as plain values for scores.json.
        command: that makes it again.
    """

    origin: str
    sections: Sequence[Section]
    parity: Mapping[str, Any]
    command: str


# Compares a model with another: is given it, the name of some pairs, the pairs, and who is told how far it is.
Judge = Callable[[Translator, str, Pairs, Tell], Beside]


def unwatched(what: str, done: int, whole: int) -> None:
    """Nobody is told."""


def evaluate_pairs(
    translator: Translator, pairs: Pairs, direction: Direction, search: Search, tell: Tell = unwatched
) -> Evaluated:
    """Translate the sources and score them against the targets.

    Args:
        translator: to be scored.
        pairs: (source, reference).
        direction: languages from and into.
        search: how to decode.
        tell: is told how far it is.
    """
    sources, references = zip(*pairs, strict=True)
    way = " → ".join(direction)
    found = translator.answer(
        sources, to=direction[1], search=search, progress=lambda *place: tell(f"translating {way}", *place)
    )
    tell(f"scoring {way}", 0, 0)
    tally = Tally.of(found.texts, references, direction[1])
    speed = found.tokens / found.seconds if found.seconds else 0.0
    return Evaluated(tally.scores(), direction, len(pairs), found.seconds, speed, found.texts, tally)


def publish(run: RunDirectory, trained: Trained, tell: Tell = unwatched, judge: Judge | None = None) -> Published:
    """Write the artefact of a finished training; the manifest comes last, so an interrupted one is not finished.

    Args:
        run: where.
        trained: what is published.
        tell: is told how far it is.
        judge: compares the model with another; what it raises leaves the run unfinished.
    """
    prepared, setup, directions = trained.prepared, trained.setup, trained.sources.directions
    _write_model(run, prepared, trained.model)
    translator = Translator(snapshot(trained.model, setup.numerics), prepared.tokenizer, directions, setup.numerics)
    name, pairs = last_scored(prepared.dev, prepared.test)
    beside = None if judge is None else judge(translator, name, pairs, tell)
    sets: list[ScoreSet] = []
    sentences: list[Sentence] = []
    maps: list[Attention] = []
    for number, direction in enumerate(directions):
        ordered = pairs if number == 0 else [(target, source) for source, target in pairs]
        found = evaluate_pairs(translator, ordered, direction, SEARCH, tell)
        figures = found.scores.to_json()
        sets.append(ScoreSet(*direction, name, len(ordered), f"beam {SEARCH.width}", figures))
        sentences += sentences_of(ordered, found.hypotheses, direction)
        maps += attention_of(translator, direction, ordered, found.hypotheses)
    more = {} if beside is None else {"parity": beside.parity}
    facts = _facts(run, trained, sets)
    if trained.inherited is not None:
        forgotten = measure(run.begun, translator, SEARCH, lambda *place: tell("translating the old domain", *place))
        assert forgotten is not None, "both are written when a run begins"
        sections = [trained.inherited.section, forgotten[0]]
        facts, more = replace(facts, start=trained.inherited.start, sections=sections), {"forgetting": forgotten[1]}
    write_scores(run.scores, sets, more)
    if beside is not None:
        facts = replace(facts, origin=beside.origin, sections=beside.sections, command=beside.command)
    write_card(run.card, facts)
    write_receipt(run.path, facts, setup.numerics.to_json(), {name: pairs})
    best, worst = best_and_worst(sentences)
    findings = prepared.facts["verdict"]["findings"]
    write_report(run.report, facts, Evidence(Journal(run.metrics).rows(), best, worst, maps, findings))
    write_manifest(run.path)
    return Published(run.path, sets, facts.n_parameters, trained.result)


def describe(run: RunDirectory, sources: Sources, prepared: Prepared, setup: Setup) -> None:
    """Write config.json: what a run is, from its beginning on."""
    described = setup.to_json()
    config = {
        "heedful": __version__,
        "task": "translation",
        "model": setup.model,
        "architecture": described["architecture"],
        "directions": sources.directions,
        # By it `heedful translate` knows whether a line with several sentences is one that the model can read.
        "several_sentences": dict(zip(sources.languages, prepared.several, strict=False)),
        "numerics": described["numerics"],
    }
    write_json(run.config, config)


def _write_model(run: RunDirectory, prepared: Prepared, model: Model) -> None:
    save_tensors(run.weights, weights_of(model))
    write_atomic(run.tokenizer, prepared.tokenizer.to_json().encode())
    write_json(run.generation, {"search": "beam", **asdict(SEARCH)})


def sentences_of(pairs: Pairs, hypotheses: Sequence[str], direction: Direction) -> list[Sentence]:
    """Translations to choose examples from.

    Args:
        pairs: (source, reference).
        hypotheses: as many translations.
        direction: languages from and into.
    """
    chrf = sentence_chrf(hypotheses, [reference for _, reference in pairs])
    return [
        Sentence(source, hypothesis, reference, value, *direction)
        for (source, reference), hypothesis, value in zip(pairs, hypotheses, chrf, strict=True)
    ]


def attention_of(
    translator: Translator, direction: Direction, pairs: Pairs, hypotheses: Sequence[str]
) -> list[Attention]:
    """Maps of the first few sentences of a readable length; none of a model without attention.

    Args:
        translator: that wrote them.
        direction: languages from and into.
        pairs: (source, reference).
        hypotheses: as many translations.
    """
    maps: list[Attention] = []
    for (source, _), hypothesis in zip(pairs, hypotheses, strict=True):
        if not hypothesis:
            continue
        found = translator.attention(source, hypothesis, direction[1])
        if found is None or len(maps) == N_MAPS // len(translator.directions):
            break
        if 4 <= len(found.source) <= 20:
            maps.append(Attention(found.source, found.target, found.weights, f"{direction[0]} → {direction[1]}"))
    return maps


def _facts(run: RunDirectory, trained: Trained, sets: Sequence[ScoreSet]) -> Facts:
    prepared, setup = trained.prepared, trained.setup
    return Facts(
        name=run.path.resolve().name,
        task="translation",
        directions=trained.sources.directions,
        model=setup.model,
        architecture=setup.shape.to_json(),
        n_parameters=n_parameters(trained.model),
        data=[DataFile(**file) for file in prepared.facts["files"]],
        n_pairs=prepared.n_pairs,
        scores=sets,
        usage=how_to_translate(run.path.resolve().name, trained.sources.directions),
        machine=machine(setup.numerics),
        versions=versions(),
        seed=trained.seed,
        steps=trained.result.step,
        seconds=trained.result.seconds,
        command=trained.command,
        date=datetime.now(UTC).isoformat(" ", timespec="minutes"),
        limits=limits(prepared),
        caveats=CAVEATS,
        vectors="" if trained.coverage is None else trained.coverage.describe(),
    )


def how_to_translate(name: str, directions: Sequence[Direction]) -> Usage:
    """The lines by which a translator is used.

    Args:
        name: of its folder.
        directions: pairs of languages.
    """
    several, to = len(directions) > 1, directions[0][1]
    shell = f"heedful translate {shlex.quote(name)}{f' --to {to}' if several else ''} < input.txt > output.txt"
    asked = f"""["..."]{f', to="{to}"' if several else ""}"""
    quoted = json.dumps(name, ensure_ascii=False)
    return Usage(shell, f"import heedful\n\nmodel = heedful.load({quoted})\nmodel.translate({asked})")


def limits(prepared: Prepared) -> list[str]:
    """What this model in particular cannot do."""
    contents, found = prepared.corpus.contents, []
    if contents.n_long:
        left_out = f"{contents.n_long:,} pairs of its text, the first in line {contents.first_long:,}, were left out"
        found.append(f"It has seen no sentence of more than {contents.max_tokens} tokens: {left_out} for it.")
    if any(share < RARELY for share in prepared.several):
        found.append("It learned from one sentence a line: of a line that holds several it may leave some out.")
    for item in prepared.facts["verdict"]["findings"]:
        if item["kind"] in ("leaked_pairs", "leaked_sentences"):
            what = "pairs that stand" if item["kind"] == "leaked_pairs" else "pairs with a sentence that stands"
            where = f"{item['count']:,} in {Path(item['examples'][0]['file']).name}"
            found.append(f"Held-out {what} in its training text: {where}; scores there are too high.")
    return found


def machine(numerics: Numerics) -> dict[str, str]:
    """What computed, and how."""
    computing = f"{numerics.compute} on {numerics.device}, {numerics.threads} thread{'s' * (numerics.threads != 1)}"
    if numerics.device == "cuda":
        return {"GPU": torch.cuda.get_device_name(), "processor": processor(), "computing": computing}
    return {"processor": processor(), "computing": computing}


def versions() -> dict[str, str]:
    """Of everything that takes part in a result."""
    found = {name: metadata.version(name) for name in PACKAGES}
    return {"heedful": __version__, "python": platform.python_version(), **found}


def processor() -> str:
    """The processor's name and how many cores this process may use."""
    listing = Path("/proc/cpuinfo")
    lines = listing.read_text().splitlines() if listing.exists() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    cores = "1 core" if available_cores() == 1 else f"{available_cores()} cores"
    return f"{names[0] if names else platform.processor() or platform.machine()}, {cores}"
