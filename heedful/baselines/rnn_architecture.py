"""The shape of a recurrent encoder-decoder as one frozen value."""

from dataclasses import dataclass
from typing import Literal

from heedful.architecture import Described, check_counts, check_dropout, check_types
from heedful.baselines.recurrence import Cell
from heedful.errors import OptionError

Attention = Literal["none", "additive", "dot", "general"]
Context = Literal["last", "projected", "mean", "max"]
ContextUse = Literal["first", "every"]
Feeding = Literal["none", "input", "context"]


@dataclass(frozen=True)
class RNNArchitecture(Described):
    """What the decoder learns of the source, and how.

    The defaults are the encoder-decoder before attention: its whole source is the state after the last token.

    Args:
        vocab_size: entries of the joint vocabulary.
        d_model: width of embeddings and states.
        n_layers: in the encoder, and as many in the decoder.
        cell: "gru" or "lstm".
        bidirectional: half of the encoder's width reads from the end (needs an even d_model).
        context: the one vector that stands for the source: the "last" state; that state "projected" (Cho et al. 2014,
            section 2.2); the "mean" or the "max" of all states, projected.
        context_use: the decoder's "first" state only, or an input at "every" step too (Cho et al. 2014).
        attention: the score with which the decoder looks at all states of the source, or "none".
        feeding: what a step is told of attention: "none", so that all steps of training are computed at once; "input",
            what the step before came to (Luong et al. 2015, section 3.3); "context", what it looks at itself, asked
            for with the state before it (Bahdanau et al. 2015, section 3.1).
        dropout: probability, on embeddings, between layers and before the output.
        max_len: the longest sequence, in tokens.
    """

    vocab_size: int
    d_model: int = 256
    n_layers: int = 2
    cell: Cell = "gru"
    bidirectional: bool = False
    context: Context = "last"
    context_use: ContextUse = "first"
    attention: Attention = "none"
    feeding: Feeding = "none"
    dropout: float = 0.1
    max_len: int = 1024

    def __post_init__(self) -> None:
        check_types(self)
        check_counts(self, "vocab_size", "d_model", "n_layers", "max_len")
        check_dropout(self.dropout)
        if self.bidirectional and self.d_model % 2:
            raise OptionError(f"two directions share d_model, which must be even: got {self.d_model}")
        if self.feeding != "none" and self.attention == "none":
            raise OptionError(f"feeding={self.feeding!r} needs attention: choose 'additive', 'dot' or 'general'")
