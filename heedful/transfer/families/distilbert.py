"""DistilBERT (arXiv:1910.01108): BERT without types of tokens and without a pooler, under other names."""

from typing import Any

from heedful.architecture import Architecture
from heedful.transfer.families import bert
from heedful.transfer.families.layout import Layout, Pair, Tensors, Values, activation, activation_there, each_layer

_LAYER = {
    "attention.q_lin": "attention.query",
    "attention.k_lin + attention.v_lin": "attention.key_value",
    "attention.out_lin": "attention.output",
    "sa_layer_norm": "attention_residual.norm",
    "ffn.lin1": "feed_forward.widen",
    "ffn.lin2": "feed_forward.narrow",
    "output_layer_norm": "feed_forward_residual.norm",
}


def _body(shape: Architecture) -> list[Pair]:
    return [
        Pair("embeddings.word_embeddings", "encoder.embedding.tokens"),
        Pair("embeddings.position_embeddings.weight", "encoder.embedding.added.table"),
        Pair("embeddings.LayerNorm", "encoder.embedding.norm"),
        *each_layer("encoder", "transformer.layer", shape.n_encoder_layers, _LAYER),
    ]


def _head(shape: Architecture) -> list[Pair]:
    if shape.output != "transformed":
        return []
    return [
        Pair("vocab_transform", "transform.dense"),
        Pair("vocab_layer_norm", "transform.norm"),
        Pair("vocab_projector.bias", "output.bias"),
    ]


def _read(config: Values, tensors: Tensors) -> dict[str, Any]:
    return {
        "activation": activation(config["activation"]),
        "tie": "output",
        "output": "transformed" if "vocab_transform.weight" in tensors else "linear",
    }


def _written(shape: Architecture) -> dict[str, Any]:
    return {"activation": activation_there(shape.activation), "attention_dropout": 0.0, "pad_token_id": 0}


DISTILBERT = Layout(
    "distilbert",
    task="encoder",
    sizes={
        "vocab_size": "vocab_size",
        "d_model": "dim",
        "n_encoder_layers": "n_layers",
        "n_heads": "n_heads",
        "d_ff": "hidden_dim",
        "dropout": "dropout",
        "max_len": "max_position_embeddings",
    },
    values=bert.READING | {"norm_eps": (1e-12,), "n_kinds": (0,), "pooler": (False,), "activation": ("gelu", "relu")},
    defaults={"activation": "gelu", "dropout": 0.1},
    needed={"tie_word_embeddings": (True,)},
    read=_read,
    written=_written,
    body=_body,
    head=_head,
    prefix="distilbert.",
    classes=("DistilBertModel", "DistilBertForMaskedLM"),
    frame=bert.FRAME,
    copies={"vocab_projector.weight": ("embeddings.word_embeddings.weight",)},
)
