"""A translator in the layout of Hugging Face's Marian: what `MarianMTModel` and `AutoTokenizer` of transformers read.

Marian's position vectors have all sines before all cosines, where the paper and ours take turns. The order of the axes
of d_model means nothing to the rest of a model, so all weights are put in theirs, and every logit stays what it is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor, nn

from heedful.architecture import Architecture
from heedful.data.tokenizer import BOS, EOS, PAD, SPECIALS, UNK, Tokenizer
from heedful.interface import Model
from heedful.model.attention import Attention
from heedful.model.block import Block
from heedful.model.transformer import Stack, Transformer
from heedful.run.disk import encode_json, write_file
from heedful.run.weights import tensor_bytes
from heedful.transfer.foreign import (
    AT_ONCE,
    Exported,
    Runtime,
    expressible,
    in_code,
    library,
    tags_in_words,
)

TITLE = "Marian's layout"
QUANTIZATIONS = ("float32",)
WEIGHTS = "model.safetensors"
ALLOWED = {
    "order": ("post",),
    "encoder_positions": ("sinusoidal",),
    "decoder_positions": ("sinusoidal",),
    "norm": ("layer",),
    "activation": ("relu", "gelu", "relu2"),
    "window": (None,),
    "head_width": (None,),
    "norm_eps": (None, 1e-5),
    "norm_embeddings": (False,),
    "n_kinds": (0,),
    "scale_attention": (True,),
    "tie": ("all", "output", "none"),
    "output": ("linear",),
    "pooler": (False,),
}


def need() -> ModuleType:
    """The library, quiet; needed to run what is written here, not to write it.

    Raises:
        DependencyError: it is not installed.
    """
    found = library("transformers")
    found.logging.set_verbosity_error()
    return found


def check(model: Model) -> Architecture:
    """The architecture of a model that Marian's layout can hold.

    Raises:
        OptionError: it cannot; the message names the values.
    """
    instead = "it is the architecture of 2017; --to ctranslate2 and --to argos hold the others"
    return expressible(model, TITLE, ALLOWED, instead)


def marian_config(shape: Architecture) -> dict[str, Any]:
    """The fields of a MarianConfig of the same shape."""
    return {
        "vocab_size": shape.vocab_size,
        "d_model": shape.d_model,
        "encoder_layers": shape.n_encoder_layers,
        "decoder_layers": shape.n_decoder_layers,
        "encoder_attention_heads": shape.n_heads,
        "decoder_attention_heads": shape.n_heads,
        "encoder_ffn_dim": shape.d_ff,
        "decoder_ffn_dim": shape.d_ff,
        "activation_function": shape.activation,
        "dropout": shape.dropout,
        "attention_dropout": 0.0,
        "activation_dropout": 0.0,
        "scale_embedding": shape.scale_embeddings,
        "max_position_embeddings": shape.max_len,
        "pad_token_id": PAD,
        "bos_token_id": BOS,
        "eos_token_id": EOS,
        "decoder_start_token_id": BOS,
        "forced_eos_token_id": None,
        "share_encoder_decoder_embeddings": shape.tie == "all",
        "tie_word_embeddings": shape.tie != "none",
    }


def marian_tensors(model: Transformer) -> dict[str, Tensor]:
    """The weights under their names there; one that is shared stands once.

    Args:
        model: that passes `check`.
    """
    assert model.encoder is not None and model.decoder is not None, "a model that was checked"
    axes = _Axes(model.architecture.d_model)
    tie = model.architecture.tie
    first = "model.shared" if tie == "all" else "model.encoder.embed_tokens"
    found = {f"{first}.weight": axes.read(model.encoder.embedding.tokens.weight)}
    if tie != "all":
        found["model.decoder.embed_tokens.weight"] = axes.read(model.decoder.embedding.tokens.weight)
    if tie == "none":
        found["lm_head.weight"] = axes.read(model.output.weight)
    for name, stack in (("encoder", model.encoder), ("decoder", model.decoder)):
        found |= _stack_tensors(f"model.{name}", stack, axes)
    return found


def write(folder: Path, exported: Exported) -> None:
    """Write config.json, generation_config.json, model.safetensors and the files of the tokenizer.

    Args:
        folder: exists, and is empty.
        exported: what is written.
    Raises:
        OptionError: Marian's layout cannot express the model.
        RunError: the file system refused.
    """
    shape = check(exported.model)
    named = {"model_type": "marian", "architectures": ["MarianMTModel"], "dtype": "float32"}
    write_file(folder / "config.json", encode_json(named | marian_config(shape)))
    search = {
        "num_beams": exported.width,
        "length_penalty": exported.length_penalty,
        "max_length": exported.max_answer,
        "min_new_tokens": 1,
        "suppress_tokens": [PAD, BOS],
        "decoder_start_token_id": BOS,
        "pad_token_id": PAD,
        "bos_token_id": BOS,
        "eos_token_id": EOS,
    }
    write_file(folder / "generation_config.json", encode_json(search))
    write_file(folder / WEIGHTS, tensor_bytes(marian_tensors(exported.model), {"format": "pt"}))
    write_file(folder / "tokenizer.json", encode_json(_ending_sources(exported.tokenizer)))
    names = {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "pad_token": SPECIALS[PAD],
        "unk_token": SPECIALS[UNK],
        "bos_token": SPECIALS[BOS],
        "eos_token": SPECIALS[EOS],
        "model_max_length": shape.max_len,
        "clean_up_tokenization_spaces": False,
    }
    write_file(folder / "tokenizer_config.json", encode_json(names))


def run(folder: Path, exported: Exported, direction: tuple[str, str]) -> Runtime:
    """The exported model in its own runtime, called as its README says.

    Args:
        folder: holds what `write` wrote.
        exported: what was written.
        direction: languages from and into.
    """
    runtime = need()
    model = runtime.MarianMTModel.from_pretrained(folder, local_files_only=True).eval()
    tokenizer = runtime.AutoTokenizer.from_pretrained(folder, local_files_only=True)
    front = exported.tag(direction[1]) or ""

    def answer(texts: Sequence[str]) -> tuple[list[list[int]], list[str]]:
        ids: list[list[int]] = []
        for start in range(0, len(texts), AT_ONCE):
            lines = [front + text for text in texts[start : start + AT_ONCE]]
            found = model.generate(**tokenizer(lines, padding=True, return_tensors="pt"))
            ids += [[token for token in row if token not in (PAD, BOS, EOS)] for row in found.tolist()]
        return ids, tokenizer.batch_decode(ids, skip_special_tokens=True)

    return answer


def use(name: str, exported: Exported) -> str:
    """How to call it, in Markdown.

    Args:
        name: of the folder.
        exported: what was written.
    """
    line = f"{in_code(exported.tags[0])} + line" if exported.tags else "line"
    return f"""With `pip install transformers torch`, and this folder where you are, under the name `{name}`:

```python
from transformers import AutoTokenizer, MarianMTModel

folder = {in_code(name)}
model = MarianMTModel.from_pretrained(folder).eval()
tokenizer = AutoTokenizer.from_pretrained(folder)


def translate(lines):
    sources = tokenizer([{line} for line in lines], padding=True, return_tensors="pt")
    return tokenizer.batch_decode(model.generate(**sources), skip_special_tokens=True)
```

One sentence a line, without white space at its ends.{tags_in_words(exported, "What stands before it")}
"""


def _ending_sources(tokenizer: Tokenizer) -> dict[str, Any]:
    """Our tokenizer.json, and the end of a sentence behind what it reads."""
    text, end = {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": SPECIALS[EOS], "type_id": 0}}
    pair = {"Sequence": {"id": "B", "type_id": 0}}
    template = {
        "type": "TemplateProcessing",
        "single": [text, end],
        "pair": [text, pair, end],
        "special_tokens": {SPECIALS[EOS]: {"id": SPECIALS[EOS], "ids": [EOS], "tokens": [SPECIALS[EOS]]}},
    }
    return json.loads(tokenizer.to_json()) | {"post_processor": template}


@dataclass(frozen=True)
class _Axes:
    """The axes of d_model as Marian has them: those of sines, then those of cosines."""

    d_model: int

    @property
    def order(self) -> list[int]:
        return [*range(0, self.d_model, 2), *range(1, self.d_model, 2)]

    def read(self, weight: Tensor) -> Tensor:
        """Of a product that reads d_model, or a table of vectors: (..., D)."""
        return weight.detach().float()[..., self.order]

    def written(self, weight: Tensor) -> Tensor:
        """Of a product that writes d_model: (D, ...)."""
        return weight.detach().float()[self.order]


def _stack_tensors(name: str, stack: Stack, axes: _Axes) -> dict[str, Tensor]:
    found: dict[str, Tensor] = {}
    for number, block in enumerate(stack.blocks):
        found |= {f"{name}.layers.{number}.{inner}": tensor for inner, tensor in _block_tensors(block, axes).items()}
    return found


def _block_tensors(block: Block, axes: _Axes) -> dict[str, Tensor]:
    found = _attention_tensors("self_attn", block.attention, axes)
    norms = {"self_attn_layer_norm": block.attention_residual, "final_layer_norm": block.feed_forward_residual}
    if block.cross is not None and block.cross_residual is not None:
        found |= _attention_tensors("encoder_attn", block.cross, axes)
        norms["encoder_attn_layer_norm"] = block.cross_residual
    for name, residual in norms.items():
        norm = residual.norm
        assert isinstance(norm, nn.LayerNorm), "an architecture that was checked"
        found[f"{name}.weight"] = axes.read(norm.weight)
        found[f"{name}.bias"] = axes.read(_bias(norm))
    widen, narrow = block.feed_forward.widen, block.feed_forward.narrow
    return found | {
        "fc1.weight": axes.read(widen.weight),
        "fc1.bias": _bias(widen).detach().float(),
        "fc2.weight": axes.written(narrow.weight),
        "fc2.bias": axes.written(_bias(narrow)),
    }


def _attention_tensors(name: str, ours: Attention, axes: _Axes) -> dict[str, Tensor]:
    n_heads = ours.query.out_features // ours.d_head
    found = {
        f"{name}.q_proj.weight": axes.read(ours.query.weight),
        f"{name}.q_proj.bias": _bias(ours.query).detach().float(),
        f"{name}.out_proj.weight": axes.written(ours.output.weight),
        f"{name}.out_proj.bias": axes.written(_bias(ours.output)),
    }
    weights = axes.read(ours.key_value.weight).chunk(2)
    biases = _bias(ours.key_value).detach().float().chunk(2)
    for side, weight, bias in zip("kv", weights, biases, strict=True):
        # Every query head has its own there: those of a group get the same one.
        for kind, tensor in (("weight", weight), ("bias", bias)):
            heads = tensor.unflatten(0, (ours.groups, ours.d_head))
            found[f"{name}.{side}_proj.{kind}"] = heads.repeat_interleave(n_heads // ours.groups, 0).flatten(0, 1)
    return found


def _bias(ours: nn.Linear | nn.LayerNorm) -> Tensor:
    """Marian has one everywhere."""
    return ours.weight.new_zeros(len(ours.weight)) if ours.bias is None else ours.bias
