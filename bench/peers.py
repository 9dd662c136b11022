"""What the peers share: their libraries, the text, and the same weights in their own model."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from heedful.architecture import Architecture
from heedful.data import phrasebook
from heedful.data.corpus import Corpus
from heedful.data.shards import build_shards
from heedful.data.text import ParallelText
from heedful.data.tokenizer import Tokenizer
from heedful.model.transformer import Transformer
from heedful.transfer import huggingface

VOCABULARY = 8000


def small(max_len: int = 512) -> Architecture:
    """The model that peers are compared on: the form of 2017, so that they have it too."""
    return Architecture(
        vocab_size=VOCABULARY,
        d_model=256,
        n_encoder_layers=3,
        n_decoder_layers=3,
        n_heads=4,
        d_ff=1024,
        dropout=0.1,
        max_len=max_len,
    )


def marian(shape: Architecture, attention: str) -> Any:
    """A MarianMTModel of the same shape.

    Args:
        shape: encoder-decoder, norms after the sublayers, sinusoidal positions.
        attention: "eager" or "sdpa".
    """
    library = huggingface.need()
    config = library.MarianConfig(**huggingface.marian_config(shape), attn_implementation=attention)
    return library.MarianMTModel(config)


def pairs(source: Path | None, target: Path | None) -> Iterator[tuple[str, str]]:
    """The text: two files, or the embedded corpus when there are none."""
    if source is None:
        return iter([(pair.chinese, pair.english) for pair in phrasebook.generate(20_000)])
    return ParallelText(source, target).pairs()


def corpus(source: Path | None, target: Path | None) -> tuple[Corpus, Tokenizer]:
    """The text, cut into pieces of a joint vocabulary of 8,000 (or as many as it has)."""
    text = list(pairs(source, target))
    tokenizer = Tokenizer.train((side for pair in text for side in pair), VOCABULARY, [])
    folder = Path(tempfile.mkdtemp(prefix="heedful-bench-"))
    return build_shards(text, tokenizer, folder / "shards"), tokenizer


def copy_weights(ours: Transformer, theirs: Any) -> None:
    """Give their model our weights; afterwards both compute the same function.

    Args:
        ours: of the form that `small` describes.
        theirs: a MarianMTModel of the same shape.
    """
    unknown = theirs.load_state_dict(huggingface.marian_tensors(ours), strict=False).unexpected_keys
    assert not unknown, f"weights without a place in their model: {unknown}"
