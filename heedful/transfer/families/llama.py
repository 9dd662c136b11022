"""Llama (arXiv:2302.13971): a decoder alone, rotary positions, RMS norm, a gate, grouped heads."""

from typing import Any

from heedful.architecture import Architecture
from heedful.errors import OptionError
from heedful.transfer.families import gpt2
from heedful.transfer.families.layout import (
    GATES,
    Layout,
    Pair,
    Tensors,
    Values,
    activation,
    activation_there,
    each_layer,
)
from heedful.transfer.tokenizer_files import Frame

_LAYER = {
    "self_attn.q_proj": "attention.query",
    "self_attn.k_proj + self_attn.v_proj": "attention.key_value",
    "self_attn.o_proj": "attention.output",
    "input_layernorm": "attention_residual.norm",
    "mlp.gate_proj + mlp.up_proj": "feed_forward.widen",
    "mlp.down_proj": "feed_forward.narrow",
    "post_attention_layernorm": "feed_forward_residual.norm",
}

# Ours, and theirs.
_STRETCH = {
    "factor": "factor",
    "low": "low_freq_factor",
    "high": "high_freq_factor",
    "trained": "original_max_position_embeddings",
}


def _body(shape: Architecture) -> list[Pair]:
    return [
        Pair("embed_tokens", "decoder.embedding.tokens"),
        *each_layer("decoder", "layers", shape.n_decoder_layers, _LAYER),
        Pair("norm", "decoder.norm"),
    ]


def _read(config: Values, tensors: Tensors) -> dict[str, Any]:
    if config["attention_bias"] != config["mlp_bias"]:
        raise OptionError(
            f"config.json says attention_bias={config['attention_bias']}, mlp_bias={config['mlp_bias']}: biases stand "
            "everywhere or nowhere here; choose a model that has it so"
        )
    return {
        "activation": activation(config["hidden_act"], GATES),
        "bias": config["attention_bias"],
        **_turns(config),
        "n_kv_heads": config.get("num_key_value_heads"),
        "head_width": config.get("head_dim"),
        "dropout": 0.0,
        "tie": gpt2.tied(config),
    }


def _turns(config: Values) -> dict[str, Any]:
    """Base and stretch of the wavelengths, which older files and newer ones keep in different places."""
    said = config.get("rope_parameters") or config.get("rope_scaling") or {}
    kind = said.get("rope_type", said.get("type", "default"))
    if kind not in ("default", "llama3") or said.get("partial_rotary_factor", 1.0) != 1.0:
        raise OptionError(
            f"config.json says rope_type={kind!r}, partial_rotary_factor={said.get('partial_rotary_factor', 1.0)}: "
            "expected rotary positions of whole heads, 'default' or 'llama3'; choose a model that has them"
        )
    if kind == "llama3" and (missing := [key for key in _STRETCH.values() if key not in said]):
        raise OptionError(f"config.json says rope_type='llama3' without {missing[0]!r}: fetch the file again")
    return {
        "rotary_base": float(said["rope_theta"] if "rope_theta" in said else config["rope_theta"]),
        "rotary_stretch": {ours: said[key] for ours, key in _STRETCH.items()} if kind == "llama3" else None,
    }


def _written(shape: Architecture) -> dict[str, Any]:
    return {
        "hidden_act": activation_there(shape.activation, GATES),
        "num_key_value_heads": shape.n_kv_heads or shape.n_heads,
        "head_dim": shape.d_head,
        "attention_bias": shape.bias,
        "mlp_bias": shape.bias,
        "rms_norm_eps": shape.eps,
        "rope_parameters": {"rope_theta": shape.rotary_base, **_stretched(shape)},
        "tie_word_embeddings": shape.tie != "none",
    }


def _stretched(shape: Architecture) -> dict[str, Any]:
    if shape.rotary_stretch is None:
        return {"rope_type": "default"}
    return {"rope_type": "llama3", **{key: getattr(shape.rotary_stretch, ours) for ours, key in _STRETCH.items()}}


LLAMA = Layout(
    "llama",
    task="language",
    sizes={
        "vocab_size": "vocab_size",
        "d_model": "hidden_size",
        "n_decoder_layers": "num_hidden_layers",
        "n_heads": "num_attention_heads",
        "d_ff": "intermediate_size",
        "max_len": "max_position_embeddings",
        "norm_eps": "rms_norm_eps",
    },
    values=gpt2.WRITING
    | {
        "n_kv_heads": (),
        "activation": tuple(GATES.values()),
        "dropout": (),
        "norm": ("rms",),
        "decoder_positions": ("rotary",),
        "bias": (False, True),
        "head_width": (),
        "scale_attention": (True,),
        "rotary_base": (),
        "rotary_stretch": (),
    },
    defaults={
        "hidden_act": "silu",
        "rms_norm_eps": 1e-6,
        "rope_theta": 10000.0,
        "attention_bias": False,
        "mlp_bias": False,
        "tie_word_embeddings": False,
    },
    read=_read,
    written=_written,
    body=_body,
    head=gpt2.output,
    prefix="model.",
    classes=("LlamaModel", "LlamaForCausalLM"),
    frame=Frame("bos $A", "bos $A bos $B:1", {"unk": "<unk>", "bos": "<s>", "eos": "</s>"}),
    copies={"lm_head.weight": ("embed_tokens.weight",)},
    unused=("rotary_emb.inv_freq",),
)
