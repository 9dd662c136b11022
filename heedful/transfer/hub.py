"""Models of the Hugging Face hub by name: from the cache of its own library, or fetched where that is asked for."""

import re
from pathlib import Path

from heedful.errors import DependencyError, OptionError, RunError

PREFIX = "hub:"
# All that `read_pretrained` may read; a repository may hold the same weights in five other formats.
PATTERNS = ["*.json", "*.txt", "*.model", "*.spm"]
WEIGHTS = (["model*.safetensors"], ["pytorch_model*.bin"])
_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def is_hub(place: str) -> bool:
    """Whether a model is named as one of the hub."""
    return place.startswith(PREFIX)


def snapshot(place: str, fetch: bool) -> Path:
    """The folder of a model.

    Args:
        place: as "hub:OWNER/NAME".
        fetch: ask the hub; else only what was fetched before is found.
    Raises:
        OptionError: the name is none.
        DependencyError: huggingface_hub is not installed.
        RunError: it was not fetched before, or cannot be fetched.
    """
    name = place.removeprefix(PREFIX)
    if not _NAME.fullmatch(name):
        raise OptionError(f"a model of the hub is named by its owner and its name, as hub:OWNER/NAME: got {place!r}")
    try:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError
    except ImportError as error:
        raise DependencyError(
            f'the package huggingface_hub is missing ({error}): pip install "heedful[hub]"'
        ) from error
    try:
        for weights in WEIGHTS:
            found = Path(snapshot_download(name, allow_patterns=PATTERNS + weights, local_files_only=not fetch))
            if any(found.glob(weights[0])):
                break
    except LocalEntryNotFoundError as error:
        how = "is the network there?" if fetch else "fetch it with --fetch"
        raise RunError(f"{place} is not among what was fetched before: {how}") from error
    except (HfHubHTTPError, OSError) as error:
        raise RunError(f"{place} cannot be fetched: {str(error).splitlines()[0]}") from error
    return found
