"""Scoring a language model on text that it has not learned from, window by window."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import gcd

import numpy as np
import torch
from torch import Tensor

from heedful.data import chance
from heedful.data.batch import lay_out
from heedful.data.corrupt import Masking
from heedful.data.token_stream import TokenStream
from heedful.data.tokenizer import PAD, Tokenizer
from heedful.data.windows import GapPlan
from heedful.interface import Model, Source

# Every token but those of a document's first window is foretold from this share of a window at least.
CONTEXT = 0.5
# With fewer documents than this, the windows are what the bootstrap draws.
FEW = 20
_TOKENS_AT_ONCE = 8192
_ROWS_AT_ONCE = 1024
# Share of the words that are taken out of held-out text, whatever training does: figures can be compared.
DEV_RATE = 0.15
_DEV = 300


@dataclass(frozen=True)
class Stretch:
    """A part of a document that is read at once.

    Args:
        start: of its first token in the stream.
        length: tokens read.
        scored: how many of them, at its end, foretell what has not been foretold.
        unit: what its figures belong to: the document, or the stretch itself.
    """

    start: int
    length: int
    scored: int
    unit: int


def stretches(stream: TokenStream, window: int, most: int | None = None) -> list[Stretch]:
    """Windows that slide over every document, half a window at a time; the first token of each is given.

    Args:
        stream: the text.
        window: tokens that the model reads at most.
        most: tokens of all stretches, evenly spread over the text; None takes all.
    """
    step = max(1, window - int(window * CONTEXT))
    found: list[Stretch] = []
    for document, (begin, end) in enumerate(pairwise(stream.starts.tolist())):
        # The last token is foretold and not read.
        n_inputs, done = end - begin - 1, 0
        while done < n_inputs:
            reach = min(n_inputs, window if done == 0 else done + step)
            start = max(0, reach - window)
            unit = document if stream.n_documents >= FEW else len(found)
            found.append(Stretch(begin + start, reach - start, reach - done, unit))
            done = reach
    if most is None or sum(stretch.length for stretch in found) <= most:
        return found
    n_kept = max(1, most * len(found) // sum(stretch.length for stretch in found))
    return [found[index * len(found) // n_kept] for index in range(n_kept)]


def batches(found: Sequence[Stretch], tokens: int = _TOKENS_AT_ONCE) -> Iterator[list[Stretch]]:
    """Stretches of similar length together."""
    batch: list[Stretch] = []
    for stretch in sorted(found, key=lambda stretch: -stretch.length):
        if batch and (len(batch) + 1) * batch[0].length > tokens:
            yield batch
            batch = []
        batch.append(stretch)
    if batch:
        yield batch


@torch.inference_mode()
def foretold(model: Model, stream: TokenStream, tokenizer: Tokenizer, found: Sequence[Stretch]) -> np.ndarray:
    """What a decoder makes of a text.

    Args:
        model: a decoder, in evaluation mode.
        stream: the text.
        tokenizer: that cut it.
        found: its stretches.
    Returns:
        (n_units, 4): nats, tokens, bytes and characters of each unit, ends of documents counted as tokens alone.
    """
    n_bytes, n_characters = tokenizer.sizes()
    begins_with_space = np.array([tokenizer.piece(token)[:1] == " " for token in range(tokenizer.vocab_size)])
    sums = np.zeros((max(stretch.unit for stretch in found) + 1, 4))
    for batch in batches(found):
        read, written = (_flat(stream, batch, shift) for shift in (0, 1))
        values, mask = lay_out(*read, multiple=gcd(model.max_len, 16))
        labels, _ = lay_out(*written, multiple=gcd(model.max_len, 16))
        scored = mask & _last(batch, mask.shape[1])
        hidden = model.decode(_source(model, values, mask), None)
        nats = token_nats(model, hidden, _tensor(model, labels), scored)
        rows, places = scored.nonzero()
        units = np.array([stretch.unit for stretch in batch])[rows]
        chosen = labels[rows, places]
        # The space that stands before a document's first word is no part of the text.
        opens = np.isin(np.array([stretch.start for stretch in batch])[rows] + places, stream.starts)
        spaced = opens & begins_with_space[chosen]
        columns = (nats, np.ones_like(nats), n_bytes[chosen] - spaced, n_characters[chosen] - spaced)
        for column, values_of in enumerate(columns):
            sums[:, column] += np.bincount(units, weights=values_of, minlength=len(sums))
    return sums[sums[:, 1] > 0]


@torch.inference_mode()
def guessed(model: Model, stream: TokenStream, masking: Masking, found: Sequence[Stretch], seed: int) -> np.ndarray:
    """What an encoder makes of words that were taken out of a text: always the same ones.

    Args:
        model: an encoder, in evaluation mode.
        stream: the text.
        masking: takes the words out.
        found: stretches of it.
        seed: of the choice of words.
    Returns:
        (n_units, 3): nats, tokens taken out and tokens guessed right of each unit.
    """
    sums = np.zeros((max(stretch.unit for stretch in found) + 1, 3))
    for batch in batches(found):
        tokens, mask = lay_out(*_flat(stream, batch, 0), multiple=gcd(model.max_len, 16))
        places = np.array([stretch.start for stretch in batch])[:, None] + np.arange(tokens.shape[1])
        shown, labels = masking(tokens, places, chance.key(seed, _DEV))
        scored = (labels != PAD) & mask & _last(batch, mask.shape[1])
        if not scored.any():
            continue
        hidden = model.encode(_source(model, shown, mask)).values
        nats = token_nats(model, hidden, _tensor(model, labels), scored)
        at = _tensor(model, scored)
        right = (model.logits(hidden[at]).argmax(-1) == _tensor(model, labels)[at]).double().cpu().numpy()
        units = np.array([stretch.unit for stretch in batch])[scored.nonzero()[0]]
        for column, values in enumerate((nats, np.ones_like(nats), right)):
            sums[:, column] += np.bincount(units, weights=values, minlength=len(sums))
    return sums[sums[:, 1] > 0]


@torch.inference_mode()
def put_back(model: Model, plan: GapPlan, most: int, seed: int) -> np.ndarray:
    """What an encoder and a decoder make of gaps in a text: always the same ones.

    Args:
        model: in evaluation mode.
        plan: of the text.
        most: pieces, evenly spread.
        seed: of the gaps.
    Returns:
        (n_pieces, 2): nats and tokens written of each piece.
    """
    n_kept = min(most, plan.n_pieces)
    pieces = np.arange(n_kept) * plan.n_pieces // n_kept
    sums = np.zeros((n_kept, 2))
    for first in range(0, n_kept, 32):
        batch = plan.rows(pieces[first : first + 32], chance.key(seed, _DEV))
        moved = batch.to(next(model.parameters()).device)
        hidden = model.decode(moved.target, model.encode(moved.source))
        scored = batch.target.mask.numpy()
        nats = token_nats(model, hidden, moved.labels, scored)
        units = first + scored.nonzero()[0]
        for column, values in enumerate((nats, np.ones_like(nats))):
            sums[:, column] += np.bincount(units, weights=values, minlength=n_kept)
    return sums


def token_nats(model: Model, hidden: Tensor, labels: Tensor, scored: np.ndarray) -> np.ndarray:
    """The negative log-likelihood of some labels, in nats.

    Args:
        model: for its output.
        hidden: (B, T, D).
        labels: (B, T).
        scored: (B, T) bool, which.
    Returns:
        (n_scored,) float64, row by row.
    """
    at = _tensor(model, scored)
    rows, wanted = hidden[at], labels[at]
    found = []
    for part, label in zip(rows.split(_ROWS_AT_ONCE), wanted.split(_ROWS_AT_ONCE), strict=True):
        logits = model.logits(part).float()
        found.append(logits.logsumexp(-1) - logits.gather(1, label[:, None])[:, 0])
    return torch.cat(found).double().cpu().numpy() if found else np.empty(0)


def _flat(stream: TokenStream, batch: Sequence[Stretch], shift: int) -> tuple[np.ndarray, np.ndarray]:
    """The tokens of some stretches, or those that follow each of them."""
    rows = [stream.tokens[stretch.start + shift : stretch.start + shift + stretch.length] for stretch in batch]
    return np.concatenate(rows).astype(np.int64), np.array([len(row) for row in rows])


def _last(batch: Sequence[Stretch], width: int) -> np.ndarray:
    """(B, T) bool: the places of each row that are scored, padding not thought of."""
    begins = np.array([stretch.length - stretch.scored for stretch in batch])
    return np.asarray(np.arange(width) >= begins[:, None])


def _tensor(model: Model, values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).to(next(model.parameters()).device)


def _source(model: Model, values: np.ndarray, mask: np.ndarray) -> Source:
    return Source(_tensor(model, values), _tensor(model, mask))
