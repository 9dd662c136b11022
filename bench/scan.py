"""SCAN (Lake and Baroni 2018, arXiv:1711.00350): does a model that knows the parts of a command know the whole?

    python -m bench.scan [--data FOLDER] [--families NAME,NAME] [--splits NAME,NAME] [--steps N | --minutes X]
        [--seeds N] [--json FILE]

"jump twice and look" is I_JUMP I_JUMP I_LOOK. Four ways to hold commands out: "simple" at random; "length" those of
more than 22 actions; "addprim_jump" and "addprim_turn_left" those in which jump, or turn left, is part of something
larger. The figure is the share of commands whose whole sequence of actions is right, decoded greedily.

Every family learns with the options that `heedful train` has, and the last (averaged) weights are scored: there is no
dev set. Every word, of commands and actions, is one token. The vocabulary is trained on the text with room for more
pieces than it has, so that merging ends with whole words; pieces do not reach across an underscore, so actions are
written without theirs (ITURNLEFT), which takes nothing from them. It is checked.

The 95% interval is Wilson's, for as many commands as the test has, at the mean of the seeds: it tells what other
commands would do. Seeds differ by far more, above all where primitives are held out: give several, and look at the
lowest and the highest.
"""

import math
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter
from rich.table import Table

from bench.command import make_app, run
from bench.course import run_course
from bench.ledger import Ledger
from heedful import numerics
from heedful.cli.console import output_console
from heedful.data.corpus import Corpus
from heedful.data.sampler import BatchPlan, Sampling
from heedful.data.shards import build_shards
from heedful.data.text import read_lines
from heedful.data.tokenizer import Tokenizer
from heedful.decoding import Greedy, Limits
from heedful.errors import DataError, OptionError, suggest
from heedful.run.facts import DataFile
from heedful.tasks.defaults import Size, options_for
from heedful.tasks.models import FAMILIES, n_parameters, snapshot
from heedful.tasks.setup import Setup
from heedful.tasks.translator import Translator
from heedful.training.calibrate import calibrate
from heedful.training.plan import Budget, plan_steps

SPLITS = ("simple", "length", "addprim_jump", "addprim_turn_left")
PARTS = ("train", "test")
DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "scan"
STEPS = 2000
# A small model with some dropout; pieces for all words of SCAN, and to spare.
SIZE = Size(float("inf"), 600, 128, 2, 2, 0.1, 5e-3, 2048, 1, smoothing=0.0, piece_dropout=0.0)
# Commands of nine words ask for up to 48 actions, and honest answers go round in circles.
LIMITS = Limits(max_ratio=0.0, max_extra=64, loop_repeats=0)
# Lake and Baroni 2018, the best of their networks for each split.
PUBLISHED = {"simple": 99.8, "length": 20.8, "addprim_jump": 1.2, "addprim_turn_left": 90.3}
Pairs = list[tuple[str, str]]


@dataclass(frozen=True)
class Split:
    """One way of holding commands out.

    Args:
        pairs: (command, actions) of "train" and "test", as they are learned.
        files: that they are from.
    """

    pairs: Mapping[str, Pairs]
    files: list[DataFile]

    @classmethod
    def read(cls, folder: Path, name: str) -> "Split":
        """Read its two files, plain or gzip, wherever in a folder they lie.

        Raises:
            DataError: they are missing, or a line is not as expected.
        """
        paths = {part: _find(folder, f"tasks_{part}_{name}.txt") for part in PARTS}
        files = [DataFile.read(part, path) for part, path in paths.items()]
        return cls({part: list(_pairs(path)) for part, path in paths.items()}, files)

    @property
    def words(self) -> set[str]:
        """All of commands and actions."""
        return {word for pairs in self.pairs.values() for pair in pairs for side in pair for word in side.split()}


def _find(folder: Path, name: str) -> Path:
    found = [path for suffix in ("", ".gz") for path in sorted(folder.rglob(name + suffix))]
    if not found:
        raise DataError(
            f"there is no {name} (or {name}.gz) in {folder}: put SCAN's files tasks_train_SPLIT.txt and "
            "tasks_test_SPLIT.txt there, or clone https://github.com/brendenlake/SCAN and name its folder by --data"
        )
    return found[0]


def _pairs(path: Path) -> Iterator[tuple[str, str]]:
    """Commands with their actions, underscores left out."""
    for number, line in enumerate(read_lines(path), 1):
        begins, _, rest = line.partition("IN: ")
        command, middle, actions = rest.partition(" OUT: ")
        if begins or not (command.strip() and middle and actions.strip()):
            raise DataError(f"{path}:{number} must read 'IN: command OUT: actions': got {line[:60]!r}; fetch it again")
        yield command.strip(), actions.strip().replace("_", "")


def tokenizer_of(split: Split) -> Tokenizer:
    """A vocabulary of the training text in which every word of the split is one token.

    Raises:
        DataError: a word is not, for the training text has it once or never.
    """
    tokenizer = Tokenizer.train((side for pair in split.pairs["train"] for side in pair), SIZE.vocab_size)
    cut = sorted(word for word in split.words if len(tokenizer.encode(word)) != 1)
    if cut:
        raise DataError(f"every word must be one token: {', '.join(cut[:5])} is cut; give a text that has it twice")
    return tokenizer


@dataclass(frozen=True)
class Outcome:
    """What one training came to.

    Args:
        parameters: that were learned.
        steps: updates taken.
        seconds: of training.
        diverged: whether it was given up after so many updates; then nothing is right.
        right: commands whose actions were all right.
        asked: commands of the test.
    """

    parameters: int
    steps: int
    seconds: float
    diverged: bool
    right: int
    asked: int


@dataclass(frozen=True)
class Task:
    """A split, laid out.

    Args:
        split: its text.
        tokenizer: of it.
        corpus: what is learned from.
        machine: how to compute.
        budget: of a training, in steps or minutes.
    """

    split: Split
    tokenizer: Tokenizer
    corpus: Corpus
    machine: numerics.Numerics
    budget: Budget

    def settings(self, family: str, seed: int) -> dict[str, Any]:
        """All that decides what a training comes to."""
        shape = FAMILIES[family].shape_for(SIZE, self.tokenizer.vocab_size)
        return {
            "family": family,
            "seed": seed,
            "budget": {name: value for name, value in asdict(self.budget).items() if value is not None},
            "architecture": shape.to_json(),
            "size": {**asdict(SIZE), "pairs": None},
            "compute": self.machine.compute,
            "files": [asdict(file) for file in self.split.files],
        }

    def measure(self, name: str, family: str, seed: int) -> Outcome:
        """Train a family and ask it.

        Args:
            name: for those who wait.
            family: of `FAMILIES`.
            seed: of weights, order and dropout.
        """
        setup = Setup(family, FAMILIES[family].shape_for(SIZE, self.tokenizer.vocab_size), SIZE, self.machine)
        model = setup.build(seed)
        plan = BatchPlan(self.corpus, sampling=Sampling(SIZE.tokens_per_batch, seed))
        calibration = None
        if self.budget.minutes is not None:
            rough = options_for(SIZE, STEPS, seed)
            with numerics.applied(self.machine):
                calibration = calibrate(model, setup.objective, plan, rough, compute=self.machine.dtype)
        steps = plan_steps(self.budget, plan.n_batches(0), calibration).steps
        course = run_course(name, setup, model, plan, steps, seed)
        commands, actions = zip(*self.split.pairs["test"], strict=True)
        right = 0
        if not course.diverged:
            one_way = [("commands", "actions")]
            reader = Translator(snapshot(model, self.machine), self.tokenizer, one_way, self.machine, LIMITS)
            found = reader.translate(commands, search=Greedy())
            right = sum(written == wanted for written, wanted in zip(found, actions, strict=True))
        return Outcome(n_parameters(model), course.steps, course.seconds, course.diverged, right, len(commands))


def wilson(share: float, n: int) -> tuple[float, float]:
    """The 95% interval of a share, which never leaves [0, 1] and is never empty.

    Args:
        share: in [0, 1].
        n: of what.
    Source:
        Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    z = statistics.NormalDist().inv_cdf(0.975)
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


@dataclass(frozen=True)
class Cell:
    """What all seeds of a family came to on a split, in percent.

    Args:
        score: mean of the seeds.
        low: lower end of the 95% interval.
        high: upper end.
        by_seed: of each.
        diverged: the step at which a seed was given up.
    """

    score: float
    low: float
    high: float
    by_seed: list[float]
    diverged: dict[int, int]

    @classmethod
    def of(cls, found: Mapping[int, Outcome]) -> "Cell":
        """Add up.

        Args:
            found: by seed.
        """
        shares = [outcome.right / outcome.asked for outcome in found.values()]
        mean = statistics.mean(shares)
        low, high = wilson(mean, next(iter(found.values())).asked)
        diverged = {seed: outcome.steps for seed, outcome in found.items() if outcome.diverged}
        return cls(100 * mean, 100 * low, 100 * high, [100 * share for share in shares], diverged)

    def __str__(self) -> str:
        lines = [f"{self.score:.1f}", f"{self.low:.1f} to {self.high:.1f}"]
        if len(self.by_seed) > 1:
            lines.append(f"seeds {min(self.by_seed):.1f} to {max(self.by_seed):.1f}")
        lines += [f"seed {seed} diverged at step {step:,}" for seed, step in self.diverged.items()]
        return "\n".join(lines)


def show(cells: Mapping[str, Mapping[str, Cell]], budget: str, width: int | None = None) -> None:
    """Print the table.

    Args:
        cells: by family and split.
        budget: of every training, in words.
        width: characters of a line; None is that of the window.
    """
    console = output_console(width)
    splits = list(next(iter(cells.values())))
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column("", overflow="fold")
    for split in splits:
        table.add_column(split.removeprefix("addprim_"), justify="right", overflow="fold")
    for family, row in cells.items():
        table.add_row(family, *(str(row[split]) for split in splits))
    table.add_row("published", *(f"{PUBLISHED[split]}" for split in splits))
    console.print(f"SCAN, all actions right, %, with 95% intervals; greedy; {budget}", "", table, sep="\n")
    console.print("", "published: Lake and Baroni 2018 (arXiv:1711.00350), their best network for each split", sep="\n")


def chosen(names: str | None, known: Sequence[str], what: str) -> list[str]:
    """Those that are named, in the order of those known.

    Args:
        names: with commas between them; None takes all.
        known: that there are.
        what: one of them is, for messages.
    Raises:
        OptionError: there is no such name.
    """
    wanted = list(known) if names is None else [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in known:
            raise OptionError(f"there is no {what} {name!r}{suggest(name, known)}; there are {', '.join(known)}")
    return [name for name in known if name in wanted]


app = make_app()


@app.default
def main(
    *,
    data: Path = DATA,
    families: str | None = None,
    splits: str | None = None,
    steps: int | None = None,
    minutes: float | None = None,
    seeds: int = 1,
    as_json: Annotated[Path | None, Parameter(name="--json")] = None,
) -> None:
    """Train every family on every split.

    Args:
        data: folder with tasks_train_SPLIT.txt and tasks_test_SPLIT.txt, plain or gzip, or a clone of brendenlake/SCAN.
        families: names with commas between them; all when left out.
        splits: the same.
        steps: updates of every training; 2,000 when nothing is said.
        minutes: of this machine for every training, instead.
        seeds: trainings of each.
        as_json: file for what each training came to, and for the table. Trainings that it holds are not done again.
    """
    if seeds < 1:
        raise OptionError(f"expected --seeds of 1 or more: got {seeds}")
    budget = Budget(minutes=minutes, steps=STEPS if steps is None and minutes is None else steps)
    wanted, kinds = chosen(splits, SPLITS, "split"), chosen(families, list(FAMILIES), "family")
    texts = {name: Split.read(data, name) for name in wanted}
    ledger, machine = Ledger(as_json), numerics.choose("cpu")
    found: dict[str, dict[str, dict[int, Outcome]]] = {kind: {name: {} for name in wanted} for kind in kinds}
    with tempfile.TemporaryDirectory(prefix="heedful-bench-") as folder:
        for name, split in texts.items():
            tokenizer = tokenizer_of(split)
            corpus = build_shards(split.pairs["train"], tokenizer, Path(folder) / name)
            task = Task(split, tokenizer, corpus, machine, budget)
            for seed in range(1, seeds + 1):
                for kind in kinds:
                    settings = task.settings(kind, seed)
                    known = ledger.find(settings)
                    if known is None:
                        known = asdict(task.measure(f"{kind}, {name}, seed {seed}", kind, seed))
                        ledger.add(settings, known)
                    found[kind][name][seed] = Outcome(**known)
    cells = {kind: {name: Cell.of(by_seed) for name, by_seed in row.items()} for kind, row in found.items()}
    ledger.conclude({kind: {name: asdict(cell) for name, cell in row.items()} for kind, row in cells.items()})
    said = f"{minutes:g} minutes" if minutes is not None else f"{budget.steps:,} updates"
    show(cells, f"{said} each, {seeds} seed{'s' * (seeds != 1)}")


if __name__ == "__main__":
    sys.exit(run(app))
