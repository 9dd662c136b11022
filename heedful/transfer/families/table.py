"""The families that are known, by the name that config.json has for them."""

from collections.abc import Mapping

from heedful.errors import OptionError, suggest
from heedful.transfer.families.bart import BART
from heedful.transfer.families.bert import BERT
from heedful.transfer.families.distilbert import DISTILBERT
from heedful.transfer.families.gpt2 import GPT2
from heedful.transfer.families.layout import Layout
from heedful.transfer.families.llama import LLAMA
from heedful.transfer.families.marian import MARIAN
from heedful.transfer.families.roberta import ROBERTA
from heedful.transfer.families.t5 import T5

LAYOUTS: Mapping[str, Layout] = {
    layout.model_type: layout for layout in (BERT, ROBERTA, DISTILBERT, GPT2, LLAMA, T5, BART, MARIAN)
}


def layout_of(model_type: object) -> Layout:
    """The family of that name.

    Raises:
        OptionError: it is not known.
    """
    if model_type not in LAYOUTS:
        raise OptionError(f"model_type {model_type!r} is not known{suggest(str(model_type), LAYOUTS)}")
    return LAYOUTS[str(model_type)]
