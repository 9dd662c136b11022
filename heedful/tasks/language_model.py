"""A trained language model: a prompt in, text out; a text with gaps in, words out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from math import gcd
from pathlib import Path
from typing import Any, Self, get_args

import numpy as np
import torch

from heedful.data.batch import pad_sources
from heedful.data.documents import Between, Documents, lines_of
from heedful.data.spelling import Spelling, Stops
from heedful.data.token_stream import TokenStream
from heedful.data.tokenizer import BOS, EOS, GAPS, MASK, PAD, Tokenizer
from heedful.decoding import Beam, Limits, decode
from heedful.decoding.writing import Writer, Writing
from heedful.errors import LengthError, OptionError
from heedful.interface import Model
from heedful.model.pack import pack
from heedful.numerics import Numerics, applied, choose
from heedful.run.directory import RunDirectory
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.language_kinds import Causal, Denoising, Kind, Masked
from heedful.tasks.language_text import Begun, built
from heedful.tasks.models import load_weights

# Is told (which of several texts, what of it is new) as it is written.
Hear = Callable[[int, str], None]


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
        tokenizer: of the model.
        numerics: how to compute here.
        stacks: whether it has an encoder, and whether a decoder.
        objective: what it was trained for last, as config.json has it.
    """

    def __init__(
        self,
        model: Model,
        tokenizer: Tokenizer,
        numerics: Numerics,
        stacks: tuple[bool, bool],
        objective: str = "",
    ) -> None:
        self.model = model.to(device=numerics.device, dtype=numerics.dtype).eval()
        self.tokenizer, self.numerics, self.stacks, self.objective = tokenizer, numerics, stacks, objective

    @classmethod
    def load(cls, path: Path | str, device: str | None = None) -> Self:
        """Read a run directory, after checking every byte of it against its manifest.

        Args:
            path: the folder that `heedful train language` wrote.
            device: "cpu" or "cuda"; None chooses.
        Raises:
            RunError: it is missing, incomplete, damaged or no language model.
        """
        numerics, begun = choose(device), Begun.read(Path(path))
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
        if self.stacks != (False, True):
            raise OptionError("this model fills gaps and does not go on with a text: use `heedful generate DIR --fill`")
        how = how or Writing()
        n = how.sampling.n_best
        spellings = [Spelling(self.tokenizer, opening=not prompt) for _ in range(n)]
        stops = [Stops(how.stop) for _ in range(n)]
        texts = [""] * n

        def say(row: int, text: str) -> None:
            texts[row] += text
            if hear is not None and text:
                hear(row, text)

        def listen(row: int, token: int) -> bool:
            say(row, stops[row].add(spellings[row].add(token)))
            return stops[row].reached

        banned = [token for token in range(self.tokenizer.n_specials) if token != EOS]
        with applied(self.numerics):
            writer = Writer(self._packed, how, bos=BOS, eos=EOS, banned=banned)
            found = writer.write(self.tokenizer.encode(prompt), listen)
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
        tokens, places = self._with_marks(parts)
        if len(tokens) + 2 > self.model.max_len:
            raise LengthError(
                f"the text has {len(tokens):,} tokens and the model's window {self.model.max_len - 2:,}: shorten it; "
                "nothing is cut in silence"
            )
        with applied(self.numerics):
            return self._written(tokens, parts, k) if self.stacks[1] else self._guessed(tokens, places, parts, k)

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

    def _with_marks(self, parts: Sequence[str]) -> tuple[list[int], list[int]]:
        """The tokens of a text with marks between its parts, and where the marks stand."""
        one = self.tokenizer.marks == (MASK,)
        if not one and len(parts) - 1 > len(GAPS):
            raise OptionError(f"a text may have {len(GAPS)} gaps: got {len(parts) - 1}")
        tokens: list[int] = []
        places: list[int] = []
        for number, part in enumerate(parts):
            if number:
                places.append(len(tokens))
                tokens.append(self.tokenizer.mark_id(MASK if one else GAPS[number - 1]))
            # The space before a gap belongs to the word that was taken out.
            kept = part.removesuffix(" ") if number < len(parts) - 1 else part
            tokens += self.tokenizer.encode(kept, opening=number == 0 and bool(kept)) if kept else []
        return tokens, places

    @torch.inference_mode()
    def _guessed(self, tokens: list[int], places: list[int], parts: Sequence[str], k: int) -> list[list[Filling]]:
        source = pad_sources([[BOS, *tokens, EOS]], multiple=gcd(self.model.max_len, 16)).to(
            next(self.model.parameters()).device
        )
        hidden = self.model.encode(source).values[0, torch.tensor(places) + 1]
        logits = self.model.logits(hidden).float()
        logits[:, : self.tokenizer.n_specials] = -torch.inf
        values, best = logits.softmax(-1).topk(min(k, logits.shape[1] - self.tokenizer.n_specials), dim=-1)
        return [
            [
                Filling(*self._placed(parts, gap, self.tokenizer.piece(token), share), token)
                for token, share in zip(best[gap].tolist(), values[gap].tolist(), strict=True)
            ]
            for gap in range(len(places))
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
