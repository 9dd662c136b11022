"""`heedful export`: a run in the format of another runtime, proven there."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

if TYPE_CHECKING:
    from heedful.tasks.export import Export


def export(
    run: Path,
    *,
    to: str,
    out: Path,
    quantization: str = "float32",
    source: Path | None = None,
    target: Path | None = None,
    tsv: Path | None = None,
    allowed_loss: float = 0.5,
    accept_loss: bool = False,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Write a translator for CTranslate2, transformers or Argos Translate, and decode a test set there beside it.

    Needs pip install "heedful[export]". Nothing is fetched from anywhere.

    Args:
        run: the run directory of a translator.
        to: ctranslate2, huggingface (Marian's layout) or argos (packages that LibreTranslate takes too); an imported
            model goes back to huggingface alone, in the layout of its family, with nothing to compare.
        out: the new folder.
        quantization: type of the weights there: float32, int8, float16, bfloat16, int16 and mixtures such as
            int8_float32; huggingface has float32 alone.
        source: sentences to compare on, one a line, in the language of the run's first direction; those that the run
            was scored on when not given.
        target: their translation, line by line.
        tsv: both in one file with two columns, instead.
        allowed_loss: BLEU that may be lost, at the lower end of the interval of the difference.
        accept_loss: write it though it loses more; its README says so.
        as_json: print one JSON object instead of a table.
    """
    from heedful.cli.watching import watching
    from heedful.errors import OptionError
    from heedful.tasks import export as exports
    from heedful.tasks.imported import is_imported
    from heedful.tasks.importing import give_back
    from heedful.tasks.texts import parallel_text

    if to == "huggingface" and is_imported(run):
        if quantization != "float32" or source or target or tsv:
            raise OptionError(
                f"{run} was imported and goes back as it came: --quantization and texts to compare on do not apply; "
                "leave them out"
            )
        returned = give_back(run, out)
        said = f"{returned.path}: {returned.family}, for {returned.architecture} of transformers"
        print(json.dumps(returned.to_json(), ensure_ascii=False) if as_json else said)
        return
    options = exports.ExportOptions(
        run, to, out, quantization, parallel_text(source, target, tsv, ""), allowed_loss, accept_loss
    )
    with watching() as watch:
        found = exports.export(options, watch)
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        show(found)


def show(found: "Export") -> None:
    """Print both beside each other, what it says, and where everything is."""
    from rich.table import Table

    from heedful.cli.console import output_console
    from heedful.tasks.descent import cells

    table = Table("", "", "BLEU", "chrF", "sentences/s", "model file", box=None, header_style="bold", pad_edge=False)
    for direction, parity in found.parities.items():
        for who, side in (("the run", parity.original), ("exported", parity.candidate)):
            table.add_row(" → ".join(direction), who, *cells(side)[:4])
    console = output_console()
    console.print(table)
    for direction, parity in found.parities.items():
        console.print(f"{' → '.join(direction)}, {found.data}: {parity.said}", markup=False, soft_wrap=True)
    console.print(f"written to {found.path}; its README.md says how to call it", markup=False, soft_wrap=True)
