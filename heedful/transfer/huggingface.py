"""A translator in the layout of Hugging Face's Marian: what `MarianMTModel` and `AutoTokenizer` of transformers read.

The names and the order of its axes stand in families/marian.py.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import Tensor

from heedful.architecture import Architecture
from heedful.data.tokenizer import BOS, EOS, PAD, SPECIALS, UNK, Tokenizer
from heedful.interface import Model
from heedful.model.transformer import Transformer
from heedful.run.disk import encode_json, write_file
from heedful.run.weights import tensor_bytes
from heedful.transfer.families.marian import MARIAN
from heedful.transfer.families.spelt_out import PLAIN, plain_shape, spelt_out
from heedful.transfer.families.weights import written_weights
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
ALLOWED = {name: known for name, known in MARIAN.values.items() if known and name not in PLAIN}


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
    """The fields of a MarianConfig of the same shape.

    Args:
        shape: that passes `check`.
    """
    tokens = {"pad_token_id": PAD, "bos_token_id": BOS, "eos_token_id": EOS, "decoder_start_token_id": BOS}
    return MARIAN.described(plain_shape(shape, MARIAN), tokens)


def marian_tensors(model: Transformer) -> dict[str, Tensor]:
    """The weights under their names there, in float32; one that is shared stands once.

    Args:
        model: that passes `check`.
    """
    return {name: weight.float() for name, weight in written_weights(MARIAN, spelt_out(model, MARIAN)).items()}


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
    write_file(folder / "config.json", encode_json(marian_config(shape)))
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
