"""BERT (arXiv:1810.04805), and what is built like it: MiniLM among others."""

from typing import Any

from heedful.architecture import Architecture
from heedful.transfer.families.layout import Layout, Pair, Tensors, Values, activation, activation_there, each_layer
from heedful.transfer.tokenizer_files import Frame

# Of an encoder that reads only; some of its values mean nothing to it.
READING = {
    "n_decoder_layers": (0,),
    "decoder_positions": (),
    "n_kv_heads": (None,),
    "activation": ("gelu", "relu", "gelu_tanh", "silu", "relu2"),
    "norm": ("layer",),
    "order": ("post",),
    "encoder_positions": ("learned",),
    "window": (None,),
    "bias": (True,),
    # One stack has one table of tokens, so they are the same.
    "tie": ("output", "all"),
    "scale_embeddings": (False,),
    "head_width": (None,),
    "norm_embeddings": (True,),
    "n_kinds": (1, 2),
    "scale_attention": (True,),
    "rotary_base": (),
    "rotary_stretch": (),
    "relative_buckets": (),
    "relative_distance": (),
    "output": ("linear", "transformed"),
    "pooler": (False, True),
}
SIZES = {
    "vocab_size": "vocab_size",
    "d_model": "hidden_size",
    "n_encoder_layers": "num_hidden_layers",
    "n_heads": "num_attention_heads",
    "d_ff": "intermediate_size",
    "dropout": "hidden_dropout_prob",
    "max_len": "max_position_embeddings",
    "norm_eps": "layer_norm_eps",
    "n_kinds": "type_vocab_size",
}
NEEDED = {
    "is_decoder": (False,),
    "add_cross_attention": (False,),
    "position_embedding_type": ("absolute",),
    "tie_word_embeddings": (True,),
}
_LAYER = {
    "attention.self.query": "attention.query",
    "attention.self.key + attention.self.value": "attention.key_value",
    "attention.output.dense": "attention.output",
    "attention.output.LayerNorm": "attention_residual.norm",
    "intermediate.dense": "feed_forward.widen",
    "output.dense": "feed_forward.narrow",
    "output.LayerNorm": "feed_forward_residual.norm",
}


def encoder(shape: Architecture) -> list[Pair]:
    """The body but for its positions."""
    return [
        Pair("embeddings.word_embeddings", "encoder.embedding.tokens"),
        Pair("embeddings.token_type_embeddings", "encoder.embedding.kinds"),
        Pair("embeddings.LayerNorm", "encoder.embedding.norm"),
        *each_layer("encoder", "encoder.layer", shape.n_encoder_layers, _LAYER),
        Pair("pooler.dense", "pooler.dense"),
    ]


def _body(shape: Architecture) -> list[Pair]:
    return [*encoder(shape), Pair("embeddings.position_embeddings.weight", "encoder.embedding.added.table")]


def _head(shape: Architecture) -> list[Pair]:
    if shape.output != "transformed":
        return []
    return [
        Pair("cls.predictions.transform.dense", "transform.dense"),
        Pair("cls.predictions.transform.LayerNorm", "transform.norm"),
        Pair("cls.predictions.bias", "output.bias"),
    ]


def _read(config: Values, tensors: Tensors) -> dict[str, Any]:
    return {
        "activation": activation(config["hidden_act"]),
        "tie": "output",
        "output": "transformed" if "cls.predictions.transform.dense.weight" in tensors else "linear",
        "pooler": "pooler.dense.weight" in tensors,
    }


def written(shape: Architecture) -> dict[str, Any]:
    """What sizes cannot say."""
    return {
        "hidden_act": activation_there(shape.activation),
        "layer_norm_eps": shape.eps,
        "attention_probs_dropout_prob": 0.0,
        "pad_token_id": 0,
    }


FRAME = Frame(
    "cls $A sep",
    "cls $A sep $B:1 sep:1",
    {"pad": "[PAD]", "unk": "[UNK]", "cls": "[CLS]", "sep": "[SEP]", "mask": "[MASK]"},
)

BERT = Layout(
    "bert",
    task="encoder",
    sizes=SIZES,
    values=READING,
    defaults={"hidden_act": "gelu", "layer_norm_eps": 1e-12, "type_vocab_size": 2, "hidden_dropout_prob": 0.1},
    needed=NEEDED,
    read=_read,
    written=written,
    body=_body,
    head=_head,
    prefix="bert.",
    classes=("BertModel", "BertForMaskedLM"),
    frame=FRAME,
    copies={
        "cls.predictions.decoder.weight": ("embeddings.word_embeddings.weight",),
        "cls.predictions.decoder.bias": ("cls.predictions.bias",),
    },
    unused=("embeddings.position_ids",),
    older={"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"},
)
