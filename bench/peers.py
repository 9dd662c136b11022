"""What the peers share: their libraries, the text, and the same weights in their own model."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import torch

from heedful.architecture import Architecture
from heedful.data import phrasebook
from heedful.data.corpus import Corpus
from heedful.data.shards import build_shards
from heedful.data.text import ParallelText
from heedful.data.tokenizer import BOS, EOS, PAD, Tokenizer
from heedful.errors import OptionError
from heedful.model.transformer import Transformer

VOCABULARY = 8000


def small(max_len: int = 512) -> Architecture:
    """The model that peers are compared on: the form of 2017, so that they have it too."""
    return Architecture(
        vocab_size=VOCABULARY,
        d_model=256,
        n_encoder_layers=3,
        n_decoder_layers=3,
        n_heads=4,
        d_ff=1024,
        dropout=0.1,
        max_len=max_len,
    )


def transformers() -> ModuleType:
    """The library, quiet.

    Raises:
        OptionError: it is not installed.
    """
    try:
        import transformers as found
    except ImportError as error:
        raise OptionError(f"peers are measured with transformers ({error}): pip install 'heedful[bench]'") from error
    found.logging.set_verbosity_error()
    return found


def marian(shape: Architecture, attention: str) -> Any:
    """A MarianMTModel of the same shape.

    Args:
        shape: encoder-decoder, norms after the sublayers, sinusoidal positions.
        attention: "eager" or "sdpa".
    """
    library = transformers()
    config = library.MarianConfig(
        vocab_size=shape.vocab_size,
        d_model=shape.d_model,
        encoder_layers=shape.n_encoder_layers,
        decoder_layers=shape.n_decoder_layers,
        encoder_attention_heads=shape.n_heads,
        decoder_attention_heads=shape.n_heads,
        encoder_ffn_dim=shape.d_ff,
        decoder_ffn_dim=shape.d_ff,
        activation_function="relu",
        dropout=shape.dropout,
        attention_dropout=0.0,
        activation_dropout=0.0,
        scale_embedding=True,
        max_position_embeddings=shape.max_len,
        pad_token_id=PAD,
        bos_token_id=BOS,
        eos_token_id=EOS,
        decoder_start_token_id=BOS,
        forced_eos_token_id=None,
        share_encoder_decoder_embeddings=True,
        attn_implementation=attention,
    )
    return library.MarianMTModel(config)


def pairs(source: Path | None, target: Path | None) -> Iterator[tuple[str, str]]:
    """The text: two files, or the embedded corpus when there are none."""
    if source is None:
        return iter([(pair.chinese, pair.english) for pair in phrasebook.generate(20_000)])
    return ParallelText(source, target).pairs()


def corpus(source: Path | None, target: Path | None) -> tuple[Corpus, Tokenizer]:
    """The text, cut into pieces of a joint vocabulary of 8,000 (or as many as it has)."""
    text = list(pairs(source, target))
    tokenizer = Tokenizer.train((side for pair in text for side in pair), VOCABULARY, [])
    folder = Path(tempfile.mkdtemp(prefix="heedful-bench-"))
    return build_shards(text, tokenizer, folder / "shards"), tokenizer


def copy_weights(ours: Transformer, theirs: Any) -> None:
    """Give their model our weights; afterwards both compute the same function.

    Args:
        ours: of the form that `small` describes.
        theirs: a MarianMTModel of the same shape.
    """
    state = theirs.state_dict()
    with torch.no_grad():
        for name, tensor in _renamed(ours).items():
            state[name].copy_(tensor)


_PLACES = {
    "attention.output": "self_attn.out_proj",
    "attention_residual.norm": "self_attn_layer_norm",
    "cross.output": "encoder_attn.out_proj",
    "cross_residual.norm": "encoder_attn_layer_norm",
    "feed_forward.widen": "fc1",
    "feed_forward.narrow": "fc2",
    "feed_forward_residual.norm": "final_layer_norm",
}
_ATTENTIONS = {"attention": "self_attn", "cross": "encoder_attn"}


def _renamed(ours: Transformer) -> dict[str, torch.Tensor]:
    """Our tensors under their names."""
    table = ours.get_parameter("encoder.embedding.tokens.weight").detach()
    found = {f"model.{place}.weight": table for place in ("shared", "encoder.embed_tokens", "decoder.embed_tokens")}
    found["lm_head.weight"] = table
    for stack in ("encoder", "decoder"):
        found[f"model.{stack}.embed_positions.weight"] = ours.get_buffer(f"{stack}.embedding.added.table")
    for name, tensor in ours.named_parameters():
        stack, kind, *rest = name.split(".")
        if kind != "blocks":
            continue
        layer, (part, inner), leaf = rest[0], rest[1:3], rest[3]
        into = f"model.{stack}.layers.{layer}"
        if inner == "query":
            found[f"{into}.{_ATTENTIONS[part]}.q_proj.{leaf}"] = tensor.detach()
        elif inner == "key_value":
            for side, half in zip("kv", tensor.detach().chunk(2), strict=True):
                found[f"{into}.{_ATTENTIONS[part]}.{side}_proj.{leaf}"] = half
        else:
            found[f"{into}.{_PLACES[f'{part}.{inner}']}.{leaf}"] = tensor.detach()
    return found
