"""What each part of a Transformer is for: the same model, one thing changed, trained as long, scored on the same test.

    python -m bench.ablation [--steps N] [--seeds N] [--rows NAME,NAME] [--json FILE]
        [--source FILE --target FILE --dev-source FILE ... --test-target FILE]

The rows of table 3 of the paper (arXiv:1706.03762) and the reasons that tutorials give: heads at equal width, 1/√d,
residual connections, layer norm, positions, depth, width, dropout, label smoothing, the place of the norms; and what
the table of defaults decides: learning rates, merges dropped from words, more encoder and less decoder. Left out is row
(B), for keys have no width of their own here. Base is the model that `heedful train translation` would choose for the
text (docs/defaults.md); one direction, on the embedded corpus zh→en. What `Architecture` has as a value is changed
there; what it has not (no-scale, no-residuals, batch-norm) is done to the built model by `bench.altered`.

Splits and vocabulary are the same for all rows and seeds; a seed decides the first weights, the order and what is
dropped. Every row gets base's learning rates, schedule and number of updates: what would do better with others of its
own looks worse than it is. The last (averaged) weights are scored: test BLEU with a beam of 5, dev nll (nats a token)
without smoothing; nothing is chosen by dev.

Statistics of all seeds are added up sentence by sentence before sentences are drawn again: intervals and p tell what
other sentences would do, not what other seeds would; for that the lowest and the highest seed stand beside. A training
that diverges is a result. With --json each training is written down when it is done, and not done again.
"""

import math
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.table import Table

from bench.command import make_app, run
from bench.course import run_course
from bench.ledger import Ledger
from bench.variants import BASE, Variant, chosen, variants
from heedful import numerics
from heedful.cli.console import output_console
from heedful.data.sampler import BatchPlan, Sampling
from heedful.data.text import ParallelText
from heedful.errors import OptionError
from heedful.evaluation.significance import Comparison
from heedful.evaluation.translation import Figure, Tally
from heedful.model.transformer import Transformer
from heedful.numerics import applied
from heedful.tasks import demo
from heedful.tasks.defaults import architecture_for
from heedful.tasks.evidence import SEARCH
from heedful.tasks.models import n_parameters
from heedful.tasks.preparation import Prepared, Sources, prepare
from heedful.tasks.rehearsal import Rehearsal
from heedful.tasks.setup import Setup
from heedful.tasks.texts import Texts

EMBEDDED = Texts()
# Splits and vocabulary are those of this seed.
SPLIT_SEED = 1


@dataclass(frozen=True)
class Outcome:
    """What one training came to.

    Args:
        parameters: that were learned.
        steps: updates taken.
        seconds: of training.
        diverged: whether it was given up after so many updates; then nothing is scored.
        dev_nll: negative log-likelihood of a true token of dev, nats; None where it is no number.
        hypotheses: translations of the test.
    """

    parameters: int
    steps: int
    seconds: float
    diverged: bool
    dev_nll: float | None
    hypotheses: list[str]


@dataclass(frozen=True)
class Experiment:
    """What all rows have in common.

    Args:
        prepared: the text.
        sources: where it is from; one direction.
        machine: how to compute.
        steps: updates of every training.
    """

    prepared: Prepared
    sources: Sources
    machine: numerics.Numerics
    steps: int

    @property
    def base(self) -> Variant:
        """What `heedful train translation` would train."""
        size = self.prepared.size
        return Variant(architecture_for(size, self.prepared.tokenizer.vocab_size), size)

    @property
    def test(self) -> Sequence[tuple[str, str]]:
        """The pairs that are scored: dev where its owner named no test, for by dev nothing is chosen here."""
        return self.prepared.test or self.prepared.dev

    def settings(self, name: str, row: Variant, seed: int) -> dict[str, Any]:
        """All that decides what a training comes to."""
        return {
            "row": name,
            "seed": seed,
            "steps": self.steps,
            "architecture": row.shape.to_json(),
            "size": {**asdict(row.size), "pairs": None},
            "compute": self.machine.compute,
            "files": self.prepared.facts["files"],
        }

    def measure(self, name: str, row: Variant, seed: int) -> Outcome:
        """Train a row and score it.

        Args:
            name: for those who wait.
            row: what to train.
            seed: of weights, order and dropout.
        """
        prepared, (direction,) = self.prepared, self.sources.directions
        setup = Setup("transformer", row.shape, row.size, self.machine)
        model = setup.build(seed)
        assert isinstance(model, Transformer)
        if row.alter is not None:
            row.alter(model)
        sampling = Sampling(row.size.tokens_per_batch, seed, regularise=row.size.piece_dropout > 0)
        plan = BatchPlan(prepared.corpus, prepared.reading([direction]), sampling)
        course = run_course(name, setup, model, plan, self.steps, seed)
        if course.diverged:
            return Outcome(n_parameters(model), course.steps, course.seconds, True, None, [])
        rehearsal = Rehearsal(prepared, [direction], self.machine)
        translator = rehearsal.translator(model)
        with applied(self.machine):
            nll = rehearsal.nll(translator)
        written = translator.translate([source for source, _ in self.test], search=SEARCH)
        dev_nll = nll if math.isfinite(nll) else None
        return Outcome(n_parameters(model), course.steps, course.seconds, False, dev_nll, written)

    def line(self, name: str, found: Mapping[int, Outcome], base: Mapping[int, Outcome]) -> "Line":
        """What all seeds of a row say together.

        Args:
            name: of the row.
            found: its outcomes, by seed.
            base: those of base.
        """
        whole = [seed for seed in found if not found[seed].diverged]
        both = [seed for seed in whole if not base[seed].diverged] if name != BASE else []
        losses = [found[seed].dev_nll for seed in whole]
        known = [loss for loss in losses if loss is not None]
        return Line(
            name,
            self.pooled(found, whole).figure("bleu") if whole else None,
            [self.pooled(found, [seed]).figure("bleu").score for seed in whole],
            self.pooled(found, both).compare(self.pooled(base, both), "bleu") if both else None,
            statistics.mean(known) if known and len(known) == len(losses) else None,
            next(iter(found.values())).parameters,
            statistics.mean(outcome.seconds for outcome in found.values()),
            {seed: outcome.steps for seed, outcome in found.items() if outcome.diverged},
        )

    def pooled(self, found: Mapping[int, Outcome], seeds: Sequence[int]) -> Tally:
        """What each sentence adds to BLEU, of these seeds together."""
        references, language = tuple(reference for _, reference in self.test), self.sources.languages[1]
        return Tally.pooled([_tally(tuple(found[seed].hypotheses), references, language) for seed in seeds])


@cache
def _tally(hypotheses: tuple[str, ...], references: tuple[str, ...], language: str) -> Tally:
    """What each sentence adds to BLEU; base is looked at beside every row, and counted once."""
    return Tally.of(hypotheses, references, language)


@dataclass(frozen=True)
class Line:
    """A row of the table.

    Args:
        name: of the row.
        bleu: of all seeds that did not diverge; None where all did.
        by_seed: BLEU of each of these.
        against: the row minus base, of the seeds that neither lost; None for base itself.
        dev_nll: nats, mean of the seeds.
        parameters: that were learned.
        seconds: of training, mean of the seeds.
        diverged: the step at which a seed was given up.
    """

    name: str
    bleu: Figure | None
    by_seed: list[float]
    against: Comparison | None
    dev_nll: float | None
    parameters: int
    seconds: float
    diverged: dict[int, int]

    @property
    def cells(self) -> list[str]:
        """As people read it."""
        bleu = spread = difference = p_value = ""
        if self.bleu is None:
            bleu = "diverged"
        else:
            bleu = f"{self.bleu.score:.1f} ({self.bleu.low:.1f} to {self.bleu.high:.1f})"
        if len(self.by_seed) > 1:
            spread = f"{min(self.by_seed):.1f} to {max(self.by_seed):.1f}"
        if self.against is not None:
            digits, found = self.against.digits(1), self.against
            difference = f"{found.difference:+z.{digits}f} ({found.low:+z.{digits}f} to {found.high:+z.{digits}f})"
            p_value = found.p_in_words
        nll = "" if self.dev_nll is None else f"{self.dev_nll:.3f}"
        return [self.name, bleu, spread, difference, p_value, nll, f"{self.parameters:,}", f"{self.seconds:.0f}"]


COLUMNS = ["", "BLEU, 95%", "seeds", "minus base, 95%", "p", "dev nll", "parameters", "seconds"]


def show(lines: Sequence[Line], title: str, width: int | None = None) -> None:
    """Print the table, and which trainings diverged.

    Args:
        lines: of the table.
        title: what was measured.
        width: characters of a line; None is that of the window.
    """
    console = output_console(width)
    table = Table(box=None, header_style="bold", pad_edge=False)
    cells = [line.cells for line in lines]
    # A column that says nothing, as that of the seeds where there is one, is left out.
    shown = [0, *(i for i in range(1, len(COLUMNS)) if any(row[i] for row in cells))]
    for i in shown:
        table.add_column(COLUMNS[i], justify="right" if i else "left", overflow="fold", vertical="bottom")
    for row in cells:
        table.add_row(*(row[i] for i in shown))
    console.print(title, "", table, sep="\n")
    for line in lines:
        for seed, step in line.diverged.items():
            console.print(f"{line.name}: diverged at step {step:,} (seed {seed})")


def set_up(folder: Path, texts: Texts, steps: int) -> Experiment:
    """Lay the text out.

    Args:
        folder: an empty one.
        texts: that were named; none is the embedded corpus.
        steps: updates of every training.
    Raises:
        HeedfulError: the texts cannot be used.
    """
    if texts == EMBEDDED:
        files = {part: ParallelText(path) for part, path in demo.write_corpus(folder / "text").items()}
        sources = Sources(files["train"], files["dev"], files["test"], ("zh", "en"), both=False)
    else:
        texts.check_files()
        sources = texts.sources()
    (folder / "prepared").mkdir()
    prepared = prepare(sources, folder / "prepared", SPLIT_SEED, demo.SIZE if texts == EMBEDDED else None)
    return Experiment(prepared, sources, numerics.choose("cpu"), steps)


def outcomes(
    experiment: Experiment, rows: Mapping[str, Variant], seeds: int, ledger: Ledger
) -> dict[str, dict[int, Outcome]]:
    """Train what the ledger does not know: all rows with one seed before the next seed, so that half of it says much.

    Args:
        experiment: what rows have in common.
        rows: by name.
        seeds: how many, from 1 on.
        ledger: is told of each training when it is done.
    """
    found: dict[str, dict[int, Outcome]] = {name: {} for name in rows}
    for seed in range(1, seeds + 1):
        for name, row in rows.items():
            settings = experiment.settings(name, row, seed)
            known = ledger.find(settings)
            if known is None:
                known = asdict(experiment.measure(f"{name}, seed {seed}", row, seed))
                ledger.add(settings, known)
            found[name][seed] = Outcome(**known)
    return found


app = make_app()


@app.default
def main(
    *,
    texts: Annotated[Texts, Parameter(name="*")] = EMBEDDED,
    steps: int = 1000,
    seeds: int = 1,
    rows: str | None = None,
    as_json: Annotated[Path | None, Parameter(name="--json")] = None,
) -> None:
    """Change one thing at a time of a Transformer, train each, and compare it with the one that nothing was changed of.

    Args:
        steps: updates of every training.
        seeds: trainings of each row.
        rows: names with commas between them, as heads-1,no-scale; all when left out. Base is always trained.
        as_json: file for what each training came to, and for the table. Trainings that it holds are not done again.
    """
    if steps < 1 or seeds < 1:
        raise OptionError(f"expected --steps and --seeds of 1 or more: got {steps} and {seeds}")
    ledger = Ledger(as_json)
    with tempfile.TemporaryDirectory(prefix="heedful-bench-") as folder:
        experiment = set_up(Path(folder), texts, steps)
        wanted = chosen(variants(experiment.base), rows)
        found = outcomes(experiment, wanted, seeds, ledger)
    lines = [experiment.line(name, by_seed, found[BASE]) for name, by_seed in found.items()]
    ledger.conclude([asdict(line) for line in lines])
    source, target = experiment.sources.languages
    trained = f"{steps:,} updates each, {seeds} seed{'s' * (seeds != 1)}"
    part = "test" if experiment.prepared.test else "dev"
    show(lines, f"{source}→{target}, {len(experiment.test):,} sentences of {part}, beam {SEARCH.width}; {trained}")


if __name__ == "__main__":
    sys.exit(run(app))
