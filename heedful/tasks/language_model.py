"""A trained language model: a prompt in, text out; a text with gaps in, words out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import gcd
from pathlib import Path
from typing import Any, Self, get_args

import numpy as np
import torch

from heedful.data.batch import pad_sources
from heedful.data.documents import Between, Documents, lines_of
from heedful.data.foreign_tokenizer import ForeignTokenizer
from heedful.data.spelling import Spelling, Stops
from heedful.data.token_stream import TokenStream
from heedful.data.tokenizer import BOS, EOS, GAPS, MASK, PAD, Tokenizer
from heedful.decoding import Beam, Limits, decode
from heedful.decoding.writing import Writer, Writing
from heedful.errors import LengthError, OptionError, RunError
from heedful.interface import Model
from heedful.model.pack import pack
from heedful.numerics import Numerics, applied, choose
from heedful.run.directory import RunDirectory
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.imported import is_imported, load_imported, own_tokenizer
from heedful.tasks.language_kinds import Causal, Denoising, Kind, Masked
from heedful.tasks.language_text import Begun, built
from heedful.tasks.models import load_weights
from heedful.tasks.wording import NEVER, Gapped, wording_of

# Is told (which of several texts, what of it is new) as it is written.
Hear = Callable[[int, str], None]
# Texts that are written side by side; more of them wait.
ROWS = 64


@dataclass(frozen=True)
class Passage:
    """A text that a model wrote.

    Args:
        text: without the prompt.
        ended: by the model ("eos"), by the limit of tokens ("length"), or by a stop string ("stop").
        n_tokens: written.
        n_slides: how often the window was full, and the first half of it forgotten.
        log_probability: in nats.
    """

    text: str
    ended: str
    n_tokens: int
    n_slides: int
    log_probability: float

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Filling:
    """What may stand in a gap.

    Args:
        text: of one token; of a gap as a whole where the model writes it.
        probability: of it, in [0, 1].
        sequence: the text with it in its place; the other gaps are left.
        token: its id; None of a gap as a whole.
    """

    text: str
    probability: float
    sequence: str
    token: int | None = None

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)


class LanguageModel:
    """A model with its vocabulary: a decoder writes, an encoder fills gaps, both together write what is missing.

    Args:
        model: in the dtype and on the device that `numerics` names.
        codec: its tokenizer.
        numerics: how to compute here.
        stacks: whether it has an encoder, and whether a decoder.
        objective: what it was trained for last, as config.json has it.
    """

    def __init__(
        self,
        model: Model,
        codec: Tokenizer | ForeignTokenizer,
        numerics: Numerics,
        stacks: tuple[bool, bool],
        objective: str = "",
    ) -> None:
        self.model = model.to(device=numerics.device, dtype=numerics.dtype).eval()
        self.codec, self.numerics, self.stacks, self.objective = codec, numerics, stacks, objective
        self.wording = wording_of(codec)

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer, where it is one of heedful's.

        Raises:
            RunError: it came with an imported model.
        """
        return own_tokenizer(
            self.codec,
            ", and nothing is measured with it here: train it on (`heedful train classification --init`), whose run is "
            "scored, or evaluate where it is from",
        )

    @classmethod
    def load(cls, path: Path | str, device: str | None = None) -> Self:
        """Read a run directory, after checking every byte of it against its manifest.

        Args:
            path: the folder that `heedful train language` wrote, or `heedful import`.
            device: "cpu" or "cuda"; None chooses.
        Raises:
            RunError: it is missing, incomplete, damaged or no language model.
        """
        numerics = choose(device)
        if is_imported(Path(path)):
            found = load_imported(Path(path))
            shape, codec = found.model.architecture, found.tokenizer
            stacks = shape.n_encoder_layers > 0, shape.n_decoder_layers > 0
            if stacks == (True, False) and shape.output == "linear":
                raise RunError(
                    f"{path} was imported without the layer that guesses words, and fills no gaps: begin with it "
                    f"(`heedful train classification --init {path}`), or make vectors of texts with `heedful embed`"
                )
            codec = codec if found.start is None else codec.beginning_with(found.start)
            return cls(found.model, codec, numerics, stacks)
        begun = Begun.read(Path(path))
        model = built(begun.architecture, numerics, Path(), 0)
        load_weights(model, begun.tensors, str(RunDirectory(Path(path)).weights))
        shape = begun.architecture
        stacks = shape.n_encoder_layers > 0, shape.n_decoder_layers > 0
        return cls(model, begun.tokenizer, numerics, stacks, str(begun.config.get("objective", "")))

    @cached_property
    def _packed(self) -> Model:
        """What decodes: made when it is first needed, inside `applied`."""
        return pack(self.model)

    def generate(self, prompt: str, how: Writing | None = None, hear: Hear | None = None) -> list[Passage]:
        """Go on with a text.

        Args:
            prompt: its beginning; may be empty.
            how: tokens are chosen, how many texts, and where they end.
            hear: is told what is written while it is.
        Returns:
            As many as `how` asks for, in the order drawn.
        Raises:
            LengthError: the prompt is longer than the model's window.
            OptionError: the model does not write on.
        """
        how = how or Writing()
        return list(self.passages(prompt, how, hear))

    def passages(self, prompt: str, how: Writing, hear: Hear | None = None) -> Iterator[Passage]:
        """The same, a few texts at a time: however many are wanted, no more than these are in memory."""
        if self.stacks != (False, True):
            raise OptionError("this model fills gaps and does not go on with a text: use `heedful generate DIR --fill`")
        for first in range(0, how.sampling.n_best, ROWS):
            yield from self._passages(prompt, how, range(first, min(first + ROWS, how.sampling.n_best)), hear)

    def _passages(self, prompt: str, how: Writing, numbers: range, hear: Hear | None) -> list[Passage]:
        """Some of the texts that are wanted, side by side."""
        spellings = [self.wording.spelling(prompt) for _ in numbers]
        stops = [Stops(how.stop) for _ in numbers]
        texts = [""] * len(numbers)

        def say(row: int, text: str) -> None:
            texts[row] += text
            if hear is not None and text:
                hear(numbers[row], text)

        def listen(row: int, token: int) -> bool:
            say(row, stops[row].add(spellings[row].add(token)))
            return stops[row].reached

        with applied(self.numerics):
            writer = Writer(self._packed, how, eos=self.wording.eos, banned=self.wording.unwritten)
            found = writer.write(self.wording.begin(prompt), listen, numbers)
        for row, stop in enumerate(stops):
            if not stop.reached:
                say(row, stop.add(spellings[row].end()) + stop.end())
        return [
            Passage(text, one.ended, len(one.tokens), one.n_slides, one.log_probability)
            for text, one in zip(texts, found, strict=True)
        ]

    def fill(self, text: str, k: int = 5) -> list[list[Filling]]:
        """Fill the gaps of a text.

        Args:
            text: with a <mask> or several.
            k: so many of the likeliest for each.
        Returns:
            For each <mask>, best first. Of a model with a decoder the gaps are filled together: the i-th filling of
            each belongs to the i-th answer, and its probability is that of the whole answer.
        Raises:
            OptionError: no <mask> in the text, or the model fills no gaps.
            LengthError: the text is longer than the model's window.
        """
        if not self.stacks[0]:
            raise OptionError("this model goes on with a text and fills no gaps: use `heedful generate DIR --prompt`")
        if k < 1:
            raise OptionError(f"k is at least 1: got {k}")
        parts = text.split(MASK)
        if len(parts) == 1:
            raise OptionError(f"expected a text with {MASK} in the place of what is to be filled in: got {text[:60]!r}")
        gapped = self.wording.gapped(text)
        if len(gapped.ids) > self.model.max_len:
            raise LengthError(
                f"the text has {len(gapped.ids):,} tokens, special ones counted, and the model's window "
                f"{self.model.max_len:,}: shorten it; nothing is cut in silence"
            )
        with applied(self.numerics):
            return self._written(gapped.ids[1:-1], parts, k) if self.stacks[1] else self._guessed(gapped, parts, k)

    def figures(self, pairs: Sequence[tuple[str, str]], tell: Tell = unwatched) -> Mapping[str, Mapping[str, Any]]:
        """Every figure on documents that it has not learned from, as its training told them.

        Args:
            pairs: (document, "").
            tell: is told what is done.
        Returns:
            None of a model that was tuned by preferences, whose figures need the model that it began with.
        """
        kinds: Mapping[str, Kind] = {
            "causal": Causal(),
            "masked": Masked(),
            "denoising": Denoising(infilling=self.tokenizer.marks == (MASK,)),
        }
        if self.objective not in kinds:
            return {}
        tell("reading held-out text", 0, 0)
        rows = [[BOS, *self.tokenizer.encode(text), EOS] for text, _ in pairs]
        stream = TokenStream(np.concatenate(rows), np.cumsum([0, *map(len, rows)]))
        with applied(self.numerics):
            found = kinds[self.objective].figures(self.model, stream, self.tokenizer, self.model.max_len, None)
        return {name: figure.to_json() for name, figure in found.items()}

    def readings(self, path: Path) -> list[list[tuple[str, str]]]:
        """The documents of a file, cut at blank lines, at its end alone, and at every line."""
        found = []
        for between in get_args(Between):
            texts: list[str] = []
            for block in lines_of(Documents([path], between)):
                texts += [""] * block.opening
                texts[-1] += block.text
            found.append([(text, "") for text in texts])
        return found

    @torch.inference_mode()
    def _guessed(self, gapped: Gapped, parts: Sequence[str], k: int) -> list[list[Filling]]:
        source = pad_sources([gapped.ids], multiple=gcd(self.model.max_len, 16)).to(
            next(self.model.parameters()).device
        )
        logits = self.model.logits(self.model.encode(source).values[0, torch.tensor(gapped.places)]).float()
        banned = [*self.wording.unwritten, *([self.wording.eos] if self.wording.eos != NEVER else [])]
        logits[:, banned] = -torch.inf
        values, best = logits.softmax(-1).topk(min(k, logits.shape[1] - len(banned)), dim=-1)
        return [
            [
                Filling(*self._placed(parts, gap, self.wording.said(token, gapped.ids[place - 1]), share), token)
                for token, share in zip(best[gap].tolist(), values[gap].tolist(), strict=True)
            ]
            for gap, place in enumerate(gapped.places)
        ]

    def _written(self, tokens: list[int], parts: Sequence[str], k: int) -> list[list[Filling]]:
        limits = Limits(max_ratio=2.0, max_extra=32, loop_repeats=0)
        found = decode(
            self._packed, [[*tokens, EOS]], Beam(max(5, k), n_best=k), bos=BOS, eos=EOS, pad=PAD, limits=limits
        )
        fillings: list[list[Filling]] = [[] for _ in parts[1:]]
        for answer in found.hypotheses[0]:
            share = min(1.0, float(torch.tensor(answer.log_probability).exp()))
            if self.tokenizer.marks == (MASK,):
                whole = self.tokenizer.decode(answer.tokens)
                for found_there in fillings:
                    found_there.append(Filling(whole, share, whole))
                continue
            for gap, span in enumerate(self._spans(answer.tokens, len(fillings))):
                fillings[gap].append(Filling(*self._placed(parts, gap, span, share)))
        return fillings

    def _spans(self, tokens: Sequence[int], n_gaps: int) -> list[str]:
        """What stands behind each mark of an answer."""
        marks = [self.tokenizer.mark_id(gap) for gap in GAPS[:n_gaps]]
        spans: list[list[int]] = [[] for _ in marks]
        current: list[int] | None = None
        for token in tokens:
            if token in marks:
                current = spans[marks.index(token)]
            elif current is not None:
                current.append(token)
        texts = []
        for span in spans:
            # Not `decode`, which would drop the space of the first word.
            spelling = Spelling(self.tokenizer, opening=False)
            texts.append("".join(map(spelling.add, span)) + spelling.end())
        return texts

    def _placed(self, parts: Sequence[str], gap: int, said: str, share: float) -> tuple[str, float, str]:
        """A filling, its probability, and the text with it in its place."""
        before, after = MASK.join(parts[: gap + 1]), MASK.join(parts[gap + 1 :])
        joined = before.removesuffix(" ") + said if said.startswith(" ") else before + said
        return said.strip() or said, share, (joined.removeprefix(" ") if not before else joined) + after
