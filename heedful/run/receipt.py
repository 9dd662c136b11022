"""receipt.json: what a run was made of and with what, for machines to check; the model card tells people the same."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from heedful.architecture import check_types
from heedful.errors import OptionError, RunError
from heedful.run.disk import read_json, write_json
from heedful.run.facts import DataFile, Facts

NAME = "receipt.json"
Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class HeldOut:
    """Sentences that figures were made on.

    Args:
        n_pairs: how many.
        sha256: of the sentences themselves, however the files that held them were named or packed.
    """

    n_pairs: int
    sha256: str

    @classmethod
    def of(cls, pairs: Pairs) -> Self:
        """Measure pairs of sentences, in their order."""
        text = json.dumps([list(pair) for pair in pairs], ensure_ascii=False, separators=(",", ":"))
        return cls(len(pairs), hashlib.sha256(text.encode()).hexdigest())


# What stands in the file as it is.
PLAIN: Mapping[str, type] = {
    "task": str, "model": str, "n_parameters": int, "seed": int, "steps": int, "command": str, "date": str,
}  # fmt: skip


@dataclass(frozen=True)
class Receipt:
    """What a run was made of, on what, and how; enough to check it, and to make it again.

    Args:
        task: as "translation".
        directions: pairs of language codes; the sentences are kept as in the first.
        model: family.
        n_parameters: of the model.
        data: every file that was read.
        n_pairs: sentence pairs by split.
        held_out: what the figures were made on, by the name that the scores give it.
        numerics: how it was computed.
        machine: on what, by name.
        versions: of the software, by name.
        seed: of all randomness.
        steps: updates of the weights.
        seconds: of training.
        command: the command line that makes it again.
        date: of the end in UTC, as "2026-11-20 14:05+00:00".
        limits: what is known not to work, one sentence each.
        vectors: what the word vectors that it began with cover; empty without them.
    """

    task: str
    directions: Sequence[tuple[str, str]]
    model: str
    n_parameters: int
    data: Sequence[DataFile]
    n_pairs: Mapping[str, int]
    held_out: Mapping[str, HeldOut]
    numerics: Mapping[str, Any]
    machine: Mapping[str, str]
    versions: Mapping[str, str]
    seed: int
    steps: int
    seconds: float
    command: str
    date: str
    limits: Sequence[str] = ()
    vectors: str = ""

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        numerics = values["numerics"]
        data = [DataFile(**file) for file in values["data"]]
        held_out = {name: HeldOut(**item) for name, item in values["held_out"].items()}
        for record in (*data, *held_out.values()):
            check_types(record)
        read = {
            "numerics": {**numerics, "device": str(numerics["device"]), "threads": int(numerics["threads"])},
            "directions": [(str(source), str(target)) for source, target in values["directions"]],
            "data": data,
            "n_pairs": {name: int(number) for name, number in values["n_pairs"].items()},
            "held_out": held_out,
            "machine": {name: str(value) for name, value in values["machine"].items()},
            "versions": {name: str(value) for name, value in values["versions"].items()},
            "seconds": float(values["seconds"]),
            # An older heedful wrote neither.
            "limits": [str(limit) for limit in values.get("limits", ())],
            "vectors": str(values.get("vectors", "")),
        }
        for name, kind in PLAIN.items():
            if type(values[name]) is not kind:
                raise TypeError(f"{name} is {values[name]!r}")
        return cls(**{**values, **read})


def write_receipt(folder: Path, facts: Facts, numerics: Mapping[str, Any], held_out: Mapping[str, Pairs]) -> None:
    """Write receipt.json, from what the model card says.

    Args:
        folder: the run directory; its manifest comes after.
        facts: of the finished run.
        numerics: how it was computed, as plain values.
        held_out: the pairs that the figures were made on, by the name that the scores give them.
    Raises:
        RunError: the file system refused.
    """
    receipt = Receipt(
        task=facts.task,
        directions=facts.directions,
        model=facts.model,
        n_parameters=facts.n_parameters,
        data=facts.data,
        n_pairs=facts.n_pairs,
        held_out={name: HeldOut.of(pairs) for name, pairs in held_out.items()},
        numerics=numerics,
        machine=facts.machine,
        versions=facts.versions,
        seed=facts.seed,
        steps=facts.steps,
        seconds=facts.seconds,
        command=facts.command,
        date=facts.date,
        limits=list(facts.limits),
        vectors=facts.vectors,
    )
    write_json(folder / NAME, receipt.to_json())


def read_receipt(folder: Path) -> Receipt:
    """Read receipt.json.

    Args:
        folder: the run directory.
    Raises:
        RunError: there is none, or it holds something else.
    """
    path = folder / NAME
    if not path.is_file():
        raise RunError(f"{path} is missing: an older heedful made this run, or it was copied in part; copy it again")
    try:
        return Receipt.from_json(read_json(path))
    except (KeyError, TypeError, ValueError, AttributeError, OptionError) as error:
        if isinstance(error, RunError):
            raise
        raise RunError(f"{path} is no receipt ({error}): restore it from a copy") from error
