"""The duel: an RNN, an RNN with attention, convolutions and a Transformer learn from one text at one budget."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from heedful.errors import DataError, HeedfulError, OptionError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.disk import alone_in, make_folder, read_json, remove, write_atomic, write_json
from heedful.run.facts import DataFile
from heedful.tasks import demo
from heedful.tasks.asked import flag_of
from heedful.tasks.beginning import request_of
from heedful.tasks.defaults import Size
from heedful.tasks.duel_page import duel_page
from heedful.tasks.duel_plan import CHAMPION, PLAN, DuelBudget, DuelOptions, is_duel, run_names, sizes_for
from heedful.tasks.duel_point import Arena, Contestant, measure, test_pairs
from heedful.tasks.duel_words import order, verdicts
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.preparation import READY, examine, fingerprints
from heedful.tasks.request import TranslationOptions
from heedful.tasks.texts import FILES
from heedful.tasks.translation import train_to_the_end
from heedful.training.outlook import Outlook
from heedful.training.progress import Display

PAGE, FIGURES, TEXT = "duel.html", "duel.json", "text"
MINUTES, MINUTES_EMBEDDED = 10.0, 1.0

Watch = Callable[[Outlook], Display]


@dataclass(frozen=True)
class Duel:
    """What it came to.

    Args:
        path: the folder of its runs and its report.
        budget: what was equal.
        direction: languages from and into.
        data: what the scores are of.
        contestants: in the order of their BLEU, the best first.
        shown: the sentence that all were asked to translate in the report.
    """

    path: Path
    budget: DuelBudget
    direction: tuple[str, str]
    data: str
    contestants: list[Contestant]
    shown: str

    @property
    def page(self) -> Path:
        """duel.html."""
        return self.path / PAGE

    @property
    def words(self) -> list[str]:
        """What it says, in sentences."""
        return verdicts(self.contestants, self.data)

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return {
            "path": str(self.path),
            "budget": str(self.budget),
            "direction": list(self.direction),
            "data": self.data,
            "contestants": [contestant.to_json() for contestant in self.contestants],
            "words": self.words,
        }


@dataclass(frozen=True)
class Entrants:
    """Families that have learned, and are not yet compared.

    Args:
        options: what was asked for.
        budget: what was equal.
        runs: what the runs of each family were asked for, one for each seed, by its name.
    """

    options: DuelOptions
    budget: DuelBudget
    runs: dict[str, list[TranslationOptions]]


def duel(options: DuelOptions, *, watch: Watch | None = None, tell: Tell = unwatched) -> Duel:
    """Train each family on the same text at the same budget, measure them alike, and compare.

    Each is a run like any other in a folder of its own, named after its family.

    Args:
        options: what to learn from, who takes part, and the budget. With `resume` a duel goes on where it was
            stopped, and what is finished is not entrants again.
        watch: makes someone who watches a training; None is silent.
        tell: is told what is being measured.
    Returns:
        The figures, also written to duel.json and duel.html in `out`.
    Raises:
        Interrupted: SIGINT or SIGTERM came; everything is saved and `resume` goes on.
        HeedfulError: the texts, the options or the place cannot be used.

    Example:
        >>> from pathlib import Path
        >>> from heedful.tasks.duel import duel
        >>> from heedful.tasks.duel_plan import DuelOptions
        >>> found = duel(DuelOptions(Path("train.en"), Path("train.de"), out=Path("duel")))  # doctest: +SKIP
        >>> [(each.name, each.scores.bleu.score) for each in found.contestants]  # doctest: +SKIP
    """
    return compare(train_families(options, watch), tell)


def train_families(options: DuelOptions, watch: Watch | None = None) -> Entrants:
    """The first half of a duel: every family learns.

    Args:
        options: as for `duel`.
        watch: as for `duel`.
    """
    begins, made = not options.resume, [each for each in (options.out, options.out.parent) if not each.exists()]
    options = _begin(options) if begins else _reopen(options)
    size = demo.SIZE if options.is_embedded else None
    budget, texts = _budget(options), _texts(options)
    runs = {name: replace(texts, out=options.out).asks(name, budget) for name in options.names()}
    # All families with one seed before the next: what slows the machine down for a while slows them alike.
    turns = [asked for turn in zip(*runs.values(), strict=True) for asked in turn]
    try:
        sizes: dict[str, Size] = {}
        if budget.kind == "parameters" and not all(RunDirectory(asked.out).is_finished for asked in turns):
            sizes = sizes_for(turns[0], list(runs), size, budget.amount)
        for asked in turns:
            _check_alike(asked, turns)
            train_to_the_end(asked, watch=watch, size=sizes.get(asked.model, size))
    except HeedfulError:
        if begins and not any(RunDirectory(asked.out).is_taken for asked in turns):
            _clear(options, made)
        raise
    return Entrants(options, budget, runs)


def compare(entrants: Entrants, tell: Tell = unwatched) -> Duel:
    """The second half: all are measured alike, and the report is written.

    Args:
        entrants: what `train_families` returned.
        tell: is told what is being measured.
    """
    options, runs = entrants.options, entrants.runs
    champion = CHAMPION if CHAMPION in runs else list(runs)[-1]
    arena = Arena.of(*test_pairs(runs[champion][0].out))
    # The champion first: the others are compared with it.
    best, tally = measure(champion, runs[champion], arena, None, tell)
    others = [measure(name, asked, arena, tally, tell)[0] for name, asked in runs.items() if name != champion]
    told = request_of(RunDirectory(runs[champion][0].out).begun)
    assert told.source_language and told.target_language, "told when a run begins"
    direction = told.source_language, told.target_language
    found = Duel(options.out, entrants.budget, direction, arena.data, order([best, *others]), arena.shown)
    page = duel_page(found.contestants, found.words, direction, entrants.budget.words, arena.shown)
    write_atomic(found.page, page.encode())
    # Last: with it the duel is finished.
    write_json(options.out / FIGURES, found.to_json())
    return found


def _begin(options: DuelOptions) -> DuelOptions:
    """Refuse all that can be refused, and write down what was asked for."""
    options.names()
    budget = _budget(options)
    _check_none_begun(options.out)
    RunDirectory(options.out).check_free()
    for name in options.names():
        for asked in options.asks(name, budget):
            asked.check()
    if not options.is_embedded:
        options.check_files()
        sources = options.sources()
        if options.seeds > 1 and sources.parts_to_hold_out:
            raise OptionError(
                "every seed would hold out other pairs, and one would be scored on what another has read: with --seeds "
                "give --dev-source and --dev-target, or --dev-tsv"
            )
        examine(sources)
    make_folder(options.out.parent)
    make_folder(options.out)
    # Once more: a long text takes long to read, and another may have begun here in the meantime.
    with alone_in(options.out):
        _check_none_begun(options.out)
        write_json(options.out / PLAN, options.to_json())
    return options


def _check_none_begun(out: Path) -> None:
    if is_duel(out):
        way = "" if (out / FIGURES).is_file() else "go on with --resume or "
        raise RunError(f"{out} holds a duel: nothing is written over; {way}choose another --out")


def _reopen(options: DuelOptions) -> DuelOptions:
    """What a duel was begun with.

    Raises:
        RunError: there is nothing to resume.
        OptionError: an option was given that differs.
    """
    if not is_duel(options.out):
        raise RunError(f"nothing to resume in {options.out}: no duel was begun there; leave --resume out to start one")
    if (options.out / FIGURES).is_file():
        raise RunError(f"{options.out} is finished: there is nothing to resume; see {options.out / PAGE}")
    begun = DuelOptions.stored(options.out)
    plain = DuelOptions(out=options.out, resume=True).to_json()
    now, before = options.to_json(), begun.to_json()
    changed = [flag_of(name) for name, value in now.items() if value not in (plain[name], before[name])]
    if changed:
        raise OptionError(f"this duel was begun with another {' and '.join(changed)}: leave them out to go on with it")
    return begun


def _budget(options: DuelOptions) -> DuelBudget:
    if options.budget is not None:
        return DuelBudget.read(options.budget)
    return DuelBudget("minutes", MINUTES_EMBEDDED if options.is_embedded else MINUTES)


def _texts(options: DuelOptions) -> DuelOptions:
    """The same with the files of the embedded corpus where no text was given."""
    if not options.is_embedded:
        return options
    files = demo.write_corpus(options.out / TEXT)
    return replace(options, tsv=files["train"], dev_tsv=files["dev"], test_tsv=files["test"])


def _clear(options: DuelOptions, made: Sequence[Path]) -> None:
    """Take back a duel in which nothing could begin, with the folders that were made for it."""
    runs = [run for name in options.names() for run in run_names(name, options.seeds)]
    with suppress(RunError, OSError):  # what is to be told is why it could not
        for path in (options.out / name for name in (*runs, TEXT, PLAN)):
            if path.exists():
                remove(path)
        for folder in made:
            folder.rmdir()


def _check_alike(asked: TranslationOptions, runs: Sequence[TranslationOptions]) -> None:
    """See that a family learns, or has learned, what the plan says, and from the same text as those before it.

    Raises:
        RunError: its run was begun with other options, or no longer holds what it was begun with.
        DataError: a text is no longer what it was.
    """
    run = RunDirectory(asked.out)
    place = run.begun
    if run.is_finished and not place.is_dir():
        raise RunError(
            f"{place} is missing, which the comparison reads: restore it, or move {asked.out} away to train it again"
        )
    if place.is_dir():
        # Languages are told when a run begins, and a text is the same wherever it lies.
        left_out = ("out", "resume", "source_language", "target_language", *FILES)
        now, begun = asked.to_json(), request_of(place).to_json()
        changed = [flag_of(name) for name in now if name not in left_out and now[name] != begun[name]]
        if changed:
            raise RunError(
                f"{asked.out} was begun with another {' and '.join(changed)} than {PLAN} of the duel says: restore "
                f"{PLAN}, or move that folder away to train it again"
            )
    first = next((run for run in runs if RunDirectory(run.out).begun.is_dir()), asked)
    if first is asked:
        return
    before = {file.role: file.sha256 for file in _files(first)}
    changed = [file.name for file in _files(asked) if file.sha256 != before.get(file.role)]
    if changed:
        raise DataError(
            f"{asked.out.name} and {first.out.name} would not learn from one text, {' and '.join(changed)} changed in "
            "between: put it back, or begin another duel"
        )


def _files(asked: TranslationOptions) -> Sequence[DataFile]:
    """What a family learned from, or would learn from now."""
    place = RunDirectory(asked.out).begun
    if not place.is_dir():
        return fingerprints(asked.sources())
    return [DataFile(**file) for file in read_json(place / READY)["facts"]["files"]]
