"""What a classifier tells, as a value: the labels, and how its scores become answers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import torch
from torch import Tensor

from heedful.data.codec import Codec
from heedful.data.labelled import BETWEEN, TAB, Example, Examples, Kind, as_number, names_of
from heedful.data.text_rows import Cut, Row, TextRows, cut_of
from heedful.errors import DataError
from heedful.evaluation.labels import Tally
from heedful.evaluation.spans import tally_of_tags
from heedful.model.heads import Over

# A label of several is told when it is likelier than not.
LEVEL = 0.5
# No probability is smaller in float32 of any use: the logarithm of 0 would be the loss of all.
LEAST = 1e-7


@dataclass(frozen=True)
class Scheme:
    """What is told of a text.

    Args:
        kind: one label, any number of them, a number, or a tag for each word.
        labels: in the order of the scores; none of a number.
        paired: whether each text is two.
        cut: how a line becomes words, of tags.
        mean: of the numbers learned from.
        deviation: of the same.
    """

    kind: Kind
    labels: tuple[str, ...] = ()
    paired: bool = False
    cut: Cut = "words"
    mean: float = 0.0
    deviation: float = 1.0

    @classmethod
    def of(cls, examples: Examples) -> Self:
        """What examples to learn from tell."""
        if examples.kind == "number":
            values = torch.tensor([float(item.truth) for item in examples.items], dtype=torch.float64)
            return cls("number", (), examples.paired, mean=float(values.mean()), deviation=float(values.std()))
        words = [word for item in examples.items for word in item.text.split(" ")] if examples.kind == "tags" else []
        return cls(examples.kind, tuple(examples.labels), examples.paired, cut_of(words) if words else "words")

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `to_json`."""
        return cls(**{**values, "labels": tuple(values["labels"])})

    @property
    def n_scores(self) -> int:
        """Scores of a text, or of a word."""
        return len(self.labels) or 1

    def over(self, wanted: Over) -> Over:
        """What a score is made of."""
        return "each" if self.kind == "tags" else wanted

    def rows(self, windows: TextRows, text: str, number: int, place: str) -> list[Row]:
        """What the model reads of a text.

        Args:
            windows: lay it out.
            text: a line; of a pair with a tab in it; of tags with a space between words.
            number: of the text.
            place: for messages, as "text 3" or "data.tsv:7".
        Raises:
            DataError: a pair without its tab.
            LengthError: it cannot be read in one piece, and must be.
        """
        if self.kind == "tags":
            return windows.words(text.split(" "), number, place)
        if self.paired:
            first, tab, second = text.partition(TAB)
            if not tab:
                raise DataError(f"{place} holds no tab: this model tells of two texts, separated by one")
            return windows.pair(first, second, number, place)
        return windows.rows(text, number, place)

    @property
    def in_words(self) -> str:
        """What is told of a text, as people say it."""
        n_labels = f"{len(self.labels):,}"
        said = {
            "one": f"one of {n_labels} labels for each",
            "many": f"any of {n_labels} labels for each",
            "number": "a number for each",
            "tags": f"one of {n_labels} tags for each word",
        }
        return said[self.kind]

    def label(self, truth: str) -> float | int | list[float] | list[int]:
        """A truth as the objective has it."""
        if self.kind == "number":
            value = as_number(truth)
            assert value is not None, f"expected a number: got {truth!r}"
            return (value - self.mean) / (self.deviation or 1.0)
        if self.kind == "many":
            true = set(names_of(truth, "many"))
            return [float(name in true) for name in self.labels]
        places = [self.labels.index(name) for name in names_of(truth, self.kind)]
        return places if self.kind == "tags" else places[0]

    def probabilities(self, scores: Tensor) -> Tensor:
        """Scores as probabilities, or as the number that is told.

        Args:
            scores: (..., Y) in float32.
        Returns:
            (..., Y).
        """
        if self.kind == "number":
            return scores * (self.deviation or 1.0) + self.mean
        return scores.sigmoid() if self.kind == "many" else scores.softmax(-1)

    def told(self, probabilities: Tensor) -> str:
        """What is told of a text, in the form of a truth.

        Args:
            probabilities: (Y,), or (T, Y) of the T words of a text.
        """
        if self.kind == "number":
            return repr(float(probabilities[0]))
        if self.kind == "many":
            return BETWEEN.join(
                name for name, sure in zip(self.labels, probabilities.tolist(), strict=True) if sure > LEVEL
            )
        best = probabilities.argmax(-1)
        return " ".join(self.labels[place] for place in best.tolist()) if best.ndim else self.labels[int(best)]

    def glanced(self, told: str) -> str:
        """What is told, for those who watch: a number without the digits that mean nothing."""
        return f"{float(told):.4g}" if self.kind == "number" else told

    def missed(self, probabilities: Tensor, truth: str) -> tuple[float, int]:
        """The loss of an answer, as training counts it, and over how much it was summed.

        Args:
            probabilities: as for `told`.
            truth: what is true.
        """
        if self.kind == "number":
            missed = (float(probabilities[0]) - float(truth)) / (self.deviation or 1.0)
            return missed**2 / 2, 1
        label = self.label(truth)
        sure = probabilities.clamp(LEAST, 1 - LEAST)
        if self.kind == "many":
            true = torch.tensor(label)
            return float(-(true * sure.log() + (1 - true) * (1 - sure).log()).mean()), 1
        places = torch.tensor(label if isinstance(label, list) else [label])
        rows = sure if sure.ndim == 2 else sure[None]
        return float(-rows[torch.arange(len(places)), places].log().sum()), len(places)

    def tally(self, told: Sequence[str], truth: Sequence[str]) -> Tally:
        """Count what is told against what is true.

        Args:
            told: of each text.
            truth: as many.
        Raises:
            DataError: different counts, or nothing to score.
        """
        if self.kind == "number":
            return Tally.of_numbers([float(value) for value in told], [float(value) for value in truth])
        if self.kind == "one":
            return Tally.of_labels(told, truth)
        sides = [[names_of(one, self.kind) for one in side] for side in (told, truth)]
        return Tally.of_sets(*sides) if self.kind == "many" else tally_of_tags(*sides)

    def check_rows(self, codec: Codec, max_len: int, examples: Sequence[Example], path: str) -> None:
        """Refuse a text that the model cannot read.

        Raises:
            LengthError: names its line.
        """
        if self.kind == "tags" or self.paired:
            windows = TextRows(codec, max_len)
            for number, item in enumerate(examples):
                self.rows(windows, item.text, number, f"{path}:{item.line}")
