"""What the formats of other libraries can say of a Transformer, and what is said when they cannot."""

from collections.abc import Mapping, Sequence
from typing import Any

from heedful.architecture import Architecture
from heedful.errors import OptionError
from heedful.interface import Model
from heedful.model.transformer import Transformer

# A trained model hardly ever asks for what must not be written; this sees to it, and half precision can hold it.
NEVER = -1e4


def expressible(model: Model, format_name: str, allowed: Mapping[str, Sequence[Any]], instead: str) -> Architecture:
    """The architecture of a model that a format can hold.

    Args:
        model: to be exported.
        format_name: as people call it.
        allowed: for some fields of `Architecture` the values that the format knows.
        instead: what would work for those that it does not know.
    Raises:
        OptionError: the model is no Transformer that reads and writes, or has values that the format does not know.
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
    return shape
