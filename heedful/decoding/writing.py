"""Going on with a text, a token at a time, for as long as is wanted: beyond the model's window it slides."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor

from heedful.decoding.logits import normaliser
from heedful.decoding.sample import discourage, sample, stream_key, uniforms
from heedful.decoding.search import Sampling
from heedful.errors import LengthError, OptionError
from heedful.interface import Model, State

Ended = Literal["eos", "length", "stop"]
# Tokens of a prompt that are read at once.
_PIECE = 256
# Of a full window so much is read again, and the rest forgotten.
_KEPT = 0.5


@dataclass(frozen=True)
class Writing:
    """How a text is gone on with.

    Args:
        sampling: how a token is chosen; its `n_best` is how many texts are written side by side.
        max_tokens: the most tokens to write.
        repetition_penalty: of tokens that stand in the text already, those of the prompt too; 1 is none.
        stop: strings that end a text; they are left out of it.
    """

    sampling: Sampling = field(default_factory=Sampling)
    max_tokens: int = 200
    repetition_penalty: float = 1.0
    stop: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.max_tokens < 1:
            raise OptionError(f"max_tokens is at least 1: got {self.max_tokens}")
        if not 0.1 <= self.repetition_penalty <= 10:
            raise OptionError(
                f"repetition_penalty is a number from 0.1 to 10, 1 for none: got {self.repetition_penalty}; try 1.1"
            )
        if "" in self.stop:
            raise OptionError("a stop string holds a character at least: got ''; leave it out")


@dataclass(frozen=True)
class Written:
    """What came of a prompt.

    Args:
        tokens: written, without an end.
        log_probability: of them, and of the end where there is one, in nats, under the model as it is.
        ended: by the model ("eos"), by `max_tokens` ("length"), or by whoever listened ("stop").
        n_slides: how often the window was full, and its first half forgotten.
    """

    tokens: list[int]
    log_probability: float
    ended: Ended
    n_slides: int


class Writer:
    """A model that goes on with one prompt.

    Args:
        model: a decoder alone, in evaluation mode.
        how: tokens are chosen.
        eos: ends a text.
        banned: tokens that are never written.
    """

    def __init__(self, model: Model, how: Writing, *, eos: int, banned: Sequence[int]) -> None:
        self.model, self.how, self.eos = model, how, eos
        self.banned = list(banned)
        self.device = next(model.parameters()).device

    @torch.inference_mode()
    def write(
        self, prompt: Sequence[int], hear: Callable[[int, int], bool], numbers: range | None = None
    ) -> list[Written]:
        """Go on.

        Args:
            prompt: its tokens, with what is read first of any text.
            hear: is told (row, token) of each token; True ends that text.
            numbers: which of the texts that are wanted, a row for each; None is all of them.
        Returns:
            These texts.
        Raises:
            LengthError: the prompt is longer than the model's window.
        """
        numbers, window = range(self.how.sampling.n_best) if numbers is None else numbers, self.model.max_len
        if len(prompt) > window:
            raise LengthError(
                f"the prompt has {len(prompt):,} tokens, special ones counted, and the model's window {window:,}: "
                "shorten it; nothing is cut in silence"
            )
        n = len(numbers)
        read = torch.tensor([prompt], device=self.device).repeat(n, 1)
        keys = torch.tensor([stream_key(self.how.sampling.seed, prompt[1:], i) for i in numbers], device=self.device)
        tokens: list[list[int]] = [[] for _ in range(n)]
        totals, ended, n_slides = [0.0] * n, ["length"] * n, 0
        is_open = [True] * n
        state, hidden = self._reread(read)
        seen: Tensor | None = None
        for position in range(self.how.max_tokens):
            logits = self.model.logits(hidden).float()
            if seen is None:
                seen = torch.zeros_like(logits, dtype=torch.bool).scatter_(1, read, True)
            chosen = self._choose(logits, seen, uniforms(keys, torch.full_like(keys, position)))
            gained = logits.gather(1, chosen[:, None])[:, 0] - normaliser(logits)
            seen.scatter_(1, chosen[:, None], True)
            for row, (token, gain) in enumerate(zip(chosen.tolist(), gained.tolist(), strict=True)):
                if is_open[row]:
                    totals[row] += gain
                    is_open[row] = token != self.eos
                    if token == self.eos:
                        ended[row] = "eos"
                    else:
                        tokens[row].append(token)
                        if hear(row, token):
                            is_open[row], ended[row] = False, "stop"
            if not any(is_open) or position + 1 == self.how.max_tokens:
                break
            read = torch.cat((read, chosen[:, None]), dim=1)
            if int(state.lengths.max()) >= window:
                n_slides += 1
                state, hidden = self._reread(read[:, -max(1, int(window * _KEPT)) :])
            else:
                hidden = self.model.step(chosen[:, None], state)[:, -1]
        return [Written(*row, n_slides) for row in zip(tokens, totals, ended, strict=True)]  # type: ignore[arg-type]

    def _reread(self, tokens: Tensor) -> tuple[State, Tensor]:
        """A state that has read some tokens (R, T), and what it knows then (R, D)."""
        state = self.model.start(None, len(tokens), 1, self.model.max_len)
        for piece in tokens.split(_PIECE, dim=1):
            hidden = self.model.step(piece, state)
        return state, hidden[:, -1]

    def _choose(self, logits: Tensor, seen: Tensor, uniform: Tensor) -> Tensor:
        """A token for each row."""
        sampling = self.how.sampling
        allowed = discourage(logits, seen, self.how.repetition_penalty).clone()
        allowed[:, self.banned] = -torch.inf
        return sample(allowed, uniform, sampling.temperature, sampling.top_k, sampling.top_p)
