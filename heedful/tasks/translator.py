"""A trained translator: texts in, texts out."""

import copy
import re
import time
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Self

from heedful.compression.shortlist import Shortlist, load_shortlists
from heedful.crew import crew_for
from heedful.data.batch import encoder_input
from heedful.data.codec import Codec
from heedful.data.languages import spoken_among
from heedful.data.tokenizer import Tokenizer
from heedful.decoding import Beam, Limits, Search, decode
from heedful.errors import LengthError, OptionError, RunError, ShapeError, suggest
from heedful.interface import Model
from heedful.interpretation.attention_maps import AttentionMap, cross_attention
from heedful.model.native.network import NativeNetwork, rewritten
from heedful.model.pack import pack
from heedful.numerics import Compute, Numerics, applied, choose
from heedful.run.directory import RunDirectory
from heedful.run.manifest import check_manifest
from heedful.tasks.imported import is_imported, load_imported, own_tokenizer
from heedful.tasks.models import compression_of
from heedful.tasks.stored import described, require_task, search_of

# What is said to have stopped an answer that was never begun: its text is longer than the model's window.
LEFT_OUT = "window"
_SURROGATE = re.compile("[\ud800-\udfff]")
# A smaller share of lines with several sentences teaches nobody to read them.
RARELY = 0.01
Direction = tuple[str, str]
# Of an imported model that does not say what it translates: the caller's word is taken.
UNSAID: Direction = ("", "")
_SPACES = re.compile(r"[ \t\n\r\f\v]+")


@dataclass(frozen=True)
class Answer:
    """One translation of a text.

    Args:
        text: the translation.
        score: what answers to the same text are ranked by, higher is better.
        stopped: "eos" when the model ended it, "length" or "repetition" when a guard did, "window" when the text is
            longer than the model's window and was left out.
        tokens: of the translation, without begin and end.
    """

    text: str
    score: float
    stopped: str
    tokens: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values: text, score and what stopped it."""
        return {"text": self.text, "score": self.score, "stopped": self.stopped}


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
        codec: its tokenizer.
        directions: pairs (source language, target language) that it was trained for; `UNSAID` where nobody knows.
        numerics: how to compute here.
        limits: of length and of what is decoded at once.
        search: how to look for the best where a call does not say it; None is a beam of 5.
        several: for each language the share of the lines learned from that hold several sentences, where it is known.
        read: what becomes of a text before it is cut; None makes one line of it.
    """

    def __init__(
        self,
        model: Model,
        codec: Codec,
        directions: Sequence[Direction],
        numerics: Numerics,
        limits: Limits | None = None,
        search: Search | None = None,
        several: Mapping[str, float] | None = None,
        read: Callable[[str], str] | None = None,
    ) -> None:
        self.model = model.to(device=numerics.device, dtype=numerics.dtype).eval()
        self.codec = codec
        self.directions = tuple((source, target) for source, target in directions)
        self.numerics = numerics
        self.limits = limits or Limits()
        self.search = search or Beam()
        self.several = dict(several or {})
        self.shortlists: Mapping[Direction, Shortlist] = {}
        self.read = read or one_line

    def __getstate__(self) -> dict[str, Any]:
        """All but the packed weights, whose layout belongs to this process."""
        return {name: value for name, value in vars(self).items() if name not in ("_packed", "_searcher")}

    @cached_property
    def _packed(self) -> Model:
        """What decodes: made when it is first needed, inside `applied`."""
        return pack(self.model)

    @cached_property
    def _searcher(self) -> NativeNetwork | None:
        """The same model as the engine has it, where there is one and the numerics say so."""
        return rewritten(self.model) if self.numerics.engine == "native" else None

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer, where it is one of heedful's.

        Raises:
            RunError: it came with an imported model.
        """
        return own_tokenizer(
            self.codec,
            ": it translates, is evaluated, embeds, is exported with --to huggingface and is begun with (--init), and "
            "nothing else; give a run trained by heedful",
        )

    @classmethod
    def load(cls, path: Path | str, device: str | None = None, compute: Compute | None = None) -> Self:
        """Read a run directory, after checking every byte of it against its manifest.

        Args:
            path: the folder that `heedful train translation` wrote, or `heedful import` of a translator.
            device: "cpu" or "cuda"; None chooses.
            compute: "float32" keeps every bit of the weights; None chooses.
        Raises:
            RunError: it is missing, incomplete, damaged or no translator.
        """
        if not isinstance(path, str | Path):
            raise OptionError(f"a run directory is named by its path: got {path!r}")
        run = RunDirectory.open(Path(path))
        # Before its files are looked for: a run of another task has others.
        require_task(run)
        numerics = choose(device)
        if compute is not None:
            numerics = replace(numerics, compute=compute)
        if is_imported(run.path):
            found = load_imported(run.path)
            assert found.start is not None, "a translator writes"
            ways = [(source, target) for source, target in found.config["directions"]] or [UNSAID]
            return cls(found.model, found.tokenizer.beginning_with(found.start), ways, numerics)
        shortened = (compression_of(run) or {}).get("shortlist") is not None
        needed = [run.config, run.weights, run.tokenizer, run.generation, *([run.shortlist] if shortened else [])]
        check_manifest(run.path, [file.name for file in needed])
        model, vocab_size, directions, several = described(run)
        tokenizer = Tokenizer.load(run.tokenizer)
        targets = {target for _, target in directions} if len(directions) > 1 else set()
        if tokenizer.vocab_size != vocab_size or targets != set(tokenizer.languages):
            raise RunError(f"{run.tokenizer} does not fit {run.config}: restore both files from the same run")
        made = cls(model, tokenizer, directions, numerics, None, search_of(run), several)
        return made.with_shortlists(load_shortlists(run.shortlist, directions, tokenizer)) if shortened else made

    def with_shortlists(self, shortlists: Mapping[Direction, Shortlist]) -> Self:
        """The same translator, which in these directions writes what is on their lists, and in others every token."""
        other = copy.copy(self)
        other.shortlists = shortlists
        return other

    def translate(self, texts: Iterable[str], *, to: str | None = None, search: Search | None = None) -> list[str]:
        """The best translation of each text; see `answer`."""
        return self.answer(texts, to=to, search=search).texts

    def answer(
        self,
        texts: Iterable[str],
        *,
        to: str | None = None,
        search: Search | None = None,
        prefixes: Sequence[str] | None = None,
        progress: Callable[[int, int], None] | None = None,
        leave_out: bool = False,
    ) -> Translations:
        """Translate.

        Args:
            texts: one sentence each; one without any text is answered with an empty one.
            to: language to translate into; may be left out when the model has one direction, or when the scripts of the
                texts leave no choice.
            search: how to look for the best; None is the search of the run, a beam of 5.
            prefixes: what each translation must begin with.
            progress: is told (sentences done, sentences in all) now and then.
            leave_out: answer a text that is longer than the model's window with an empty one that says so.
        Returns:
            The answers in the order of the texts.
        Raises:
            LengthError: a prefix, or a text that is not to be left out, is longer than the model's window.
            OptionError: the model does not translate into that language.
            ShapeError: no list of strings, or not as many prefixes as texts.
        """
        texts = _sentences(texts)
        if search is not None and not isinstance(search, Search):
            raise OptionError(f"a search is Greedy(), Beam(width) or Sampling(): got {search!r}")
        if prefixes is not None and len(prefixes) != len(texts):
            raise ShapeError(f"each text needs a prefix, be it empty: got {len(texts)} texts, {len(prefixes)} prefixes")
        if leave_out:
            pieces = [self._encode(text) for text in texts]
        else:
            pieces = [self._read(text, f"sentence {number}") for number, text in enumerate(texts, 1)]
        too_long = {i for i, ids in enumerate(pieces) if self._excess(ids)}
        begins = [self._read(text, f"the prefix of sentence {number}") for number, text in enumerate(prefixes or (), 1)]
        answers = [[Answer("", 0.0, LEFT_OUT if i in too_long else "eos")] for i in range(len(texts))]
        wanted = [i for i, ids in enumerate(pieces) if ids and i not in too_long]
        direction = self.direction(texts, to) if wanted or to is not None else None
        tag = None if direction is None else self.tag(direction)
        sources = [encoder_input(pieces[i], tag, self.codec.eos) for i in wanted]
        shortlist = None if direction is None else self.shortlists.get(direction)
        begun = time.perf_counter()
        with applied(self.numerics):
            found = decode(
                self._packed,
                sources,
                search or self.search,
                bos=self.codec.bos,
                eos=self.codec.eos,
                pad=self.codec.pad,
                limits=self.limits,
                prefixes=[begins[i] for i in wanted] if begins else None,
                progress=progress,
                crew=crew_for(self.numerics),
                searcher=self._searcher,
                allowed=None if shortlist is None else shortlist.allowed(sources),
            )
        seconds = time.perf_counter() - begun
        for i, hypotheses in zip(wanted, found.hypotheses, strict=True):
            answers[i] = [
                Answer(one_line(self.codec.decode(h.tokens)), h.score, h.stopped, tuple(h.tokens)) for h in hypotheses
            ]
        return Translations(answers, found.counters, found.counters["tokens"], seconds)

    def attention(self, source: str, target: str, to: str | None = None) -> AttentionMap | None:
        """What the model looks at while it writes `target` for `source`; None for a model without attention.

        Raises:
            LengthError: one of them is longer than the model's window.
        """
        tag = self.tag(self.direction([source], to))
        read, written = self._read(source, "the source"), self._read(target, "the target")
        with applied(self.numerics):
            weights = cross_attention(self.model, encoder_input(read, tag, self.codec.eos), written, self.codec.bos)
        if weights is None:
            return None
        first = 0 if tag is None else 1
        pieces = self.codec.pieces
        return AttentionMap(tuple(pieces(read)), tuple(pieces(written)), weights[:, first : first + len(read)])

    def direction(self, texts: Sequence[str], to: str | None) -> Direction:
        """Which direction is meant.

        Raises:
            OptionError: the model has no such direction, or it must be said.
        """
        targets = {target: (source, target) for source, target in self.directions}
        if to is not None and self.directions == (UNSAID,):
            return UNSAID[0], to
        if to is not None:
            if not isinstance(to, str) or to not in targets:
                raise OptionError(f"this model does not translate into {to!r}{suggest(str(to), targets)}")
            return targets[to]
        told = self.told(texts)
        if told is None:
            raise OptionError(f"this model translates into {' and '.join(sorted(targets))}: say which with --to")
        return told

    def told(self, texts: Sequence[str]) -> Direction | None:
        """The direction, where the model or the texts leave no choice; texts without a word tell nothing."""
        if len(self.directions) == 1:
            return self.directions[0]
        spoken = spoken_among(texts, [source for source, _ in self.directions])
        fitting = [direction for direction in self.directions if direction[0] == spoken]
        return fitting[0] if len(fitting) == 1 else None

    def reads_several(self, language: str) -> bool:
        """Whether it has learned to read several sentences in one line; where nothing is known, it has not."""
        return self.several.get(language, 0.0) >= RARELY

    def tag(self, direction: Direction) -> int | None:
        """The token that asks for a direction; None in a model that has only one."""
        return self.tokenizer.tag_id(direction[1]) if len(self.directions) > 1 else None

    def excess(self, text: str) -> str:
        """What a text has too much for the model's window; "" of one that fits."""
        return self._excess(self._encode(text))

    def _excess(self, ids: Sequence[int]) -> str:
        # A tag and an end of sentence come to the pieces.
        room = self.model.max_len - 2
        return f"{len(ids):,} tokens and the model's window {room:,}" if len(ids) > room else ""

    def _encode(self, text: str) -> list[int]:
        return self.codec.encode(self.read(text))

    def _read(self, text: str, what: str) -> list[int]:
        """The pieces of a text, when they fit into the model."""
        ids = self._encode(text)
        if excess := self._excess(ids):
            raise LengthError(f"{what} has {excess}: split it into sentences; nothing is cut in silence")
        return ids


def one_line(text: str) -> str:
    """A text on one line: line ends and tabs would break what is written line by line; other spaces (U+3000) are text.

    A line of nothing that can be seen (spaces, U+200B, U+FEFF) is empty: a model would make something up for it.
    """
    line = _SPACES.sub(" ", text).strip()
    return line if any(unicodedata.category(letter)[0] not in "CZ" for letter in line) else ""


def _sentences(texts: Iterable[str]) -> list[str]:
    """The texts as a list.

    Raises:
        ShapeError: it is one text, it has no order, or it holds something else.
    """
    if isinstance(texts, str | bytes) or not isinstance(texts, Iterable):
        # A string would be translated letter by letter.
        raise ShapeError(f"texts are a list of sentences: got {str(texts)[:40]!r}; put one sentence in a list")
    if isinstance(texts, Set | Mapping):
        raise ShapeError(f"texts are a list of sentences: a {type(texts).__name__} has no order to answer in")
    found = list(texts)
    for number, text in enumerate(found, 1):
        if not isinstance(text, str):
            raise ShapeError(f"texts are a list of sentences: number {number} is {type(text).__name__}, not str")
        if not text.isascii() and _SURROGATE.search(text):
            raise ShapeError(f"text {number} holds half a character (a lone surrogate): read it with its own encoding")
    return found
