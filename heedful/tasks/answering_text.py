"""From the caller's questions to what is learned from: questions held out, a tokenizer, a trunk; laid down once."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from heedful.architecture import Architecture
from heedful.data import chance
from heedful.data.codec import Codec
from heedful.data.passages import Passages, Window
from heedful.data.span_batch import SpanBatches
from heedful.data.squad import Question, Questions, hold_out, read_questions
from heedful.data.text import identity
from heedful.data.text_rows import TextRows
from heedful.data.tokenizer import Tokenizer
from heedful.errors import DataError, OptionError
from heedful.evaluation.answers import units_of
from heedful.model.heads import Head, Headed
from heedful.numerics import Numerics, choose
from heedful.run.disk import read_json, write_atomic, write_json
from heedful.run.facts import DataFile
from heedful.run.weights import load_tensors, save_tensors
from heedful.tasks.answerer import N_SCORES, Manner
from heedful.tasks.answering_request import AnsweringOptions
from heedful.tasks.preparation import READY, last_scored
from heedful.tasks.question_pair import Pair, question_of, reading_of
from heedful.tasks.setup import SETUP
from heedful.tasks.trunk import Given, Size, Trunk, borrow, fresh, load_codec, size_for

TRUNK = "trunk.safetensors"
# Fewer questions than this leave nothing to hold out, nor to learn from.
FEWEST = 20
# Most paragraphs with their questions fit, and attention costs no more than the rest.
WIDTH = 384
# All but this share of the answers set how long one may be: the few others are whole sentences.
LONGEST_SHARE = 0.995
LEAST_LONGEST = 8
# Of so many questions one is shown beside a text of another, so that windows without an answer are known as such.
ELSEWHERE_EVERY = 20
_ELSEWHERE = 220
HEAD_DROPOUT = 0.1
# With a trunk that knows the language: a rate that a narrow model bears, few epochs (arXiv:1810.04805, appendix A.3).
TUNED = Size(float("inf"), 0, 0, 0, 0.1, 1.5e-4, 4096, 2)
_HAN = re.compile(r"([\u2e80-\u9fff\uf900-\ufaff])")


@dataclass(frozen=True)
class Laid:
    """Everything that training and scoring read.

    Args:
        manner: how answers are looked for.
        codec: of the trunk.
        train: questions to learn from, as `reading_of` makes them.
        dev: to choose the best weights by.
        test: for the final scores; empty where the caller gave a dev set and no test set.
        trunk: what it begins with.
        size: row of the table.
        numerics: how to compute.
        facts: "files", "notes", "start", "refuses", "usual".
    """

    manner: Manner
    codec: Codec
    train: Sequence[Pair]
    dev: Sequence[Pair]
    test: Sequence[Pair]
    trunk: Trunk
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
        """The model before training, on its device."""
        trunk = self.trunk.build(seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed + 1)
            head = Head(self.trunk.architecture.d_model, N_SCORES, "each", HEAD_DROPOUT)
        return Headed(trunk, head, self.trunk.reads).to(self.numerics.device)

    def batches(self, seed: int) -> SpanBatches:
        """The training questions in order."""
        items = [question_of(pair) for pair in self.train]
        rows, spans = learned(Passages(self.codec, self.manner.width), items)
        if not self.facts["refuses"]:
            more = list(elsewhere(Passages(self.codec, self.manner.width), items, seed))
            rows, spans = [*rows, *more], [*spans, *([(0, 0)] for _ in more)]
        return SpanBatches(rows, spans, self.codec.pad, self.size.tokens, seed, self.trunk.architecture.n_kinds > 1)


def learned(passages: Passages, items: Sequence[Question]) -> tuple[list[Window], list[list[tuple[int, int]]]]:
    """The windows of questions, and in each of them where the answers stand.

    Args:
        passages: lays them out.
        items: to learn from.
    """
    rows: list[Window] = []
    spans = []
    for number, item in enumerate(items):
        pieces = [
            found
            for gold in item.found
            if (found := passages.span(item.context, gold.start, gold.start + len(gold.text))) is not None
        ]
        for row in passages.windows(item.text, item.context, number, f"the question {item.text[:40]!r}"):
            rows.append(row)
            inside = [place for one in pieces if (place := row.positions(one)) != (0, 0)]
            # A window that holds one person's answer and cuts off another's does answer.
            spans.append(inside or [(0, 0)])
    return rows, spans


def elsewhere(passages: Passages, items: Sequence[Question], seed: int) -> Iterator[Window]:
    """Questions beside the first window of a text that is about something else.

    Args:
        passages: lays them out.
        items: to learn from.
        seed: of the choice.
    """
    asked = range(0, len(items), ELSEWHERE_EVERY)
    for number, place in zip(asked, chance.draw(chance.key(seed, _ELSEWHERE), np.array(asked)), strict=True):
        item, other = items[number], items[int(place % len(items))]
        if item.context != other.context:
            yield passages.windows(item.text, other.context, number, f"the question {item.text[:40]!r}")[0]


def lay_down(place: Path, options: AnsweringOptions, given: Given[Manner] | None = None) -> None:
    """Read the files and write all that training starts from.

    Args:
        place: an empty folder.
        options: what is asked for.
        given: what a student has of its teacher; None of one that has no teacher.
    Raises:
        HeedfulError: they cannot be used.
    """
    files = [read_questions(path) for path in options.data]
    held = {role: read_questions(path) for role, path in options.held_files.items()}
    missing = [part for part in ("dev", "test") if part not in held and (part == "dev" or "dev" not in held)]
    every = [item for file in files for item in file.items if not item.is_lost]
    if len(every) < FEWEST:
        raise DataError(f"{_named(files)} holds {len(every)} questions: expected {FEWEST} at least; give more")
    parts = hold_out(every, missing, options.seed)
    parts |= {role: list(questions.items) for role, questions in held.items()}
    if not parts["train"] or not parts["dev"]:
        raise OptionError(f"{_named(files)} holds too few different contexts to hold some out: name --dev-data")
    if not any(item.found for item in parts["train"]):
        raise DataError(f"{_named(files)}: no question is answered by its context: there is nothing to learn")
    trunk, codec, size = _trunk(options, parts["train"]) if given is None else (given.trunk, given.codec, TUNED)
    manner, share = _manner(codec, trunk.architecture.max_len, parts["train"])
    manner = manner if given is None else given.tells
    refuses = any(not item.answers for item in parts["train"])
    facts = {
        "files": [asdict(file) for file in _files(options)],
        "notes": [*_notes([*files, *held.values()]), *_shared(parts["train"], held), *share],
        "start": "from scratch" if options.init is None else f"from {options.init.resolve().name}",
        "refuses": refuses,
        "usual": _usual(parts["train"]),
    }
    write_atomic(place / "tokenizer.json", codec.to_json().encode())
    if trunk.tensors is not None:
        save_tensors(place / TRUNK, trunk.tensors)
    pairs = {role: reading_of(items) for role, items in parts.items()}
    write_json(place / READY, {"train": [], "dev": [], "test": [], **pairs, "facts": facts})
    setup = {
        "architecture": trunk.architecture.to_json(),
        "reads": trunk.reads,
        "answers": manner.to_json(),
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
    tensors = load_tensors(place / TRUNK) if (place / TRUNK).is_file() else None
    train, dev, test = ([(text, truth) for text, truth in stored[part]] for part in ("train", "dev", "test"))
    return Laid(
        Manner(**setup["answers"]),
        load_codec(place / "tokenizer.json"),
        train,
        dev,
        test,
        Trunk(Architecture.from_json(setup["architecture"]), setup["reads"], tensors),
        Size(**setup["size"]),
        Numerics.from_json(setup["numerics"]),
        stored["facts"],
    )


def _trunk(options: AnsweringOptions, items: Sequence[Question]) -> tuple[Trunk, Codec, Size]:
    if options.init is not None:
        trunk, codec = borrow(options.init)
        if trunk.reads != "encoder":
            raise OptionError(
                f"{options.init} reads from left to right, so that no position knows what follows: expected a model "
                "with an encoder"
            )
        return trunk, codec, TUNED
    size = size_for(len(items))
    codec = Tokenizer.train(_texts(items), size.vocab_size)
    return fresh(size, codec.vocab_size, paired=True), codec, size


def _texts(items: Sequence[Question]) -> Iterator[str]:
    """What a vocabulary is learned on. Chinese characters stand alone: an answer may begin and end at any of them."""
    for text in (*dict.fromkeys(item.context for item in items), *(item.text for item in items)):
        yield from (part for part in _HAN.split(text) if part)


def _manner(codec: Codec, max_len: int, items: Sequence[Question]) -> tuple[Manner, list[str]]:
    """How answers are looked for, and what the pieces cannot express."""
    passages, lengths, n_inexact = Passages(codec, WIDTH), [], 0
    for item in items:
        for gold in item.found:
            found = passages.span(item.context, gold.start, gold.start + len(gold.text))
            if found is not None:
                offsets = passages.offsets(item.context)
                n_inexact += (offsets[found[0]][0], offsets[found[1]][1]) != (gold.start, gold.start + len(gold.text))
                lengths.append(found[1] - found[0] + 1)
    longest = max(LEAST_LONGEST, int(np.quantile(lengths, LONGEST_SHARE, method="higher")))
    manner = Manner(min(WIDTH, TextRows(codec, max_len).most), longest, units_of({item.context for item in items}))
    if not n_inexact:
        return manner, []
    said = f"{n_inexact:,} of {len(lengths):,} answers begin or end within a piece of the tokenizer"
    return manner, [f"{said}: it can only point a little beside them."]


def _usual(items: Iterable[Question]) -> int:
    """The usual length of an answer in words or Chinese characters."""
    units = re.compile(r"[\u4e00-\u9fff]|[^\W\u4e00-\u9fff]+")
    lengths = [len(units.findall(gold.text)) for item in items for gold in item.answers]
    return max(1, int(np.median(lengths)))


def _notes(files: Sequence[Questions]) -> Iterator[str]:
    """What was wrong with the files, a sentence each."""
    for file in files:
        name = file.path.name
        if file.n_repaired:
            yield f"{name}: {file.n_repaired:,} answers stand elsewhere than it says; the nearest occurrence is taken."
        if file.n_absent:
            lost = f", of {len(file.lost):,} questions all" if file.lost else ""
            yield f"{name}: {file.n_absent:,} answers are no part of their context{lost}; they are not learned from."
        if file.empty:
            first = f"the first is {file.empty[0]!r}"
            yield f"{name}: {len(file.empty):,} questions ask nothing, {first}; they are left out."


def _shared(train: Sequence[Question], held: Mapping[str, Questions]) -> Iterator[str]:
    known = {identity(context) for context in {item.context for item in train}}
    for questions in held.values():
        shared = {item.context for item in questions.items if identity(item.context) in known}
        if shared:
            name = questions.path.name
            yield f"{name}: {len(shared):,} of its contexts stand in the training text: scores are too high."


def _files(options: AnsweringOptions) -> list[DataFile]:
    named = [("train data", path) for path in options.data]
    named += [(f"{role} data", path) for role, path in options.held_files.items()]
    return [DataFile.read(role, path) for role, path in named]


def _named(files: Sequence[Questions]) -> str:
    return ", ".join(str(file.path) for file in files)
