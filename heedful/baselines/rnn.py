"""The encoder-decoder before attention: the whole source squeezed into one vector.

Cho et al. 2014, arXiv:1406.1078; Sutskever et al. 2014, arXiv:1409.3215.
"""

from dataclasses import asdict, dataclass
from typing import Any, Self

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from heedful.architecture import check_types, read_record
from heedful.errors import LengthError, OptionError, ShapeError
from heedful.interface import Memory, Model, Source, State


@dataclass(frozen=True)
class RNNArchitecture:
    """The shape of a recurrent encoder-decoder.

    Args:
        vocab_size: entries of the joint vocabulary.
        d_model: width of embeddings and states.
        n_layers: in the encoder, and as many in the decoder.
        dropout: probability, on embeddings, between layers and before the output.
        max_len: the longest sequence, in tokens.
    """

    vocab_size: int
    d_model: int = 256
    n_layers: int = 2
    dropout: float = 0.1
    max_len: int = 1024

    def __post_init__(self) -> None:
        check_types(self)
        for name in ("vocab_size", "d_model", "n_layers", "max_len"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} must be at least 1: got {getattr(self, name)}")
        if not 0 <= self.dropout < 1:
            raise OptionError(f"dropout is a probability in [0, 1): got {self.dropout}")

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`.

        Raises:
            OptionError: an unknown or missing key, or a value that does not fit.
        """
        return read_record(cls, values, "the architecture")


@dataclass(frozen=True)
class RNNMemory(Memory):
    """The encoder's outputs, of which the decoder sees nothing, and its last state, which is all that the decoder gets.

    Args:
        last: (B, L, D), the state of each layer after the last token.
    """

    last: Tensor


class RNNState(State):
    """The decoder's state of each row, (N*W, L, D): of constant size, however long the sentence."""

    def __init__(self, hidden: Tensor, width: int, max_len: int) -> None:
        self.hidden = hidden
        self.width = width
        self.max_len = max_len
        self.lengths = torch.zeros(len(hidden) // width, dtype=torch.int64)

    def reorder(self, parents: Tensor) -> None:
        first = torch.arange(0, parents.numel(), self.width, device=parents.device)
        self.hidden = self.hidden[(first[:, None] + parents).flatten()]

    def keep(self, sentences: Tensor) -> None:
        self.lengths = self.lengths[sentences]
        rows = (sentences[:, None] * self.width + torch.arange(self.width)).flatten()
        self.hidden = self.hidden[rows.to(self.hidden.device)]

    def admit(self, other: State) -> None:
        assert isinstance(other, RNNState), "a state of another model"
        assert other.width == self.width, f"a state with {other.width} beams, not {self.width}"
        self.max_len = max(self.max_len, other.max_len)
        self.hidden = torch.cat((self.hidden, other.hidden))
        self.lengths = torch.cat((self.lengths, other.lengths))


class RNN(Model):
    """Gated recurrent units that read the source, and others that write from the last state of the first."""

    def __init__(self, architecture: RNNArchitecture) -> None:
        super().__init__()
        self.architecture = shape = architecture
        self.max_len = shape.max_len
        self.tokens = nn.Embedding(shape.vocab_size, shape.d_model)
        between = shape.dropout if shape.n_layers > 1 else 0.0
        self.encoder = nn.GRU(shape.d_model, shape.d_model, shape.n_layers, batch_first=True, dropout=between)
        self.decoder = nn.GRU(shape.d_model, shape.d_model, shape.n_layers, batch_first=True, dropout=between)
        self.dropout = nn.Dropout(shape.dropout)
        nn.init.normal_(self.tokens.weight, std=shape.d_model**-0.5)

    def encode(self, source: Source) -> Memory:
        self._check_length(source.values)
        # Packing stops each row at its own last token. The lengths must lie on the host.
        lengths = source.mask.sum(1).cpu()
        packed = pack_padded_sequence(self._embed(source.values), lengths, batch_first=True, enforce_sorted=False)
        outputs, last = self.encoder(packed)
        values, _ = pad_packed_sequence(outputs, batch_first=True, total_length=source.mask.shape[1])
        return RNNMemory(values, source.mask, last.transpose(0, 1))

    def decode(self, target: Source, memory: Memory | None) -> Tensor:
        self._check_length(target.values)
        return self._read(target.values, _last(memory))[0]

    def start(self, memory: Memory | None, n_sentences: int, width: int, max_len: int) -> State:
        last = _last(memory)
        if len(last) != n_sentences:
            raise ShapeError(f"memory of {len(last)} sentences to start {n_sentences}: they must be equal")
        if max_len > self.max_len:
            raise LengthError(f"room for {max_len} tokens was asked for; the model's window has {self.max_len}")
        return RNNState(last.repeat_interleave(width, dim=0), width, max_len)

    def step(self, tokens: Tensor, state: State) -> Tensor:
        assert isinstance(state, RNNState), "a state of another model"
        longest = int(state.lengths.max()) + tokens.shape[1]
        if longest > state.max_len:
            raise LengthError(f"the state was started with room for {state.max_len} tokens, and more came: {longest}")
        output, state.hidden = self._read(tokens, state.hidden)
        state.lengths = state.lengths + tokens.shape[1]
        return output

    def logits(self, hidden: Tensor) -> Tensor:
        return functional.linear(hidden, self.tokens.weight)

    def _embed(self, tokens: Tensor) -> Tensor:
        return self.dropout(self.tokens(tokens) * self.architecture.d_model**0.5)

    def _read(self, tokens: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """(B, T) and (B, L, D) -> (B, T, D) and (B, L, D)."""
        output, last = self.decoder(self._embed(tokens), hidden.transpose(0, 1).contiguous())
        return self.dropout(output), last.transpose(0, 1)

    def _check_length(self, values: Tensor) -> None:
        if values.shape[1] > self.max_len:
            raise LengthError(f"a sequence of {values.shape[1]} tokens exceeds the model's window of {self.max_len}")


def _last(memory: Memory | None) -> Tensor:
    if not isinstance(memory, RNNMemory):
        raise OptionError("this model reads a source: give its memory")
    return memory.last
