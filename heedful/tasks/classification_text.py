"""From the caller's table to what a classifier learns from: examples held out, a tokenizer, a trunk; laid down once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, get_args

import torch

from heedful.architecture import Architecture
from heedful.data.codec import Codec
from heedful.data.label_batch import LabelBatches
from heedful.data.labelled import TAB, Example, Named, check_known, check_training, findings, hold_out
from heedful.data.text_rows import TextRows
from heedful.data.tokenizer import Tokenizer
from heedful.errors import OptionError
from heedful.model.heads import Head, Headed, Over, Reads
from heedful.numerics import Numerics, choose
from heedful.run.disk import read_json, write_atomic, write_json
from heedful.run.facts import DataFile
from heedful.run.weights import load_tensors, save_tensors
from heedful.tasks.classification_request import ClassificationOptions
from heedful.tasks.preparation import READY, last_scored
from heedful.tasks.scheme import Scheme
from heedful.tasks.setup import SETUP
from heedful.tasks.trunk import TUNING, Given, Size, Trunk, borrow, fresh, load_codec, size_for, with_vocabulary
from heedful.tasks.tuning import Tuning
from heedful.transfer.vocabulary import Kept

TRUNK = "trunk.safetensors"
# A head stands on few examples.
HEAD_DROPOUT = 0.1
Pair = tuple[str, str]


@dataclass(frozen=True)
class Laid:
    """Everything that training and scoring read.

    Args:
        scheme: what is told.
        named: how its tables are read.
        codec: of the trunk.
        train: texts and truths to learn from.
        dev: to choose the best weights by.
        test: for the final scores; empty where the caller gave a dev set and no test set.
        trunk: what it begins with.
        over: what a score is made of.
        tuning: what learns.
        size: row of the table.
        numerics: how to compute.
        facts: "files", "findings", "columns", "start", "kept".
    """

    scheme: Scheme
    named: Named
    codec: Codec
    train: Sequence[Pair]
    dev: Sequence[Pair]
    test: Sequence[Pair]
    trunk: Trunk
    over: Over
    tuning: Tuning
    size: Size
    numerics: Numerics
    facts: Mapping[str, Any]

    @property
    def scored(self) -> tuple[str, Sequence[Pair]]:
        """What the final figures are made on, with its name."""
        return last_scored(self.dev, self.test)

    @property
    def n_examples(self) -> dict[str, int]:
        """By their use."""
        counts = {"train": len(self.train), "dev": len(self.dev), "test": len(self.test)}
        return {use: count for use, count in counts.items() if count}

    def model(self, seed: int) -> Headed:
        """The model before training, on its device; what does not learn stands still."""
        trunk = self.trunk.build(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + 1)
            head = Head(
                self.trunk.architecture.d_model, self.scheme.n_scores, self.scheme.over(self.over), HEAD_DROPOUT
            )
            model = Headed(trunk, head, self.trunk.reads)
            self.tuning.apply(model)
        return model.to(self.numerics.device)

    def batches(self, seed: int) -> LabelBatches:
        """The training examples in order; a text longer than the window is several, with one label."""
        text_rows = TextRows(self.codec, self.trunk.architecture.max_len)
        rows = [
            row
            for number, (text, _) in enumerate(self.train)
            for row in self.scheme.rows(text_rows, text, number, f"training text {number + 1}")
        ]
        labels = [self.scheme.label(self.train[row.text][1]) for row in rows]
        with_kinds = self.trunk.architecture.n_kinds > 1
        return LabelBatches(rows, labels, self.codec.pad, self.size.tokens, seed, with_kinds)


def lay_down(place: Path, options: ClassificationOptions, given: Given[Scheme] | None = None) -> None:
    """Read the files and write all that training starts from.

    Args:
        place: an empty folder.
        options: what is asked for.
        given: what a student has of its teacher; None of one that has no teacher.
    Raises:
        HeedfulError: they cannot be used.
    """
    assert options.data is not None, "checked before"
    train = options.named.read(options.data) if given is None else options.named.read_like(options.data)
    if given is not None:
        check_known(train, given.tells.labels, given.tells.paired, "what the teacher learned")
    check_training(train)
    # Held-out files tell the same kind of thing, whatever they look like by themselves.
    named = train.named or options.named
    held = {role: named.read_like(path) for role, path in _held_files(options).items()}
    for examples in held.values():
        check_known(examples, train.labels, train.paired, str(train.path))
    missing = [part for part in ("dev", "test") if part not in held and (part == "dev" or "dev" not in held)]
    parts = hold_out(train, missing, options.seed)
    parts |= {role: list(examples.items) for role, examples in held.items()}
    if not parts["dev"]:
        raise OptionError(f"{train.path} holds too few examples of each label to hold some out: name --dev-data")
    if given is None:
        scheme = Scheme.of(train)
        trunk, codec, size = _trunk(options, [item.text for item in parts["train"]], scheme.paired)
    else:
        scheme, trunk, codec, size = given.tells, given.trunk, given.codec, TUNING
    tuning = Tuning.named(options.tune)
    for role, items in parts.items():
        path = held[role].path if role in held else train.path
        scheme.check_rows(codec, trunk.architecture.max_len, items, str(path))
    over: Over = "last" if trunk.reads == "decoder" else "mean"
    facts = {
        "files": [asdict(file) for file in _files(options)],
        "findings": list(findings(train, held)),
        "columns": train.columns,
        "start": "from scratch" if options.init is None else f"from {options.init.resolve().name}",
        "kept": None if trunk.kept is None else trunk.kept.to_json(),
        "n_long": _long(codec, trunk.architecture.max_len, parts["train"]) if scheme.kind != "tags" else 0,
    }
    write_atomic(place / "tokenizer.json", codec.to_json().encode())
    if trunk.tensors is not None:
        save_tensors(place / TRUNK, trunk.tensors)
    pairs = {role: [[item.text, item.truth] for item in items] for role, items in parts.items()}
    write_json(place / READY, {"train": [], "dev": [], "test": [], **pairs, "facts": facts})
    setup = {
        "architecture": trunk.architecture.to_json(),
        "reads": trunk.reads,
        "scheme": scheme.to_json(),
        "over": next((known for known in get_args(Over) if known == options.pool), over),
        "tuning": asdict(tuning),
        "named": asdict(named),
        "size": asdict(size),
        "numerics": choose(options.device).to_json(),
    }
    write_json(place / SETUP, setup)


def reopen(place: Path) -> Laid:
    """What `lay_down` wrote, in memory.

    Args:
        place: `training/begun/` of the run.
    """
    stored, setup = read_json(place / READY), read_json(place / SETUP)
    kept = stored["facts"]["kept"]
    tensors = load_tensors(place / TRUNK) if (place / TRUNK).is_file() else None
    reads: Reads = setup["reads"]
    trunk = Trunk(
        Architecture.from_json(setup["architecture"]), reads, tensors, None if kept is None else Kept.from_json(kept)
    )
    train, dev, test = ([(text, truth) for text, truth in stored[part]] for part in ("train", "dev", "test"))
    return Laid(
        Scheme.from_json(setup["scheme"]),
        Named(**setup["named"]),
        load_codec(place / "tokenizer.json"),
        train,
        dev,
        test,
        trunk,
        setup["over"],
        Tuning(**setup["tuning"]),
        Size(**setup["size"]),
        Numerics.from_json(setup["numerics"]),
        stored["facts"],
    )


def _trunk(options: ClassificationOptions, texts: Sequence[str], paired: bool) -> tuple[Trunk, Codec, Size]:
    size = size_for(len(texts))
    if options.init is None:
        learned = Tokenizer.train((one for text in texts for one in text.split(TAB)), size.vocab_size)
        return fresh(size, learned.vocab_size, paired), learned, size
    trunk, codec = borrow(options.init)
    if options.vocabulary == "new":
        learned = Tokenizer.train((one for text in texts for one in text.split(TAB)), size_for(len(texts)).vocab_size)
        return with_vocabulary(trunk, codec, learned), learned, TUNING
    return trunk, codec, TUNING


def _held_files(options: ClassificationOptions) -> dict[str, Path]:
    files = {"dev": options.dev_data, "test": options.test_data}
    return {role: path for role, path in files.items() if path is not None}


def _files(options: ClassificationOptions) -> list[DataFile]:
    files = {"train": options.data, **_held_files(options)}
    return [DataFile.read(f"{role} data", path) for role, path in files.items() if path is not None]


def _long(codec: Codec, max_len: int, items: Sequence[Example]) -> int:
    """How many texts are read in windows; encoding a text makes no more tokens than it has bytes."""
    room = TextRows(codec, max_len).most - len(codec.join([]).ids)
    return sum(len(item.text.encode()) > room and len(codec.encode(item.text)) > room for item in items)
