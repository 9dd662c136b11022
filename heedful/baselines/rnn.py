"""The recurrent encoder-decoder: the whole source in one vector, or all its states looked at anew for every token.

Sutskever et al. 2014, arXiv:1409.3215; Cho et al. 2014, arXiv:1406.1078; Bahdanau et al. 2015, arXiv:1409.0473; Luong
et al. 2015, arXiv:1508.04025.
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from heedful.baselines.alignment import Alignment
from heedful.baselines.recurrence import Recurrence
from heedful.baselines.rnn_architecture import RNNArchitecture
from heedful.baselines.state import Sources, Writing, WritingState, check_length, check_start, checked_memory
from heedful.interface import Memory, Model, Source, State
from heedful.model.dropout import Dropout


@dataclass(frozen=True)
class RNNMemory(Memory):
    """The encoder's outputs, which only attention sees, and the state that the decoder begins with.

    Args:
        first: (B, L, P), P = D for a GRU and 2D for an LSTM.
    """

    first: Tensor


@dataclass(frozen=True)
class RNNWriting(Writing):
    """What one row of the decoder remembers.

    Args:
        state: (B, L, P), of the recurrent layers.
        context: (B, D), the same at every step, or None.
        fed: (B, D), what the last step came to, or None.
    """

    state: Tensor
    context: Tensor | None
    fed: Tensor | None


class RNN(Model):
    """Recurrent layers that read the source, and others that write, with attention between them or without."""

    def __init__(self, architecture: RNNArchitecture) -> None:
        super().__init__()
        self.architecture = shape = architecture
        self.max_len = shape.max_len
        self.tokens = nn.Embedding(shape.vocab_size, shape.d_model)
        self.encoder = Recurrence(
            shape.cell, shape.d_model, shape.d_model, shape.n_layers, shape.dropout, shape.bidirectional
        )
        n_read = 1 + (shape.context_use == "every") + (shape.feeding != "none")
        self.decoder = Recurrence(shape.cell, n_read * shape.d_model, shape.d_model, shape.n_layers, shape.dropout)
        d_state = self.decoder.n_parts * shape.d_model
        d_bridge = {"last": None, "projected": d_state, "mean": shape.d_model, "max": shape.d_model}[shape.context]
        self.bridge = None if d_bridge is None else nn.Linear(d_bridge, d_state)
        self.cross = None if shape.attention == "none" else Alignment(shape.attention, shape.d_model)
        self.combine = None if self.cross is None else nn.Linear(2 * shape.d_model, shape.d_model, bias=False)
        self.dropout = Dropout(shape.dropout)
        nn.init.normal_(self.tokens.weight, std=shape.d_model**-0.5)
        self.output = nn.Linear(shape.d_model, shape.vocab_size, bias=False)
        self.output.weight = self.tokens.weight

    def encode(self, source: Source) -> Memory:
        check_length(source.values, self.max_len)
        values, last = self.encoder.read(self._embed(source.values), source.mask)
        return RNNMemory(values, source.mask, self._first(values, source.mask, last))

    def decode(self, target: Source, memory: Memory | None) -> Tensor:
        check_length(target.values, self.max_len)
        memory = checked_memory(memory, RNNMemory)
        return self._write(target.values, self._begin(memory.first), self._looked_at(memory))[0]

    def start(self, memory: Memory | None, n_sentences: int, width: int, max_len: int) -> State:
        memory = checked_memory(memory, RNNMemory)
        check_start(memory, n_sentences, max_len, self.max_len)
        writing = self._begin(memory.first.repeat_interleave(width, dim=0))
        return WritingState(writing, self._looked_at(memory), n_sentences, width, max_len)

    def step(self, tokens: Tensor, state: State) -> Tensor:
        assert isinstance(state, WritingState), "a state of another model"
        state.advance(tokens.shape[1])
        hidden, state.writing = self._write(tokens, state.writing, state.source)
        return hidden

    def logits(self, hidden: Tensor) -> Tensor:
        return self.output(hidden)

    def _embed(self, tokens: Tensor) -> Tensor:
        embedded: Tensor = self.dropout(self.tokens(tokens) * self.architecture.d_model**0.5)
        return embedded

    def _first(self, values: Tensor, mask: Tensor, last: Tensor) -> Tensor:
        """(B, S, D), (B, S) and (B, L, P) -> (B, L, P), the state that the decoder begins with."""
        if self.bridge is None:
            return last
        if self.architecture.context == "projected":
            return torch.tanh(self.bridge(last))
        if self.architecture.context == "mean":
            pooled = values.sum(1) / mask.sum(1, keepdim=True)
        else:
            pooled = values.masked_fill(~mask[..., None], float("-inf")).amax(1)
        return torch.tanh(self.bridge(pooled))[:, None].expand_as(last)

    def _begin(self, first: Tensor) -> RNNWriting:
        """What rows remember that begin with the states (B, L, P)."""
        d_model = self.architecture.d_model
        context = first[:, -1, :d_model] if self.architecture.context_use == "every" else None
        fed = first.new_zeros(len(first), d_model) if self.architecture.feeding == "input" else None
        return RNNWriting(first, context, fed)

    def _looked_at(self, memory: RNNMemory) -> Sources | None:
        return None if self.cross is None else (self.cross.keys(memory.values), memory.values, memory.mask)

    def _write(self, tokens: Tensor, writing: RNNWriting, source: Sources | None) -> tuple[Tensor, RNNWriting]:
        """(B, T) -> (B, T, D) and what is remembered after; all tokens at once, unless a step needs the one before."""
        embedded = self._embed(tokens)
        if self.architecture.feeding == "none":
            return self._read_on(embedded, writing, source)
        outputs = []
        for token in embedded.split(1, dim=1):
            output, writing = self._read_on(token, writing, source)
            outputs.append(output)
        return torch.cat(outputs, dim=1), writing

    def _read_on(self, embedded: Tensor, writing: RNNWriting, source: Sources | None) -> tuple[Tensor, RNNWriting]:
        """(B, T, D) -> (B, T, D); T is 1 where something is fed."""
        looked = None
        if self.architecture.feeding == "context":
            looked = self._look(writing.state[:, -1:, : self.architecture.d_model], source)
        fed = writing.fed if looked is None else looked[:, 0]
        extra = [each[:, None].expand_as(embedded) for each in (writing.context, fed) if each is not None]
        outputs, state = self.decoder(torch.cat((embedded, *extra), dim=-1) if extra else embedded, writing.state)
        if self.combine is not None:
            looked = self._look(outputs, source) if looked is None else looked
            outputs = torch.tanh(self.combine(torch.cat((looked, outputs), dim=-1)))
        outputs = self.dropout(outputs)
        return outputs, replace(writing, state=state, fed=None if writing.fed is None else outputs[:, -1])

    def _look(self, query: Tensor, source: Sources | None) -> Tensor:
        assert self.cross is not None and source is not None, "attention looks at a source"
        looked: Tensor = self.cross(query, *source)
        return looked
