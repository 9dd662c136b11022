"""The Transformer, in its three forms: encoder and decoder, encoder only, decoder only."""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from heedful.architecture import Architecture, Positions
from heedful.errors import LengthError, OptionError, ShapeError
from heedful.interface import Memory, Model, Source, State
from heedful.model.block import Block
from heedful.model.cache import TransformerState
from heedful.model.embeddings import Embedding
from heedful.model.ends import Pooler, Transform
from heedful.model.init import initialise
from heedful.model.masks import visible
from heedful.model.norm import make_norm
from heedful.model.positions import RotaryPositions, rotary_rates
from heedful.model.relative import RelativeBias


class Stack(nn.Module):
    """Embedding, layers and, where norms come before the sublayers, one more norm at the end."""

    blocks: Sequence[Block]

    def __init__(
        self, architecture: Architecture, n_layers: int, positions: Positions, *, causal: bool, cross: bool
    ) -> None:
        super().__init__()
        # A stack that writes has no second text to tell from the first.
        self.embedding = Embedding(architecture, positions, 0 if causal else architecture.n_kinds)
        rates = rotary_rates(architecture.d_head, architecture.rotary_base, architecture.rotary_stretch)
        self.rotary = RotaryPositions(positions, architecture.max_len, rates)
        self.relative = RelativeBias(architecture, causal=causal) if positions == "relative" else None
        blocks = nn.ModuleList(Block(architecture, causal=causal, cross=cross) for _ in range(n_layers))
        self.blocks = cast(Sequence[Block], blocks)
        self.norm = make_norm(architecture) if architecture.order == "pre" else nn.Identity()

    def forward(
        self,
        values: Tensor,
        positions: Tensor,
        mask: Tensor | None,
        state: TransformerState | None = None,
        recalled: Sequence[Tensor] = (),
        memory_mask: Tensor | None = None,
        kinds: Tensor | None = None,
    ) -> Tensor:
        """Read.

        Args:
            values: (B, T) ids or (B, T, D) vectors.
            positions: (B, T) or (1, T).
            mask: as for `Block`.
            state: holds the caches of earlier steps; None reads whole sequences.
            recalled: keys and values (2, N, G, S, K) of the memory for each layer; empty without a memory.
            memory_mask: (N, 1, 1, S) bool.
            kinds: (B, T) types of the tokens, or None.
        Returns:
            (B, T, D).
        """
        x = self.embedding(values, positions, kinds)
        rotation, bias = self.rotary(positions, x.dtype), None
        if self.relative is not None:
            bias = self.relative(positions, positions if state is None else state.slot_positions)
        for i, block in enumerate(self.blocks):
            cache = None if state is None else state.layer(i)
            x = block(x, mask, rotation, cache, recalled[i] if recalled else None, memory_mask, bias)
        return self.norm(x)

    def recall(self, memory: Memory | None) -> tuple[list[Tensor], Tensor | None]:
        """What `forward` needs to know of a memory: keys and values for each layer, and who may be looked at."""
        if memory is None:
            return [], None
        return [block.recall(memory.values) for block in self.blocks], memory.mask[:, None, None, :]


class Transformer(Model):
    """Vaswani et al. 2017, arXiv:1706.03762, and its descendants by value of `Architecture`."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = shape = architecture
        self.max_len = shape.max_len
        self.encoder = self.decoder = None
        if shape.n_encoder_layers:
            self.encoder = Stack(shape, shape.n_encoder_layers, shape.encoder_positions, causal=False, cross=False)
        if shape.n_decoder_layers:
            cross = self.encoder is not None
            self.decoder = Stack(shape, shape.n_decoder_layers, shape.decoder_positions, causal=True, cross=cross)
        self.pooler = Pooler(shape) if shape.pooler else None
        self.transform = Transform(shape) if shape.output == "transformed" else nn.Identity()
        self.output = nn.Linear(shape.d_model, shape.vocab_size, bias=shape.output != "linear")
        initialise(self, shape.d_model)
        self._tie()

    def encode(self, source: Source) -> Memory:
        if self.encoder is None:
            raise OptionError("this model has no encoder (n_encoder_layers=0): it cannot read a source; use decode")
        x = self.encoder(source.values, self._positions(source.values), visible(source), kinds=source.kinds)
        return Memory(x, source.mask)

    def decode(self, target: Source, memory: Memory | None) -> Tensor:
        decoder = self._decoder(memory is not None)
        recalled, memory_mask = decoder.recall(memory)
        # Padding comes after the tokens, where no earlier position looks: causality alone is enough without packing.
        mask = None if target.documents is None else visible(target)
        positions = self._positions(target.values)
        return decoder(target.values, positions, mask, recalled=recalled, memory_mask=memory_mask, kinds=target.kinds)

    def start(self, memory: Memory | None, n_sentences: int, width: int, max_len: int) -> State:
        decoder = self._decoder(memory is not None)
        if memory is not None and len(memory.values) != n_sentences:
            raise ShapeError(f"memory of {len(memory.values)} sentences to start {n_sentences}: they must be equal")
        if max_len > self.max_len:
            raise LengthError(f"room for {max_len} tokens was asked for; the model's window has {self.max_len}")
        recalled, memory_mask = decoder.recall(memory)
        shape = self.architecture
        size = 2, n_sentences, shape.n_kv_heads or shape.n_heads, 0, shape.d_head
        tokens = decoder.embedding.tokens
        # What it computes in need not be what its weights are kept in.
        like = tokens(tokens.weight.new_zeros(0, dtype=torch.long))
        own = [like.new_zeros(size) for _ in decoder.blocks]
        return TransformerState(width, max_len, own, recalled, memory_mask)

    def step(self, tokens: Tensor, state: State) -> Tensor:
        assert isinstance(state, TransformerState), "a state of another model"
        decoder = self._decoder(state.memory_mask is not None)
        positions, mask = state.advance(tokens.shape[1], self.architecture.window)
        # The beams of a sentence are read as one row: they share the cache and the memory.
        rows = tokens.reshape(positions.shape)
        hidden = decoder(rows, positions, mask, state, state.recalled, state.memory_mask)
        return hidden.view(*tokens.shape, -1)

    def logits(self, hidden: Tensor) -> Tensor:
        return self.output(self.transform(hidden))

    def pool(self, memory: Memory) -> Tensor:
        """One vector for each text.

        Args:
            memory: what `encode` left of B texts.
        Returns:
            (B, D).
        Raises:
            OptionError: the model has no layer for it.
        """
        if self.pooler is None:
            raise OptionError("this model has no pooler (pooler=False): average its hidden states over the mask")
        return self.pooler(memory.values)

    def _tie(self) -> None:
        """Let tables share one matrix, section 3.4; each keeps its own module, so that weights can be exchanged."""
        tie, written = self.architecture.tie, self.decoder or self.encoder
        assert written is not None, "an architecture has layers"
        if tie in ("all", "input") and self.encoder is not None:
            written.embedding.tokens.weight = self.encoder.embedding.tokens.weight
        if tie in ("all", "output"):
            self.output.weight = written.embedding.tokens.weight

    def _decoder(self, has_memory: bool) -> Stack:
        if self.decoder is None:
            raise OptionError("this model has no decoder (n_decoder_layers=0): it cannot write; use encode")
        if has_memory != (self.encoder is not None):
            needs = "has no encoder: memory must be None" if has_memory else "reads a source: give its memory"
            raise OptionError(f"this model {needs}")
        return self.decoder

    def _positions(self, values: Tensor) -> Tensor:
        if values.shape[1] > self.max_len:
            raise LengthError(f"a sequence of {values.shape[1]} tokens exceeds the model's window of {self.max_len}")
        return torch.arange(values.shape[1], device=values.device)[None]
