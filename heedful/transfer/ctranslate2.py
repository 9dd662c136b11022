"""A translator as a CTranslate2 model, written through that library's own specification of a Transformer."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import tokenizers
import torch
from torch import Tensor, nn

from heedful.architecture import GATED, Architecture, Positions
from heedful.data.tokenizer import BOS, EOS, PAD, SPECIALS, UNK
from heedful.interface import Model
from heedful.model.block import Block
from heedful.model.feedforward import FeedForward
from heedful.model.transformer import Stack, Transformer
from heedful.run.disk import naming, write_file
from heedful.transfer.foreign import (
    AT_ONCE,
    NEVER,
    Exported,
    Runtime,
    expressible,
    in_code,
    library,
    tags_in_words,
)

TITLE = "CTranslate2"
QUANTIZATIONS = ("float32", "float16", "bfloat16", "int16", "int8", "int8_float32", "int8_float16", "int8_bfloat16")
WEIGHTS = "model.bin"
# By the names that the library gives them; a gate is a layer of its own there.
_ACTIVATIONS = {
    "relu": "RELU",
    "gelu": "GELU",
    "gelu_tanh": "GELUTanh",
    "silu": "SWISH",
    "swiglu": "SWISH",
    "geglu_tanh": "GELUTanh",
}
_PLACES = ("sinusoidal", "learned", "rotary", "none")
ALLOWED = {
    "activation": tuple(_ACTIVATIONS),
    "encoder_positions": _PLACES,
    "decoder_positions": _PLACES,
    "window": (None,),
    "head_width": (None,),
    "n_kinds": (0,),
    "scale_attention": (True,),
    "rotary_stretch": (None,),
    "output": ("linear", "biased"),
    "pooler": (False,),
}


def need() -> ModuleType:
    """The library.

    Raises:
        DependencyError: it is not installed.
    """
    return library("ctranslate2")


def check(model: Model) -> Architecture:
    """The architecture of a model that CTranslate2 can run.

    Raises:
        OptionError: it cannot; the message names the values.
    """
    return expressible(model, TITLE, ALLOWED, "train with one of these, as every default translator is")


def write(folder: Path, exported: Exported) -> None:
    """Write the model, and tokenizer.json beside it.

    Args:
        folder: exists, and is empty.
        exported: what is written.
    Raises:
        OptionError: CTranslate2 cannot express the model.
        DependencyError: it is not installed.
        RunError: the file system refused.
    """
    tokenizer = exported.tokenizer
    names = [tokenizer.piece(token) for token in range(tokenizer.vocab_size)]
    write_model(folder, exported.model, names, exported.quantization)
    write_file(folder / "tokenizer.json", tokenizer.to_json().encode())


def write_model(
    folder: Path, model: Transformer, vocabulary: Sequence[str], quantization: str = "float32", tag: str | None = None
) -> None:
    """Write model.bin, config.json and the vocabulary.

    The end of a source is added when it is read, so a source is its pieces, behind a tag where the model has tags.
    Padding and the beginning of a sentence are never written, as in our own search.

    Args:
        folder: exists.
        model: is left as it is.
        vocabulary: the V tokens, no two alike.
        quantization: one of QUANTIZATIONS.
        tag: a token that is put in front of every source by the library itself.
    Raises:
        OptionError: CTranslate2 cannot express the model.
        DependencyError: it is not installed.
        RunError: the file system refused.
    """
    shape = check(model)
    specs = need().specs.transformer_spec
    assert model.encoder is not None and model.decoder is not None, "an architecture that was checked"
    encoder = specs.TransformerEncoderSpec(
        shape.n_encoder_layers, shape.n_heads, **_options(shape, shape.encoder_positions)
    )
    decoder = specs.TransformerDecoderSpec(
        shape.n_decoder_layers, shape.n_heads, **_options(shape, shape.decoder_positions)
    )
    _fill_stack(encoder, encoder.embeddings[0], model.encoder, shape, shape.encoder_positions)
    _fill_stack(decoder, decoder.embeddings, model.decoder, shape, shape.decoder_positions)
    decoder.projection.weight = _copy(model.output.weight)
    bias = model.output.bias
    decoder.projection.bias = torch.zeros(shape.vocab_size) if bias is None else _copy(bias)
    decoder.projection.bias[[PAD, BOS]] = NEVER
    spec = specs.TransformerSpec(encoder, decoder)
    spec.register_source_vocabulary(list(vocabulary))
    spec.register_target_vocabulary(list(vocabulary))
    spec.config.unk_token, spec.config.eos_token = SPECIALS[UNK], SPECIALS[EOS]
    spec.config.decoder_start_token = SPECIALS[BOS]
    spec.config.add_source_eos = True
    # What is put in front of a source may be any token; here it says which language is wanted.
    spec.config.bos_token, spec.config.add_source_bos = tag or SPECIALS[BOS], tag is not None
    spec.config.layer_norm_epsilon = _epsilon(model)
    spec.validate()
    spec.optimize(quantization)
    with naming(folder), tempfile.TemporaryDirectory(dir=folder) as scratch:
        spec.save(scratch)
        for file in sorted(Path(scratch).iterdir()):
            write_file(folder / file.name, file.read_bytes())


def run(folder: Path, exported: Exported, direction: tuple[str, str]) -> Runtime:
    """The exported model in its own runtime, called as its README says.

    Args:
        folder: holds what `write` wrote.
        exported: what was written.
        direction: languages from and into.
    """
    translator = need().Translator(str(folder), inter_threads=1, intra_threads=exported.threads)
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    known = tokenizer.get_vocab()
    tag = exported.tag(direction[1])
    front = [] if tag is None else [tag]

    def answer(texts: Sequence[str]) -> tuple[list[list[int]], list[str]]:
        results = translator.translate_batch(
            [front + tokenizer.encode(text).tokens for text in texts],
            beam_size=exported.width,
            length_penalty=exported.length_penalty,
            max_batch_size=AT_ONCE,
            max_input_length=0,
            max_decoding_length=exported.max_answer,
        )
        ids = [[known[token] for token in each.hypotheses[0]] for each in results]
        return ids, tokenizer.decode_batch(ids)

    return answer


def use(name: str, exported: Exported) -> str:
    """How to call it, in Markdown.

    Args:
        name: of the folder.
        exported: what was written.
    """
    pieces = "tokenizer.encode(line).tokens"
    source = f"[{in_code(exported.tags[0])}, *{pieces}]" if exported.tags else pieces
    return f"""With `pip install ctranslate2 tokenizers`, and this folder where you are, under the name `{name}`:

```python
import ctranslate2
import tokenizers

folder = {in_code(name)}
translator = ctranslate2.Translator(folder)
tokenizer = tokenizers.Tokenizer.from_file(folder + "/tokenizer.json")
tokenizer.encode_special_tokens = True


def translate(lines):
    results = translator.translate_batch(
        [{source} for line in lines],
        beam_size={exported.width},
        length_penalty={exported.length_penalty},
        max_batch_size={AT_ONCE},
        max_input_length=0,  # nothing is cut in silence
        max_decoding_length={exported.max_answer},
    )
    return tokenizer.decode_batch([[tokenizer.token_to_id(token) for token in each.hypotheses[0]] for each in results])
```

One sentence a line, without white space at its ends.{tags_in_words(exported, "The first token")}
CTranslate2 divides the score of a translation by its length to the power of `length_penalty`, heedful by
`((5 + length) / 6) ** length_penalty`. Where that decides, they choose differently; with 0 they choose alike.
"""


def _options(shape: Architecture, positions: Positions) -> dict[str, Any]:
    """What the library's encoder and decoder have in common."""
    common = need().specs.common_spec
    return {
        "pre_norm": shape.order == "pre",
        "activation": common.Activation[_ACTIVATIONS[shape.activation]],
        "ffn_glu": shape.activation in GATED,
        "layernorm_embedding": shape.norm_embeddings,
        "rms_norm": shape.norm == "rms",
        "num_heads_kv": shape.n_kv_heads,
        # 0: all of a head is turned. Not interleaved: x[i] is paired with x[i + K/2].
        "rotary_dim": 0 if positions == "rotary" else None,
        "rotary_interleave": False,
        "rotary_base": shape.rotary_base,
    }


def _fill_stack(spec: Any, embedding: Any, stack: Stack, shape: Architecture, positions: Positions) -> None:
    embedding.weight = _copy(stack.embedding.tokens.weight)
    spec.scale_embeddings = shape.scale_embeddings
    if positions != "rotary":
        table = stack.embedding.added.table
        # Without a table the library would make sinusoids of its own.
        spec.position_encodings.encodings = torch.zeros(shape.max_len, shape.d_model) if table is None else _copy(table)
    if shape.norm_embeddings:
        _fill_norm(spec.layernorm_embedding, stack.embedding.norm)
    if shape.order == "pre":
        _fill_norm(spec.layer_norm, stack.norm)
    for layer, block in zip(spec.layer, stack.blocks, strict=True):
        _fill_block(layer, block)


def _fill_block(spec: Any, block: Block) -> None:
    itself = block.attention
    # One product there: queries, then keys, then values.
    fused = spec.self_attention.linear[0]
    fused.weight = torch.cat((_copy(itself.query.weight), _copy(itself.key_value.weight)))
    if itself.query.bias is not None:
        fused.bias = torch.cat((_copy(itself.query.bias), _copy(itself.key_value.bias)))
    _fill_linear(spec.self_attention.linear[1], itself.output)
    _fill_norm(spec.self_attention.layer_norm, block.attention_residual.norm)
    if block.cross is not None and block.cross_residual is not None:
        for linear, ours in zip(
            spec.attention.linear, (block.cross.query, block.cross.key_value, block.cross.output), strict=True
        ):
            _fill_linear(linear, ours)
        _fill_norm(spec.attention.layer_norm, block.cross_residual.norm)
    _fill_feed_forward(spec.ffn, block.feed_forward)
    _fill_norm(spec.ffn.layer_norm, block.feed_forward_residual.norm)


def _fill_feed_forward(spec: Any, ours: FeedForward) -> None:
    # A gate and what it lets through are two products there.
    wide = (spec.linear_0, spec.linear_0_noact) if ours.n_parts == 2 else (spec.linear_0,)
    for linear, weight in zip(wide, _copy(ours.widen.weight).chunk(ours.n_parts), strict=True):
        linear.weight = weight
    if ours.widen.bias is not None:
        for linear, bias in zip(wide, _copy(ours.widen.bias).chunk(ours.n_parts), strict=True):
            linear.bias = bias
    _fill_linear(spec.linear_1, ours.narrow)


def _fill_linear(spec: Any, ours: nn.Linear) -> None:
    spec.weight = _copy(ours.weight)
    if ours.bias is not None:
        spec.bias = _copy(ours.bias)


def _fill_norm(spec: Any, ours: nn.Module) -> None:
    assert isinstance(ours, nn.LayerNorm | nn.RMSNorm), "a norm of `make_norm`"
    spec.gamma = _copy(ours.weight)
    if isinstance(ours, nn.LayerNorm):
        spec.beta = torch.zeros_like(spec.gamma) if ours.bias is None else _copy(ours.bias)


def _copy(tensor: Tensor) -> Tensor:
    """The library quantises in place."""
    return tensor.detach().float().cpu().clone()


def _epsilon(model: nn.Module) -> float:
    """Of its norms, which all have the same."""
    (epsilon,) = {norm.eps for norm in model.modules() if isinstance(norm, nn.LayerNorm | nn.RMSNorm)}
    assert epsilon is not None
    return epsilon
