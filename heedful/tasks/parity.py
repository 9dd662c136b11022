"""A model beside the one it was made of: both decode the test text of the run by turns."""

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from heedful.compression.parity import Outputs, Parity, compare, require
from heedful.compression.shortlist import Effect
from heedful.errors import DataError
from heedful.evaluation.translation import Scores, Tally
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.manifest import check_manifest
from heedful.run.receipt import HeldOut, read_receipt
from heedful.tasks.evidence import Pairs, Tell, unwatched
from heedful.tasks.preparation import READY
from heedful.tasks.questions import Questions
from heedful.tasks.translator import Direction, Translator
from heedful.tasks.turns import by_turns

# What one model makes of some sentences; the sentences of a call may stand in any order.
Decode = Callable[[Sequence[str]], Outputs]
# Memory is measured on so many of the sentences: the largest batch of them all is soon met.
N_WEIGHED = 200
# What a new process runs; it finds the same modules as this one.
_WEIGH = """
import json, sys
asked = json.load(sys.stdin)
sys.path[:] = asked["modules"]
from heedful.tasks.parity import weigh
weigh(asked)
"""


@dataclass(frozen=True)
class Trial:
    """Sentences that both models are asked.

    Args:
        data: what they are, as scores name it: "test", or the file's name.
        pairs: in the order of the run's first direction.
    """

    data: str
    pairs: Pairs

    def along(self, direction: Direction, first: Direction) -> Pairs:
        """The pairs as (source, reference) of a direction.

        Args:
            direction: languages from and into.
            first: direction of the run that the pairs are kept in.
        """
        return self.pairs if direction == first else [(target, source) for source, target in self.pairs]


@dataclass(frozen=True)
class Proof:
    """What a candidate and its original came to.

    Args:
        trial: what they were asked.
        parities: of each direction.
        scores: all figures of the candidate.
        hypotheses: its translations.
        effects: what its shortlists do; nothing of one that has none.
    """

    trial: Trial
    parities: Mapping[Direction, Parity]
    scores: Mapping[Direction, Scores]
    hypotheses: Mapping[Direction, Sequence[str]] = field(repr=False)
    effects: Mapping[Direction, Effect] = field(default_factory=dict)

    def require(self, allowed_loss: float) -> None:
        """Refuse a candidate that loses too much in any direction.

        Args:
            allowed_loss: BLEU, at the lower end of the interval.
        Raises:
            QualityError: says where, and with which figures.
        """
        require_all(self.parities, allowed_loss)

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values: {"data": ..., "directions": [{"source", "target", and those of `Parity`}, ...]}.

        Where there are shortlists, "shortlist" is a list of such rows too, with those of `Effect`.
        """
        more = {"shortlist": rows_of(self.effects)} if self.effects else {}
        return {"data": self.trial.data, "directions": rows_of(self.parities), **more}


def require_all(parities: Mapping[Direction, Parity], allowed_loss: float) -> None:
    """`require` of parities by direction."""
    require({" → ".join(direction): parity for direction, parity in parities.items()}, allowed_loss)


def rows_of(found: Mapping[Direction, Parity] | Mapping[Direction, Effect]) -> list[dict[str, Any]]:
    """Plain values for each direction: "source", "target", and those of what was found there."""
    return [{"source": source, "target": target, **each.to_json()} for (source, target), each in found.items()]


def held_out(run: RunDirectory, given: Questions | None = None) -> Trial:
    """What a run is to be compared on: the sentences that its own figures were made on, or those that are given.

    Args:
        run: a finished one.
        given: others, in its first direction; None takes those that `training/` keeps.
    Raises:
        DataError: it keeps none and none are given, or the given ones cannot be used.
        RunError: the run's receipt is missing or damaged, or what `training/` keeps.
    """
    known = read_receipt(run.path).held_out
    if given is not None:
        file, pairs = given.text.source, [pair for pair in given.pairs if all(side.strip() for side in pair)]
        if not pairs:
            raise DataError(f"{file} holds no pairs of sentences: there is nothing to compare on; give others")
        if given.misgivings:
            raise DataError(f"{file}: {given.misgivings[0]}; give text in the languages of the run")
        name = next((name for name, item in known.items() if HeldOut.of(pairs) == item), file.name)
        return Trial(name, pairs)
    if (run.begun / READY).is_file():
        check_manifest(run.begun)
        prepared = read_json(run.begun / READY)
        for name, wanted in known.items():
            for part in ("test", "dev"):
                pairs = [(source, target) for source, target in prepared[part]]
                if HeldOut.of(pairs) == wanted:
                    return Trial(name, pairs)
    raise DataError(
        f"{run.path} does not keep the sentences that it was scored on ({READY} of training/ is not there): give test "
        "sentences with --source and --target"
    )


def decoder(translator: Translator, direction: Direction) -> Decode:
    """How a translator answers in one direction, with the search of its run.

    Args:
        translator: is asked once beforehand, since some things are done at the first call alone.
        direction: languages from and into.
    """

    def decode(sources: Sequence[str]) -> Outputs:
        found = translator.answer(sources, to=direction[1])
        best = [answers[0] for answers in found.answers]
        return Outputs([each.tokens for each in best], [each.text for each in best], found.seconds)

    return decode


def alternate(
    original: Decode, candidate: Decode, sources: Sequence[str], tell: Tell = unwatched
) -> tuple[Outputs, Outputs]:
    """Let two models decode the same sentences by turns, so that both meet the same machine.

    Args:
        original: one model.
        candidate: the other.
        sources: at least one sentence.
        tell: is told how far it is.
    Returns:
        The outputs of both, in the order of the sentences.
    """
    for decode in (original, candidate):
        # Some things are done at the first call alone.
        decode(sources[:1])
    n = len(sources)
    tokens: list[list[Sequence[int]]] = [[()] * n, [()] * n]
    texts, seconds = [[""] * n, [""] * n], [0.0, 0.0]
    for which, rows in by_turns(n, lambda *done: tell("decoding with both", *done)):
        found = (original, candidate)[which](sources[rows])
        tokens[which][rows], texts[which][rows] = found.tokens, found.texts
        seconds[which] += found.seconds
    return Outputs(tokens[0], texts[0], seconds[0]), Outputs(tokens[1], texts[1], seconds[1])


def prove(
    original: Translator,
    candidate: Translator,
    trial: Trial,
    paths: tuple[Path, Path] | None = None,
    tell: Tell = unwatched,
) -> Proof:
    """Compare a translator with the one that it was made of, in every direction.

    Args:
        original: what it was made of.
        candidate: with the same directions.
        trial: what both are asked.
        paths: run directories of both, to weigh them; None leaves size and memory out.
        tell: is told how far it is.
    """
    parities, scores, hypotheses = {}, {}, {}
    for direction in original.directions:
        pairs = trial.along(direction, original.directions[0])
        sources, references = zip(*pairs, strict=True)
        before, after = alternate(decoder(original, direction), decoder(candidate, direction), sources, tell)
        if paths is not None:
            tell("measuring memory", 0, 0)
            before, after = (
                _weighed(each, path, sources, direction) for each, path in zip((before, after), paths, strict=True)
            )
        parities[direction] = compare(before, after, references, direction[1])
        scores[direction] = Tally.of(after.texts, references, direction[1]).scores()
        hypotheses[direction] = after.texts
    return Proof(trial, parities, scores, hypotheses)


def peak_bytes(path: Path, sources: Sequence[str], to: str) -> int | None:
    """Most memory that a process held which did nothing but load a run and translate; None where it cannot be told.

    Args:
        path: the run directory.
        sources: to translate.
        to: language to translate into.
    """
    asked = json.dumps({"path": str(path), "to": to, "sources": list(sources), "modules": sys.path})
    done = subprocess.run([sys.executable, "-c", _WEIGH], input=asked, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 and done.stdout.strip().isdecimal() else None


def weigh(asked: Mapping[str, Any]) -> None:
    """Translate, and print the most memory that this process has held, in bytes: what `peak_bytes` starts.

    Args:
        asked: "path" of the run, "sources", and the language "to" translate into.
    """
    Translator.load(asked["path"]).answer(asked["sources"], to=asked["to"])
    status = Path("/proc/self/status")
    # Not getrusage: there a new process begins with what the one that started it held.
    lines = status.read_text().splitlines() if status.is_file() else []
    sys.stdout.writelines(str(int(line.split()[1]) * 1024) for line in lines if line.startswith("VmHWM:"))


def _weighed(outputs: Outputs, path: Path, sources: Sequence[str], direction: Direction) -> Outputs:
    size = RunDirectory(path).weights.stat().st_size
    peak = peak_bytes(path, sources[:N_WEIGHED], direction[1])
    return Outputs(outputs.tokens, outputs.texts, outputs.seconds, size, peak)
