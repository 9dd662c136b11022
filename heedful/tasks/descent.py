"""A run made of another: what it keeps of that one, and a card, a report and scores that say what the change cost."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from heedful.compression.parity import ALLOWED_LOSS, Parity, Side
from heedful.errors import RunError
from heedful.run.card import write_card
from heedful.run.charts import Dot, dot_chart, number
from heedful.run.directory import RunDirectory
from heedful.run.disk import make_folder, naming, read_json, write_file
from heedful.run.examples import Attention, Sentence, best_and_worst
from heedful.run.facts import Facts, ScoreSet, Section, write_scores
from heedful.run.manifest import write_manifest
from heedful.run.receipt import read_receipt, write_receipt
from heedful.run.report import Evidence, chart_card, write_report
from heedful.tasks.evidence import CAVEATS, attention_of, how_to_translate, machine, sentences_of, versions
from heedful.tasks.parity import Proof
from heedful.tasks.translator import Translator
from heedful.training.log import Journal

_INHERITED = "Time, steps and seed below are those of the training of the original."
# Of a row of figures; behind direction and name come the `cells`.
HEAD = ("direction", "", "BLEU", "chrF", "sentences/s", "model file", "peak memory")


@dataclass(frozen=True)
class Change:
    """What was made of what.

    Args:
        name: of the new run.
        command: that makes it.
        origin: one sentence for the summary: what it is, and of which run it was made, by name and hash.
        notes: more about it, a paragraph each.
        limits: what became worse by it, one sentence each.
        allowed_loss: BLEU; what loses more was accepted, and the card says so.
        n_parameters: of the new model; None of as many as the original has.
    """

    name: str
    command: str
    origin: str
    notes: Sequence[str] = ()
    limits: Sequence[str] = ()
    allowed_loss: float = ALLOWED_LOSS
    n_parameters: int | None = None


def check_place(out: Path, made_of: Path) -> None:
    """Refuse a place for what is made of a run before the time is spent.

    Args:
        out: the new folder.
        made_of: the run.
    Raises:
        RunError: there is something already, no folder to make it in, or it is inside the run.
    """
    with naming(out, "use"):
        if out.exists() or out.is_symlink():
            raise RunError(f"{out} exists already: nothing is written over; choose another --out")
        if not out.absolute().parent.is_dir():
            raise RunError(f"{out.absolute().parent} does not exist: create it first, or choose another --out")
        check_outside(out, made_of)


def check_outside(out: Path, made_of: Path) -> None:
    """Refuse a place inside the run that something is made of.

    Args:
        out: the new folder.
        made_of: the run.
    Raises:
        RunError: it is inside.
    """
    if out.resolve().is_relative_to(made_of.resolve()):
        raise RunError(f"{out} is inside {made_of}, which is not to be changed: choose another --out")


def publish(
    run: RunDirectory, made_of: RunDirectory, candidate: Translator, proof: Proof, change: Change
) -> list[ScoreSet]:
    """Write scores, card, report and receipt of a run that was made of another; the manifest comes last.

    Args:
        run: holds configuration, weights, vocabulary and search already.
        made_of: a finished run, whose training, data and limits are told too.
        candidate: the new model.
        proof: of both.
        change: what was done.
    Returns:
        The scores of the new model.
    Raises:
        RunError: the receipt of the other run is missing or damaged, or the file system refused.
    """
    receipt, trial = read_receipt(made_of.path), proof.trial
    sets: list[ScoreSet] = []
    sentences: list[Sentence] = []
    maps: list[Attention] = []
    for direction, scores in proof.scores.items():
        pairs, hypotheses = trial.along(direction, candidate.directions[0]), proof.hypotheses[direction]
        before = {f"{made_of.path.resolve().name}, its original": proof.parities[direction].original.bleu.score}
        search = f"beam {candidate.search.width}" if hasattr(candidate.search, "width") else "greedy"
        sets.append(ScoreSet(*direction, trial.data, len(pairs), search, scores.to_json(), before))
        sentences += sentences_of(pairs, hypotheses, direction)
        maps += attention_of(candidate, direction, pairs, hypotheses)
    facts = Facts(
        name=change.name,
        task=receipt.task,
        directions=receipt.directions,
        model=receipt.model,
        architecture=read_json(run.config)["architecture"],
        n_parameters=change.n_parameters or receipt.n_parameters,
        data=receipt.data,
        n_pairs=receipt.n_pairs,
        scores=sets,
        usage=how_to_translate(change.name, receipt.directions),
        machine=machine(candidate.numerics),
        versions=versions(),
        seed=receipt.seed,
        steps=receipt.steps,
        seconds=receipt.seconds,
        command=change.command,
        date=datetime.now(UTC).isoformat(" ", timespec="minutes"),
        limits=[*change.limits, *receipt.limits],
        caveats=CAVEATS,
        vectors=receipt.vectors,
        origin=change.origin,
        sections=[section(proof, replace(change, notes=[*change.notes, _INHERITED]), made_of.path.resolve().name)],
    )
    write_scores(run.scores, sets, {"parity": {**proof.to_json(), "allowed_loss": change.allowed_loss}})
    write_card(run.card, facts)
    write_receipt(run.path, facts, candidate.numerics.to_json(), {trial.data: trial.pairs})
    best, worst = best_and_worst(sentences)
    write_report(run.report, facts, Evidence(Journal(made_of.metrics).rows(), best, worst, maps))
    keep_beginning(run, made_of)
    write_manifest(run.path)
    return sets


def section(proof: Proof, change: Change, original: str) -> Section:
    """What the card and the report say of the two models side by side.

    Args:
        proof: of both.
        change: what was done.
        original: name of the run that the other was made of.
    """
    text = list(change.notes)
    rows = []
    for direction, parity in proof.parities.items():
        way = " → ".join(direction)
        text.append(f"{way}, {proof.trial.data}: {parity.said}; {number(parity.speedup)} times the speed.")
        if accepted := parity.accepted(change.allowed_loss):
            text.append(f"{way}: {accepted}")
        rows += [(way, name, *cells(side)) for name, side in _sides(parity, original, change.name)]
    charts = "".join(_chart(parity, original, change.name, way) for way, parity in proof.parities.items())
    return Section("Beside its original", text, HEAD, rows, f'<div class="pair">{charts}</div>')


def cells(side: Side) -> tuple[str, str, str, str, str]:
    """The figures of a model in words: BLEU and chrF with their intervals, speed, size and memory."""
    figures = [f"{figure.score:.1f} ({figure.low:.1f} to {figure.high:.1f})" for figure in (side.bleu, side.chrf)]
    sizes = ["not measured" if size is None else f"{size / 1e6:.1f} MB" for size in (side.n_bytes, side.peak_bytes)]
    return figures[0], figures[1], number(side.sentences_per_second), sizes[0], sizes[1]


def keep_beginning(run: RunDirectory, made_of: RunDirectory) -> None:
    """Take along what the other run began with but for the text itself: by it the figures can be made again.

    Args:
        run: the new one.
        made_of: may have lost its `training/`; then there is nothing to take.
    """
    if not made_of.begun.is_dir():
        return
    make_folder(run.training)
    make_folder(run.begun)
    for file in sorted(made_of.begun.glob("*.json")):
        if file.name != run.manifest.name:
            write_file(run.begun / file.name, file.read_bytes())
    write_manifest(run.begun)


def _sides(parity: Parity, original: str, candidate: str) -> list[tuple[str, Side]]:
    return [(original, parity.original), (candidate, parity.candidate)]


def _chart(parity: Parity, original: str, candidate: str, direction: tuple[str, str]) -> str:
    dots = [
        Dot(name, side.sentences_per_second, side.bleu.score, side.bleu.low, side.bleu.high)
        for name, side in _sides(parity, original, candidate)
    ]
    title = f"Quality against speed, {' → '.join(direction)}"
    return chart_card(title, "BLEU with its 95% interval, over sentences a second", dot_chart(dots, title, "sent./s"))
