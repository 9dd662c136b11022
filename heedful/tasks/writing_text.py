"""From the caller's files to what a model from text to text learns from: examples held out, vocabulary, shards."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from heedful.data.assignments import REFERENCE, TURN, Assignment
from heedful.data.corpus import Corpus
from heedful.data.faults import pair_faults
from heedful.data.findings import MAX_EXAMPLES, Example, make_finding
from heedful.data.languages import language_of_text
from heedful.data.sampler import BatchPlan, Sampling
from heedful.data.shards import build_shards
from heedful.data.split import TRAIN, split
from heedful.data.text import identity
from heedful.data.tokenizer import Tokenizer
from heedful.errors import LengthError
from heedful.interface import Model
from heedful.run.disk import read_json, write_atomic, write_json
from heedful.run.facts import DataFile
from heedful.tasks import inheritance
from heedful.tasks.defaults import WINDOW, size_for, tuned
from heedful.tasks.inheritance import Inheritance, Inherited
from heedful.tasks.preparation import READY, last_scored
from heedful.tasks.setup import Setup, settle
from heedful.tasks.writer import Long, Manner, part_of
from heedful.tasks.writing_request import PARTS, WritingOptions

Pair = tuple[str, str]
# What is wrong with a translation is none of these where a text is shortened, reworded or answered in its own language.
OF_TRANSLATION = frozenset({"identical", "ratio", "long"})
# A batch holds one text that fills the window, at least.
TOKENS_PER_BATCH = 4096
# What is written may be half as long again as anything that was learned from.
LONGER = 1.5
# Known texts that baselines look at, evenly spread: enough to find a near one, few enough to look through.
N_KNOWN = 20_000


@dataclass(frozen=True)
class Laid:
    """Everything that training and scoring read.

    Args:
        tokenizer: learned on the training text, or another run's.
        corpus: the training pairs.
        dev: to choose the best weights by: texts, and their references with tabs between.
        test: for the final scores; empty where the caller gave a dev set and no test set.
        setup: what is trained, and how it is computed.
        manner: how it reads and writes.
        facts: "files", "findings", "n_cut" and "n_long" texts, "known" (training pairs that baselines look at).
        place: where it lies.
    """

    tokenizer: Tokenizer
    corpus: Corpus
    dev: Sequence[Pair]
    test: Sequence[Pair]
    setup: Setup
    manner: Manner
    facts: Mapping[str, Any]
    place: Path

    @property
    def scored(self) -> tuple[str, Sequence[Pair]]:
        """What the final figures are made on, with its name."""
        return last_scored(self.dev, self.test)

    @property
    def n_examples(self) -> dict[str, int]:
        """By their use."""
        counts = {"train": self.corpus.n_pairs, "dev": len(self.dev), "test": len(self.test)}
        return {use: count for use, count in counts.items() if count}

    def model(self, seed: int) -> tuple[Model, Inherited | None]:
        """The model before training, on its device, and what it begins with."""
        model = self.setup.build(seed)
        return model, inheritance.put_in(self.place, model)

    def batches(self, seed: int) -> BatchPlan:
        """The training pairs in order."""
        return BatchPlan(self.corpus, sampling=Sampling(self.setup.size.tokens_per_batch, seed))


def lay_down(place: Path, options: WritingOptions) -> None:
    """Read the files and write all that training starts from.

    Args:
        place: an empty folder.
        options: what is asked for.
    Raises:
        HeedfulError: they cannot be used.
    """
    began = Inheritance.open(options.init, options.vocabulary) if options.init else None
    parts = _parts(options)
    train = [pair for assignment in parts["train"] for pair in _pairs(assignment)]
    size = size_for(len(train))
    if began is not None:
        size = tuned(size, len(train), began.shape)
    size = replace(size, tokens_per_batch=max(size.tokens_per_batch, TOKENS_PER_BATCH))
    window = WINDOW if began is None else began.shape.max_len
    kept = None if began is None else began.tokenizer([])
    tokenizer = kept or Tokenizer.train((side for pair in train for side in pair), size.vocab_size)
    long: Long = "leading" if options.long == "leading" else "trailing" if options.long == "trailing" else "refuse"
    n_cut = 0
    if long != "refuse":
        fitting = [(part_of(source, tokenizer, window - 2, long == "trailing"), target) for source, target in train]
        n_cut = sum(ours[0] != theirs[0] for ours, theirs in zip(fitting, train, strict=True))
        train = fitting
    held = {name: [assignment.pair for assignment in parts[name]] for name in ("dev", "test")}
    for name, pairs in held.items():
        _refuse_long(pairs, tokenizer, window - 2, long, name)
    corpus = build_shards(
        train, tokenizer, place / "corpus", max_tokens=window - 2, dropout=size.piece_dropout, seed=options.seed
    )
    write_atomic(place / "tokenizer.json", tokenizer.to_json().encode())
    setup = settle(
        place,
        "transformer" if began is None else began.model,
        size,
        tokenizer.vocab_size,
        options.device,
        None if began is None else began.shape,
    )
    if began is not None:
        began.lay_down(place, setup.build(options.seed), tokenizer)
    longest = max(len(tokenizer.encode(target)) for _, target in train[:: max(1, len(train) // 5000)])
    language = options.language or language_of_text(target for _, target in train[:2000]) or ""
    manner = Manner(options.turns, long, min(window - 2, int(LONGER * longest) + 10), language, *options.columns)
    facts = {
        "files": [asdict(file) for file in _files(options)],
        "findings": list(_findings(options, parts)),
        "n_cut": n_cut,
        "n_long": corpus.contents.n_long,
    }
    known = train[:: max(1, -(-len(train) // N_KNOWN))]
    write_json(place / READY, {**held, "known": known, "facts": facts, "manner": asdict(manner)})


def reopen(place: Path) -> Laid:
    """What `lay_down` wrote, in memory.

    Args:
        place: `training/begun/` of the run.
    """
    stored = read_json(place / READY)
    dev, test, known = ([(source, target) for source, target in stored[name]] for name in ("dev", "test", "known"))
    return Laid(
        Tokenizer.load(place / "tokenizer.json"),
        Corpus.open(place / "corpus"),
        dev,
        test,
        Setup.stored(place),
        Manner(**stored["manner"]),
        {**stored["facts"], "known": known},
        place,
    )


def _parts(options: WritingOptions) -> dict[str, list[Assignment]]:
    """The assignments of each part: the caller's, or held out, all of one dialogue together."""
    given = {part.removesuffix("_") or "train": options.assignments(part) for part in PARTS}
    train = given["train"]
    assert train is not None, "checked before"
    useful = [assignment for assignment in train if not assignment.is_empty]
    found = {name: [one for one in assignments or () if not one.is_empty] for name, assignments in given.items()}
    missing = [name for name in ("dev", "test") if given[name] is None and (name == "dev" or given["dev"] is None)]
    if missing:
        groups: dict[int, list[Assignment]] = {}
        for assignment in useful:
            groups.setdefault(assignment.group, []).append(assignment)
        # A dialogue is named by all that is said in it; of single texts both sides are looked at.
        names = [
            (TURN.join([members[0].source, *(one.references[0] for one in members)]),) * 2
            if options.form.is_dialogue
            else (members[0].source, members[0].references[0])
            for members in groups.values()
        ]
        unit = "dialogues" if options.form.is_dialogue else "texts with what is written of them"
        chosen = split(names, missing, seed=options.seed, unit=unit)
        for name in (TRAIN, *missing):
            kept = chosen.skip(name)
            found[name] = [
                one for members, skip in zip(groups.values(), kept, strict=True) if not skip for one in members
            ]
    return found


def _pairs(assignment: Assignment) -> Iterator[Pair]:
    """A text with each of its references."""
    return ((assignment.source, reference) for reference in assignment.references if reference)


def _refuse_long(pairs: Sequence[Pair], tokenizer: Tokenizer, room: int, long: Long, part: str) -> None:
    """Held-out texts that the model cannot read, or could never write."""
    if long == "refuse":
        n_long = sum(len(source) > room and len(tokenizer.encode(source)) > room for source, _ in pairs)
        if n_long:
            raise LengthError(
                f"{n_long:,} of {len(pairs):,} {part} texts are longer than the model's window of {room:,} tokens: "
                "give --long leading to read their beginnings, or shorten them; nothing is cut in silence"
            )
    for _, references in pairs:
        if any(len(one) > room and len(tokenizer.encode(one)) > room for one in references.split(REFERENCE)):
            raise LengthError(
                f"what is to be written of a {part} text is longer than the model's window of {room:,} tokens: got "
                f"{references[:60]!r}; shorten it"
            )


def _files(options: WritingOptions) -> list[DataFile]:
    named = [(f"{part}{side}", getattr(options, f"{part}{side}")) for part in PARTS for side in ("source", "target")]
    named += [(f"{part}{form}", getattr(options, f"{part}{form}")) for part in PARTS for form in ("tsv", "data")]
    found = []
    for name, path in named:
        if path is not None:
            role = name.replace("_", " ") if "_" in name else f"train {name}"
            # As those of other tasks are called, so that they are found again.
            found.append(DataFile.read(role.removesuffix(" tsv"), path))
    return found


def _findings(options: WritingOptions, parts: Mapping[str, Sequence[Assignment]]) -> Iterator[dict[str, Any]]:
    """What is wrong with the texts, as far as it is wrong where nothing is translated."""
    whole = options.assignments("") or []
    files = [str(path) for path in options.files("")]
    of_side = {"source": files[0], "target": files[-1]}
    seen: dict[str, list[Example]] = {}
    counts: dict[str, int] = {}
    known: dict[tuple[int, int], int] = {}
    for assignment in whole:
        pair = assignment.source.replace(TURN, " "), assignment.references[0]
        found: list[tuple[str, str, str]] = [
            (fault.kind, of_side[fault.side], fault.what) for fault in pair_faults(*pair, 1 << 30)
        ]
        key = identity(pair[0]), identity(pair[1])
        if all(key) and key in known:
            found.append(("duplicate", files[0], f"the same as line {known[key]:,}"))
        known.setdefault(key, assignment.line)
        for kind, file, what in found:
            if kind not in OF_TRANSLATION:
                counts[kind] = counts.get(kind, 0) + 1
                seen.setdefault(kind, []).append(Example(file, assignment.line, what))
    for kind in counts:
        yield asdict(make_finding(kind, counts[kind], len(whole), seen[kind][:MAX_EXAMPLES]))
    learned = {(identity(one.source), identity(one.references[0])): one.line for one in parts["train"]}
    for name in ("dev_", "test_"):
        held = options.files(name)
        if not held:
            continue
        ours = parts[name.removesuffix("_")]
        leaks = [one for one in ours if (identity(one.source), identity(one.references[0])) in learned]
        if leaks:
            examples = [Example(str(held[0]), one.line, "stands in the training text") for one in leaks[:MAX_EXAMPLES]]
            yield asdict(make_finding("leaked_pairs", len(leaks), len(ours), examples))
