"""Train a translator from two text files: data, size, budget, training, evidence, in one run directory."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from itertools import islice
from pathlib import Path
from typing import Any, Self

from heedful.data.languages import language_of_text, languages_of_name, same_language
from heedful.data.sampler import BatchPlan, Sampling
from heedful.data.text import ParallelText
from heedful.errors import OptionError
from heedful.interface import Model
from heedful.numerics import applied
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json, write_json
from heedful.tasks.defaults import Size, options_for
from heedful.tasks.evidence import Published, describe, publish
from heedful.tasks.preparation import Sources, examine, prepare
from heedful.tasks.rehearsal import Rehearsal
from heedful.tasks.setup import Setup, flops_per_token, peak_flops, settle
from heedful.training.calibrate import calibrate
from heedful.training.loop import Watchers, train
from heedful.training.objectives import TeacherForcing
from heedful.training.options import TrainingOptions
from heedful.training.outlook import Outlook
from heedful.training.plan import Budget, plan_steps, settle_options, stored_options
from heedful.training.progress import Display, Silent

REQUEST = "request.json"
OBJECTIVE = TeacherForcing()
# Evaluations in a run, and how many without a better score end one that has no budget.
N_EVALUATIONS, PATIENCE = 16, 6
PATHS = ("out", *(part + name for part in ("", "dev_", "test_") for name in ("source", "target", "tsv")))


@dataclass(frozen=True)
class TranslationOptions:
    """What to learn from, and where to put the translator. Size, vocabulary, dropout and budget follow from the data.

    Args:
        out: the run directory to write.
        source: text, one sentence a line, plain or gzip.
        target: its translation, line by line.
        tsv: both in one file with two columns, instead of `source` and `target`.
        dev_source: held-out text to choose the best weights by; when left out, a part of the data is held out.
        dev_target: its translation.
        dev_tsv: both in one file, instead.
        test_source: text for the final scores; when left out they are made on held-out data.
        test_target: its translation.
        test_tsv: both in one file, instead.
        source_language: code such as "en"; when left out it is read from the file's name or the script.
        target_language: the same for the other side.
        both_directions: one model that translates both ways.
        model: "transformer", or "rnn" for the encoder-decoder without attention.
        minutes: budget of training in minutes.
        epochs: budget in passes over the data, instead.
        steps: budget in updates, instead.
        seed: of everything random.
        device: "cpu" or "cuda"; chosen when left out.
        resume: go on in `out` where a run was interrupted.
    """

    out: Path
    source: Path | None = None
    target: Path | None = None
    tsv: Path | None = None
    dev_source: Path | None = None
    dev_target: Path | None = None
    dev_tsv: Path | None = None
    test_source: Path | None = None
    test_target: Path | None = None
    test_tsv: Path | None = None
    source_language: str | None = None
    target_language: str | None = None
    both_directions: bool = False
    model: str = "transformer"
    minutes: float | None = None
    epochs: float | None = None
    steps: int | None = None
    seed: int = 1
    device: str | None = None
    resume: bool = False

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values; paths are absolute, so that they mean the same from anywhere."""
        return {
            name: str(value.resolve()) if isinstance(value, Path) else value for name, value in asdict(self).items()
        }

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`."""
        paths = {name: Path(values[name]) for name in PATHS if values[name] is not None}
        return cls(**{**values, **paths})

    @property
    def budget(self) -> Budget | None:
        """The one that was given, or None.

        Raises:
            OptionError: several were, or it is not above 0.
        """
        given = (self.minutes, self.epochs, self.steps)
        return None if given == (None, None, None) else Budget(*given)

    def sources(self) -> Sources:
        """The texts, with their languages.

        Raises:
            OptionError: a file is missing from a pair, or named twice.
        """
        train_text = parallel_text(self.source, self.target, self.tsv, "")
        if train_text is None:
            raise OptionError("give the text to learn from: --source and --target, or --tsv")
        guessed = _languages(train_text)
        languages = (self.source_language or guessed[0], self.target_language or guessed[1])
        for side, language in zip(("source", "target"), languages, strict=True):
            if not language:
                raise OptionError(f"the language of the {side} is not clear: say it, for example --{side}-language en")
        if same_language(*languages):
            raise OptionError(
                f"both sides seem to be in {languages[0]!r}: see that the files are not the same, and say "
                "--source-language and --target-language"
            )
        dev = parallel_text(self.dev_source, self.dev_target, self.dev_tsv, "dev_")
        test = parallel_text(self.test_source, self.test_target, self.test_tsv, "test_")
        return Sources(train_text, dev, test, languages, self.both_directions)


def train_translation(
    options: TranslationOptions, *, watch: Callable[[Outlook], Display] | None = None, size: Size | None = None
) -> Published:
    """Train, score and document a translator.

    Args:
        options: what to learn from.
        watch: makes someone who watches; None is silent.
        size: instead of the one that follows from the number of pairs.
    Returns:
        Where it is, its scores and what it cost.
    Raises:
        Interrupted: SIGINT or SIGTERM came; everything is saved and `resume` goes on.
        HeedfulError: the texts, the options or the place cannot be used.
    """
    # All that can be refused is refused before anything is written.
    options = _as_requested(options) if options.resume else options
    sources, budget = options.sources(), options.budget
    verdict = None if options.resume else examine(sources)
    run = RunDirectory.create(options.out, options.resume)
    with run.lock():
        if not options.resume:
            write_json(run.training / REQUEST, options.to_json())
        prepared = prepare(sources, run.training, options.seed, size, verdict)
        setup = settle(run.training, options.model, prepared.size, prepared.tokenizer.vocab_size, options.device)
        describe(run, sources, setup)
        model = setup.build(options.seed)
        rehearsal = Rehearsal(prepared, sources.directions, setup.numerics)
        reading = prepared.reading(sources.directions)
        plan = BatchPlan(prepared.corpus, reading, Sampling(prepared.size.tokens_per_batch, options.seed))
        watchers = Watchers(
            watch(_outlook(options, sources, setup, model)) if watch else Silent(),
            rehearsal.evaluate,
            rehearsal.glimpse,
        )
        with applied(setup.numerics):
            chosen = _settled_options(run, setup, budget, model, plan, rehearsal, options.seed)
            result = train(
                model, OBJECTIVE, plan, chosen, folder=run.training, watchers=watchers, compute=setup.numerics.dtype
            )
        return publish(run, sources, prepared, setup, model, result, options.seed)


def _settled_options(
    run: RunDirectory,
    setup: Setup,
    budget: Budget | None,
    model: Model,
    plan: BatchPlan,
    rehearsal: Rehearsal,
    seed: int,
) -> TrainingOptions:
    """The training options of the run: those stored, or else what the budget buys, stored now."""
    stored = stored_options(run.training)
    if stored is not None:
        return stored
    calibration = None
    if budget is not None and budget.minutes is not None:
        rough = options_for(setup.size, 1000, seed)
        calibration = calibrate(
            model, OBJECTIVE, plan, rough, compute=setup.numerics.dtype, evaluate=rehearsal.evaluate
        )
    wanted = budget or Budget(epochs=setup.size.epochs)
    found = plan_steps(wanted, plan.n_batches(0), calibration, N_EVALUATIONS)
    options = options_for(setup.size, found.steps, seed)
    options = replace(options, evaluate_every=found.evaluate_every, patience=None if budget else PATIENCE)
    settle_options(run.training, options, {"budget": found.to_json()})
    return options


def _outlook(options: TranslationOptions, sources: Sources, setup: Setup, model: Model) -> Outlook:
    ways = " and ".join(f"{source}→{target}" for source, target in sources.directions)
    return Outlook(f"{options.model} {ways}", "dev BLEU", flops_per_token(model), peak_flops(setup.numerics))


def _as_requested(options: TranslationOptions) -> TranslationOptions:
    """The options that a run was begun with.

    Raises:
        RunError: there is nothing to resume.
        OptionError: an option was given that differs from them.
    """
    run = RunDirectory.create(options.out, resume=True)
    stored = TranslationOptions.from_json(read_json(run.training / REQUEST))
    given = TranslationOptions.from_json(options.to_json())
    for item in fields(options):
        now, before = getattr(given, item.name), getattr(stored, item.name)
        if item.name not in ("out", "resume") and now not in (item.default, before):
            flag = item.name.replace("_", "-")
            raise OptionError(f"this run was begun with --{flag} {before}: got {now}; leave it out to go on")
    return replace(stored, out=options.out, resume=True)


def _languages(text: ParallelText) -> tuple[str, str]:
    """What the names of the files say, or else the text; "" where neither is clear."""
    named = languages_of_name(text.path("source"))
    if text.target is not None:
        named = (named or ("",))[:1] + (languages_of_name(text.path("target")) or ("",))[:1]
    if len(named) != 2:
        named = ("", "")
    sides = zip(*islice(text.pairs(), 2000), strict=True)
    found = [name or language_of_text(side) or "" for name, side in zip(named, sides, strict=True)]
    return found[0], found[1]


def parallel_text(source: Path | None, target: Path | None, tsv: Path | None, prefix: str) -> ParallelText | None:
    """Two files, one TSV, or nothing.

    Raises:
        OptionError: one of two files is missing, or both ways are used at once.
    """
    flag = "--" + prefix.replace("_", "-")
    if tsv is not None and (source is not None or target is not None):
        raise OptionError(f"give either {flag}tsv or {flag}source and {flag}target, not both")
    if tsv is not None:
        return ParallelText(tsv)
    if (source is None) != (target is None):
        missing = "target" if target is None else "source"
        raise OptionError(f"{flag}source and {flag}target belong together: {flag}{missing} is missing")
    return None if source is None else ParallelText(source, target)
