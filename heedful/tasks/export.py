"""A run in the format of another runtime, proven there: it translates the run's own test sentences as the run does."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from heedful import __version__
from heedful.compression.parity import ALLOWED_LOSS, Outputs, Parity, check_allowed_loss, compare
from heedful.data.text import ParallelText
from heedful.decoding import Beam
from heedful.errors import OptionError, suggest
from heedful.interface import Model
from heedful.model.transformer import Transformer
from heedful.run.directory import RunDirectory
from heedful.run.disk import atomic_folder, encode_json, write_file
from heedful.run.manifest import check_manifest
from heedful.tasks.descent import cells, check_place
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.parity import Decode, Trial, alternate, decoder, held_out, require_all, rows_of
from heedful.tasks.questions import read_questions
from heedful.tasks.translator import Direction, Translator
from heedful.transfer import argos, ctranslate2, huggingface
from heedful.transfer.foreign import Exported, Runtime


class Format(Protocol):
    """What a module of `heedful.transfer` must have to be exported to."""

    @property
    def TITLE(self) -> str:
        """What people call it."""

    @property
    def QUANTIZATIONS(self) -> Sequence[str]:
        """The types of weights that it knows."""

    @property
    def WEIGHTS(self) -> str:
        """Matches the files that hold a model."""

    def need(self) -> object:
        """See that the libraries are here that write the format and run it."""

    def check(self, model: Model) -> object:
        """See that the format can express a model."""

    def write(self, folder: Path, exported: Exported) -> None:
        """Write into an empty folder."""

    def run(self, folder: Path, exported: Exported, direction: Direction) -> Runtime:
        """What was written, in its own runtime, for one direction."""

    def use(self, name: str, exported: Exported) -> str:
        """How to call it, in Markdown, for a folder of that name."""


FORMATS: Mapping[str, Format] = {"ctranslate2": ctranslate2, "huggingface": huggingface, "argos": argos}


@dataclass(frozen=True)
class ExportOptions:
    """What is asked for.

    Args:
        run: the run directory of a translator.
        to: format: "ctranslate2", "huggingface" or "argos".
        out: the new folder.
        quantization: type of the weights there.
        text: sentences to prove it on; None takes those that the run was scored on.
        allowed_loss: BLEU, at the lower end of the interval of the difference.
        accept_loss: write it though it loses more than that.
    """

    run: Path
    to: str
    out: Path
    quantization: str = "float32"
    text: ParallelText | None = None
    allowed_loss: float = ALLOWED_LOSS
    accept_loss: bool = False

    def __post_init__(self) -> None:
        if self.to not in FORMATS:
            raise OptionError(f"format {self.to!r} is not known{suggest(self.to, FORMATS)}")
        types = FORMATS[self.to].QUANTIZATIONS
        if self.quantization not in types:
            raise OptionError(
                f"quantization {self.quantization!r} is not known for --to {self.to}{suggest(self.quantization, types)}"
            )
        check_allowed_loss(self.allowed_loss)


@dataclass(frozen=True)
class Export:
    """What came of it.

    Args:
        path: the new folder.
        data: what it was proven on.
        parities: of each direction, with the run itself as the original.
    """

    path: Path
    data: str
    parities: Mapping[Direction, Parity]

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return {"path": str(self.path), "data": self.data, "directions": rows_of(self.parities)}


def export(options: ExportOptions, tell: Tell = unwatched) -> Export:
    """Write a run in another format, decode its test sentences there, and say in a README what the change cost.

    Args:
        options: what is asked for.
        tell: is told how far it is.
    Raises:
        OptionError: the format cannot express the model.
        DependencyError: a library is missing.
        RunError: the run cannot be used, or there is something at `out`.
        DataError: there is nothing to prove it on.
        QualityError: it loses more than is allowed; nothing is written.
    """
    form = FORMATS[options.to]
    check_place(options.out, options.run)
    original = Translator.load(options.run, "cpu", compute="float32")
    form.check(original.model)
    if original.shortlists:
        raise OptionError(
            f"{options.to} has no place for the shortlist of {options.run}: export the run that this one was made of"
        )
    assert isinstance(original.model, Transformer), "a model that was checked"
    form.need()
    text, into = options.text, original.directions[0][1]
    trial = held_out(RunDirectory(options.run), None if text is None else read_questions(original, text, into))
    search = original.search if isinstance(original.search, Beam) else Beam(1)
    exported = Exported(
        original.model,
        original.tokenizer,
        original.directions,
        search.width,
        search.length_penalty,
        options.quantization,
        original.numerics.threads,
    )
    with atomic_folder(options.out) as part:
        form.write(part, exported)
        found = Export(options.out, trial.data, _prove(options, part, original, exported, trial, tell))
        if not options.accept_loss:
            require_all(found.parities, options.allowed_loss)
        write_file(part / "parity.json", encode_json(found.to_json() | {"path": options.out.name}))
        write_file(part / "README.md", _readme(options, exported, found).encode())
    return found


def _prove(
    options: ExportOptions, folder: Path, original: Translator, exported: Exported, trial: Trial, tell: Tell
) -> dict[Direction, Parity]:
    """What both make of the same sentences, in every direction."""
    form = FORMATS[options.to]
    parities = {}
    # Argos has a file for each direction, of which each is the whole model.
    written = next(folder.glob(form.WEIGHTS)).stat().st_size
    size = RunDirectory(options.run).weights.stat().st_size
    for way in original.directions:
        sources, references = zip(*trial.along(way, original.directions[0]), strict=True)
        runtime = _timed(form.run(folder, exported, way))
        before, after = alternate(decoder(original, way), runtime, sources, tell)
        sized = replace(before, n_bytes=size), replace(after, n_bytes=written)
        parities[way] = compare(*sized, references, way[1])
    return parities


def _timed(runtime: Runtime) -> Decode:
    """A runtime as the parity contract asks it."""

    def decode(sources: Sequence[str]) -> Outputs:
        lines = [" ".join(source.split()) for source in sources]
        begun = time.perf_counter()
        tokens, texts = runtime(lines)
        return Outputs(tokens, texts, time.perf_counter() - begun)

    return decode


def _readme(options: ExportOptions, exported: Exported, found: Export) -> str:
    """What it is, how it is called, and what it was measured to be."""
    form, run = FORMATS[options.to], RunDirectory(options.run)
    name, ways = options.out.resolve().name, ", ".join(" → ".join(way) for way in exported.directions)
    sha256 = check_manifest(run.path)[run.weights.name]
    text = f"""# {name}: translation {ways}

The run {run.path.resolve().name} (its {run.weights.name} has the sha256 `{sha256}`) as {form.TITLE}, weights in
{options.quantization}; written by heedful {__version__}.

## How to use it

{form.use(name, exported)}
## Beside its original

Both translated the same sentences ({found.data}) by turns on one machine: the run with heedful in float32, and what is
here in its own runtime.

| direction | | BLEU | chrF | sentences/s | model file |
|---|---|---|---|---|---|
"""
    said = []
    for direction, parity in found.parities.items():
        way = " → ".join(direction)
        for who, side in (("the run", parity.original), ("here", parity.candidate)):
            text += f"| {way} | {who} | {' | '.join(cells(side)[:4])} |\n"
        said.append(f"- {way}: {parity.said}.")
        if accepted := parity.accepted(options.allowed_loss):
            said.append(f"- {way}: {accepted}")
    return "\n".join([text, *said, ""])
