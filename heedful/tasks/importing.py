"""Somebody else's model as a run directory, with the hashes of the files that it came from."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heedful import __version__
from heedful.numerics import choose
from heedful.run.directory import RunDirectory
from heedful.run.disk import atomic_folder, encode_json, naming, read_json, write_file
from heedful.run.manifest import check_manifest, write_manifest
from heedful.run.weights import tensor_bytes
from heedful.tasks.descent import check_outside, check_place
from heedful.tasks.imported import load_imported
from heedful.tasks.models import n_parameters, weights_of
from heedful.transfer import hub
from heedful.transfer.families.table import layout_for
from heedful.transfer.pretrained import Pretrained, read_pretrained, write_pretrained

# A translator of OPUS-MT says in its name what it translates.
_LANGUAGES = re.compile(r"opus-mt(?:-tc-\w+)?-([a-z]{2,3})-([a-z]{2,3})")


@dataclass(frozen=True)
class ImportOptions:
    """What is asked for.

    Args:
        model: a folder, or "hub:OWNER/NAME".
        out: the new run directory.
        fetch: a model of the hub may be fetched; else it must have been before.
        adapter: a folder of LoRA corrections to it, as peft writes them.
    """

    model: str
    out: Path
    fetch: bool = False
    adapter: Path | None = None


@dataclass(frozen=True)
class Import:
    """What came of it.

    Args:
        path: the run directory.
        family: as "bert".
        task: what it can be used for: "encoder", "language", "text-to-text" or "translation".
        directions: languages from and into, of a translator that says them.
        n_parameters: of the model.
        left: names of tensors that have no place in it.
        fills: whether it has a head for masked words.
    """

    path: Path
    family: str
    task: str
    directions: list[list[str]]
    n_parameters: int
    left: list[str]
    fills: bool

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return {**vars(self), "path": str(self.path)}


def import_model(options: ImportOptions) -> Import:
    """Make a run directory of a model folder.

    Args:
        options: what is asked for.
    Raises:
        RunError: the folder is damaged, its weights do not fit, or there is something at `out`.
        OptionError: the model has a value that cannot be expressed here.
        DependencyError: a package is missing.
    """
    of_hub = hub.is_hub(options.model)
    folder = hub.snapshot(options.model, options.fetch) if of_hub else Path(options.model)
    check_place(options.out, folder)
    if options.adapter is not None:
        check_outside(options.out, options.adapter)
    found = read_pretrained(folder, options.adapter)
    name = options.model if of_hub else folder.resolve().name
    config = _config(found, name)
    with atomic_folder(options.out) as part:
        run = RunDirectory(part)
        write_file(run.config, encode_json(config))
        write_file(run.weights, tensor_bytes(weights_of(found.model), {"format": "pt"}))
        write_file(run.tokenizer, found.tokenizer.to_json().encode())
        write_file(run.card, _card(found, config).encode())
        write_manifest(part)
    return Import(
        options.out,
        found.layout.model_type,
        config["task"],
        config["directions"],
        n_parameters(found.model),
        found.left,
        found.layout.task == "encoder" and found.layout.has_head(found.model.architecture),
    )


@dataclass(frozen=True)
class Returned:
    """A model that was written for transformers.

    Args:
        path: the new folder.
        family: as "bert".
        architecture: the class of transformers that reads it.
    """

    path: Path
    family: str
    architecture: str

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return {**vars(self), "path": str(self.path)}


def give_back(run: Path, out: Path) -> Returned:
    """Write an imported model, trained further or not, as a folder that transformers reads.

    Args:
        run: its run directory.
        out: the new folder.
    Raises:
        RunError: the run cannot be used, or there is something at `out`.
        OptionError: no family can express the model.
    """
    check_place(out, run)
    found = load_imported(run)
    layout = layout_for(found.model.architecture, found.config["origin"]["family"])
    with atomic_folder(out) as part:
        write_pretrained(part, layout, found.model, found.tokenizer, found.start)
        name = read_json(part / "config.json")["architectures"][0]
        write_file(part / "README.md", _returned_card(out, name, check_manifest(run)["model.safetensors"]).encode())
    return Returned(out, layout.model_type, name)


def _returned_card(out: Path, name: str, sha256: str) -> str:
    """What it is, and how it is called."""
    return f"""# {out.resolve().name}

Written by heedful {__version__} from a run whose model.safetensors has the sha256 `{sha256}`. With
`pip install transformers`, and this folder where you are:

```python
from transformers import AutoTokenizer, {name}

model = {name}.from_pretrained("{out.resolve().name}")
tokenizer = AutoTokenizer.from_pretrained("{out.resolve().name}")
```
"""


def _config(found: Pretrained, name: str) -> dict[str, Any]:
    hashes = {path.name: _digest(path) for path in found.files}
    return {
        "heedful": __version__,
        "task": found.layout.task,
        "model": "transformer",
        "architecture": found.model.architecture.to_json(),
        "directions": _directions(found, name),
        "tokens": found.tokenizer.tokens,
        "start": found.start,
        "origin": {"name": name, "family": found.layout.model_type, "files": hashes, "left": found.left},
        "numerics": choose("cpu").to_json(),
    }


def _directions(found: Pretrained, name: str) -> list[list[str]]:
    """Languages from and into, of a translator that says them."""
    if found.layout.task != "translation":
        return []
    said = _LANGUAGES.search(name) or _LANGUAGES.search(str(found.config.get("_name_or_path", "")))
    return [list(said.groups())] if said else []


def _digest(path: Path) -> str:
    with naming(path, "read"), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _card(found: Pretrained, config: Mapping[str, Any]) -> str:
    """What it is and where it came from."""
    origin, shape = config["origin"], found.model.architecture
    rows = "\n".join(f"| {name} | `{sha256}` |" for name, sha256 in origin["files"].items())
    n_layers = f"{shape.n_encoder_layers} layers that read and {shape.n_decoder_layers} that write"
    return f"""# {origin["name"]}

A model of the family {origin["family"]}, for the task "{config["task"]}"{_ways(config["directions"])}.

Imported by heedful {__version__}: {n_parameters(found.model):,} parameters, {n_layers}, {shape.vocab_size:,} tokens, at
most {shape.max_len:,} of them at once. Whoever trained it says on what, and under which license it may be used; nothing
was measured here.

| it was made of | sha256 |
|---|---|
{rows}
{_left(found.left)}
## How to use it

```python
from pathlib import Path

from heedful.tasks.imported import load_imported

found = load_imported(Path("."))
found.model, found.tokenizer
```
"""


def _ways(directions: Sequence[Sequence[str]]) -> str:
    return "".join(f", {source} → {target}" for source, target in directions)


def _left(names: Sequence[str]) -> str:
    """What has no place in the model, in words."""
    if not names:
        return ""
    return f"\nLeft out, because no part of the model reads them: {', '.join(f'`{name}`' for name in sorted(names))}.\n"
