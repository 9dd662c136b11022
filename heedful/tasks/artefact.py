"""The artefact of a finished training of any task: weights, vocabulary, figures, card, report, receipt, manifest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from heedful.interface import Model
from heedful.numerics import Numerics
from heedful.run.card import write_card
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json, write_atomic, write_json
from heedful.run.facts import DataFile, Facts, ScoreSet, Section, Usage, write_scores
from heedful.run.manifest import write_manifest
from heedful.run.receipt import Pairs, write_receipt
from heedful.run.report import Evidence, write_report
from heedful.run.weights import save_tensors
from heedful.tasks.evidence import Beside, Published, machine, versions
from heedful.tasks.models import n_parameters, weights_of
from heedful.training.log import Journal
from heedful.training.loop import TrainingResult


@dataclass(frozen=True)
class Outcome:
    """What a task has to tell of a finished training.

    Args:
        scores: on examples that training has not seen.
        held_out: these examples, by the name that the scores give them: a text and what is true of it.
        data: every file that was read.
        n_examples: by use, as {"train": 6920, "dev": 872}.
        unit: what an example is, in the plural.
        languages: codes; empty where they are not known.
        usage: how the run is used.
        watched: the score by which the best weights were chosen: its name, and what it was made on.
        loss: what the loss is measured in.
        sections: what else there is to say.
        limits: of this model, one sentence each.
        caveats: of every model of its task.
        start: what its weights began with.
        findings: of a verdict on the data; None when nobody looked.
        beside: what is told of a model that was made with another's help; None of any other.
    """

    scores: Sequence[ScoreSet]
    held_out: Mapping[str, Pairs]
    data: Sequence[DataFile]
    n_examples: Mapping[str, int]
    unit: str
    languages: Sequence[str]
    usage: Usage
    watched: tuple[str, str]
    loss: str = "nats a token"
    sections: Sequence[Section] = ()
    limits: Sequence[str] = ()
    caveats: Sequence[str] = ()
    start: str = "from scratch"
    findings: Sequence[Mapping[str, Any]] | None = None
    beside: Beside | None = None


@dataclass(frozen=True)
class Finished:
    """A training that is over and not yet published.

    Args:
        model: with the weights that are kept.
        numerics: how it was computed.
        result: of training.
        seed: of the run.
        command: that makes it again.
        tokenizer: its JSON; None of a model that reads no text.
        generation: how it decodes by default, as plain values; None of one that writes nothing.
    """

    model: Model
    numerics: Numerics
    result: TrainingResult
    seed: int
    command: str
    tokenizer: str | None = None
    generation: Mapping[str, Any] | None = field(default=None)


def publish(run: RunDirectory, finished: Finished, outcome: Outcome) -> Published:
    """Write everything; the manifest comes last, so that an interrupted one is not finished.

    Args:
        run: holds config.json already.
        finished: what is published.
        outcome: what is told of it.
    """
    write_model(run, finished.model, finished.tokenizer, finished.generation)
    facts = _facts(run.path, read_json(run.config), finished, outcome)
    write_scores(run.scores, outcome.scores, {"parity": outcome.beside.parity} if outcome.beside else None)
    write_card(run.card, facts)
    write_receipt(run.path, facts, finished.numerics.to_json(), outcome.held_out)
    rows = Journal(run.metrics).rows()
    write_report(
        run.report, facts, Evidence(rows, findings=outcome.findings, watched=outcome.watched, loss=outcome.loss)
    )
    write_manifest(run.path)
    return Published(run.path, list(outcome.scores), facts.n_parameters, finished.result)


def write_model(run: RunDirectory, model: Model, tokenizer: str | None, generation: Mapping[str, Any] | None) -> None:
    """Write all that a model is loaded from, but for config.json.

    Args:
        run: where.
        model: with the weights that are kept.
        tokenizer: as in `Finished`.
        generation: as in `Finished`.
    """
    save_tensors(run.weights, weights_of(model))
    if tokenizer is not None:
        write_atomic(run.tokenizer, tokenizer.encode())
    if generation is not None:
        write_json(run.generation, dict(generation))


def _facts(path: Path, config: Mapping[str, Any], finished: Finished, outcome: Outcome) -> Facts:
    result, beside = finished.result, outcome.beside
    facts = Facts(
        name=path.resolve().name,
        task=config["task"],
        directions=[(code, "") for code in outcome.languages],
        model=config["model"],
        architecture=config["architecture"],
        n_parameters=n_parameters(finished.model),
        data=outcome.data,
        n_pairs=outcome.n_examples,
        scores=outcome.scores,
        usage=outcome.usage,
        machine=machine(finished.numerics),
        versions=versions(),
        seed=finished.seed,
        steps=result.step,
        seconds=result.seconds,
        command=finished.command,
        date=datetime.now(UTC).isoformat(" ", timespec="minutes"),
        limits=outcome.limits,
        caveats=outcome.caveats,
        unit=outcome.unit,
        start=outcome.start,
        sections=outcome.sections,
    )
    if beside is None:
        return facts
    sections = [*beside.sections, *outcome.sections]
    return replace(facts, origin=beside.origin, sections=sections, command=beside.command)
