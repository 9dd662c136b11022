"""Size, vocabulary, regularisation and budget of a language model, from how much text there is to learn from.

The table in docs/language.md has the reasons.
"""

from dataclasses import dataclass

from heedful.architecture import Architecture
from heedful.training.options import TrainingOptions
from heedful.training.schedule import Trapezoid


@dataclass(frozen=True)
class LanguageSize:
    """One row of the table.

    Args:
        n_tokens: the row holds up to this many tokens to learn from.
        d_model: width; heads are 64 wide, and two at least.
        n_layers: of a model of one stack; one of two stacks has half of them in each, rounded up.
        dropout: probability.
        learning_rate: the peak, of what AdamW learns.
        window: tokens of a row.
        rows: rows to an update.
        epochs: over the text when no budget is given; training stops earlier when the held-out loss no longer falls.
    """

    n_tokens: float
    d_model: int
    n_layers: int
    dropout: float
    learning_rate: float
    window: int
    rows: int
    epochs: int


LANGUAGE_SIZES = (
    LanguageSize(10_000, 128, 3, 0.3, 4e-3, 32, 8, 60),
    LanguageSize(100_000, 128, 4, 0.3, 4e-3, 128, 16, 60),
    LanguageSize(2_000_000, 256, 6, 0.2, 3e-3, 256, 32, 25),
    LanguageSize(10_000_000, 256, 6, 0.1, 3e-3, 256, 32, 10),
    LanguageSize(50_000_000, 384, 8, 0.1, 2e-3, 256, 48, 5),
    LanguageSize(500_000_000, 512, 8, 0.05, 1e-3, 512, 64, 3),
    LanguageSize(float("inf"), 768, 12, 0.0, 8e-4, 512, 128, 1),
)
# Up to so many bytes of text, pieces at most.
VOCABULARIES = (
    (20_000, 1000), (200_000, 2000), (3_000_000, 4000), (20_000_000, 8000), (100_000_000, 16000), (1e9, 24000),
    (float("inf"), 32000),
)  # fmt: skip
# Characters that have a piece of their own in a vocabulary of characters: more than any script but Han has.
MOST_CHARACTERS = 8000


def language_size(n_tokens: int) -> LanguageSize:
    """The row for so many tokens to learn from."""
    return next(size for size in LANGUAGE_SIZES if n_tokens <= size.n_tokens)


def vocabulary_for(n_bytes: int) -> int:
    """The most pieces for so much text."""
    return next(pieces for most, pieces in VOCABULARIES if n_bytes <= most)


def language_architecture(size: LanguageSize, vocab_size: int, stacks: tuple[bool, bool]) -> Architecture:
    """A Transformer of that size: norms before the sublayers, squared ReLU, no biases, rotary positions.

    Args:
        size: its row.
        vocab_size: of its tokenizer.
        stacks: whether it has an encoder, and whether a decoder.
    """
    n_layers = -(-size.n_layers // 2) if all(stacks) else size.n_layers
    return Architecture(
        vocab_size=vocab_size,
        d_model=size.d_model,
        n_encoder_layers=n_layers * stacks[0],
        n_decoder_layers=n_layers * stacks[1],
        n_heads=max(2, size.d_model // 64),
        d_ff=4 * size.d_model,
        activation="relu2",
        dropout=size.dropout,
        order="pre",
        encoder_positions="rotary",
        decoder_positions="rotary",
        bias=False,
        # Behind a text with gaps comes its end, and in what is written stands a mark for each gap.
        max_len=size.window * (1 + all(stacks)),
    )


def language_options(size: LanguageSize, steps: int, seed: int, fresh: bool) -> TrainingOptions:
    """Training options for a run of so many updates.

    Args:
        size: its row.
        steps: of the run.
        seed: of the run.
        fresh: whether the weights begin with chance; those of another model are moved a fifth as fast.
    """
    pace = 1.0 if fresh else 0.2
    return TrainingOptions(
        steps=steps,
        learning_rate=size.learning_rate * pace,
        orthogonal_rate=0.02 * pace,
        schedule=Trapezoid(warmup=min(0.1, 200 / steps), cooldown=0.6),
        weight_decay=0.1,
        seed=seed,
        # The average spans about a fortieth of the run, and at most 500 updates.
        average=1 - max(1 / 500, min(0.2, 40 / steps)),
    )


def preference_options(d_model: int, steps: int, seed: int) -> TrainingOptions:
    """Training options for learning preferences: AdamW alone and gentle, since a few pairs must not undo a text.

    Args:
        d_model: width of the model: the wider, the smaller the step.
        steps: of the run.
        seed: of the run.
    """
    return TrainingOptions(
        steps=steps,
        learning_rate=0.025 / d_model,
        schedule=Trapezoid(warmup=min(0.1, 50 / steps), cooldown=0.5),
        weight_decay=0.0,
        seed=seed,
        average=None,
        # A batch of hard pairs has a loss many times that of an easy one, and is no spike.
        spike=None,
    )
