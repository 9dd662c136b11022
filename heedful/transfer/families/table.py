"""The families that are known, by the name that config.json has for them."""

from collections.abc import Mapping

from heedful.architecture import Architecture
from heedful.errors import OptionError, suggest
from heedful.transfer.families.bart import BART
from heedful.transfer.families.bert import BERT
from heedful.transfer.families.distilbert import DISTILBERT
from heedful.transfer.families.gpt2 import GPT2
from heedful.transfer.families.layout import Layout
from heedful.transfer.families.llama import LLAMA
from heedful.transfer.families.marian import MARIAN
from heedful.transfer.families.roberta import ROBERTA
from heedful.transfer.families.spelt_out import plain_shape
from heedful.transfer.families.t5 import T5

LAYOUTS: Mapping[str, Layout] = {
    layout.model_type: layout for layout in (BERT, ROBERTA, DISTILBERT, GPT2, LLAMA, T5, BART, MARIAN)
}


def layout_of(model_type: object) -> Layout:
    """The family of that name.

    Raises:
        OptionError: it is not known.
    """
    if not isinstance(model_type, str) or model_type not in LAYOUTS:
        raise OptionError(f"model_type {model_type!r} is not known{suggest(str(model_type), LAYOUTS)}")
    return LAYOUTS[model_type]


def layout_for(shape: Architecture, wanted: str = "") -> Layout:
    """A family that can express an architecture, values that can be spelt out spelt out.

    Args:
        shape: of a model.
        wanted: the family to begin with, where it is one that can.
    Raises:
        OptionError: none can; the message says of each of that form what it does not know.
    """
    form = shape.n_encoder_layers > 0, shape.n_decoder_layers > 0
    layouts = [layout for layout in LAYOUTS.values() if layout.form == form]
    refusals = {layout.model_type: layout.refusal(plain_shape(shape, layout)) for layout in layouts}
    fitting = [layout for layout in layouts if not refusals[layout.model_type]]
    if not fitting:
        said = "; ".join(f"{name}: {refusal}" for name, refusal in refusals.items())
        raise OptionError(f"no family of transformers can express this model ({said}); use it with heedful")
    return next((layout for layout in fitting if layout.model_type == wanted), fitting[0])
