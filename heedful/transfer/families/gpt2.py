"""GPT-2: a decoder alone, norms first, matrices as (in, out)."""

from typing import Any

from heedful.architecture import Architecture
from heedful.transfer.families.layout import (
    TURNED,
    Layout,
    Pair,
    Tensors,
    Values,
    activation,
    activation_there,
    each_layer,
)
from heedful.transfer.tokenizer_files import Frame

# Of a decoder that writes only; some of its values mean nothing to it.
WRITING = {
    "n_encoder_layers": (0,),
    "encoder_positions": (),
    "order": ("pre",),
    "window": (None,),
    "scale_embeddings": (False,),
    "norm_embeddings": (False,),
    "n_kinds": (0,),
    "relative_buckets": (),
    "relative_distance": (),
    "output": ("linear",),
    "pooler": (False,),
    # One stack has one table of tokens, so two of them are the same.
    "tie": ("output", "all", "none"),
}
_PRODUCTS = {
    "attn.c_attn": "attention.query + attention.key_value",
    "attn.c_proj": "attention.output",
    "mlp.c_fc": "feed_forward.widen",
    "mlp.c_proj": "feed_forward.narrow",
}
_NORMS = {"ln_1": "attention_residual.norm", "ln_2": "feed_forward_residual.norm"}


def _body(shape: Architecture) -> list[Pair]:
    return [
        Pair("wte", "decoder.embedding.tokens"),
        Pair("wpe.weight", "decoder.embedding.added.table"),
        *each_layer("decoder", "h", shape.n_decoder_layers, _PRODUCTS, TURNED),
        *each_layer("decoder", "h", shape.n_decoder_layers, _NORMS),
        Pair("ln_f", "decoder.norm"),
    ]


def output(shape: Architecture) -> list[Pair]:
    """The product that makes logits."""
    return [Pair("lm_head", "output")]


def tied(config: Values) -> str:
    """Whether tokens and output share a matrix."""
    return "output" if config["tie_word_embeddings"] else "none"


def _read(config: Values, tensors: Tensors) -> dict[str, Any]:
    return {
        "activation": activation(config["activation_function"]),
        "d_ff": config.get("n_inner", 4 * config["n_embd"]),
        "scale_attention": config["scale_attn_weights"],
        "tie": tied(config),
    }


def _written(shape: Architecture) -> dict[str, Any]:
    return {
        "activation_function": activation_there(shape.activation),
        "n_inner": shape.d_ff,
        "layer_norm_epsilon": shape.eps,
        "attn_pdrop": 0.0,
        "embd_pdrop": shape.dropout,
        "scale_attn_weights": shape.scale_attention,
        "tie_word_embeddings": shape.tie != "none",
    }


GPT2 = Layout(
    "gpt2",
    task="language",
    sizes={
        "vocab_size": "vocab_size",
        "d_model": "n_embd",
        "n_decoder_layers": "n_layer",
        "n_heads": "n_head",
        "dropout": "resid_pdrop",
        "max_len": "n_positions",
        "norm_eps": "layer_norm_epsilon",
    },
    values=WRITING
    | {
        "n_kv_heads": (None,),
        "d_ff": (),
        "activation": ("gelu_tanh", "gelu", "relu", "silu", "relu2"),
        "norm": ("layer",),
        "decoder_positions": ("learned",),
        "bias": (True,),
        "head_width": (None,),
        "scale_attention": (True, False),
        "rotary_base": (),
        "rotary_stretch": (),
    },
    defaults={
        "activation_function": "gelu_new",
        "layer_norm_epsilon": 1e-5,
        "resid_pdrop": 0.1,
        "scale_attn_weights": True,
        "tie_word_embeddings": True,
    },
    needed={"scale_attn_by_inverse_layer_idx": (False,), "add_cross_attention": (False,)},
    read=_read,
    written=_written,
    body=_body,
    head=output,
    prefix="transformer.",
    classes=("GPT2Model", "GPT2LMHeadModel"),
    frame=Frame("$A", "$A $B", dict.fromkeys(("unk", "bos", "eos"), "<|endoftext|>")),
    copies={"lm_head.weight": ("wte.weight",)},
    unused=(".attn.bias", ".attn.masked_bias"),
)
