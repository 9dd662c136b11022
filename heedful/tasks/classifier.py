"""A trained classifier: texts in, labels, numbers or tags out, each with how sure the model is."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from heedful.architecture import Architecture
from heedful.data.codec import Codec
from heedful.data.labelled import TAB, Named, check_known, text_of
from heedful.data.text_rows import TextRows, places_of
from heedful.errors import DataError, OptionError, RunError, ShapeError
from heedful.evaluation.labels import Tally
from heedful.evaluation.spans import marks_spans, spans_of
from heedful.model.heads import Head, Headed
from heedful.model.transformer import Transformer
from heedful.numerics import Compute, Numerics, choose
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.manifest import check_manifest
from heedful.run.weights import load_tensors
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.models import load_weights
from heedful.tasks.reading import Reading
from heedful.tasks.scheme import LEVEL, Scheme
from heedful.tasks.trunk import load_codec

TASK = "classification"
Told = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What is told of a text.

    Args:
        told: in the form of a truth: the label, several with "|" between, a number, or a tag for each word.
        probabilities: (Y,) of the labels, or the number, or (T, Y) of the tags of T words.
    """

    told: str
    probabilities: Tensor

    @property
    def confidence(self) -> float:
        """Probability of the label that is told; of tags the mean of those of the words."""
        return float(self.probabilities.max(-1).values.mean())


class Classifier:
    """A model with its tokenizer and its labels.

    Args:
        model: is moved to the device and the dtype that `numerics` names.
        codec: of the model.
        scheme: what is told.
        numerics: how to compute here.
        named: how its tables of examples are read; None guesses.
    """

    def __init__(
        self, model: Headed, codec: Codec, scheme: Scheme, numerics: Numerics, named: Named | None = None
    ) -> None:
        trunk = model.trunk
        assert isinstance(trunk, Transformer), "trunks are Transformers"
        self.scheme, self.codec, self.numerics, self.named = scheme, codec, numerics, named or Named()
        self.reading = Reading(model, codec.pad, trunk.architecture.n_kinds > 1, numerics)
        self.text_rows = TextRows(codec, model.max_len)

    @classmethod
    def load(cls, path: Path | str, device: str | None = None, compute: Compute | None = None) -> Self:
        """Read a run directory, after checking every byte of it against its manifest.

        Args:
            path: the folder that `heedful train classification` wrote.
            device: "cpu" or "cuda"; None chooses.
            compute: "float32" keeps every bit of the weights; None chooses.
        Raises:
            RunError: it is missing, incomplete, damaged or no classifier.
        """
        if not isinstance(path, str | Path):
            raise OptionError(f"a run directory is named by its path: got {path!r}")
        run = RunDirectory.open(Path(path))
        numerics = choose(device) if compute is None else replace(choose(device), compute=compute)
        check_manifest(run.path, [file.name for file in (run.config, run.weights, run.tokenizer)])
        config = read_json(run.config)
        task = config.get("task") if isinstance(config, dict) else None
        if task != TASK:
            raise RunError(f"{path} was trained for {task!r}: expected a classifier; choose another run directory")
        try:
            scheme, named = Scheme.from_json(config["scheme"]), Named(**config["named"])
            architecture = Architecture.from_json(config["architecture"])
            head = Head(architecture.d_model, scheme.n_scores, config["over"], 0.0)
            model = Headed(Transformer(architecture), head, config["reads"])
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(f"{run.config} describes no classifier ({error}): restore it, or train again") from error
        load_weights(model, load_tensors(run.weights), str(run.weights))
        codec = load_codec(run.tokenizer)
        if codec.vocab_size > architecture.vocab_size:
            raise RunError(f"{run.tokenizer} does not fit {run.config}: restore both files from the same run")
        return cls(model, codec, scheme, numerics, named)

    def answer(
        self,
        texts: Sequence[str],
        tell: Callable[[int, int], None] | None = None,
        places: Sequence[str] | None = None,
    ) -> list[Answer]:
        """What is told of each text.

        Args:
            texts: of pairs with a tab between the two; of tagged words with a space between words.
            tell: is told (rows done, rows in all) now and then.
            places: what each text is called in messages; None numbers them.
        Raises:
            LengthError: a pair or a tagged sentence is longer than the model's window.
            DataError: a text is empty, or a pair has no tab.
        """
        rows = []
        for number, text in enumerate(texts):
            place = f"text {number + 1}" if places is None else places[number]
            if not text.strip():
                raise DataError(f"{place} is empty: nothing can be told of it; leave it out")
            rows += self.scheme.rows(self.text_rows, text, number, place)
        seen = self.reading.read(rows, lambda model, source: model.score(source), tell)
        scores: list[list[Tensor]] = [[] for _ in texts]
        for row, each in zip(rows, seen, strict=True):
            scores[row.text].append(each[list(row.words)] if row.words else each)
        found = []
        for several in scores:
            # Windows of a text have like lengths, so each counts as much.
            probabilities = self.scheme.probabilities(torch.stack(several).mean(0))
            found.append(Answer(self.scheme.told(probabilities), probabilities))
        return found

    def classify(
        self, texts: Iterable[str | tuple[str, str]], top: int | None = None, places: Sequence[str] | None = None
    ) -> list[Any]:
        """What is told of each text, as plain values.

        Args:
            texts: of a model of pairs, tuples of two texts, or one with a tab between them.
            top: so many labels of each text, the likeliest first; None is what is told.
            places: what each text is called in messages; None numbers them.
        Returns:
            For one label {"label", "score"}; a list of them with `top`, and of a model of several labels; {"score"} of
            a number; of tags a list of {"entity", "score", "word", "start", "end"}, spans where tags mark spans.
        Raises:
            ShapeError: no list of texts.
            LengthError: as `answer`.
        """
        lines = [self._line(text) for text in _listed(texts)]
        spaced = [self._words(line) for line in lines]
        answers = self.answer(spaced, places=places)
        if self.scheme.kind == "number":
            return [{"score": float(answer.told)} for answer in answers]
        if self.scheme.kind == "tags":
            return [self._entities(line, answer) for line, answer in zip(lines, answers, strict=True)]
        return [self._labels(answer, top) for answer in answers]

    def tagged(self, texts: Iterable[str]) -> list[list[Told]]:
        """Every word of each text with its tag, as {"entity", "score", "word", "start", "end"}.

        Args:
            texts: lines.
        Raises:
            OptionError: this model tells of whole texts.
            LengthError: as `answer`.
        """
        if self.scheme.kind != "tags":
            raise OptionError("this model tells of whole texts, not of their words: use classify")
        lines = _listed(texts)
        answers = self.answer([self._words(line) for line in lines])
        return [self._tagged(line, answer) for line, answer in zip(lines, answers, strict=True)]

    def figures(self, pairs: Sequence[tuple[str, str]], tell: Tell = unwatched) -> Mapping[str, Mapping[str, Any]]:
        """Every figure on texts and their truths, with intervals.

        Args:
            pairs: (text, truth).
            tell: is told how far it is.
        Raises:
            DataError: nothing to score.
        """
        return self.tally(self.replies(pairs, tell), pairs).figures()

    def replies(self, pairs: Sequence[tuple[str, str]], tell: Tell = unwatched) -> list[str]:
        """What is told of texts, in the form of their truths.

        Args:
            pairs: (text, truth).
            tell: is told how far it is.
        """
        answers = self.answer([text for text, _ in pairs], lambda *place: tell("telling labels", *place))
        return [answer.told for answer in answers]

    def tally(self, replies: Sequence[str], pairs: Sequence[tuple[str, str]]) -> Tally:
        """What each text adds to the figures.

        Args:
            replies: to the pairs.
            pairs: (text, truth).
        Raises:
            DataError: nothing to score.
        """
        return self.scheme.tally(replies, [truth for _, truth in pairs])

    def compares_with(self, other: object) -> bool:
        """Whether another loaded run tells the like."""
        return isinstance(other, Classifier) and other.scheme.kind == self.scheme.kind

    def readings(self, path: Path) -> list[list[tuple[str, str]]]:
        """The pairs of a file that figures may have been made on."""
        examples = replace(self.named, kind=self.scheme.kind).read_like(path)
        check_known(examples, self.scheme.labels, self.scheme.paired, "what was learned")
        return [[(item.text, item.truth) for item in examples.items]]

    def _line(self, text: Any) -> str:
        if isinstance(text, tuple) and len(text) == 2 and self.scheme.paired:
            return TAB.join(map(text_of, text))
        if not isinstance(text, str):
            wanted = "a tuple of two texts" if self.scheme.paired else "a text"
            raise ShapeError(f"expected {wanted}: got {type(text).__name__}")
        return TAB.join(map(text_of, text.split(TAB))) if self.scheme.paired else text

    def _words(self, line: str) -> str:
        if self.scheme.kind != "tags":
            return line if self.scheme.paired else text_of(line)
        return " ".join(line[begin:end] for begin, end in places_of(line, self.scheme.cut))

    def _labels(self, answer: Answer, top: int | None) -> Told | list[Told]:
        order = answer.probabilities.argsort(descending=True, stable=True).tolist()
        ranked = [{"label": self.scheme.labels[n], "score": float(answer.probabilities[n])} for n in order]
        if top is not None:
            return ranked[:top]
        if self.scheme.kind == "many":
            return [item for item in ranked if item["score"] > LEVEL]
        return ranked[0]

    def _entities(self, line: str, answer: Answer) -> list[Told]:
        words = self._tagged(line, answer)
        if marks_spans(self.scheme.labels):
            found = [(name, words[low:high]) for low, high, name in spans_of([word["entity"] for word in words])]
        else:
            found = [(word["entity"], [word]) for word in words]
        return [
            {
                "entity": name,
                "score": sum(word["score"] for word in inside) / len(inside),
                "word": line[inside[0]["start"] : inside[-1]["end"]],
                "start": inside[0]["start"],
                "end": inside[-1]["end"],
            }
            for name, inside in found
        ]

    def _tagged(self, line: str, answer: Answer) -> list[Told]:
        """Each word of a line with its tag."""
        sure = answer.probabilities.max(-1).values.tolist()
        return [
            {"entity": tag, "score": score, "word": line[begin:end], "start": begin, "end": end}
            for tag, score, (begin, end) in zip(
                answer.told.split(" "), sure, places_of(line, self.scheme.cut), strict=True
            )
        ]


def _listed(texts: Any) -> list[Any]:
    if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
        raise ShapeError(f"texts are a list: got {str(texts)[:40]!r}; put one text in a list")
    return list(texts)
