"""From the caller's files to what a translator learns from: splits, vocabulary, shards; done once a run."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from heedful.data.augment import Augmentation
from heedful.data.corpus import SIDES, Corpus
from heedful.data.sampler import Direction
from heedful.data.shards import build_shards
from heedful.data.split import TRAIN, Split, require_pairs, split
from heedful.data.text import ParallelText, identity
from heedful.data.tokenizer import Tokenizer
from heedful.data.verdict import Verdict, inspect
from heedful.errors import DataError, LengthError
from heedful.run.disk import read_json, write_atomic, write_json
from heedful.run.facts import DataFile
from heedful.tasks.defaults import WINDOW, Shape, Size, size_for, tuned

# Longer sentences are left out of training, and counted in the report.
MAX_TOKENS = 250
# Pairs are made from an even sample of so many.
MAX_AUGMENTED = 200_000
READY = "prepared.json"


Held = TypeVar("Held", bound=Sequence[tuple[str, str]])


@dataclass(frozen=True)
class Sources:
    """The texts of a run and their languages.

    Args:
        train: to learn from.
        dev: to choose the best weights by; None holds a part of `train` out for that, and one for the final test.
        test: for the final scores; None scores on what was held out, or else on `dev`.
        languages: of the source side and of the target side.
        both: learn both directions.
        augmentation: the pairs to make from `train` beside; None makes none.
        vectors: word vectors that the token embeddings begin with; None begins with chance.
        tokenizer: to cut the texts with; None learns one on `train`.
        shape: of the model, where it goes on with another run's; None follows from the number of pairs.
        made_of: the caller's own texts, where a teacher wrote a part of these; they are what the card tells of.
    """

    train: ParallelText
    dev: ParallelText | None
    test: ParallelText | None
    languages: tuple[str, str]
    both: bool
    augmentation: Augmentation | None = None
    vectors: Path | None = None
    tokenizer: Tokenizer | None = None
    shape: Shape | None = None
    made_of: "Sources | None" = None

    @property
    def parts_to_hold_out(self) -> list[str]:
        """Who names a dev set and no test set wants all of the rest for training."""
        missing = {"dev": self.dev is None, "test": self.dev is None and self.test is None}
        return [name for name, is_missing in missing.items() if is_missing]

    @property
    def window(self) -> int:
        """Tokens that the model reads at most."""
        return WINDOW if self.shape is None else self.shape.max_len

    @property
    def tags(self) -> list[str]:
        """The languages that a token asks for: none in a model of one direction."""
        return [target for _, target in self.directions] if self.both else []

    @property
    def directions(self) -> list[tuple[str, str]]:
        """Pairs of languages, from and into."""
        source, target = self.languages
        return [(source, target), (target, source)] if self.both else [(source, target)]


def last_scored(dev: Held, test: Held) -> tuple[str, Held]:
    """What the final figures are made on, with its name: the test set, where there is one."""
    return ("test", test) if test else ("dev, by which the weights were chosen", dev)


@dataclass(frozen=True)
class Prepared:
    """Everything that training and scoring read.

    Args:
        tokenizer: learned on the training text.
        corpus: the training pairs.
        dev: held-out pairs, (source, target) as in the files.
        test: other held-out pairs, never looked at before the end; empty when the caller gave a dev set.
        size: of the model to be trained.
        facts: for the model card: files with their hashes, the verdict, how many pairs were made by `augmentation`.
    """

    tokenizer: Tokenizer
    corpus: Corpus
    dev: list[tuple[str, str]]
    test: list[tuple[str, str]]
    size: Size
    facts: dict[str, Any]

    @property
    def n_pairs(self) -> dict[str, int]:
        """Pairs by their use, those made from others by themselves; uses without any are left out."""
        made = sum(self.facts.get("augmented", {}).values())
        counts = {
            "train": self.corpus.n_pairs - made,
            "made from them": made,
            "dev": len(self.dev),
            "test": len(self.test),
        }
        return {use: count for use, count in counts.items() if count}

    @property
    def several(self) -> list[float]:
        """The share of the training pairs with several sentences on the source side, and on the target side.

        Those that were held out count too, and those made by joining; nothing where an older heedful counted none.
        """
        verdict, made = self.facts["verdict"], self.facts.get("augmented", {})
        n_pairs = max(1, verdict["n_usable"] + sum(made.values()))
        return [(count + made.get("joined", 0)) / n_pairs for count in verdict.get("n_several", {}).values()]

    def reading(self, directions: Sequence[tuple[str, str]]) -> list[Direction]:
        """How the corpus is read for these directions."""
        if len(directions) == 1:
            return [Direction()]
        (forth, back) = directions
        tags = [self.tokenizer.tag_id(forth[1]), self.tokenizer.tag_id(back[1])]
        return [Direction("source", "target", tags[0]), Direction("target", "source", tags[1])]


def examine(sources: Sources) -> Verdict:
    """Look at the texts before anything is written.

    Raises:
        DataError: they cannot be used; the message says where and why.
    """
    verdict = inspect(sources.train, *sources.languages, held_out=sources.dev, test=sources.test)
    if verdict.fatal:
        finding, files = verdict.fatal[0], dict.fromkeys(str(sources.train.path(side)) for side in SIDES)
        came = f"{finding.count:,} of {verdict.n_lines:,} lines"
        raise DataError(f"{' and '.join(files)}: {finding.title.lower()} ({came}): {finding.advice}")
    for text in (sources.dev, sources.test):
        if text is not None and not any(source.strip() and target.strip() for source, target in text.pairs()):
            raise DataError(f"{text.source} holds no pair with text on both sides: give held-out pairs that do")
    if sources.parts_to_hold_out:
        require_pairs(verdict.n_usable)
    return verdict


def prepare(
    sources: Sources, folder: Path, seed: int, size: Size | None = None, verdict: Verdict | None = None
) -> Prepared:
    """Lay out what training reads; what is there already is used again.

    Args:
        sources: what the caller gave.
        folder: for it, `training/begun/` of the run.
        seed: of the splits and of the segmentations.
        size: of the model; None follows from the number of pairs.
        verdict: on the texts; None looks at them now.
    Raises:
        DataError: the texts cannot be used; the message says where and why.
    """
    if (folder / READY).exists():
        return _reopen(folder)
    verdict = verdict or examine(sources)
    wanted = sources.parts_to_hold_out
    parts = split(sources.train.pairs(), wanted, seed=seed) if wanted else None
    n_pairs = parts.size(TRAIN) if parts else verdict.n_usable
    n_seen = n_pairs * len(sources.directions)
    chosen = size or size_for(n_seen)
    if sources.shape is not None:
        chosen = tuned(chosen, n_seen, sources.shape)
    texts = _training_texts(sources.train, parts)
    tokenizer = sources.tokenizer or Tokenizer.train(texts, chosen.vocab_size, sources.tags)
    held = {name: _held_out(sources, parts, name, tokenizer) for name in ("dev", "test")}
    made = _made(sources, parts, n_pairs, seed, [pair for part in held.values() for pair in part])
    extra = [pair for found in made.values() for pair in found]
    build_shards(
        chain(sources.train.pairs(), extra),
        tokenizer,
        folder / "corpus",
        max_tokens=min(MAX_TOKENS, sources.window - 2),
        dropout=chosen.piece_dropout,
        seed=seed,
        skip=np.append(parts.skip(TRAIN), np.zeros(len(extra), bool)) if parts else None,
    )
    write_atomic(folder / "tokenizer.json", tokenizer.to_json().encode())
    facts = {
        "files": [asdict(file) for file in fingerprints(sources.made_of or sources)],
        "verdict": verdict.to_json(),
        "augmented": {kind: len(found) for kind, found in made.items()},
    }
    write_json(folder / READY, {**held, "facts": facts, "size": asdict(chosen)})
    return _reopen(folder)


def _reopen(folder: Path) -> Prepared:
    stored = read_json(folder / READY)
    tokenizer = Tokenizer.load(folder / "tokenizer.json")
    dev, test = ([(source, target) for source, target in stored[name]] for name in ("dev", "test"))
    return Prepared(tokenizer, Corpus.open(folder / "corpus"), dev, test, Size(**stored["size"]), stored["facts"])


def _held_out(sources: Sources, parts: Split | None, name: str, tokenizer: Tokenizer) -> list[tuple[str, str]]:
    """The pairs of a part: the caller's own, or those held out, or none."""
    given = sources.dev if name == "dev" else sources.test
    if given is not None:
        refuse_long(given, tokenizer, sources.window)
        # The test is scored as `heedful evaluate` scores it, its empty lines too.
        return [pair for pair in given.pairs() if name == "test" or all(side.strip() for side in pair)]
    if parts is None or name not in parts.parts:
        return []
    chosen = parts.select(sources.train.pairs(), name)
    most = min(MAX_TOKENS, sources.window - 2)
    return [pair for pair in chosen if max(len(tokenizer.encode(side)) for side in pair) <= most]


def refuse_long(text: ParallelText, tokenizer: Tokenizer, window: int = WINDOW) -> None:
    """A held-out sentence that the model cannot read would end a training when it is first scored.

    Args:
        text: held out.
        tokenizer: of the model.
        window: tokens that the model reads at most.
    Raises:
        LengthError: names its line.
    """
    for line, pair in enumerate(text.pairs(), 1):
        for side, sentence in zip(SIDES, pair, strict=True):
            n_tokens = len(tokenizer.encode(sentence))
            if n_tokens > window - 2:
                raise LengthError(
                    f"{text.path(side)}:{line} has {n_tokens:,} tokens and the model's window {window - 2:,}: split it "
                    "into sentences; nothing is cut in silence"
                )


def _training_pairs(text: ParallelText, parts: Split | None) -> Iterable[tuple[str, str]]:
    return text.pairs() if parts is None else parts.select(text.pairs(), TRAIN)


def _training_texts(text: ParallelText, parts: Split | None) -> Iterable[str]:
    return (side for pair in _training_pairs(text, parts) for side in pair)


def _made(
    sources: Sources, parts: Split | None, n_pairs: int, seed: int, held_out: Iterable[tuple[str, str]]
) -> dict[str, list[tuple[str, str]]]:
    """The pairs made from the training text, by kind; none that holds a sentence kept for testing."""
    if sources.augmentation is None:
        return {}
    pairs = islice(_training_pairs(sources.train, parts), 0, None, max(1, -(-n_pairs // MAX_AUGMENTED)))
    unseen = {identity(side) for pair in held_out for side in pair}
    made = sources.augmentation.make(pairs, seed)
    return {kind: [pair for pair in found if unseen.isdisjoint(map(identity, pair))] for kind, found in made.items()}


def fingerprints(sources: Sources) -> list[DataFile]:
    """Name, size and SHA-256 of every file that was read."""
    files: dict[Path, DataFile] = {}
    for part, text in (("train", sources.train), ("dev", sources.dev), ("test", sources.test)):
        for side in SIDES:
            if text is not None:
                role = part if text.target is None else f"{part} {side}"
                files.setdefault(text.path(side), DataFile.read(role, text.path(side)))
    if sources.vectors is not None:
        files.setdefault(sources.vectors, DataFile.read("vectors", sources.vectors))
    return list(files.values())
