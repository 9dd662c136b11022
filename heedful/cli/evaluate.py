"""`heedful evaluate`: every figure with its signature and its interval, beside another system's, and part by part."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from heedful.cli.watching import watching
from heedful.errors import OptionError

if TYPE_CHECKING:
    from heedful.decoding import Beam


def evaluate(
    run: Path,
    *,
    source: Path | None = None,
    target: Path | None = None,
    tsv: Path | None = None,
    data: Path | None = None,
    to: str | None = None,
    against: Path | None = None,
    groups: bool = False,
    behaviour: bool = False,
    beam: int = 5,
    length_penalty: float = 1.0,
    output: Path | None = None,
    device: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Score a translator on a test set by BLEU, lower-cased BLEU, chrF and TER; a classifier by figures of its own.

    Args:
        run: a run directory.
        source: text to translate, one sentence a line, plain or gzip.
        target: its reference translation, line by line.
        tsv: both in one file with two columns, instead.
        data: of a classifier, a table as it was trained on.
        to: language to translate into; may be left out where the model or the script of the text leaves no choice.
        against: another run directory, or a file with another system's translations: is the difference chance?
        groups: score parts of the text too: short and long, rare words, sentences seen in training.
        behaviour: try what it does with words, numbers, names, marks, typos and long input; without a text, on the
            sentences that its run held out.
        beam: beginnings kept side by side; 1 takes the likeliest word at every step.
        length_penalty: higher favours longer translations.
        output: new file to write the translations to.
        device: cpu or cuda; chosen when not given.
        as_json: print one JSON object instead of a table.
    """
    if data is not None:
        if any(given is not None for given in (source, target, tsv, to, output)) or groups or behaviour:
            raise OptionError("--data is a table of texts and labels: only --against, --device and --json go with it")
        score_table(run, data, against, device, as_json)
        return
    from heedful.cli.figures import show_evaluation
    from heedful.decoding import Beam
    from heedful.tasks import evaluation
    from heedful.tasks.texts import parallel_text

    search = Beam(beam, length_penalty)
    text = parallel_text(source, target, tsv, "")
    if text is None and not behaviour:
        raise OptionError("give what to score on: --source and --target, or --tsv; of a classifier --data")
    if text is None:
        if groups or against is not None or output is not None:
            raise OptionError("--groups, --against and --output need a text: give --source and --target, or --tsv")
        behave(run, to, search, device, as_json)
        return
    asked = evaluation.EvaluationOptions(run, text, to, search, output, against, groups, behaviour, device)
    with watching() as watch:
        found = evaluation.evaluate(asked, watch)
    for doubt in found.misgivings:
        print(f"heedful: {doubt}", file=sys.stderr)
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        show_evaluation(found)


def behave(run: Path, to: str | None, search: "Beam", device: str | None, as_json: bool) -> None:
    """Try what a translator does with words, numbers and so on, on the sentences that its run held out.

    Args:
        run: its directory.
        to: language to translate into.
        search: how to decode.
        device: cpu or cuda.
        as_json: how it is printed.
    """
    from heedful.cli.behaviour import show_behaviour
    from heedful.tasks.behaviour import check_behaviour
    from heedful.tasks.translator import Translator

    with watching() as watch:
        report = check_behaviour(Translator.load(run, device), None, to, run=run, search=search, tell=watch)
    if as_json:
        print(json.dumps({"behaviour": report.to_json()}, ensure_ascii=False))
    else:
        show_behaviour(report)


def score_table(run: Path, data: Path, against: Path | None, device: str | None, as_json: bool) -> None:
    """Score a classifier on a table.

    Args:
        run: its directory.
        data: the table.
        against: another run.
        device: cpu or cuda.
        as_json: how the figures are printed.
    """
    from heedful.cli.outcome import show_file_scores
    from heedful.tasks.scoring import score_file

    with watching() as watch:
        found = score_file(run, data, against, device, watch)
    if as_json:
        print(json.dumps(found.to_json(), ensure_ascii=False))
    else:
        show_file_scores(found)
