"""A translator as a CTranslate2 model, written through that library's own specification of a Transformer."""

from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import torch
from torch import Tensor, nn

from heedful.architecture import Architecture, Positions
from heedful.data.tokenizer import BOS, EOS, PAD, SPECIALS, UNK
from heedful.errors import DependencyError, OptionError, suggest
from heedful.model.block import Block
from heedful.model.feedforward import FeedForward
from heedful.model.transformer import Stack, Transformer
from heedful.transfer.expressible import NEVER, expressible

QUANTIZATIONS = ("float32", "float16", "bfloat16", "int16", "int8", "int8_float32", "int8_float16", "int8_bfloat16")
ALLOWED = {"activation": ("relu", "gelu", "swiglu"), "window": (None,)}
# By the names that the library gives them; a gate is a layer of its own there.
_ACTIVATIONS = {"relu": "RELU", "gelu": "GELU", "swiglu": "SWISH"}


def ctranslate2() -> ModuleType:
    """The library.

    Raises:
        DependencyError: it is not installed.
    """
    try:
        import ctranslate2 as found
    except ImportError as error:
        raise DependencyError(f'CTranslate2 is missing ({error}): pip install "heedful[export]"') from error
    return found


def check_quantization(name: str) -> None:
    """Refuse a type of weights that CTranslate2 does not know.

    Raises:
        OptionError: names the nearest.
    """
    if name not in QUANTIZATIONS:
        raise OptionError(f"quantization {name!r} is not known{suggest(name, QUANTIZATIONS)}")


def check_ctranslate2(model: nn.Module) -> Architecture:
    """The architecture of a model that CTranslate2 can run.

    Raises:
        OptionError: it cannot; the message names the values.
    """
    instead = "train with one of these values, as every default translator has them"
    return expressible(model, "CTranslate2", ALLOWED, instead)


def write_ctranslate2(
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
        OptionError: CTranslate2 cannot express the model, or does not know the quantization.
        DependencyError: it is not installed.
    """
    check_quantization(quantization)
    shape = check_ctranslate2(model)
    specs = ctranslate2().specs.transformer_spec
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
    decoder.projection.bias = torch.zeros(shape.vocab_size)
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
    spec.save(str(folder))


def _options(shape: Architecture, positions: Positions) -> dict[str, Any]:
    """What the library's encoder and decoder have in common."""
    common = ctranslate2().specs.common_spec
    return {
        "pre_norm": shape.order == "pre",
        "activation": common.Activation[_ACTIVATIONS[shape.activation]],
        "ffn_glu": shape.activation == "swiglu",
        "rms_norm": shape.norm == "rms",
        "num_heads_kv": shape.n_kv_heads,
        # 0: all of a head is turned. Not interleaved: x[i] is paired with x[i + K/2].
        "rotary_dim": 0 if positions == "rotary" else None,
        "rotary_interleave": False,
    }


def _fill_stack(spec: Any, embedding: Any, stack: Stack, shape: Architecture, positions: Positions) -> None:
    embedding.weight = _copy(stack.embedding.tokens.weight)
    spec.scale_embeddings = shape.scale_embeddings
    if positions != "rotary":
        table = stack.embedding.added.table
        # Without a table the library would make sinusoids of its own.
        spec.position_encodings.encodings = (
            torch.zeros(shape.max_len, shape.d_model) if table is None else _copy(table)
        )
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
