"""BART (arXiv:1910.13461): the encoder-decoder of 2017 with learned positions and normed embeddings."""

from typing import Any

from heedful.architecture import Architecture
from heedful.transfer.families import roberta
from heedful.transfer.families.layout import (
    ROW,
    Layout,
    Pair,
    Tensors,
    Values,
    activation,
    activation_there,
    behind,
    each_layer,
)

# Two positions stand before the first one, which are never read.
_UNREAD = 2
# Of an encoder-decoder with norms last.
BOTH = {
    "n_kv_heads": (None,),
    "activation": ("gelu", "relu", "gelu_tanh", "silu", "relu2"),
    "norm": ("layer",),
    "norm_eps": (1e-5, None),
    "order": ("post",),
    "window": (None,),
    "bias": (True,),
    "scale_embeddings": (False, True),
    "head_width": (None,),
    "n_kinds": (0,),
    "scale_attention": (True,),
    "rotary_base": (),
    "rotary_stretch": (),
    "relative_buckets": (),
    "relative_distance": (),
    "output": ("linear", "biased"),
    "pooler": (False,),
}
SIZES = {
    "vocab_size": "vocab_size",
    "d_model": "d_model",
    "n_encoder_layers": "encoder_layers",
    "n_decoder_layers": "decoder_layers",
    "n_heads": "encoder_attention_heads decoder_attention_heads",
    "d_ff": "encoder_ffn_dim decoder_ffn_dim",
    "dropout": "dropout",
    "max_len": "max_position_embeddings",
    "scale_embeddings": "scale_embedding",
}
_ITSELF = {
    "self_attn.q_proj": "attention.query",
    "self_attn.k_proj + self_attn.v_proj": "attention.key_value",
    "self_attn.out_proj": "attention.output",
    "self_attn_layer_norm": "attention_residual.norm",
    "fc1": "feed_forward.widen",
    "fc2": "feed_forward.narrow",
    "final_layer_norm": "feed_forward_residual.norm",
}
_MEMORY = {
    "encoder_attn.q_proj": "cross.query",
    "encoder_attn.k_proj + encoder_attn.v_proj": "cross.key_value",
    "encoder_attn.out_proj": "cross.output",
    "encoder_attn_layer_norm": "cross_residual.norm",
}


def layers(shape: Architecture) -> list[Pair]:
    """Those of both stacks."""
    return [
        *each_layer("encoder", "encoder.layers", shape.n_encoder_layers, _ITSELF),
        *each_layer("decoder", "decoder.layers", shape.n_decoder_layers, _ITSELF | _MEMORY),
    ]


def head(shape: Architecture) -> list[Pair]:
    """What makes logits."""
    return [Pair("lm_head.weight", "output.weight"), Pair("final_logits_bias", "output.bias", ROW)]


def read(config: Values, tensors: Tensors) -> dict[str, Any]:
    """What sizes cannot say."""
    return {
        "activation": activation(config["activation_function"]),
        "norm_eps": 1e-5,
        "output": "biased" if "final_logits_bias" in tensors else "linear",
    }


def written(shape: Architecture) -> dict[str, Any]:
    """What sizes cannot say."""
    return {
        "activation_function": activation_there(shape.activation),
        "attention_dropout": 0.0,
        "activation_dropout": 0.0,
        "is_encoder_decoder": True,
        # By default it would force another id of the vocabulary onto the last place.
        "forced_eos_token_id": None,
    }


def _body(shape: Architecture) -> list[Pair]:
    found = [Pair("shared", "encoder.embedding.tokens")]
    for stack in ("encoder", "decoder"):
        positions = f"{stack}.embed_positions.weight"
        found.append(Pair(positions, f"{stack}.embedding.added.table", behind(_UNREAD)))
        found.append(Pair(f"{stack}.layernorm_embedding", f"{stack}.embedding.norm"))
    return found + layers(shape)


BART = Layout(
    "bart",
    task="text-to-text",
    sizes=SIZES,
    values=BOTH
    | {
        "encoder_positions": ("learned",),
        "decoder_positions": ("learned",),
        "norm_embeddings": (True,),
        "tie": ("all",),
    },
    defaults={"activation_function": "gelu", "dropout": 0.1, "scale_embedding": False},
    needed={
        "tie_word_embeddings": (True,),
        "normalize_before": (False,),
        "add_final_layer_norm": (False,),
        "normalize_embedding": (True,),
        "static_position_embeddings": (False,),
    },
    read=read,
    written=written,
    body=_body,
    head=head,
    prefix="model.",
    classes=("BartModel", "BartForConditionalGeneration"),
    frame=roberta.FRAME,
    copies={
        "encoder.embed_tokens.weight": ("shared.weight",),
        "decoder.embed_tokens.weight": ("shared.weight",),
        "lm_head.weight": ("shared.weight",),
    },
    unused=("encoder.version", "decoder.version"),
)
