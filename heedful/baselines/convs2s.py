"""The convolutional encoder-decoder: every layer sees a few neighbours of all tokens at once, and the source.

Gehring et al. 2017, "Convolutional Sequence to Sequence Learning", arXiv:1705.03122. The paper scales the encoder's
gradient down by the number of attention layers (section 3.4); here the optimizer's steps do not depend on its scale.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from heedful.baselines.alignment import Alignment
from heedful.baselines.conv_architecture import ConvArchitecture
from heedful.baselines.convolution import GatedConvolution, normed_linear
from heedful.baselines.state import Sources, Writing, WritingState, check_length, check_start, checked_memory
from heedful.interface import Memory, Model, Source, State
from heedful.model.dropout import Dropout

# Halves the variance of a sum of two (section 3.4).
HALF = 0.5**0.5


@dataclass(frozen=True)
class ConvMemory(Memory):
    """What attention mixes (values: outputs of the encoder and its embeddings, added), and what it compares with.

    Args:
        keys: (B, S, D), outputs of the encoder.
    """

    keys: Tensor


@dataclass(frozen=True)
class ConvWriting(Writing):
    """The last tokens, as each layer of the decoder read them.

    Args:
        recent: (B, L, k-1, D); zeros before the first token.
    """

    recent: Tensor


class ConvLayer(nn.Module):
    """A decoder layer: a gated convolution, then a look at the source (section 3.3)."""

    def __init__(self, shape: ConvArchitecture) -> None:
        super().__init__()
        self.dropout = Dropout(shape.dropout)
        self.convolution = GatedConvolution(shape.d_model, shape.kernel_size, keep=1 - shape.dropout)
        self.query = normed_linear(shape.d_model, shape.d_model)
        self.cross = Alignment("dot", shape.d_model)
        self.output = normed_linear(shape.d_model, shape.d_model)

    def forward(self, x: Tensor, recent: Tensor, embedded: Tensor, source: Sources) -> tuple[Tensor, Tensor]:
        """Read on.

        Args:
            x: (B, T, D), what the layer below came to.
            recent: (B, k-1, D), what this layer read last.
            embedded: (B, T, D), the tokens themselves, which attention asks with as well.
            source: what is looked at.
        Returns:
            (B, T, D), and what it has read last now.
        """
        read = torch.cat((recent, self.dropout(x)), dim=1)
        found = self.convolution(read)
        looked = self.cross((self.query(found) + embedded) * HALF, *source)
        # A mean of m tokens varies as 1/m of one of them (section 3.4).
        n_tokens = source[2].sum(1).repeat_interleave(len(x) // len(source[2]))
        looked = looked * n_tokens[:, None, None].to(looked.dtype).sqrt()
        found = (found + self.output(looked)) * HALF
        return (found + x) * HALF, read[:, x.shape[1] :]


class ConvS2S(Model):
    """Gated convolutions that read the source, and others that write, each with attention."""

    def __init__(self, architecture: ConvArchitecture) -> None:
        super().__init__()
        self.architecture = shape = architecture
        self.max_len = shape.max_len
        self.tokens = nn.Embedding(shape.vocab_size, shape.d_model)
        self.source_positions = nn.Embedding(shape.max_len, shape.d_model)
        self.target_positions = nn.Embedding(shape.max_len, shape.d_model)
        for table in (self.tokens, self.source_positions, self.target_positions):
            nn.init.normal_(table.weight, std=0.1)
        self.dropout = Dropout(shape.dropout)
        keep = 1 - shape.dropout
        # These two read what dropout has enlarged (section 3.5).
        self.encoder_in, self.decoder_in = (normed_linear(shape.d_model, shape.d_model, keep**0.5) for _ in range(2))
        self.encoder_out, self.decoder_out = (normed_linear(shape.d_model, shape.d_model) for _ in range(2))
        self.encoder = nn.ModuleList(
            GatedConvolution(shape.d_model, shape.kernel_size, keep) for _ in range(shape.n_encoder_layers)
        )
        self.decoder = nn.ModuleList(ConvLayer(shape) for _ in range(shape.n_decoder_layers))
        self.output = nn.Linear(shape.d_model, shape.vocab_size, bias=False)
        self.output.weight = self.tokens.weight

    def encode(self, source: Source) -> Memory:
        check_length(source.values, self.max_len)
        positions = torch.arange(source.values.shape[1], device=source.values.device)
        embedded = self.dropout(self.tokens(source.values) + self.source_positions(positions))
        x = self.encoder_in(embedded)
        beside = self.architecture.kernel_size // 2
        for convolution in self.encoder:
            # What lies beyond a sentence is zero, be it padding or the end of the batch.
            read = self.dropout(x).masked_fill(~source.mask[..., None], 0.0)
            x = (convolution(functional.pad(read, (0, 0, beside, beside))) + x) * HALF
        keys = self.encoder_out(x)
        return ConvMemory((keys + embedded) * HALF, source.mask, keys)

    def decode(self, target: Source, memory: Memory | None) -> Tensor:
        check_length(target.values, self.max_len)
        memory = checked_memory(memory, ConvMemory)
        positions = torch.arange(target.values.shape[1], device=target.values.device)
        sources = memory.keys, memory.values, memory.mask
        return self._write(target.values, positions[None], self._begin(memory, width=1), sources)[0]

    def start(self, memory: Memory | None, n_sentences: int, width: int, max_len: int) -> State:
        memory = checked_memory(memory, ConvMemory)
        check_start(memory, n_sentences, max_len, self.max_len)
        sources = memory.keys, memory.values, memory.mask
        return WritingState(self._begin(memory, width), sources, n_sentences, width, max_len)

    def step(self, tokens: Tensor, state: State) -> Tensor:
        assert isinstance(state, WritingState) and state.source is not None, "a state of another model"
        first = state.lengths.repeat_interleave(state.width)[:, None]
        state.advance(tokens.shape[1])
        positions = (first + torch.arange(tokens.shape[1])).to(tokens.device, non_blocking=True)
        hidden, state.writing = self._write(tokens, positions, state.writing, state.source)
        return hidden

    def logits(self, hidden: Tensor) -> Tensor:
        return self.output(hidden)

    def _begin(self, memory: ConvMemory, width: int) -> ConvWriting:
        """What rows remember that have read nothing."""
        shape = self.architecture
        n_rows = len(memory.mask) * width
        return ConvWriting(
            memory.values.new_zeros(n_rows, shape.n_decoder_layers, shape.kernel_size - 1, shape.d_model)
        )

    def _write(
        self, tokens: Tensor, positions: Tensor, writing: ConvWriting, source: Sources
    ) -> tuple[Tensor, ConvWriting]:
        """(B, T) -> (B, T, D), and what is remembered after."""
        embedded = self.dropout(self.tokens(tokens) + self.target_positions(positions))
        x = self.decoder_in(embedded)
        recent = []
        for layer, before in zip(self.decoder, writing.recent.unbind(1), strict=True):
            x, after = layer(x, before, embedded, source)
            recent.append(after)
        return self.dropout(self.decoder_out(x)), ConvWriting(torch.stack(recent, dim=1))
