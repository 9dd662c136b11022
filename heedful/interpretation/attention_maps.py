"""Which source tokens the decoder looks at while it writes each target token."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from heedful.data.languages import script_of
from heedful.interface import Model, Source
from heedful.interpretation.capture import captured

_BYTES = re.compile("(?:<0x[0-9A-F]{2}>)+")
# The bytes of a character behind its first, in UTF-8.
_CONTINUES = re.compile("<0x[89AB][0-9A-F]>")


@dataclass(frozen=True)
class AttentionMap:
    """How much each target token draws on each source token.

    Args:
        source: the S tokens read, as people see them.
        target: the T tokens written.
        weights: (T, S) float array; each row adds up to 1 at most (what went to tags and ends is left out).
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    weights: np.ndarray

    def merged(self, source_groups: Sequence[Sequence[int]], target_groups: Sequence[Sequence[int]]) -> "AttentionMap":
        """The map between groups of neighbouring tokens, such as words: weights of sources add up, of targets average.

        Args:
            source_groups: indices of the source tokens of each group.
            target_groups: the same for the target.
        """
        weights = np.zeros((len(target_groups), len(source_groups)), self.weights.dtype)
        for row, written in enumerate(target_groups):
            for column, read in enumerate(source_groups):
                weights[row, column] = self.weights[np.ix_(list(written), list(read))].sum(1).mean()
        return AttentionMap(_joined(self.source, source_groups), _joined(self.target, target_groups), weights)


def _joined(pieces: Sequence[str], groups: Sequence[Sequence[int]]) -> tuple[str, ...]:
    return tuple(_readable("".join(pieces[i] for i in group)) for group in groups)


def _readable(text: str) -> str:
    """Pieces as text: "▁" is a space, and bytes such as <0xE4> make characters."""
    return _BYTES.sub(_spelt_out, text).replace("▁", " ").strip()


def _spelt_out(run: re.Match[str]) -> str:
    digits = run[0].replace("<0x", "").replace(">", "")
    return bytes.fromhex(digits).decode("utf-8", "replace")


@torch.inference_mode()
def cross_attention(model: Model, source: Sequence[int], target: Sequence[int], bos: int) -> np.ndarray | None:
    """The weights with which a decoder looked at its source, averaged over layers and heads.

    An average of what was looked at: a hint at an alignment, not a proof of what decided the output (Jain and Wallace
    2019, arXiv:1902.10186).

    Args:
        model: in evaluation mode.
        source: S token ids, as the encoder reads them.
        target: T token ids, without the first and the last special one.
        bos: id of the token before the first.
    Returns:
        A float32 array (T, S): row t belongs to the step that predicted target[t]. None for a model without
        attention between decoder and encoder, or an empty target.
    """
    if not target:
        return None
    device = next(model.parameters()).device
    read = torch.tensor([list(source)], device=device)
    taught = torch.tensor([[bos, *target[:-1]]], device=device)
    with captured(model, "cross.weights") as found:
        memory = model.encode(Source(read, torch.ones_like(read, dtype=torch.bool)))
        model.decode(Source(taught, torch.ones_like(taught, dtype=torch.bool)), memory)
    if not found:
        return None
    layers = [torch.cat(weights, dim=2)[0].float().mean(0) for weights in found.values()]
    return torch.stack(layers).mean(0).cpu().numpy()


def words_of(pieces: Sequence[str]) -> list[list[int]]:
    """Which pieces make a word: those behind a piece that begins with a space ("▁"), as long as they are letters.

    In scripts without spaces each piece stands for itself. Bytes go with the byte that begins their character.

    Returns:
        Indices of the pieces of each word, in order.
    """
    groups: list[list[int]] = []
    for index, piece in enumerate(pieces):
        before = pieces[index - 1] if index else ""
        spelt = _is_spelt(piece) and (_is_spelt(before.removeprefix("▁")) or before == "▁")
        if spelt or (_CONTINUES.fullmatch(piece) and _BYTES.fullmatch(before)):
            groups[-1].append(index)
        else:
            groups.append([index])
    return groups


def _is_spelt(piece: str) -> bool:
    """Only letters of a script that puts spaces between words."""
    return piece != "" and all(
        letter.isalpha() and script_of(letter) not in ("Han", "Kana", "Thai") for letter in piece
    )
