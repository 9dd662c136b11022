"""From the caller's files to what a language model learns from: tokens on disk, vocabulary, size; done once a run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from heedful.architecture import Architecture
from heedful.data.documents import Block, Documents, hold_out, lines_of, looked_at
from heedful.data.languages import language_of_text
from heedful.data.token_stream import TokenStream
from heedful.data.tokenizer import Tokenizer
from heedful.errors import DataError, OptionError, RunError
from heedful.interface import Model
from heedful.model.transformer import Transformer
from heedful.numerics import Numerics, choose
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json, write_atomic, write_json
from heedful.run.facts import DataFile
from heedful.run.manifest import check_manifest
from heedful.run.weights import load_tensors, save_tensors
from heedful.tasks.imported import Imported, is_imported, load_imported
from heedful.tasks.language_defaults import (
    MOST_CHARACTERS,
    LanguageSize,
    language_architecture,
    language_size,
    vocabulary_for,
)
from heedful.tasks.language_kinds import Kind
from heedful.tasks.language_request import LanguageOptions
from heedful.tasks.models import load_weights, weights_of
from heedful.tasks.preparation import READY
from heedful.transfer.warm_start import Parent, WarmStart, put_into, warm_start

Blocks = Callable[[], Iterator[Block]]
LAID, START = "laid.json", "start.safetensors"
# Tokens of a row, whatever more a model to begin with could read: others read 131,072.
WIDEST = 512


@dataclass(frozen=True)
class Begun:
    """A model that another one begins with.

    Args:
        architecture: its shape.
        tokenizer: its vocabulary.
        tensors: its weights.
        config: what its config.json says.
    """

    architecture: Architecture
    tokenizer: Tokenizer
    tensors: Mapping[str, Tensor]
    config: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> "Begun":
        """A finished run, every byte checked.

        Raises:
            RunError: it is missing, damaged, or no Transformer with a vocabulary.
        """
        run = RunDirectory.open(path)
        check_manifest(run.path, [file.name for file in (run.config, run.weights, run.tokenizer)])
        config = read_json(run.config)
        if config.get("model") != "transformer":
            raise RunError(f"{path} is a {config.get('model')}: expected a Transformer to begin with")
        if "compression" in config:
            raise RunError(f"{path} is compressed: begin with the run that it was made of")
        architecture = Architecture.from_json(config["architecture"])
        if is_imported(path):
            raise RunError(
                f"{path} was imported with a tokenizer of its own, and a model of heedful's is needed: train one that "
                f"begins with it (`heedful train language --text F --init {path}`)"
            )
        return cls(architecture, Tokenizer.load(run.tokenizer), load_tensors(run.weights), config)

    @classmethod
    def imported(cls, found: Imported, name: str, tokenizer: Tokenizer) -> tuple["Begun", WarmStart]:
        """An imported model under another vocabulary: token vectors move by the text of their tokens.

        Args:
            found: the model.
            name: of its run.
            tokenizer: the new vocabulary.
        Returns:
            the model, and what became of its weights.
        """
        shape = replace(found.model.architecture, vocab_size=tokenizer.vocab_size)
        parent = Parent(name, found.model.architecture, found.tokenizer, weights_of(found.model))
        model = Transformer(shape)
        tensors, report = warm_start(model, [parent], tokenizer)
        put_into(model, tensors)
        return cls(shape, tokenizer, weights_of(model), found.config), report


@dataclass(frozen=True)
class Laid:
    """What was laid down of a text, in memory.

    Args:
        tokenizer: of the model.
        train: to learn from.
        dev: held out.
        size: the row of the table of defaults.
        architecture: of the model.
        numerics: how to compute.
        files: that were read.
        language: code; empty where it is not known.
        begun_with: the name of the run whose weights it begins with; empty without one.
        folder: where all this is.
    """

    tokenizer: Tokenizer
    train: TokenStream
    dev: TokenStream
    size: LanguageSize
    architecture: Architecture
    numerics: Numerics
    files: tuple[DataFile, ...]
    language: str
    begun_with: str
    folder: Path

    @classmethod
    def open(cls, folder: Path) -> "Laid":
        """What `lay_down` wrote."""
        stored = read_json(folder / LAID)
        return cls(
            Tokenizer.load(folder / "tokenizer.json"),
            TokenStream.open(folder / "train"),
            TokenStream.open(folder / "dev"),
            LanguageSize(**stored["size"]),
            Architecture.from_json(stored["architecture"]),
            Numerics.from_json(stored["numerics"]),
            tuple(DataFile(**file) for file in stored["files"]),
            stored["language"],
            stored["begun_with"],
            folder,
        )

    def build(self, seed: int) -> Model:
        """The model before training, on its device: the same for the same seed."""
        return built(self.architecture, self.numerics, self.folder / START, seed)


def built(architecture: Architecture, numerics: Numerics, start: Path, seed: int) -> Model:
    """A model with the weights of a file, or random ones where there is no file.

    Args:
        architecture: its shape.
        numerics: names its device.
        start: the file.
        seed: of the random ones.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = Transformer(architecture)
    if start.is_file():
        load_weights(model, load_tensors(start), str(start))
    return model.to(numerics.device)


def lay_down(place: Path, options: LanguageOptions, kind: Kind) -> None:
    """Read the caller's files once and write all that training starts from.

    Args:
        place: an empty folder.
        options: name the files.
        kind: what is learned.
    Raises:
        HeedfulError: they cannot be used.
    """
    imported = None if options.init is None else _imported(options.init, kind)
    begun = None if options.init is None or imported else _beginning(options.init, kind)
    learn, measure, n_bytes = _parts(options)
    tokenizer = begun.tokenizer if begun else _vocabulary(learn(), options, kind, n_bytes)
    begun_with = "" if options.init is None else options.init.resolve().name
    if imported is not None:
        begun, report = Begun.imported(imported, begun_with, tokenizer)
        assert report.vocabulary is not None, "another vocabulary"
        begun_with += f" under a vocabulary of this text ({report.vocabulary.describe()})"
    train = TokenStream.build(learn(), tokenizer, place / "train")
    dev = TokenStream.build(measure(), tokenizer, place / "dev")
    if not dev.n_tokens:
        raise DataError("the held-out text is empty: name another by --dev-text")
    size = language_size(train.n_tokens)
    if options.window is not None:
        # As many tokens to an update as the row says, or one row of them.
        size = replace(size, window=options.window, rows=max(1, size.rows * size.window // options.window))
    architecture = begun.architecture if begun else language_architecture(size, tokenizer.vocab_size, kind.stacks)
    if begun:
        save_tensors(place / START, begun.tensors)
        window = min(architecture.max_len // (1 + all(kind.stacks)), WIDEST)
        size = replace(size, window=window, rows=max(1, size.rows * size.window // window))
    # Whatever cannot be cut into windows is refused before anything is kept.
    kind.batches(train, tokenizer, size, options.seed)
    write_atomic(place / "tokenizer.json", tokenizer.to_json().encode())
    # As `heedful verify` looks for what figures were made on.
    held = [(dev.text(index, tokenizer), "") for index in range(dev.n_documents)]
    write_json(place / READY, {"dev": held, "test": []})
    sample = (text[:2000] for text, _ in held[:20])
    roles = [("train text", path) for path in options.text] + [("dev text", path) for path in options.dev_text]
    write_json(place / LAID, {
        "size": asdict(size),
        "architecture": architecture.to_json(),
        "numerics": choose(options.device).to_json(),
        "files": [asdict(DataFile.read(role, path)) for role, path in roles],
        "language": language_of_text(sample) or "",
        "begun_with": begun_with,
    })  # fmt: skip


def _parts(options: LanguageOptions) -> tuple[Blocks, Blocks, int]:
    """What is learned from, what is held out, both read anew each time; and the bytes of the first, about."""
    documents = Documents(options.text, options.documents)
    if options.dev_text:
        held = Documents(options.dev_text, options.documents)
        looked_at(held)
        return documents.blocks, held.blocks, int(looked_at(documents)[1].sum())
    out = hold_out(documents, options.seed)
    cut: Blocks = partial(lines_of, documents) if out.tails else documents.blocks
    n_bytes = int(out.n_bytes[~out.whole].sum())
    return lambda: out.split(cut(), held=False), lambda: out.split(cut(), held=True), n_bytes


def _beginning(path: Path, kind: Kind) -> Begun:
    """The run to begin with, when it has what is needed."""
    begun = Begun.read(path)
    _check_stacks(begun.architecture, kind, path)
    for mark in kind.marks:
        begun.tokenizer.mark_id(mark)
    return begun


def _imported(path: Path, kind: Kind) -> Imported | None:
    """The same of an imported run, which keeps no vocabulary; None of any other."""
    if not is_imported(path):
        return None
    found = load_imported(path)
    _check_stacks(found.model.architecture, kind, path)
    return found


def _check_stacks(shape: Architecture, kind: Kind, path: Path) -> None:
    if (shape.n_encoder_layers > 0, shape.n_decoder_layers > 0) != kind.stacks:
        forms = {(False, True): "a decoder alone", (True, False): "an encoder alone", (True, True): "both stacks"}
        has = forms[shape.n_encoder_layers > 0, shape.n_decoder_layers > 0]
        raise OptionError(f"this objective needs {forms[kind.stacks]}, and {path} has {has}: name another --init")


def _vocabulary(blocks: Iterable[Block], options: LanguageOptions, kind: Kind, n_bytes: int) -> Tokenizer:
    texts = (block.text for block in blocks)
    if options.level == "characters":
        return Tokenizer.characters(texts, MOST_CHARACTERS, kind.marks)
    # Special tokens and bytes come to the pieces: a small vocabulary is not to be made of them alone.
    return Tokenizer.train(texts, vocabulary_for(n_bytes) + len(kind.marks), marks=kind.marks)
