"""What the formats of other libraries can express of a Transformer, and how their runtimes are called."""

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import torch

from heedful.architecture import Architecture
from heedful.data.tokenizer import Tokenizer
from heedful.errors import DependencyError, OptionError
from heedful.interface import Model
from heedful.model.transformer import Transformer

# What a runtime makes of sentences: the tokens of each translation, and the translations.
Runtime = Callable[[Sequence[str]], tuple[list[list[int]], list[str]]]
# Sentences that a runtime is given at once, and the most tokens of an answer: longer ones are loops.
AT_ONCE, MAX_ANSWER = 32, 512
# A trained model hardly ever asks for what must not be written; this sees to it, and half precision can hold it.
NEVER = -1e4


@dataclass(frozen=True)
class Exported:
    """A translator on its way to another runtime.

    Args:
        model: with its weights in float32; left as it is.
        tokenizer: of the model.
        directions: languages from and into.
        width: of the beam that it is to be decoded with.
        length_penalty: of that beam.
        quantization: type of the weights there.
        threads: for the runtime.
    """

    model: Transformer
    tokenizer: Tokenizer
    directions: Sequence[tuple[str, str]]
    width: int = 5
    length_penalty: float = 1.0
    quantization: str = "float32"
    threads: int = 1

    def tag(self, target: str) -> str | None:
        """The token that stands before a source; None in a model that has one direction."""
        return self.tokenizer.piece(self.tokenizer.tag_id(target)) if self.tokenizer.languages else None

    @property
    def max_answer(self) -> int:
        """The most tokens of an answer; a runtime may have no positions beyond the model's window."""
        return min(MAX_ANSWER, self.model.max_len)

    @property
    def tags(self) -> list[str]:
        """Those of all directions."""
        return [tag for _, target in self.directions if (tag := self.tag(target)) is not None]


def library(name: str) -> ModuleType:
    """A package of the extra "export".

    Args:
        name: that Python knows it by.
    Raises:
        DependencyError: it is not installed.
    """
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise DependencyError(f'the package {name} is missing ({error}): pip install "heedful[export]"') from error


def expressible(model: Model, format_name: str, allowed: Mapping[str, Sequence[Any]], instead: str) -> Architecture:
    """The architecture of a model that a format can hold.

    Args:
        model: to be exported.
        format_name: as people call it.
        allowed: for some fields of `Architecture` the values that the format knows.
        instead: what would work for those that it does not know.
    Raises:
        OptionError: the model is no Transformer that reads and writes, has values that the format does not know, or
            weights that are not those of its architecture.
    """
    if not isinstance(model, Transformer):
        raise OptionError(
            f"{format_name} cannot express a model of the kind {type(model).__name__}: expected a Transformer; train "
            "one with --model transformer"
        )
    shape = model.architecture
    if model.encoder is None or model.decoder is None:
        raise OptionError(
            f"{format_name} is written for translators: expected an encoder and a decoder, got n_encoder_layers="
            f"{shape.n_encoder_layers}, n_decoder_layers={shape.n_decoder_layers}; train a translator"
        )
    beyond = [
        f"{name}={found!r} (it has {' and '.join(map(repr, values))})"
        for name, values in allowed.items()
        if (found := getattr(shape, name)) not in values
    ]
    if beyond:
        raise OptionError(f"{format_name} cannot express {', '.join(beyond)}; {instead}")
    with torch.device("meta"):
        plain = {name: weight.shape for name, weight in Transformer(shape).named_parameters()}
    if {name: weight.shape for name, weight in model.named_parameters()} != plain:
        raise OptionError(
            f"{format_name} is made of whole weights, and these are compressed: export the run that this one was made "
            "of; --quantization int8 makes them small"
        )
    return shape


def in_code(text: str) -> str:
    """A string as Python writes it, in double quotes."""
    return json.dumps(text, ensure_ascii=False)


def tags_in_words(exported: Exported, where: str) -> str:
    """What a README says of tags, after a space; nothing of a model that has one direction.

    Args:
        exported: whose tags they are.
        where: they stand, as "The first token".
    """
    tags = " or ".join(f"`{tag}`" for tag in exported.tags)
    return f" {where} says which language is wanted: {tags}." if tags else ""
