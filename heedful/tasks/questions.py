"""A test set in the direction that is meant: what a translator is asked, and what its answers are compared with."""

from collections.abc import Sequence
from dataclasses import dataclass

from heedful.data.languages import seems_other, spoken_among
from heedful.data.text import ParallelText
from heedful.errors import DataError
from heedful.tasks.translator import Direction, Translator


@dataclass(frozen=True)
class Questions:
    """Sentences to translate, with their references.

    Args:
        text: the files they are from.
        pairs: (source, reference), line by line.
        direction: languages from and into.
    """

    text: ParallelText
    pairs: Sequence[tuple[str, str]]
    direction: Direction

    @property
    def misgivings(self) -> list[str]:
        """What speaks against the text: a side that seems to be in another language than it should."""
        seems = [seems_other(*side) for side in self._sides()]
        names = ("source", "reference")
        return [
            f"the {name} seems to be in {other}, not in {code!r}: the figures may say nothing"
            for name, other, code in zip(names, seems, self.direction, strict=True)
            if other
        ]

    def _sides(self) -> list[tuple[Sequence[str], str, str]]:
        """Each side with its language and the one that it might be in by mistake."""
        source, target = self.direction
        return [(self.sources, source, target), (self.references, target, source)]

    @property
    def sources(self) -> list[str]:
        """What is to be translated."""
        return [source for source, _ in self.pairs]

    @property
    def references(self) -> list[str]:
        """What translations are compared with."""
        return [reference for _, reference in self.pairs]


def read_questions(translator: Translator, text: ParallelText, to: str | None) -> Questions:
    """Read a test set.

    Args:
        translator: to be scored.
        text: sources and references; of a TSV the column in the language of `to` is the reference.
        to: language translated into; None where the model or the text leaves no choice.
    Raises:
        DataError: the files cannot be used.
        OptionError: the model does not translate into that language, or it must be said.
    """
    pairs = list(text.pairs())
    if not any(source.strip() for source, _ in pairs):
        raise DataError(f"{text.source} holds no text: there is nothing to translate; give a file with sentences")
    if not any(reference.strip() for _, reference in pairs):
        place = text.target or f"the second column of {text.source}"
        raise DataError(f"{place} holds no text: there is nothing to compare with; give the reference translations")
    direction = translator.direction([source for source, _ in pairs], to)
    # A file with two columns serves both directions, and says not which comes first.
    if text.target is None and spoken_among((first for first, _ in pairs), direction) == direction[1]:
        pairs = [(target, source) for source, target in pairs]
    questions = Questions(text, pairs, direction)
    _check_languages(questions)
    return questions


def _check_languages(asked: Questions) -> None:
    """Refuse to score the sides exchanged: the figures would be next to nothing, and say nothing."""
    text, direction = asked.text, asked.direction
    seems = [seems_other(*side) for side in asked._sides()]
    if all(seems) and all(spoken_among(texts, direction) == other for texts, _, other in asked._sides()):
        raise DataError(
            f"{text.source} seems to be in {seems[0]} and {text.target or 'its other column'} in {seems[1]}, and "
            f"{direction[0]} → {direction[1]} is asked for: exchange --source and --target, or turn the direction"
        )
