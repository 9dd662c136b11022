"""The shape of a convolutional encoder-decoder as one frozen value."""

from dataclasses import dataclass

from heedful.architecture import Described, check_counts, check_dropout, check_types
from heedful.errors import OptionError


@dataclass(frozen=True)
class ConvArchitecture(Described):
    """How far a layer sees, and how many there are: together they are how far the model sees.

    Args:
        vocab_size: entries of the joint vocabulary.
        d_model: width of embeddings and layers.
        n_encoder_layers: each sees (kernel_size - 1) / 2 tokens further to both sides.
        n_decoder_layers: each sees kernel_size - 1 tokens further back, and attends to the source.
        kernel_size: tokens that a layer sees at once; odd, for the encoder's have a middle.
        dropout: probability, on embeddings, on what layers read and before the output.
        max_len: the longest sequence, in tokens.
    """

    vocab_size: int
    d_model: int = 256
    n_encoder_layers: int = 4
    n_decoder_layers: int = 3
    kernel_size: int = 3
    dropout: float = 0.1
    max_len: int = 1024

    def __post_init__(self) -> None:
        check_types(self)
        check_counts(self, "vocab_size", "d_model", "n_encoder_layers", "n_decoder_layers", "kernel_size", "max_len")
        check_dropout(self.dropout)
        if self.kernel_size % 2 == 0:
            raise OptionError(f"kernel_size must be odd, so that a kernel has a middle: got {self.kernel_size}")
