"""`heedful evaluate`: every figure with its signature and its interval."""

import json
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from heedful.errors import OptionError


def evaluate(
    run: Path,
    *,
    source: Path | None = None,
    target: Path | None = None,
    tsv: Path | None = None,
    to: str | None = None,
    beam: int = 5,
    length_penalty: float = 1.0,
    output: Path | None = None,
    device: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Translate a test set and score it: BLEU, lower-cased BLEU, chrF and TER.

    Args:
        run: the run directory of a translator.
        source: text to translate, one sentence a line, plain or gzip.
        target: its reference translation, line by line.
        tsv: both in one file with two columns, instead.
        to: language to translate into; may be left out where the model or the script of the text leaves no choice.
        beam: beginnings kept side by side; 1 takes the likeliest word at every step.
        length_penalty: higher favours longer translations.
        output: file to write the translations to.
        device: cpu or cuda; chosen when not given.
        as_json: print one JSON object instead of a table.
    """
    from heedful.decoding import Beam
    from heedful.tasks.evidence import evaluate_files
    from heedful.tasks.request import parallel_text
    from heedful.tasks.translator import Translator

    search = Beam(beam, length_penalty)
    text = parallel_text(source, target, tsv, "")
    if text is None:
        raise OptionError("give what to score on: --source and --target, or --tsv")
    translator = Translator.load(run, device)
    found = evaluate_files(translator, text, to, search, output)
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False))
        return
    from rich.console import Console
    from rich.table import Table

    from heedful.run.facts import FIGURE_NAMES, in_words

    table = Table("figure", "score", "95% interval", "signature", box=None, header_style="bold", pad_edge=False)
    for name, figure in found.scores.to_json().items():
        interval = f"{figure['low']:.1f} – {figure['high']:.1f}"
        table.add_row(" ".join(FIGURE_NAMES[name]), f"{figure['score']:.2f}", interval, figure["signature"])
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    print(f"as a rule of thumb: {in_words(found.scores.bleu.score)}")
    speed = f"{found.seconds:.1f} s, {found.tokens_per_second:,.0f} tokens/s"
    print(f"{found.sentences:,} sentences {' → '.join(found.direction)} in {speed}")
