"""A finished run, proven again: its hashes, its figures made anew, the files it learned from, what training left."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

import torch

from heedful.data.text import ParallelText
from heedful.errors import DataError, OptionError, RunError
from heedful.numerics import Numerics, choose
from heedful.run.directory import REQUEST, RunDirectory, checkpoint_folders
from heedful.run.disk import read_json
from heedful.run.facts import FIGURE_NAMES, DataFile, ScoreSet, read_scores
from heedful.run.manifest import inventory
from heedful.run.receipt import NAME as RECEIPT
from heedful.run.receipt import HeldOut, Receipt, read_receipt
from heedful.tasks.asked import flag_of
from heedful.tasks.evidence import Pairs, Tell, evaluate_pairs, machine, unwatched, versions
from heedful.tasks.imported import is_imported
from heedful.tasks.loading import Scored, load
from heedful.tasks.models import compression_of
from heedful.tasks.preference import measurable
from heedful.tasks.preparation import READY
from heedful.tasks.texts import option_of
from heedful.tasks.translator import Translator
from heedful.training.plan import PLAN

State = Literal["holds", "fails", "unchecked"]

# On another machine, or with another torch, a rounding falls otherwise here and there, and a close choice with it. A
# score may then move by this share of its 95% interval; where nothing has changed it may not move at all.
SLACK = 0.1
WHOLE = "whole"
PARTS = ("test", "dev")
_LEFT_BEHIND = "checkpoints, the course of the training, and what it began with; the model does not need them"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Args:
        kind: "file", "figure", "data" or "training".
        name: of the thing.
        state: "holds", "fails", or "unchecked" where what it takes is not at hand.
        said: what was found, in words.
        recorded: a figure as it stands in the run.
        found: the same, made anew.
    """

    kind: str
    name: str
    state: State
    said: str
    recorded: float | None = None
    found: float | None = None


@dataclass(frozen=True)
class Verification:
    """What came of it.

    Args:
        path: of the run.
        checks: in the order of reading.
        changes: of machine and versions since then, one each.
        outlook: whether it can be gone on with, or made again.
        command: that does it; empty where it is not known.
    """

    path: Path
    checks: list[Check]
    changes: list[str]
    outlook: str
    command: str

    @property
    def failures(self) -> list[Check]:
        """What does not hold."""
        return [check for check in self.checks if check.state == "fails"]

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return {
            "run": str(self.path),
            "holds": not self.failures,
            "checks": [asdict(check) for check in self.checks],
            "changes": self.changes,
            "outlook": self.outlook,
            "command": self.command,
        }


def verify_run(
    path: Path,
    text: ParallelText | None = None,
    data: Path | None = None,
    device: str | None = None,
    tell: Tell = unwatched,
) -> Verification:
    """Check a run against its receipt.

    Args:
        path: its run directory.
        text: what its figures were made on, in the order of its first direction; None takes it from `training/`, or
            from the files that were given as held out.
        data: folder to look for these files in, by name; None looks where they were, and in the current folder.
        device: "cpu" or "cuda"; None takes the one that the figures were made on, where there is one.
        tell: is told how far it is.
    Raises:
        RunError: it is no run directory, or one that is being trained in.
        OptionError: `data` is no folder.
        DataError: `text` cannot be read, or is not what the figures were made on.
    """
    if data is not None and not data.is_dir():
        raise OptionError(f"{data} is not a folder: give the one that holds the files the run learned from")
    run = RunDirectory(path)
    if run.is_busy():
        raise RunError(f"{path} is being trained in: verify it when it is finished")
    tell("reading every file", 0, 0)
    left = list(_training(run))
    begun = run.begun if Check("training", run.begun.name, "holds", WHOLE) in left else None
    if not run.manifest.is_file():
        if not run.training.is_dir():
            RunDirectory.open(path)  # says what is there instead
        return _unfinished(run, left, begun)
    checks = list(_files(run))
    described = any(check.name == run.config.name and check.state == "holds" for check in checks)
    if described and is_imported(path):
        return Verification(path, [*checks, *left], [], "was made elsewhere; its README.md names the files", "")
    receipt = _receipt(run, checks)
    left += _gone(run)
    if receipt is None:
        said = "not made anew: the receipt, which says what they were made on, is missing or damaged"
        checks.append(Check("figure", "all", "unchecked", said))
        return Verification(path, [*checks, *left], [], "cannot be made again without its receipt, which says how", "")
    _require_sentences(text, receipt)
    numerics = _as_then(receipt, device)
    changes = _changes(receipt, numerics)
    known = [_locate(file, _places(begun, file, data)) for file in receipt.data]
    at_hand = [(file.role, place) for file, (_, place) in zip(receipt.data, known, strict=True) if place is not None]
    broken = [check.name for check in checks if check.state == "fails"]
    if broken:
        said = f"not made anew: a run is loaded only when all of it is whole; mend {', '.join(broken)} first"
        checks.append(Check("figure", "all", "unchecked", said))
    else:
        loaded = measurable(load(path, numerics.device), begun)
        if isinstance(loaded, Translator | Scored):
            candidates = [*_readings(text), *_candidates(begun, dict(at_hand), loaded)]
            checks += _figures(receipt, read_scores(run.scores), candidates, loaded, bool(changes), tell)
        else:
            said = f"not made anew: this heedful does not know how for a run of the task {receipt.task!r}"
            checks.append(Check("figure", "all", "unchecked", said))
    checks += [*(check for check, _ in known), *left]
    absent = [file.name for file, (_, place) in zip(receipt.data, known, strict=True) if place is None]
    where = f"where its files are ({', '.join(absent)})" if absent else "from the same files, all at hand"
    return Verification(path, checks, changes, f"can be made again {where}", _to_paste(receipt.command, at_hand))


def _to_paste(command: str, at_hand: Sequence[tuple[str, Path]]) -> str:
    """A command with its files where they are, and a new folder for what it makes where its own stands in the way.

    Args:
        command: as the receipt has it, of files the names alone.
        at_hand: roles of files, and where they are; several may have one role.
    """
    try:
        words = shlex.split(command)
    except ValueError:
        return command
    # The --source of `compress` is what it was compared on, not what was learned from.
    learned = at_hand if words[1:2] != ["compress"] else []
    known = {(flag_of(option_of(role)), place.name): place for role, place in learned}
    above = {folder.name: folder for _, place in at_hand for folder in reversed(place.resolve().parents)}
    flag = ""
    for place, value in enumerate(words):
        flag = value if value.startswith("--") else flag
        if (flag, value) in known:
            words[place] = str(known[flag, value])
        elif flag == "--data":
            words[place] = str(above.get(value, value))
        elif flag == "--out" and Path(value).exists():
            words[place] = f"{value}-again"
    return shlex.join(words)


def _unfinished(run: RunDirectory, left: Sequence[Check], begun: Path | None) -> Verification:
    """A run without figures: whether the rest of its training can follow."""
    had = [path.name for path in (run.scores, run.path / RECEIPT) if path.is_file()]
    said = "the run is not finished: it has no figures and no receipt yet"
    if had:
        said = f"is missing, so nothing proves {' and '.join(had)}: the run was copied in part, or stopped at its end"
    missing = Check("file", run.manifest.name, "fails", said)
    saved = [check for check in left if check.name.startswith("checkpoint")]
    whole = [check.name for check in saved if check.state == "holds"]
    unplanned = any(check.name == PLAN for check in left)
    if begun is None or unplanned or (saved and not whole):
        outlook, command = "cannot be gone on with: begin again with another --out", ""
    else:
        outlook = f"can be gone on with, from {whole[0] if whole else 'its first step'}"
        command = run.going_on
    return Verification(run.path, [missing, *left], [], outlook, command)


def _files(run: RunDirectory) -> Iterator[Check]:
    try:
        listed, unlisted = inventory(run.path)
    except RunError as error:
        yield Check("file", run.manifest.name, "fails", str(error))
        return
    for name, wrong in listed.items():
        yield Check("file", name, "fails" if wrong else "holds", wrong or "as the manifest says")
    for name in unlisted:
        yield Check("file", name, "unchecked", "is not listed in the manifest")


def _receipt(run: RunDirectory, checks: list[Check]) -> Receipt | None:
    """The receipt; where there is none to be read, a check says so. Nothing is concluded from a damaged one."""
    if any(check.name == RECEIPT and check.state == "fails" for check in checks):
        return None
    try:
        return read_receipt(run.path)
    except RunError as error:
        checks.append(Check("file", RECEIPT, "fails", str(error)))
    return None


def _require_sentences(text: ParallelText | None, receipt: Receipt) -> None:
    """Refuse sentences that no figure was made on: another score would say nothing."""
    if text is not None and not any(HeldOut.of(pairs) in receipt.held_out.values() for pairs in _readings(text)):
        expected = " or ".join(f"{item.n_pairs:,} pairs" for item in receipt.held_out.values())
        raise DataError(
            f"{text.source} does not hold the sentences that the figures were made on: expected {expected}, each as it "
            "was; name the files that the run was scored on"
        )


def _as_then(receipt: Receipt, device: str | None) -> Numerics:
    """How to compute here, on the device of then where there is one."""
    then = receipt.numerics["device"]
    return choose(device or (then if then == "cpu" or torch.cuda.is_available() else None))


def _figures(
    receipt: Receipt,
    scores: Sequence[ScoreSet],
    candidates: Sequence[Pairs],
    loaded: Translator | Scored,
    changed: bool,
    tell: Tell,
) -> Iterator[Check]:
    """Every figure on record beside the same made anew."""
    for item in scores:
        wanted, direction = receipt.held_out.get(item.data), (item.source, item.target)
        pairs = next((pairs for pairs in candidates if HeldOut.of(pairs) == wanted), None)
        if pairs is None:
            yield Check("figure", item.way, "unchecked", _why_missing(receipt, item.data))
            continue
        made: Mapping[str, Mapping[str, Any]]
        if isinstance(loaded, Translator):
            ordered = pairs if direction == receipt.directions[0] else [(target, source) for source, target in pairs]
            made = evaluate_pairs(loaded, ordered, direction, loaded.search, tell).scores.to_json()
        else:
            made = loaded.figures(pairs, tell)
        for name, figure in item.figures.items():
            yield _compared(item, name, figure, made.get(name), changed)


def _why_missing(receipt: Receipt, part: str) -> str:
    if any(file.role.partition(" ")[0] == part for file in receipt.data):
        return "its sentences are not at hand: name the files with --data FOLDER, --source and --target, or --tsv"
    if part not in PARTS:
        return f"its sentences are not at hand: it was made on {part}, named with --source and --target, or --tsv"
    return (
        "its sentences are not at hand: name them with --source and --target, or --tsv; those held out of the text "
        "itself were kept in training/, gone or damaged"
    )


def _compared(
    item: ScoreSet, name: str, recorded: Mapping[str, Any], made: Mapping[str, Any] | None, changed: bool
) -> Check:
    title = f"{item.way} {' '.join(FIGURE_NAMES.get(name, (name,)))}".strip()
    before = float(recorded["score"])
    if made is None:
        return Check("figure", title, "unchecked", "this heedful computes no such figure", before)
    now = float(made["score"])
    ends = [(float(figure["low"]), float(figure["high"])) for figure in (recorded, made)]
    if before == now and ends[0] == ends[1]:
        return Check("figure", title, "holds", "the same to the last digit", before, now)
    said = f"{now - before:+.2g}" if before != now else "its interval alone is another"
    slack = SLACK * (ends[0][1] - ends[0][0])
    if changed and abs(now - before) <= slack:
        return Check("figure", title, "holds", f"{said}: the machine or its software is another", before, now)
    return Check("figure", title, "fails", said, before, now)


def _candidates(begun: Path | None, at_hand: Mapping[str, Path], loaded: Translator | Scored) -> Iterator[Pairs]:
    """Pairs that may be those of a figure: what was prepared, and the files that were given as held out."""
    for part in PARTS:
        if begun is not None:
            yield [(source, target) for source, target in read_json(begun / READY)[part]]
        source, target = at_hand.get(f"{part} source"), at_hand.get(f"{part} target")
        if not isinstance(loaded, Translator):
            yield from loaded.readings(at_hand[f"{part} data"]) if f"{part} data" in at_hand else ()
        elif part in at_hand:
            yield from _readings(ParallelText(at_hand[part]))
        elif source is not None and target is not None:
            yield from _readings(ParallelText(source, target))


def _readings(text: ParallelText | None) -> list[Pairs]:
    """A file as it is, and without its empty lines as a dev set is read."""
    pairs = list(text.pairs()) if text is not None else []
    return [pairs, [pair for pair in pairs if all(side.strip() for side in pair)]]


def _places(begun: Path | None, file: DataFile, data: Path | None) -> dict[Path, bool]:
    """Where a file that was read may be, and whether this is the place it was said to be in, not only a likely one."""
    if data is not None:
        return dict.fromkeys(
            sorted(path for path in data.rglob("*") if path.name == file.name and path.is_file()), True
        )
    places = {Path.cwd() / file.name: False}
    if begun is not None:
        named = read_json(begun / REQUEST)["options"].get(option_of(file.role))
        # An option of several files names this one by its name.
        several = named if isinstance(named, list) else [named] * bool(named)
        places |= {Path(one): True for one in several if len(several) == 1 or Path(one).name == file.name}
    return {path: named for path, named in places.items() if path.is_file()}


def _locate(file: DataFile, places: Mapping[Path, bool]) -> tuple[Check, Path | None]:
    """A file that was read: the first place where it still is, byte by byte."""
    for path in places:
        if path.stat().st_size == file.n_bytes and DataFile.read(file.role, path).sha256 == file.sha256:
            return Check("data", file.name, "holds", f"the same: {path}"), path
    for path, named in places.items():
        if named:
            said = f"{path} is not what the run was made of ({file.role}): {_otherwise(file, path)}"
            return Check("data", file.name, "fails", said), None
    found = "".join(f", and {path} is another file of that name" for path in places)
    said = f"not found where it was{found}; name the folder that holds it with --data FOLDER"
    return Check("data", file.name, "unchecked", said), None


def _otherwise(file: DataFile, path: Path) -> str:
    """What is there instead of a file, and what was expected."""
    n_bytes = path.stat().st_size
    if n_bytes == file.n_bytes:
        return f"its {n_bytes:,} bytes are other ones; restore it from a copy"
    came = f"it has {n_bytes:,} bytes" if n_bytes else "it is empty"
    return f"{came}, expected {file.n_bytes:,} bytes; restore it from a copy"


def _training(run: RunDirectory) -> Iterator[Check]:
    """What training left, each folder by its own manifest: checkpoints, the newest first, and what it began with.

    Its plan has no manifest: that it can be read is all there is to see, and nothing is said where it can.
    """
    folders = [path for place in (run.training, run.training / "best") for _, _, path in checkpoint_folders(place)]
    for folder in [*folders, *([run.begun] if run.begun.is_dir() else [])]:
        try:
            wrong = [complaint for complaint in inventory(folder)[0].values() if complaint]
        except RunError as error:
            wrong = [str(error)]
        name = folder.relative_to(run.training).as_posix()
        yield Check("training", name, "fails" if wrong else "holds", "; ".join(wrong) or WHOLE)
    plan = run.training / PLAN
    if plan.is_file():
        try:
            read_json(plan)
        except RunError as error:
            yield Check("training", PLAN, "fails", str(error))


def _gone(run: RunDirectory) -> list[Check]:
    """What training left of a finished run and is not there any more: it cannot be checked."""
    if not run.training.is_dir():
        return [Check("training", run.training.name, "unchecked", f"is not there, nor its {_LEFT_BEHIND}")]
    missing = [path for path in (run.begun, run.metrics) if not path.exists()]
    with suppress(RunError):  # a damaged configuration is told of elsewhere
        if compression_of(run) is not None and run.metrics in missing:
            missing.remove(run.metrics)  # what was compressed was not trained here
    return [Check("training", path.name, "unchecked", "is not there") for path in missing]


def _changes(receipt: Receipt, numerics: Numerics) -> list[str]:
    """What is another than then. How many threads compute does not count: the bits are the same."""
    then = {**receipt.machine, **receipt.versions}
    now = {**machine(replace(numerics, threads=receipt.numerics["threads"])), **versions()}
    names = [name for name in dict.fromkeys([*then, *now]) if then.get(name) != now.get(name)]
    return [f"{name}: {then.get(name, 'none')} then, {now.get(name, 'none')} now" for name in names]
