"""A model folder as the Hugging Face hub has it: what is read of one, and how one is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heedful.data.foreign_tokenizer import ForeignTokenizer
from heedful.errors import RunError
from heedful.model.transformer import Transformer
from heedful.run.disk import encode_json, naming, read_json, write_file
from heedful.run.weights import tensor_bytes
from heedful.transfer.adapter import adapter_files, with_adapter
from heedful.transfer.families.layout import Layout
from heedful.transfer.families.spelt_out import spelt_out
from heedful.transfer.families.table import layout_of
from heedful.transfer.families.weights import read_model, written_weights
from heedful.transfer.tokenizer_files import read_tokenizer
from heedful.transfer.weight_files import read_tensors, weight_files

CONFIG = "config.json"


@dataclass(frozen=True)
class Pretrained:
    """A model that somebody else has trained.

    Args:
        layout: its family.
        config: its config.json.
        model: in evaluation mode.
        tokenizer: of the model.
        start: the token that its decoder reads first; None of a model that reads only.
        left: names of tensors that have no place in the model: another task's head.
        files: what it was read of.
    """

    layout: Layout
    config: Mapping[str, Any]
    model: Transformer
    tokenizer: ForeignTokenizer
    start: int | None
    left: list[str]
    files: list[Path]


def read_pretrained(folder: Path, adapter: Path | None = None) -> Pretrained:
    """Read a folder.

    Args:
        folder: with config.json, weights and the files of a tokenizer.
        adapter: what peft wrote of corrections to these weights, which are added to them; None adds nothing.
    Raises:
        RunError: it is none, is damaged, or its weights are not those that it describes.
        OptionError: its family is not known, or has a value that cannot be expressed here.
    """
    with naming(folder, "read"):
        if not folder.is_dir():
            raise RunError(f"{folder} is not a folder: expected one with {CONFIG}, weights and a tokenizer")
    config = read_json(folder / CONFIG)
    if not isinstance(config, dict):
        raise RunError(f"{folder / CONFIG} is damaged: expected keys and values; fetch it again")
    layout = layout_of(config.get("model_type"))
    tokenizer, sources = read_tokenizer(folder, config, layout.frame)
    weights = weight_files(folder)
    tensors, files, beyond = read_tensors(weights), [folder / CONFIG, *weights, *sources], list[str]()
    if adapter is not None:
        tensors, beyond = with_adapter(tensors, adapter)
        files += adapter_files(adapter)
    model, left = read_model(layout, config, tensors)
    return Pretrained(layout, config, model, tokenizer, _start(config, model, tokenizer), [*left, *beyond], files)


def _start(config: Mapping[str, Any], model: Transformer, tokenizer: ForeignTokenizer) -> int | None:
    """What a decoder reads first."""
    if model.decoder is None:
        return None
    said = config.get("decoder_start_token_id")
    found = said if isinstance(said, int) else tokenizer.tokens.get("bos", tokenizer.tokens.get("eos"))
    if found is None:
        raise RunError(f"{CONFIG} says with which token writing begins neither as decoder_start_token_id nor as bos: "
                       "add the key")  # fmt: skip
    return found


def write_pretrained(
    folder: Path, layout: Layout, model: Transformer, tokenizer: ForeignTokenizer, start: int | None
) -> None:
    """Write config.json, model.safetensors and tokenizer.json.

    Args:
        folder: exists, and is empty.
        layout: from `layout_for`.
        model: is left as it is.
        tokenizer: of the model.
        start: the token that its decoder reads first.
    Raises:
        RunError: the file system refused.
    """
    tokens = {f"{role}_token_id": tokenizer.tokens[role] for role in ("pad", "bos", "eos") if role in tokenizer.tokens}
    if start is not None and layout.form == (True, True):
        tokens["decoder_start_token_id"] = start
    named = {f"{role}_token": tokenizer.pieces([token])[0] for role, token in tokenizer.tokens.items()}
    model = spelt_out(model, layout)
    write_file(folder / CONFIG, encode_json(layout.described(model.architecture, tokens)))
    weights = {name: weight.float() for name, weight in written_weights(layout, model).items()}
    write_file(folder / "model.safetensors", tensor_bytes(weights, {"format": "pt"}))
    write_file(folder / "tokenizer.json", tokenizer.to_json().encode())
    write_file(folder / "tokenizer_config.json", encode_json({"tokenizer_class": "PreTrainedTokenizerFast", **named}))
