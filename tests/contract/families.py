"""Small random models of every family, for the suite that holds them all to the waist."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import torch

from heedful.architecture import Architecture
from heedful.baselines.conv_architecture import ConvArchitecture
from heedful.baselines.convs2s import ConvS2S
from heedful.baselines.rnn import RNN
from heedful.baselines.rnn_architecture import RNNArchitecture
from heedful.interface import Memory, Model, Source
from heedful.model.transformer import Transformer

VOCAB = 23
SMALL = Architecture(
    vocab_size=VOCAB, d_model=16, n_heads=4, d_ff=24, n_encoder_layers=2, n_decoder_layers=2, dropout=0.0, max_len=64
)
MODERN = replace(
    SMALL,
    order="pre",
    norm="rms",
    activation="swiglu",
    encoder_positions="rotary",
    decoder_positions="learned",
    n_kv_heads=2,
    bias=False,
    tie="output",
)

# What the families of other libraries differ in, by values.
BIASED = replace(
    SMALL,
    order="pre",
    norm="rms",
    norm_eps=1e-4,
    activation="geglu_tanh",
    encoder_positions="relative",
    decoder_positions="relative",
    relative_buckets=8,
    relative_distance=12,
    scale_attention=False,
    head_width=6,
    n_kinds=2,
    tie="input",
    output="biased",
)
WIDE = replace(
    SMALL,
    n_encoder_layers=0,
    activation="gelu_tanh",
    decoder_positions="rotary",
    rotary_base=500.0,
    head_width=2,
    n_kv_heads=2,
    norm_embeddings=True,
    output="transformed",
)

RECURRENT = RNNArchitecture(VOCAB, d_model=16, n_layers=2, dropout=0.0, max_len=64)
RNNS = {
    "rnn": RECURRENT,
    "rnn, lstm, projected": replace(RECURRENT, cell="lstm", context="projected"),
    "rnn, mean at every step": replace(RECURRENT, bidirectional=True, context="mean", context_use="every"),
    "rnn, max": replace(RECURRENT, cell="lstm", bidirectional=True, context="max"),
    "rnn, dot": replace(RECURRENT, attention="dot"),
    "rnn, general, input fed": replace(
        RECURRENT, cell="lstm", bidirectional=True, attention="general", feeding="input", context_use="every"
    ),
    "rnn, additive, context fed": replace(RECURRENT, bidirectional=True, attention="additive", feeding="context"),
}

CONVOLUTIONAL = ConvArchitecture(VOCAB, d_model=16, n_encoder_layers=2, n_decoder_layers=3, dropout=0.0, max_len=64)
CONVS = {"convolutions": CONVOLUTIONAL, "convolutions, one token wide": replace(CONVOLUTIONAL, kernel_size=1)}

BUILD: dict[str, Callable[[], Model]] = {
    "encoder-decoder": lambda: Transformer(SMALL),
    "encoder-decoder, modern": lambda: Transformer(MODERN),
    "encoder-decoder, windowed": lambda: Transformer(replace(SMALL, window=2, decoder_positions="rotary")),
    "encoder-decoder, relative": lambda: Transformer(BIASED),
    "decoder only, wide": lambda: Transformer(WIDE),
    "decoder only, relative, windowed": lambda: Transformer(replace(BIASED, n_encoder_layers=0, n_kinds=0, window=3)),
    "encoder only, pooled": lambda: Transformer(replace(BIASED, n_decoder_layers=0, pooler=True)),
    "decoder only": lambda: Transformer(replace(SMALL, n_encoder_layers=0)),
    "encoder only": lambda: Transformer(replace(SMALL, n_decoder_layers=0)),
    **{name: partial(RNN, shape) for name, shape in RNNS.items()},
    **{name: partial(ConvS2S, shape) for name, shape in CONVS.items()},
}
READERS = [name for name in BUILD if not name.startswith("decoder only")]
WRITERS = [name for name in BUILD if not name.startswith("encoder only")]


def build(name: str) -> Model:
    """A model of a family in float64, so that equal means equal."""
    torch.manual_seed(7)
    return BUILD[name]().double().eval()


def sentences(n: int, length: int, seed: int = 0) -> Source:
    """n rows of different lengths up to `length`, padded."""
    random = torch.Generator().manual_seed(seed)
    lengths = torch.randint(2, length + 1, (n,), generator=random)
    lengths[0] = length
    values = torch.randint(1, VOCAB, (n, length), generator=random)
    mask = torch.arange(length) < lengths[:, None]
    return Source(values * mask, mask)


def remember(model: Model, name: str, n: int, seed: int = 0) -> Memory | None:
    """The memory of n sentences, or None for a model that has no encoder."""
    return model.encode(sentences(n, 9, seed)) if name in READERS else None
