"""`heedful import`: somebody else's model as a run directory."""

import json
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

# How an imported model of a task is used.
USES: Mapping[str, str] = {
    "encoder": "heedful embed {run} < texts.txt, or --init {run} of heedful train",
    "language": 'heedful generate {run} --prompt "Once", or --init {run} of heedful train',
    "text-to-text": "--init {run} of heedful train",
    "translation": "heedful translate {run} < in.txt > out.txt, or --init {run} of heedful train",
}
NO_HEAD = "fill gaps  not this one: its file has no head for masked words"


def import_(
    model: str,
    *,
    out: Path,
    fetch: bool = False,
    adapter: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Read a model folder as the Hugging Face hub has it: BERT, RoBERTa, DistilBERT, GPT-2, Llama, T5, BART or Marian.

    Args:
        model: a folder with config.json, weights (safetensors or pytorch_model.bin, whole or in parts) and a tokenizer;
            or hub:OWNER/NAME, which needs pip install "heedful[hub]".
        out: the new run directory.
        fetch: a model of the hub may be fetched; without it only what was fetched before is found.
        adapter: a folder of LoRA corrections that peft wrote for this model: they are added to its weights.
        as_json: print one JSON object instead of a few lines.
    """
    from heedful.tasks.importing import ImportOptions, import_model

    found = import_model(ImportOptions(model, out, fetch, adapter))
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False))
        return
    ways = "".join(f", {source} → {target}" for source, target in found.directions)
    print(f"{found.path}: {found.family}, for the task {found.task}{ways}, {found.n_parameters:,} parameters")
    shown = shlex.quote(str(found.path))
    print(f"use        {USES[found.task].format(run=shown)}")
    if found.task == "encoder":
        print(f'fill gaps  heedful generate {shown} --fill "the <mask> sat"' if found.fills else NO_HEAD)
    for name in sorted(found.left):
        print(f"left out, because no part of the model reads it: {name}")
