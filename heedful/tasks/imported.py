"""A run directory that was made of somebody else's model, read."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heedful.architecture import Architecture
from heedful.data.foreign_tokenizer import ForeignTokenizer
from heedful.data.tokenizer import Tokenizer
from heedful.errors import OptionError, RunError
from heedful.model.transformer import Transformer
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.manifest import check_manifest
from heedful.run.weights import load_tensors
from heedful.tasks.models import load_weights


@dataclass(frozen=True)
class Imported:
    """A model that was imported.

    Args:
        config: of the run.
        model: in evaluation mode, in float32.
        tokenizer: of the model.
        start: the token that its decoder reads first; None of a model that reads only.
    """

    config: Mapping[str, Any]
    model: Transformer
    tokenizer: ForeignTokenizer
    start: int | None


def is_imported(path: Path) -> bool:
    """Whether a run directory was made by `import_model`; a damaged one does not say."""
    try:
        found = read_json(RunDirectory(path).config)
    except RunError:
        return False
    return isinstance(found, dict) and "origin" in found


def check_own(path: Path) -> None:
    """Refuse an imported model for what needs a training of heedful's.

    Args:
        path: the run directory.
    Raises:
        OptionError: it was imported.
    """
    if is_imported(path):
        raise OptionError(
            f"{path} was imported: it has no vocabulary of heedful's and no record of its training, and this needs "
            "both; give a run that heedful trained"
        )


def load_imported(path: Path) -> Imported:
    """Read what `import_model` wrote, after checking every byte of it against its manifest.

    Args:
        path: the run directory.
    Raises:
        RunError: it is missing, damaged, or was not imported.
    """
    run = RunDirectory.open(path)
    check_manifest(run.path, [file.name for file in (run.config, run.weights, run.tokenizer)])
    if not is_imported(path):
        raise RunError(f"{path} was not imported: expected what `heedful import` wrote; choose another run directory")
    config = read_json(run.config)
    try:
        shape = Architecture.from_json(config["architecture"])
        tokenizer = ForeignTokenizer.load(run.tokenizer, config["tokens"], shape.vocab_size)
        start = config["start"]
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{run.config} describes no imported model ({error}): import it again") from error
    model = Transformer(shape).eval()
    load_weights(model, load_tensors(run.weights), str(run.weights))
    return Imported(config, model, tokenizer, start)


def own_tokenizer(codec: object, otherwise: str) -> Tokenizer:
    """The tokenizer of a run, where it is one of heedful's.

    Args:
        codec: of the run.
        otherwise: what can be done with one that is not.
    Raises:
        RunError: it came with an imported model.
    """
    if not isinstance(codec, Tokenizer):
        raise RunError(f"the model was imported with a tokenizer of its own{otherwise}")
    return codec
