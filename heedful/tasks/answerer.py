"""A trained model that answers questions: a question and a text in, the part of the text out that answers it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from heedful.architecture import Architecture
from heedful.data.codec import Codec
from heedful.data.passages import Passages, Window
from heedful.data.sentences import sentences_in
from heedful.data.squad import read_questions
from heedful.errors import DataError, OptionError, RunError, ShapeError
from heedful.evaluation.answers import Tally, Units
from heedful.model.heads import Head, Headed
from heedful.model.spans import best_spans, log_probabilities
from heedful.model.transformer import Transformer
from heedful.numerics import Compute, Numerics, choose
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.manifest import check_manifest
from heedful.run.weights import load_tensors
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.models import load_weights
from heedful.tasks.question_pair import Pair, question_of, reading_of
from heedful.tasks.reading import Reading
from heedful.tasks.stored import require_task
from heedful.tasks.trunk import load_codec

TASK = "answering"
# The scores of a head that points: where an answer begins, and where it ends.
N_SCORES = 2


@dataclass(frozen=True)
class Manner:
    """How answers are looked for.

    Args:
        width: tokens that are read at once.
        longest: pieces of an answer at most.
        units: by what answers are compared.
        threshold: by how many nats "no answer" must be likelier than the best one to be given; None always answers.
    """

    width: int
    longest: int
    units: Units
    threshold: float | None = None

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values, without the threshold: it is learned at the end."""
        return {name: value for name, value in asdict(self).items() if name != "threshold"}


@dataclass(frozen=True)
class Stretch:
    """A part of a context that may answer.

    Args:
        start: its first character.
        end: the one behind its last.
        log_probability: that the answer begins and ends there, in nats, as the window that holds it sees it.
    """

    start: int
    end: int
    log_probability: float


@dataclass(frozen=True)
class Found:
    """What was found for a question.

    Args:
        stretches: that may answer, the likeliest first.
        nothing: log-probability in nats of the window that is least sure that the context does not answer.
    """

    stretches: Sequence[Stretch] = field(default_factory=tuple)
    nothing: float = 0.0

    @property
    def margin(self) -> float:
        """By how many nats "no answer" is likelier than the best one."""
        return self.nothing - self.stretches[0].log_probability if self.stretches else float("inf")


class Answerer:
    """A model with its tokenizer, and how it looks for answers.

    Args:
        model: is moved to the device and the dtype that `numerics` names.
        codec: of the model.
        manner: how answers are looked for.
        numerics: how to compute here.
    """

    def __init__(self, model: Headed, codec: Codec, manner: Manner, numerics: Numerics) -> None:
        trunk = model.trunk
        assert isinstance(trunk, Transformer), "trunks are Transformers"
        self.codec, self.manner, self.numerics = codec, manner, numerics
        self.reading = Reading(model, codec.pad, trunk.architecture.n_kinds > 1, numerics)

    @classmethod
    def load(cls, path: Path | str, device: str | None = None, compute: Compute | None = None) -> Self:
        """Read a run directory, after checking every byte of it against its manifest.

        Args:
            path: the folder that `heedful train answering` wrote.
            device: "cpu" or "cuda"; None chooses.
            compute: "float32" keeps every bit of the weights; None chooses.
        Raises:
            RunError: it is missing, incomplete, damaged or answers no questions.
        """
        if not isinstance(path, str | Path):
            raise OptionError(f"a run directory is named by its path: got {path!r}")
        run = RunDirectory.open(Path(path))
        numerics = choose(device) if compute is None else replace(choose(device), compute=compute)
        # Before its files are looked for: a run of another task has others.
        require_task(run, TASK)
        check_manifest(run.path, [file.name for file in (run.config, run.weights, run.tokenizer, run.generation)])
        config = read_json(run.config)
        try:
            manner = Manner(**config["answers"], threshold=read_json(run.generation)["threshold"])
            architecture = Architecture.from_json(config["architecture"])
            model = Headed(Transformer(architecture), Head(architecture.d_model, N_SCORES, "each", 0.0), "encoder")
        except (KeyError, TypeError, ValueError) as error:
            raise RunError(
                f"{run.config} describes no model that answers ({error}): restore it, or train again"
            ) from error
        load_weights(model, load_tensors(run.weights), str(run.weights))
        codec = load_codec(run.tokenizer)
        if codec.vocab_size > architecture.vocab_size:
            raise RunError(f"{run.tokenizer} does not fit {run.config}: restore both files from the same run")
        return cls(model, codec, manner, numerics)

    def answer(self, question: str, context: str, top: int | None = None) -> Any:
        """What of a text answers a question.

        Args:
            question: to be answered.
            context: a text of any length.
            top: so many answers, the likeliest first; None is one.
        Returns:
            {"answer", "start", "end", "probability", "sentence"}: the characters from `start` up to `end` of the
            context, and the sentence that holds them; an empty answer whose start and end are None where a model that
            learned to finds none. With `top` a list of them.
        Raises:
            ShapeError: no texts, or top is below 1.
            DataError: the question or the context is empty.
            LengthError: the question leaves no room for the context.
        """
        if not isinstance(question, str) or not isinstance(context, str):
            got = f"{type(question).__name__} and {type(context).__name__}"
            raise ShapeError(f"expected a question and a context, both texts: got {got}")
        if top is not None and top < 1:
            raise ShapeError(f"top must be 1 or more: got {top}")
        found = self.find([(question, context)], top or 1, names=["the question"])[0]
        told = self.told(found, context, top or 1)
        return told[0] if top is None else told

    def told(self, found: Found, context: str, n: int) -> list[dict[str, Any]]:
        """What was found as plain values, the first of them the answer.

        Args:
            found: for a question.
            context: that was read.
            n: how many answers at most.
        """
        sentences = sentences_in(context)
        answers: list[dict[str, Any]] = [
            {
                "answer": context[one.start : one.end],
                "start": one.start,
                "end": one.end,
                "probability": _probability(one.log_probability),
                "sentence": _around(context, sentences, one),
            }
            for one in found.stretches
        ]
        none: dict[str, Any] = {
            "answer": "",
            "start": None,
            "end": None,
            "probability": _probability(found.nothing),
            "sentence": "",
        }
        if not answers or self.refuses(found):
            return [none, *answers][:n]
        return answers[:n]

    def refuses(self, found: Found) -> bool:
        """Whether the context does not answer, as far as the model knows."""
        return self.manner.threshold is not None and found.margin > self.manner.threshold

    def find(
        self,
        asked: Sequence[tuple[str, str]],
        n: int = 1,
        tell: Callable[[int, int], None] | None = None,
        names: Sequence[str] = (),
    ) -> list[Found]:
        """Where the answers stand.

        Args:
            asked: questions with their contexts.
            n: how many answers of each at most.
            tell: is told (windows read, windows in all) now and then.
            names: of the questions, for messages; they are numbered where there are none.
        Raises:
            DataError: a question or a context is empty.
            LengthError: a question leaves no room for its context.
        """
        passages, rows = Passages(self.codec, self.manner.width), []
        for number, (question, context) in enumerate(asked):
            name = names[number] if names else f"question {number + 1}"
            line = " ".join(question.split())
            if not line:
                raise DataError(f"{name} is empty: expected what is asked; write it")
            if not context.strip():
                raise DataError(f"the context of {name} is empty: there is nothing to find an answer in; give a text")
            rows += passages.windows(line, context, number, name)
        seen = self.reading.read(rows, lambda model, source: model.score(source), tell)
        windows: list[list[tuple[Window, Tensor]]] = [[] for _ in asked]
        for row, scores in zip(rows, seen, strict=True):
            windows[row.text].append((row, scores))
        return [
            self._best(several, context, passages.offsets(context), n)
            for several, (_, context) in zip(windows, asked, strict=True)
        ]

    def figures(self, pairs: Sequence[Pair], tell: Tell = unwatched) -> Mapping[str, Mapping[str, Any]]:
        """Every figure on questions and what people answered, with intervals.

        Args:
            pairs: as `reading_of` makes them.
            tell: is told how far it is.
        Raises:
            DataError: nothing to score.
        """
        return self.tally(self.replies(pairs, tell), pairs).figures()

    def replies(self, pairs: Sequence[Pair], tell: Tell = unwatched) -> list[str]:
        """The answer to each question alone; empty where there is none.

        Args:
            pairs: as `reading_of` makes them.
            tell: is told how far it is.
        """
        items = [question_of(pair) for pair in pairs]
        found = self.find([(item.text, item.context) for item in items], 1, lambda *place: tell("answering", *place))
        return [
            ""
            if self.refuses(one) or not one.stretches
            else item.context[one.stretches[0].start : one.stretches[0].end]
            for one, item in zip(found, items, strict=True)
        ]

    def tally(self, replies: Sequence[str], pairs: Sequence[Pair]) -> Tally:
        """What each question adds to the figures.

        Args:
            replies: to the pairs.
            pairs: as `reading_of` makes them.
        """
        golds = [[gold.text for gold in question_of(pair).answers] for pair in pairs]
        return Tally.of(replies, golds, self.manner.units)

    def compares_with(self, other: object) -> bool:
        """Whether another loaded run answers alike."""
        return isinstance(other, Answerer) and other.manner.units == self.manner.units

    def readings(self, path: Path) -> list[list[Pair]]:
        """The questions of a file, as figures are made on them."""
        return [reading_of(read_questions(path).items)]

    def _best(
        self, several: Sequence[tuple[Window, Tensor]], context: str, offsets: Sequence[tuple[int, int]], n: int
    ) -> Found:
        """The best stretches of all windows, and how sure the least sure of them is that there is none."""
        best: dict[tuple[int, int], float] = {}
        nothing = 0.0
        for row, scores in several:
            pointable = torch.from_numpy(row.pointable(len(scores)))
            likely = log_probabilities(scores[None], pointable[None])[0]
            nothing = min(nothing, float(likely[0].sum()))
            places = offsets[row.low : row.low + row.n]
            held = likely[row.begin : row.begin + row.n]
            # No answer begins or ends with white space, which some tokenizers have pieces for.
            held[[not context[low:high].strip() for low, high in places]] = -torch.inf
            for span in best_spans(held[:, 0], held[:, 1], self.manner.longest, n):
                place = (places[span.first][0], places[span.last][1])
                best[place] = max(span.score, best.get(place, span.score))
        ordered = sorted(best.items(), key=lambda item: (-item[1], item[0]))[:n]
        return Found([Stretch(start, end, score) for (start, end), score in ordered], nothing)


def _probability(log_probability: float) -> float:
    return float(torch.tensor(log_probability).exp())


def _around(context: str, sentences: Sequence[tuple[int, int]], one: Stretch) -> str:
    """The sentence, or the sentences, that hold a stretch."""
    held = [place for place in sentences if place[0] < one.end and place[1] > one.start]
    return context[held[0][0] : held[-1][1]]
