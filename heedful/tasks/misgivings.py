"""What speaks against the lines that a translator is given, said once a text: nothing is lost or made up in silence."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from heedful.data.languages import is_other_script, script_of_language, seems_other, spoken_among
from heedful.data.sentences import holds_several
from heedful.tasks.translator import LEFT_OUT, Direction, Translations, Translator


@dataclass
class _Lines:
    """Lines of which something can be said: how many, and the first."""

    count: int = 0
    first: int = 0

    def add(self, number: int) -> None:
        self.count += 1
        self.first = self.first or number

    def __str__(self) -> str:
        return f"line {self.first}" if self.count == 1 else f"{self.count:,} lines, the first of them line {self.first}"


class Misgivings:
    """Looks at the lines of one text as they come; each complaint is made once.

    Args:
        translator: that is to translate them.
    """

    def __init__(self, translator: Translator) -> None:
        self._translator = translator
        inner = translator.codec
        self._letters = {letter for token in range(inner.n_plain, inner.vocab_size) for letter in inner.piece(token)}
        self._foreign, self._several, self._too_long = _Lines(), _Lines(), _Lines()
        self._excess = self._language = ""
        self._said: set[str] = set()

    def of_text(self, lines: Sequence[str], direction: Direction) -> Iterator[str]:
        """What can be said before any time is spent: the text seems to be in another language than the model reads.

        Args:
            lines: of the text, as many as there are yet.
            direction: languages from and into.
        """
        source, target = direction
        seems = seems_other(lines, source, target)
        if seems is None or "language" in self._said:
            return
        self._said |= {"language", "foreign"}
        if spoken_among(lines, direction) != target:
            yield f"the text seems to be in {seems}, and this model reads {source!r}: expect nonsense"
            return
        turned = (target, source) in self._translator.directions
        way = f"--to {source} translates it" if turned else f"this model reads {source!r} alone: expect nonsense"
        yield f"the text seems to be in {target!r} already, the language that it is to be translated into; {way}"

    def look(self, lines: Iterable[str], first: int, direction: Direction) -> None:
        """Look at lines one by one.

        Args:
            lines: the next ones of the text.
            first: number of the first.
            direction: languages from and into.
        """
        self._language = direction[0]
        for number, line in enumerate(lines, first):
            if self._is_foreign(line, direction[0]):
                self._foreign.add(number)
            elif not self._translator.reads_several(direction[0]) and holds_several(line):
                self._several.add(number)

    def _is_foreign(self, line: str, language: str) -> bool:
        """Whether a line is in another script; where that of the language is unknown, in letters it never reads."""
        if script_of_language(language) is not None:
            return is_other_script(line, language)
        letters = [letter for letter in line if letter.isalpha()]
        return 2 * sum(letter not in self._letters for letter in letters) > len(letters)

    def miss(self, lines: Iterable[str], first: int, found: Translations) -> None:
        """Count the lines that were left out.

        Args:
            lines: the next ones of the text.
            first: number of the first.
            found: the answers to them.
        """
        for number, (line, answers) in enumerate(zip(lines, found.answers, strict=True), first):
            if answers[0].stopped == LEFT_OUT:
                self._too_long.add(number)
                self._excess = self._excess or self._translator.excess(line)

    def of_lines(self) -> Iterator[str]:
        """What can be said of single lines, those that were left out apart."""
        if self._foreign.count and "foreign" not in self._said:
            self._said.add("foreign")
            script = f"the script of {self._language!r}, which is" if self._language else "letters that are"
            yield f"{self._foreign}: not in {script} read here; expect nonsense there"
        if self._several.count and "several" not in self._said:
            self._said.add("several")
            yield (
                f"{self._several}: more than one sentence, and this model learned from one sentence a line and may "
                "leave some out; put each on a line of its own"
            )

    @property
    def left_out(self) -> str:
        """The lines that are longer than the model's window; "" where there are none."""
        if not self._too_long.count:
            return ""
        return (
            f"{self._too_long}: {self._excess}; split it into sentences: nothing is cut in silence, and the answer to "
            "such a line is an empty one"
        )
