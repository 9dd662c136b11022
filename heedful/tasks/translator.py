"""A trained translator: texts in, texts out."""

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from heedful.data.batch import encoder_input
from heedful.data.languages import spoken_among
from heedful.data.tokenizer import BOS, EOS, PAD, Tokenizer
from heedful.decoding import Beam, Limits, Search, decode
from heedful.errors import LengthError, OptionError, RunError, suggest
from heedful.interface import Model
from heedful.interpretation.attention_maps import AttentionMap, cross_attention
from heedful.numerics import Numerics, applied, choose
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.manifest import check_manifest
from heedful.run.weights import load_tensors
from heedful.tasks.models import family, load_weights

Direction = tuple[str, str]


@dataclass(frozen=True)
class Answer:
    """One translation of a text.

    Args:
        text: the translation.
        score: what answers to the same text are ranked by, higher is better.
        stopped: "eos" when the model ended it, "length" or "repetition" when a guard did.
    """

    text: str
    score: float
    stopped: str


@dataclass(frozen=True)
class Translations:
    """The answers to many texts, and what it took.

    Args:
        answers: best first, for each text in order.
        counters: how often each guard spoke: answers cut at the limit, in a loop, equal to their source.
        tokens: written.
        seconds: spent decoding.
    """

    answers: list[list[Answer]]
    counters: dict[str, int]
    tokens: int
    seconds: float

    @property
    def texts(self) -> list[str]:
        """The best answer to each text."""
        return [answers[0].text for answers in self.answers]


class Translator:
    """A model with its vocabulary and its directions.

    Args:
        model: in evaluation mode, in the dtype that `numerics` names, on its device.
        tokenizer: of the model.
        directions: pairs (source language, target language) that it was trained for.
        numerics: how to compute here.
        limits: of length and of what is decoded at once.
    """

    def __init__(
        self,
        model: Model,
        tokenizer: Tokenizer,
        directions: Sequence[Direction],
        numerics: Numerics,
        limits: Limits | None = None,
    ) -> None:
        self.model = model.to(device=numerics.device, dtype=numerics.dtype).eval()
        self.tokenizer = tokenizer
        self.directions = tuple((source, target) for source, target in directions)
        self.numerics = numerics
        self.limits = limits or Limits()

    @classmethod
    def load(cls, path: Path | str, device: str | None = None) -> Self:
        """Read a run directory, after checking every byte of it against its manifest.

        Args:
            path: the folder that `heedful train translation` wrote.
            device: "cpu" or "cuda"; None chooses.
        Raises:
            RunError: it is missing, incomplete, damaged or no translator.
        """
        run = RunDirectory.open(Path(path))
        check_manifest(run.path)
        config = read_json(run.config)
        if config.get("task") != "translation":
            raise RunError(f"{path} was trained for {config.get('task')!r}: expected a translator")
        made = family(config["model"])
        model = made.build(made.read(config["architecture"]))
        load_weights(model, load_tensors(run.weights), str(run.weights))
        tokenizer = Tokenizer.load(run.tokenizer)
        return cls(model, tokenizer, config["directions"], choose(device))

    def translate(self, texts: Sequence[str], *, to: str | None = None, search: Search | None = None) -> list[str]:
        """The best translation of each text; see `answer`."""
        return self.answer(texts, to=to, search=search).texts

    def answer(
        self,
        texts: Sequence[str],
        *,
        to: str | None = None,
        search: Search | None = None,
        prefixes: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
    ) -> Translations:
        """Translate.

        Args:
            texts: one sentence each; an empty one is answered with an empty one.
            to: language to translate into; may be left out when the model has one direction, or when the scripts of the
                texts leave no choice.
            search: how to look for the best; None is a beam of 5.
            prefixes: what each translation must begin with.
            progress: is told (sentences done, sentences in all) now and then.
        Returns:
            The answers in the order of the texts.
        Raises:
            LengthError: a text is longer than the model's window.
            OptionError: the model does not translate into that language.
        """
        tag = self.tag(self.direction(texts, to))
        pieces = [self.tokenizer.encode(" ".join(text.split())) for text in texts]
        self._check_lengths(pieces)
        wanted = [i for i, ids in enumerate(pieces) if ids]
        forced = None if prefixes is None else [self.tokenizer.encode(prefixes[i]) for i in wanted]
        begun = time.perf_counter()
        with applied(self.numerics):
            found = decode(
                self.model,
                [encoder_input(pieces[i], tag) for i in wanted],
                search or Beam(),
                bos=BOS,
                eos=EOS,
                pad=PAD,
                limits=self.limits,
                prefixes=forced,
                progress=progress,
            )
        seconds = time.perf_counter() - begun
        answers = [[Answer("", 0.0, "eos")] for _ in texts]
        for i, hypotheses in zip(wanted, found.hypotheses, strict=True):
            answers[i] = [Answer(self.tokenizer.decode(h.tokens).strip(), h.score, h.stopped) for h in hypotheses]
        return Translations(answers, found.counters, found.counters["tokens"], seconds)

    def attention(self, source: str, target: str, to: str | None = None) -> AttentionMap | None:
        """What the model looks at while it writes `target` for `source`; None for a model without attention."""
        tag = self.tag(self.direction([source], to))
        read = self.tokenizer.encode(source)
        written = self.tokenizer.encode(target)
        with applied(self.numerics):
            weights = cross_attention(self.model, encoder_input(read, tag), written, BOS)
        if weights is None:
            return None
        first = 0 if tag is None else 1
        pieces = self.tokenizer.pieces
        return AttentionMap(tuple(pieces(read)), tuple(pieces(written)), weights[:, first : first + len(read)])

    def direction(self, texts: Sequence[str], to: str | None) -> Direction:
        """Which direction is meant.

        Raises:
            OptionError: the model has no such direction, or it must be said.
        """
        targets = {target: (source, target) for source, target in self.directions}
        if to is not None:
            if to not in targets:
                raise OptionError(f"this model does not translate into {to!r}{suggest(to, targets)}")
            return targets[to]
        if len(self.directions) == 1:
            return self.directions[0]
        spoken = spoken_among(texts, [source for source, _ in self.directions])
        fitting = [direction for direction in self.directions if direction[0] == spoken]
        if len(fitting) == 1:
            return fitting[0]
        raise OptionError(f"this model translates into {' and '.join(sorted(targets))}: say which with --to")

    def tag(self, direction: Direction) -> int | None:
        """The token that asks for a direction; None in a model that has only one."""
        return self.tokenizer.tag_id(direction[1]) if self.tokenizer.languages else None

    def _check_lengths(self, pieces: Sequence[Sequence[int]]) -> None:
        # A tag and an end of sentence come to the pieces.
        room = self.model.max_len - 2
        for number, ids in enumerate(pieces, 1):
            if len(ids) > room:
                raise LengthError(
                    f"sentence {number} has {len(ids):,} tokens and the model's window {room:,}: split it into "
                    "sentences; nothing is cut in silence"
                )


def snapshot(model: Model, numerics: Numerics) -> Model:
    """A copy of a model in training, in the dtype of decoding; the model is left as it is."""
    return copy.deepcopy(model).to(device=numerics.device, dtype=numerics.dtype).eval()
