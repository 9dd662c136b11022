"""Size, vocabulary, regularisation and budget of a translator, from how much text there is to learn from.

Small data wants a small, heavily regularised model that sees it often; the table in docs/defaults.md has the reasons.
"""

from dataclasses import dataclass, replace

from heedful.architecture import Architecture
from heedful.baselines.conv_architecture import ConvArchitecture
from heedful.baselines.rnn_architecture import RNNArchitecture
from heedful.training.options import TrainingOptions
from heedful.training.schedule import Trapezoid

# Tokens that a model reads and writes at most, its tag and its ends of sentence counted.
WINDOW = 1024

Shape = Architecture | RNNArchitecture | ConvArchitecture


@dataclass(frozen=True)
class Size:
    """One row of the table.

    Args:
        pairs: the row holds up to this many sentence pairs.
        vocab_size: pieces of the joint vocabulary, at most.
        d_model: width; heads are 64 wide, and four at least.
        n_encoder_layers: the encoder is cheap, it runs once a sentence.
        n_decoder_layers: the decoder runs once a token.
        dropout: probability.
        learning_rate: the peak.
        tokens_per_batch: padded source and target tokens to an update.
        epochs: over the data when no budget is given; training stops earlier when the held-out score no longer grows.
        smoothing: of the labels.
        piece_dropout: probability of leaving out a merge, so that words are cut anew in every epoch.
        orthogonal_rate: the peak of Muon, for the matrices inside the layers.
    """

    pairs: float
    vocab_size: int
    d_model: int
    n_encoder_layers: int
    n_decoder_layers: int
    dropout: float
    learning_rate: float
    tokens_per_batch: int
    epochs: int
    smoothing: float = 0.1
    piece_dropout: float = 0.1
    orthogonal_rate: float = 0.02


SIZES = (
    Size(8_000, 3000, 128, 3, 3, 0.35, 4e-3, 2048, 100),
    Size(16_000, 5000, 128, 4, 4, 0.3, 5e-3, 4096, 50),
    Size(60_000, 8000, 128, 4, 4, 0.2, 5e-3, 4096, 30, piece_dropout=0.0),
    Size(250_000, 10000, 256, 5, 3, 0.2, 2e-3, 6144, 14),
    Size(1_000_000, 16000, 384, 6, 3, 0.15, 1.2e-3, 8192, 8),
    Size(float("inf"), 32000, 512, 6, 6, 0.1, 8e-4, 16384, 6),
)


@dataclass(frozen=True)
class Tuning:
    """One row of the table for a model that another run has trained.

    Args:
        pairs: the row holds up to this many sentence pairs.
        dropout: probability.
        share: of both rates of a training from scratch.
        epochs: over the data when no budget is given.
    """

    pairs: float
    dropout: float
    share: float
    epochs: int


# What was learned elsewhere is moved little: few epochs at a small share of the rates. The less text there is the
# sooner it is known by heart, so less of it is learned under more dropout, and more often.
TUNINGS = (
    Tuning(8_000, 0.3, 0.15, 12),
    Tuning(60_000, 0.2, 0.25, 8),
    Tuning(float("inf"), 0.1, 0.5, 4),
)


def tuned(size: Size, n_pairs: int, shape: Shape) -> Size:
    """How a trained model of a shape goes on learning from so many pairs.

    Args:
        size: the row for so many pairs from scratch.
        n_pairs: to learn from.
        shape: of the model.
    """
    row = next(row for row in TUNINGS if n_pairs <= row.pairs)
    # A wide model bears the rate of the row that has its width, not of the one that has so few pairs.
    rate = next((item.learning_rate for item in SIZES if item.d_model >= shape.d_model), SIZES[-1].learning_rate)
    layers = {}
    if isinstance(shape, Architecture):
        layers = {"n_encoder_layers": shape.n_encoder_layers, "n_decoder_layers": shape.n_decoder_layers}
    return replace(
        size,
        d_model=shape.d_model,
        dropout=row.dropout,
        learning_rate=row.share * rate,
        orthogonal_rate=row.share * size.orthogonal_rate,
        epochs=row.epochs,
        **layers,
    )


def size_for(n_pairs: int) -> Size:
    """The row for so many training pairs."""
    return next(size for size in SIZES if n_pairs <= size.pairs)


def architecture_for(size: Size, vocab_size: int) -> Architecture:
    """A Transformer of that size: norms before the sublayers, rotary positions."""
    return Architecture(
        vocab_size=vocab_size,
        d_model=size.d_model,
        n_encoder_layers=size.n_encoder_layers,
        n_decoder_layers=size.n_decoder_layers,
        n_heads=max(4, size.d_model // 64),
        d_ff=4 * size.d_model,
        dropout=size.dropout,
        order="pre",
        encoder_positions="rotary",
        decoder_positions="rotary",
        max_len=WINDOW,
    )


def rnn_for(size: Size, vocab_size: int) -> RNNArchitecture:
    """The encoder-decoder before attention, Sutskever et al. 2014: LSTMs, two layers deep and twice as wide as the row.

    The source is read from both ends, which does what turning it round did there: its beginning is near the end too.
    """
    return RNNArchitecture(
        vocab_size, 2 * size.d_model, 2, cell="lstm", bidirectional=True, dropout=size.dropout, max_len=WINDOW
    )


def attending_rnn_for(size: Size, vocab_size: int) -> RNNArchitecture:
    """The same with the general attention of Luong et al. 2015, without feeding: nothing else differs."""
    return replace(rnn_for(size, vocab_size), attention="general")


def conv_for(size: Size, vocab_size: int) -> ConvArchitecture:
    """ConvS2S half as wide again as the row, as deep as fairseq's recipe for small data (fconv_iwslt_de_en)."""
    return ConvArchitecture(vocab_size, 3 * size.d_model // 2, 4, 3, dropout=size.dropout, max_len=WINDOW)


def options_for(size: Size, steps: int, seed: int) -> TrainingOptions:
    """Training options for a run of so many updates."""
    return TrainingOptions(
        steps=steps,
        learning_rate=size.learning_rate,
        orthogonal_rate=size.orthogonal_rate,
        schedule=Trapezoid(warmup=min(0.1, 300 / steps), cooldown=0.6),
        weight_decay=0.1,
        seed=seed,
        # The average spans about a fortieth of the run, and at most 500 updates.
        average=1 - max(1 / 500, min(0.2, 40 / steps)),
    )
