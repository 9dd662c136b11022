"""A translator made smaller: int8 or bfloat16, decoded beside its original, and written only when it is as good."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heedful.compression.parity import ALLOWED_LOSS, check_allowed_loss
from heedful.compression.prune import drop_layers, least_layers
from heedful.compression.quantize import DTYPES, check_dtype, quantizable, quantize, stored
from heedful.compression.sensitivity import BUDGET, worst
from heedful.compression.shortlist import N_FREQUENT, N_LIKELY, Shortlist, save_shortlists
from heedful.data.batch import Batch, collate, encoder_input
from heedful.errors import DataError, OptionError
from heedful.interface import Model
from heedful.model.transformer import Transformer
from heedful.numerics import applied
from heedful.run.directory import RunDirectory
from heedful.run.disk import atomic_folder, read_json, write_file, write_json
from heedful.run.manifest import check_manifest, write_manifest
from heedful.run.weights import save_tensors
from heedful.tasks.descent import Change, check_place, publish
from heedful.tasks.evidence import Pairs, Tell, unwatched
from heedful.tasks.imported import check_own
from heedful.tasks.models import compression_of, n_parameters, weights_of
from heedful.tasks.parity import Proof, Trial, held_out, prove
from heedful.tasks.preparation import READY
from heedful.tasks.questions import read_questions
from heedful.tasks.shortlist import effects, learned, learning_text
from heedful.tasks.stored import load_model
from heedful.tasks.texts import parallel_text
from heedful.tasks.translator import Direction, Translator
from heedful.training.objectives import TeacherForcing

# Pairs on which layers are tried, and how many of them at once.
N_TRIED, ROWS = 200, 50


@dataclass(frozen=True)
class CompressOptions:
    """What is made of a run.

    Args:
        out: folder for the new run; when left out it stands beside the old one, with the dtype behind its name.
        dtype: int8 (whole numbers of 8 bits, a quarter of the size) or bfloat16 (half of it, the same tokens where the
            machine computes in bfloat16 anyway).
        source: text to compare both on, one sentence a line; when left out the sentences that the run was scored on.
        target: its reference translation, line by line.
        tsv: both in one file with two columns, instead.
        shortlist: for each sentence score only the few hundred tokens that its translation may need, as they were
            learned from parallel text: "own", what the run learned from; "SOURCE,TARGET", two files; or one TSV.
        drop_layers: leave out layers of a Transformer first: by name, "encoder.2,decoder.0", or so many, "2", which are
            then those that the loss on held-out text misses least.
        accept_loss: write it whatever was lost; the card says so.
        allowed_loss: BLEU that may be lost at the lower end of the 95% interval of the difference.
    """

    out: Path | None = None
    dtype: str = DTYPES[0]
    source: Path | None = None
    target: Path | None = None
    tsv: Path | None = None
    shortlist: str | None = None
    drop_layers: str | None = None
    accept_loss: bool = False
    allowed_loss: float = ALLOWED_LOSS


@dataclass(frozen=True)
class Compressed:
    """A smaller run.

    Args:
        path: its folder.
        original: the run that it was made of.
        dtype: of its matrices.
        kept: layers that stayed in bfloat16 because int8 cost too much.
        proof: of both.
    """

    path: Path
    original: Path
    dtype: str
    kept: Sequence[str]
    proof: Proof

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        paths = {"run": str(self.path), "original": str(self.original)}
        return {**paths, "dtype": self.dtype, "kept": list(self.kept), **self.proof.to_json()}


def compress(path: Path, options: CompressOptions, tell: Tell = unwatched) -> Compressed:
    """Make a smaller run of a run, and write it if it is as good.

    Args:
        path: a finished run.
        options: what is made of it.
        tell: is told how far it is.
    Raises:
        QualityError: too much was lost, and it was not accepted; nothing is written.
        HeedfulError: the run, the texts, the options or the place cannot be used.
    """
    check_dtype(options.dtype)
    check_allowed_loss(options.allowed_loss)
    text = parallel_text(options.source, options.target, options.tsv, "")
    run = RunDirectory.open(path)
    check_uncompressed(run)
    check_own(path)
    out = options.out or path.resolve().with_name(f"{path.resolve().name}-{options.dtype}")
    check_place(out, path)
    original = Translator.load(path)
    trial = held_out(run, None if text is None else read_questions(original, text, original.directions[0][1]))
    shortlists = _shortlists(original, run, options.shortlist, trial, tell)
    with applied(original.numerics):
        tell(f"making it {options.dtype}", 0, 0)
        batches = _batches(original, _tried(run, trial))
        model, dropped = without_layers(load_model(run), options.drop_layers, batches)
        kept = worst(model, batches) if options.dtype == "int8" else []
        smaller = quantize(model, lambda name: name not in kept) if options.dtype == "int8" else model
    with atomic_folder(out) as part:
        made = RunDirectory(part)
        how = {"dtype": options.dtype, "kept": kept, "made_of": _named(run)}
        how |= {"dropped": dropped} if dropped else {}
        if shortlists:
            how["shortlist"] = {"likely": N_LIKELY, "frequent": N_FREQUENT}
            save_shortlists(made.shortlist, shortlists, original.tokenizer)
        _write(made, run, smaller, how)
        candidate = Translator.load(part)
        proof = prove(original, candidate, trial, (path, part), tell)
        if shortlists:
            proof = replace(proof, effects=effects(candidate, trial, tell))
        if not options.accept_loss:
            proof.require(options.allowed_loss)
        tell("writing card and report", 0, 0)
        change = _change(out, run, options, kept, model)
        notes = [f"Shortlist, {' → '.join(way)}: {effect.said}." for way, effect in proof.effects.items()]
        change = replace(change, notes=[*change.notes, *notes])
        if dropped:
            notes = [f"Left out: {', '.join(dropped)}.", *change.notes]
            change = replace(change, notes=notes, n_parameters=n_parameters(model))
        publish(made, run, candidate, proof, change)
    return Compressed(out, path, options.dtype, kept, proof)


def _shortlists(
    translator: Translator, run: RunDirectory, wanted: str | None, trial: Trial, tell: Tell
) -> dict[Direction, Shortlist]:
    """Those that are asked for, learned."""
    if wanted is None:
        return {}
    return learned(translator, learning_text(wanted, run, translator.directions[0]), trial, tell)


def without_layers(model: Model, wanted: str | None, batches: Sequence[Batch]) -> tuple[Model, list[str]]:
    """A model without some layers, and which.

    Args:
        model: is left as it is.
        wanted: as the option says; None leaves out none.
        batches: held-out text.
    Raises:
        OptionError: it is no Transformer, has no such layers, or not so many.
        DataError: nothing is held out that the model can read, so that layers cannot be weighed.
    """
    if wanted is None:
        return model, []
    if not isinstance(model, Transformer):
        raise OptionError(f"--drop-layers is for a Transformer: this is a {type(model).__name__}; leave it out")
    if wanted.strip().isdecimal():
        if not batches:
            raise DataError("every held-out sentence is longer than the model's window: name the layers instead")
        names = least_layers(model, TeacherForcing(smoothing=0.0), batches, int(wanted))
    else:
        names = list(dict.fromkeys(name.strip() for name in wanted.split(",")))
    return drop_layers(model, names), names


def check_uncompressed(run: RunDirectory) -> None:
    """Refuse a run that was compressed: what it lost once would be lost again, and not be seen.

    Args:
        run: a finished one.
    Raises:
        OptionError: says what it is and of which run it was made.
    """
    compression = compression_of(run)
    if compression is not None:
        name = compression.get("made_of", {}).get("name", "another run")
        raise OptionError(
            f"{run.path} is compressed already: its weights are {compression.get('dtype')}, made of {name}; compress "
            "that one"
        )


def _write(made: RunDirectory, run: RunDirectory, model: Model, compression: dict[str, Any]) -> None:
    """All that a translator is loaded from."""
    config = {**read_json(run.config), "compression": compression}
    if isinstance(model, Transformer):
        config["architecture"] = model.architecture.to_json()
    write_json(made.config, config)
    save_tensors(made.weights, stored(weights_of(model)))
    for file in (run.tokenizer, run.generation):
        write_file(made.path / file.name, file.read_bytes())
    write_manifest(made.path)


def _named(run: RunDirectory) -> dict[str, str]:
    """By what a run is known again: its name, and the hash of its weights."""
    return {"name": run.path.resolve().name, "weights_sha256": check_manifest(run.path)[run.weights.name]}


def _tried(run: RunDirectory, trial: Trial) -> Pairs:
    """Pairs to try layers on: of the dev text where the run keeps one, so that the test text decides nothing."""
    dev = read_json(run.begun / READY)["dev"] if (run.begun / READY).is_file() else []
    return [(source, target) for source, target in dev or trial.pairs][:N_TRIED]


def _batches(translator: Translator, pairs: Pairs) -> list[Batch]:
    """The pairs in the first direction, those that fit into the model's window."""
    tag, encode = translator.tag(translator.directions[0]), translator.tokenizer.encode
    fitting = [pair for pair in pairs if not any(map(translator.excess, pair))]
    return [
        collate([encoder_input(encode(source), tag) for source, _ in rows], [encode(target) for _, target in rows])
        for rows in (fitting[start : start + ROWS] for start in range(0, len(fitting), ROWS))
    ]


def _change(out: Path, run: RunDirectory, options: CompressOptions, kept: Sequence[str], model: Model) -> Change:
    """What the card says of it."""
    named = _named(run)
    origin = f"Its weights are {options.dtype}, made of {named['name']} (model.safetensors {named['weights_sha256']})."
    notes = ["Matrices that are not int8 are bfloat16 in the file, vectors float32."]
    if options.dtype == "int8":
        replaced = [name for name in quantizable(model) if name not in kept]
        notes.insert(
            0, f"int8, a scale for each row, activations a scale for each row as they come: {len(replaced)} layers."
        )
        if kept:
            notes.append(
                f"Kept, since int8 cost them most (share of the size at most {BUDGET:.0%}): {', '.join(kept)}."
            )
        left = _left(model)
        if left:
            notes.append(f"Not made int8, since they are no plain layers: {', '.join(left)}.")
    words = ["heedful", "compress", named["name"], "--out", out.name, "--dtype", options.dtype]
    for flag, file in (("--source", options.source), ("--target", options.target), ("--tsv", options.tsv)):
        words += [] if file is None else [flag, file.name]
    if options.shortlist is not None:
        words += ["--shortlist", ",".join(Path(name).name for name in options.shortlist.split(","))]
    words += [] if options.drop_layers is None else ["--drop-layers", options.drop_layers]
    words += ["--accept-loss"] if options.accept_loss else []
    words += ["--allowed-loss", f"{options.allowed_loss:g}"] if options.allowed_loss != ALLOWED_LOSS else []
    return Change(out.resolve().name, shlex.join(words), origin, notes, (), options.allowed_loss)


def _left(model: Model) -> list[str]:
    """Modules with matrices that no int8 layer takes the place of."""
    layers = quantizable(model)
    names = [name for name, parameter in model.named_parameters() if parameter.ndim > 1]
    owners = dict.fromkeys(name.rpartition(".")[0] for name in names)
    return [owner for owner in owners if not any(f"{owner}.".startswith(f"{layer}.") for layer in layers)]
