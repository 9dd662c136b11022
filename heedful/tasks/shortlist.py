"""The shortlists of a translator: what they are learned from, and what they cost and bring."""

from collections.abc import Iterator
from pathlib import Path

from heedful.compression.parity import compare
from heedful.compression.shortlist import Effect, Shortlist, learn
from heedful.data.corpus import SIDES
from heedful.data.languages import spoken_among
from heedful.data.text import ParallelText, identity
from heedful.errors import OptionError
from heedful.run.directory import RunDirectory
from heedful.tasks.beginning import files_of
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.parity import Trial, alternate, decoder
from heedful.tasks.texts import check_languages, parallel_text
from heedful.tasks.translator import Direction, Translator

OWN = "own"
_GIVE = "name the text to learn the shortlist from: --shortlist SOURCE,TARGET, or --shortlist PAIRS.tsv"


def learning_text(wanted: str, run: RunDirectory, direction: Direction) -> ParallelText:
    """What a shortlist is learned from.

    Args:
        wanted: "own", the text that the run learned from; "SOURCE,TARGET", two files; or one with two columns.
        run: whose shortlist it is.
        direction: the first that it translates in.
    Raises:
        OptionError: the run's own text is not at hand, or these are no two files and not one.
        DataError: a text is empty, cannot be read, or is in other languages.
    """
    if wanted == OWN:
        found = files_of(run, [*SIDES, "tsv"], _GIVE)
        text = parallel_text(found.get("source"), found.get("target"), found.get("tsv"), "")
        if text is None:
            raise OptionError(f"{_GIVE}; {run.path} does not say what it learned from")
        return text
    files = [Path(name.strip()) for name in wanted.split(",")]
    if len(files) > 2 or not all(file.name for file in files):
        raise OptionError(f"--shortlist is {OWN!r}, two files with a comma between them, or one: got {wanted!r}")
    text = ParallelText(*files)
    if not _is_turned(text, direction):
        check_languages(text, direction, "the run")
    return text


def learned(
    translator: Translator, text: ParallelText, trial: Trial, tell: Tell = unwatched
) -> dict[Direction, Shortlist]:
    """The shortlists of a translator, of each of its directions.

    Args:
        translator: whose tokens they are of.
        text: to learn from, in the order of the first direction; a file with two columns may have the other.
        trial: sentences for testing, of which none is learned from.
        tell: is told how far it is.
    Raises:
        DataError: nothing is left to learn from.
    """
    first = translator.directions[0]
    encode, found = translator.tokenizer.encode, {}
    for direction in translator.directions:
        tell(f"learning the shortlist {' → '.join(direction)}", 0, 0)
        turned = (direction != first) != _is_turned(text, first)
        sides = (pair[::-1] if turned else pair for pair in _unseen(text, trial))
        found[direction] = learn(((encode(source), encode(target)) for source, target in sides), translator.tokenizer)
    return found


def effects(translator: Translator, trial: Trial, tell: Tell = unwatched) -> dict[Direction, Effect]:
    """What the shortlists of a translator do, in each direction.

    Args:
        translator: has them.
        trial: what it is asked with them and without.
        tell: is told how far it is.
    """
    plain, found = translator.with_shortlists({}), {}
    encode, size = translator.tokenizer.encode, translator.tokenizer.vocab_size
    for direction, shortlist in translator.shortlists.items():
        pairs = trial.along(direction, translator.directions[0])
        sources, references = zip(*pairs, strict=True)
        outputs = alternate(decoder(plain, direction), decoder(translator, direction), sources, tell)
        reach = shortlist.reached((encode(source), encode(reference)) for source, reference in pairs)
        found[direction] = Effect(size, reach, compare(*outputs, references, direction[1]))
    return found


def _is_turned(text: ParallelText, direction: Direction) -> bool:
    """Whether a file with two columns has those of a direction in the other order."""
    if text.target is not None:
        return False
    return spoken_among((first for first, _ in text.pairs()), direction) == direction[1]


def _unseen(text: ParallelText, trial: Trial) -> Iterator[tuple[str, str]]:
    """The pairs that share no sentence with those for testing."""
    seen = {identity(side) for pair in trial.pairs for side in pair}
    return (pair for pair in text.pairs() if seen.isdisjoint(map(identity, pair)))
