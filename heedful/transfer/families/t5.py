"""T5 (arXiv:1910.10683): relative positions, scores that are not divided, and from version 1.1 on a gate."""

from typing import Any

from heedful.architecture import Architecture
from heedful.errors import OptionError
from heedful.transfer.families.layout import SAME, Layout, Pair, Tensors, Values, each_layer, times
from heedful.transfer.tokenizer_files import Frame

_FORWARD = {"relu": "relu", "gelu": "gelu", "silu": "silu", "gated-gelu": "geglu_tanh", "gated-silu": "swiglu"}
_WIDE = {"relu": "wi", "gelu": "wi", "silu": "wi", "geglu_tanh": "wi_0 + wi_1", "swiglu": "wi_0 + wi_1"}


def _attention(number: int, name: str, ours: str) -> dict[str, str]:
    front = f"layer.{number}.{name}"
    return {
        f"{front}.q": f"{ours}.query",
        f"{front}.k + {front}.v": f"{ours}.key_value",
        f"{front}.o": f"{ours}.output",
        f"layer.{number}.layer_norm": f"{ours}_residual.norm",
    }


def _forward(number: int, shape: Architecture) -> dict[str, str]:
    front = f"layer.{number}.DenseReluDense"
    wide = " + ".join(f"{front}.{name}" for name in _WIDE[shape.activation].split(" + "))
    return {
        wide: "feed_forward.widen",
        f"{front}.wo": "feed_forward.narrow",
        f"layer.{number}.layer_norm": "feed_forward_residual.norm",
    }


def _body(shape: Architecture) -> list[Pair]:
    itself = _attention(0, "SelfAttention", "attention")
    encoder = itself | _forward(1, shape)
    decoder = itself | _attention(1, "EncDecAttention", "cross") | _forward(2, shape)
    bias = "block.0.layer.0.SelfAttention.relative_attention_bias"
    # Where the output is tied, what it reads is divided by the root of d_model; the norm before it can do that.
    last = times(shape.d_model**-0.5) if shape.tie == "all" else SAME
    return [
        Pair("shared", "encoder.embedding.tokens"),
        *each_layer("encoder", "encoder.block", shape.n_encoder_layers, encoder),
        *each_layer("decoder", "decoder.block", shape.n_decoder_layers, decoder),
        Pair(f"encoder.{bias}", "encoder.relative.table"),
        Pair(f"decoder.{bias}", "decoder.relative.table"),
        Pair("encoder.final_layer_norm", "encoder.norm"),
        Pair("decoder.final_layer_norm", "decoder.norm", last),
    ]


def _head(shape: Architecture) -> list[Pair]:
    return [Pair("lm_head", "output")]


def _read(config: Values, tensors: Tensors) -> dict[str, Any]:
    if config["feed_forward_proj"] not in _FORWARD:
        raise OptionError(
            f"config.json says feed_forward_proj={config['feed_forward_proj']!r}, which cannot be expressed here: "
            f"expected {' or '.join(map(repr, _FORWARD))}; choose a model that has it so"
        )
    divided = config.get("scale_decoder_outputs", config["tie_word_embeddings"])
    return {
        "activation": _FORWARD[config["feed_forward_proj"]],
        "n_decoder_layers": config.get("num_decoder_layers", config["num_layers"]),
        "tie": "all" if divided else "input",
    }


def _written(shape: Architecture) -> dict[str, Any]:
    tied = shape.tie == "all"
    return {
        "feed_forward_proj": next(name for name, ours in _FORWARD.items() if ours == shape.activation),
        "num_decoder_layers": shape.n_decoder_layers,
        "d_kv": shape.d_head,
        "layer_norm_epsilon": shape.eps,
        "tie_word_embeddings": tied,
        "scale_decoder_outputs": tied,
        "is_encoder_decoder": True,
        "pad_token_id": 0,
        "eos_token_id": 1,
        "decoder_start_token_id": 0,
    }


T5 = Layout(
    "t5",
    task="text-to-text",
    sizes={
        "vocab_size": "vocab_size",
        "d_model": "d_model",
        "n_encoder_layers": "num_layers",
        "n_heads": "num_heads",
        "d_ff": "d_ff",
        "dropout": "dropout_rate",
        "norm_eps": "layer_norm_epsilon",
        "head_width": "d_kv",
        "relative_buckets": "relative_attention_num_buckets",
        "relative_distance": "relative_attention_max_distance",
        # It has no end; this is what it was trained on.
        "max_len": "n_positions",
    },
    values={
        "n_decoder_layers": (),
        "n_kv_heads": (None,),
        "activation": tuple(_WIDE),
        "norm": ("rms",),
        "order": ("pre",),
        "encoder_positions": ("relative",),
        "decoder_positions": ("relative",),
        "window": (None,),
        "bias": (False,),
        "tie": ("all", "input"),
        "scale_embeddings": (False,),
        "norm_embeddings": (False,),
        "n_kinds": (0,),
        "scale_attention": (False,),
        "rotary_base": (),
        "rotary_stretch": (),
        "output": ("linear",),
        "pooler": (False,),
    },
    defaults={
        "feed_forward_proj": "relu",
        "tie_word_embeddings": True,
        "dropout_rate": 0.1,
        "layer_norm_epsilon": 1e-6,
        "relative_attention_num_buckets": 32,
        "relative_attention_max_distance": 128,
        "n_positions": 512,
    },
    read=_read,
    written=_written,
    body=_body,
    head=_head,
    classes=("T5Model", "T5ForConditionalGeneration"),
    frame=Frame("$A eos", "$A eos $B eos", {"pad": "<pad>", "unk": "<unk>", "eos": "</s>"}),
    copies={
        "encoder.embed_tokens.weight": ("shared.weight",),
        "decoder.embed_tokens.weight": ("shared.weight",),
        "lm_head.weight": ("shared.weight",),
    },
    # Never read: attention to the memory knows no distances.
    unused=("EncDecAttention.relative_attention_bias.weight",),
)
