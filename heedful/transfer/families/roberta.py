"""RoBERTa (arXiv:1907.11692): BERT with another head, and positions that are counted from behind the padding."""

from typing import Any

from heedful.architecture import Architecture
from heedful.transfer.families import bert
from heedful.transfer.families.layout import Layout, Pair, Tensors, Values, activation, behind
from heedful.transfer.tokenizer_files import Frame

# Its first position is the one behind the id of padding.
PAD = 1
_UNREAD = PAD + 1


def _body(shape: Architecture) -> list[Pair]:
    positions = "embeddings.position_embeddings.weight"
    return [*bert.encoder(shape), Pair(positions, "encoder.embedding.added.table", behind(_UNREAD))]


def _head(shape: Architecture) -> list[Pair]:
    if shape.output != "transformed":
        return []
    return [
        Pair("lm_head.dense", "transform.dense"),
        Pair("lm_head.layer_norm", "transform.norm"),
        Pair("lm_head.bias", "output.bias"),
    ]


def _read(config: Values, tensors: Tensors) -> dict[str, Any]:
    return {
        "activation": activation(config["hidden_act"]),
        "tie": "output",
        "max_len": config["max_position_embeddings"] - _UNREAD,
        "output": "transformed" if "lm_head.dense.weight" in tensors else "linear",
        "pooler": "pooler.dense.weight" in tensors,
    }


def _written(shape: Architecture) -> dict[str, Any]:
    return bert.written(shape) | {"max_position_embeddings": shape.max_len + _UNREAD, "pad_token_id": PAD}


FRAME = Frame(
    "cls $A sep",
    "cls $A sep sep $B sep",
    {"pad": "<pad>", "unk": "<unk>", "bos": "<s>", "eos": "</s>", "cls": "<s>", "sep": "</s>", "mask": "<mask>"},
)

ROBERTA = Layout(
    "roberta",
    task="encoder",
    sizes=bert.SIZES,
    # Its head has this activation whatever the layers have.
    values=bert.READING | {"activation": ("gelu",)},
    defaults=bert.BERT.defaults,
    needed=bert.NEEDED | {"hidden_act": ("gelu",), "pad_token_id": (PAD,)},
    read=_read,
    written=_written,
    body=_body,
    head=_head,
    prefix="roberta.",
    classes=("RobertaModel", "RobertaForMaskedLM"),
    frame=FRAME,
    copies={
        "lm_head.decoder.weight": ("embeddings.word_embeddings.weight",),
        "lm_head.decoder.bias": ("lm_head.bias",),
    },
    unused=("embeddings.position_ids",),
)
