"""Marian: the encoder-decoder of 2017, but that its position vectors have all sines before all cosines.

The order of the axes of d_model means nothing to the rest of a model, so all weights are put in another order on their
way, and every logit stays what it is.
"""

from typing import Any

from heedful.architecture import Architecture
from heedful.transfer.families import bart
from heedful.transfer.families.layout import Layout, Pair, Tensors, Values
from heedful.transfer.tokenizer_files import Frame

# Which stacks share what: (tokens of both, tokens and output).
_TIES = {"all": (True, True), "input": (True, False), "output": (False, True), "none": (False, False)}


def halves(d_model: int) -> list[int]:
    """Our axes as they stand there: those of sines, then those of cosines."""
    return [*range(0, d_model, 2), *range(1, d_model, 2)]


def _body(shape: Architecture) -> list[Pair]:
    both = _TIES[shape.tie][0]
    first = "shared" if both else "encoder.embed_tokens"
    found = [Pair(first, "encoder.embedding.tokens"), Pair("decoder.embed_tokens", "decoder.embedding.tokens")]
    return found + bart.layers(shape)


def _read(config: Values, tensors: Tensors) -> dict[str, Any]:
    sharing = config["share_encoder_decoder_embeddings"], config["tie_word_embeddings"]
    return bart.read(config, tensors) | {"tie": next(tie for tie, shared in _TIES.items() if shared == sharing)}


def _written(shape: Architecture) -> dict[str, Any]:
    both, output = _TIES[shape.tie]
    return bart.written(shape) | {"share_encoder_decoder_embeddings": both, "tie_word_embeddings": output}


MARIAN = Layout(
    "marian",
    task="translation",
    # One vocabulary for both languages.
    sizes=bart.SIZES | {"vocab_size": "vocab_size decoder_vocab_size"},
    values=bart.BOTH
    | {
        "encoder_positions": ("sinusoidal",),
        "decoder_positions": ("sinusoidal",),
        "norm_embeddings": (False,),
        "tie": tuple(_TIES),
    },
    defaults={
        "activation_function": "gelu",
        "dropout": 0.1,
        "scale_embedding": False,
        "share_encoder_decoder_embeddings": True,
        "tie_word_embeddings": True,
    },
    needed={
        "normalize_before": (False,),
        "add_final_layer_norm": (False,),
        "normalize_embedding": (False,),
        "static_position_embeddings": (True,),
    },
    read=_read,
    written=_written,
    body=_body,
    head=bart.head,
    prefix="model.",
    classes=("MarianModel", "MarianMTModel"),
    frame=Frame("$A eos", "$A $B eos", {"pad": "<pad>", "unk": "<unk>", "eos": "</s>"}),
    copies={
        "encoder.embed_tokens.weight": ("shared.weight",),
        "decoder.embed_tokens.weight": ("shared.weight",),
        "lm_head.weight": ("decoder.embed_tokens.weight", "shared.weight"),
    },
    # Sinusoids, which every program makes by itself.
    unused=("embed_positions.weight",),
    order=halves,
)
