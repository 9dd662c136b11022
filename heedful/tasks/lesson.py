"""What a student learns from: the text, its targets written by the teacher. Made piece by piece, and none twice.

`training/lesson/` holds `distillation.json`, with what was asked for and the hashes of the teacher and of the text;
`translated/`, the teacher's translations, a file for every few sentences; and in the end `text/`, whole or not there.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

from heedful.data.corpus import SIDES
from heedful.data.languages import same_language
from heedful.data.split import TRAIN, split
from heedful.data.text import ParallelText, identity
from heedful.errors import OptionError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.disk import atomic_folder, encode_json, make_folder, read_json, remove, write_file, write_json
from heedful.run.facts import DataFile
from heedful.tasks.beginning import files_of
from heedful.tasks.distillation import DistillOptions
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.preparation import READY, Sources, fingerprints, refuse_long
from heedful.tasks.texts import FILES, check_languages
from heedful.tasks.translator import Direction, Translator

# Sentences to a file: what is translated again when the machine fails in between.
PIECE = 2000
TEXT, TRANSLATED, COUNTS = "text", "translated", "counts.json"
Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True)
class Material:
    """The texts of a distillation, before the teacher has written any of them.

    Args:
        sources: as the caller gave them, or as the teacher's run names them; without what is held out of `train`.
        held: pairs held out of the text itself, by "dev" and "test".
    """

    sources: Sources
    held: dict[str, list[tuple[str, str]]]

    def pairs(self) -> Iterator[tuple[str, str]]:
        """The pairs to learn from: with text on both sides, and none that shares a sentence with those held out."""
        unseen = {identity(side) for part in self.held.values() for pair in part for side in pair}
        for pair in self.sources.train.pairs():
            if all(side.strip() for side in pair) and unseen.isdisjoint(map(identity, pair)):
                yield pair


def with_text(options: DistillOptions, teacher: RunDirectory, direction: Direction) -> DistillOptions:
    """The options with a text and its languages: what is left out is the teacher's.

    Args:
        options: as given.
        teacher: the run of the teacher.
        direction: the first that it translates in.
    Raises:
        OptionError: no text is given and the teacher's own is not at hand, or another language is named.
    """
    for side, code in zip(SIDES, direction, strict=True):
        named = getattr(options, f"{side}_language")
        if named is not None and not same_language(named, code):
            raise OptionError(
                f"--{side}-language is {named!r}, and the teacher translates {' → '.join(direction)}: give text in "
                "these languages, in this order"
            )
    options = replace(options, source_language=direction[0], target_language=direction[1])
    return options if options.names_text else _as_the_teacher(options, teacher)


def gather(options: DistillOptions, teacher: Translator, run: RunDirectory) -> Material:
    """The texts, seen to be in the teacher's languages, with what is held out.

    Args:
        options: with a text and its languages.
        teacher: whose sentences for testing are the student's too, where no others are given.
        run: of the teacher.
    Raises:
        DataError: a text cannot be read, is in another language, or is too small to hold a part of it out.
        LengthError: a sentence for testing is longer than the model's window.
    """
    sources = replace(options.sources(), both=len(teacher.directions) > 1)
    # Else the teacher would write nonsense for an hour.
    check_languages(sources.train, teacher.directions[0], "the teacher")
    for given in (sources.dev, sources.test):
        if given is not None:
            refuse_long(given, teacher.tokenizer)
    wanted = sources.parts_to_hold_out
    if not wanted:
        return Material(sources, {})
    ready = run.begun / READY
    recorded = read_json(ready) if ready.is_file() else {}
    if recorded.get("dev"):
        return Material(sources, {name: [(one, other) for one, other in recorded[name]] for name in wanted})
    parts = split(sources.train.pairs(), wanted, seed=options.seed)
    return Material(sources, {name: list(parts.select(sources.train.pairs(), name)) for name in wanted})


def write_lesson(
    place: Path, material: Material, teacher: Translator | None, originals: bool, tell: Tell = unwatched
) -> None:
    """Write the text that the student learns from, going on where it was stopped.

    Args:
        place: `training/lesson/` of the run.
        material: what it is made of.
        teacher: writes the targets; None leaves them as they are.
        originals: keep the pairs as they are too.
        tell: is told how far it is.
    """
    if (place / TEXT).is_dir():
        return
    counts = {"translations": 0, "originals": 0}
    learned: Pairs = material.pairs()
    if teacher is not None:
        learned = _taught(place / TRANSLATED, material, teacher, counts, tell)
    if originals and teacher is not None:
        learned = chain(learned, material.pairs())
    with atomic_folder(place / TEXT) as part:
        _write_pairs(part, TRAIN, learned)
        for name, pairs in material.held.items():
            if pairs:
                _write_pairs(part, name, pairs)
        write_file(part / COUNTS, encode_json(counts))
    if (place / TRANSLATED).is_dir():
        remove(place / TRANSLATED)


def describe_lesson(place: Path) -> str:
    """Where the teacher's translations could not be used, in a sentence; empty where they all could.

    Args:
        place: where `write_lesson` wrote it.
    """
    counts = read_json(place / TEXT / COUNTS)
    if not counts["originals"]:
        return ""
    return (
        f"Of the teacher's {counts['translations']:,} translations {counts['originals']:,} came to no end or said "
        "nothing: there the original stands."
    )


def read_lesson(place: Path, sources: Sources, teacher: Translator) -> Sources:
    """What the student learns from.

    Args:
        place: where `write_lesson` wrote it.
        sources: the caller's own.
        teacher: whose vocabulary the student has.
    """
    held = {name: ParallelText(_file(place / TEXT, name)) for name in ("dev", "test")}
    held = {name: text for name, text in held.items() if text.source.is_file()}
    return replace(
        sources,
        train=ParallelText(_file(place / TEXT, TRAIN)),
        dev=sources.dev or held.get("dev"),
        test=sources.test or held.get("test"),
        tokenizer=teacher.tokenizer,
        made_of=sources,
    )


def check_unchanged(place: Path, sources: Sources, recorded: Sequence[DataFile]) -> None:
    """Refuse to go on with a lesson whose text has changed: its translations would stand beside other sentences.

    Args:
        place: `training/lesson/` of the run.
        sources: the texts now.
        recorded: the files when it began.
    Raises:
        RunError: names them.
    """
    if not (place / TEXT).is_dir() and list(recorded) != fingerprints(sources):
        names = ", ".join(dict.fromkeys(file.name for file in recorded))
        raise RunError(f"the text has changed since this distillation began ({names}): restore it, or begin again")


def _as_the_teacher(options: DistillOptions, teacher: RunDirectory) -> DistillOptions:
    """The options with the files of the teacher's own training, where they are as they were."""
    given = {name.rpartition("_")[0] for name in FILES if getattr(options, name) is not None}
    wanted = [name for name in FILES if name.rpartition("_")[0] not in given]
    named: dict[str, Any] = dict(
        files_of(teacher, wanted, "give the text to learn from: --source and --target, or --tsv")
    )
    return replace(options, **named)


def _taught(
    place: Path, material: Material, teacher: Translator, counts: dict[str, int], tell: Tell
) -> Iterator[tuple[str, str]]:
    """The pairs with the teacher's target; and with its source, where it translates that way too.

    Where it found no end of a sentence, the original stands.
    """
    make_folder(place)
    n_pairs = sum(1 for _ in material.pairs())
    whole, done = n_pairs * len(teacher.directions), 0
    for number, pairs in enumerate(_pieces(material.pairs())):
        for way, direction in enumerate(teacher.directions):
            texts = [pair[way] for pair in pairs]
            said = _progress(tell, f"the teacher translates {' → '.join(direction)}", done, whole)
            found = _translated(place / f"{way}-{number:06d}.json", teacher, direction, texts, said)
            done += len(pairs)
            counts["translations"] += len(pairs)
            counts["originals"] += found.count("")
            for (source, target), written in zip(pairs, found, strict=True):
                yield (written or source, target) if way else (source, written or target)


def _translated(
    path: Path, teacher: Translator, direction: Direction, texts: Sequence[str], said: Callable[[int, int], None]
) -> list[str]:
    """The translations of a piece, made now or earlier; "" where none came to its end."""
    if path.is_file():
        return [str(text) for text in read_json(path)]
    said(0, 0)
    answers = teacher.answer(texts, to=direction[1], progress=said, leave_out=True).answers
    # A line with a NUL is no text: bytes that the model made up.
    found = [best.text if best.stopped == "eos" and "\0" not in best.text else "" for best, *_ in answers]
    write_json(path, found)
    return found


def _progress(tell: Tell, what: str, before: int, whole: int) -> Callable[[int, int], None]:
    return lambda done, _: tell(what, before + done, whole)


def _pieces(pairs: Pairs) -> Iterator[list[tuple[str, str]]]:
    rest = iter(pairs)
    while piece := list(islice(rest, PIECE)):
        yield piece


def _file(folder: Path, name: str) -> Path:
    return folder / f"{name}.tsv"


def _write_pairs(folder: Path, name: str, pairs: Pairs) -> None:
    # A tab stands between the columns; in a text it is white space like any other.
    rows = ("\t".join(text.replace("\t", " ") for text in pair) + "\n" for pair in pairs)
    write_file(_file(folder, name), (row.encode() for row in rows))
