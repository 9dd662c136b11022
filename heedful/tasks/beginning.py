"""How a run begins: all that it starts from is laid down whole or not at all, so that nothing blocks a second try.

`training/begun/` holds the request, the splits, the vocabulary, the cut text, the model's shape, the vectors or
the weights of another run that it begins with, whom it learns from, and how many steps.
"""

import shlex
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from heedful.data.sampler import BatchPlan, Sampling
from heedful.data.verdict import Verdict
from heedful.errors import OptionError, RunError
from heedful.interface import Model, Objective
from heedful.run.directory import REQUEST, RunDirectory
from heedful.run.disk import atomic_folder, read_json, write_json
from heedful.run.facts import DataFile
from heedful.run.manifest import check_manifest, write_manifest
from heedful.run.receipt import read_receipt
from heedful.tasks import inheritance as inheriting
from heedful.tasks import word_vectors
from heedful.tasks.asked import differences
from heedful.tasks.course import Course, counted, settle_steps
from heedful.tasks.defaults import Size, options_for
from heedful.tasks.forgetting import remember
from heedful.tasks.inheritance import Inheritance, Inherited
from heedful.tasks.models import compression_of
from heedful.tasks.preparation import Prepared, Sources, prepare
from heedful.tasks.rehearsal import Rehearsal
from heedful.tasks.request import TranslationOptions
from heedful.tasks.setup import Setup, settle
from heedful.tasks.teacher import NAME as TEACHER
from heedful.tasks.teacher import Teacher, objective_of
from heedful.tasks.texts import option_of
from heedful.training.plan import changes_of
from heedful.training.route import write_legs
from heedful.transfer.embedding import Coverage

Command = Callable[[TranslationOptions], Sequence[str]]


@dataclass(frozen=True)
class Beginning:
    """What training starts from.

    Args:
        prepared: the text, laid out.
        setup: what is trained, and how it is computed.
        model: with its weights before training.
        objective: what is minimised.
        plan: the batches.
        rehearsal: the evaluation.
        coverage: what the word vectors that the model begins with know of its vocabulary; None without them.
        inherited: what the model begins with of another run; None of one from scratch.
    """

    prepared: Prepared
    setup: Setup
    model: Model
    objective: Objective
    plan: BatchPlan
    rehearsal: Rehearsal
    coverage: Coverage | None
    inherited: Inherited | None = None

    @property
    def course(self) -> Course:
        """The same as the loop is given it."""
        size, rehearsal = self.setup.size, self.rehearsal
        return Course(
            self.model,
            self.objective,
            self.plan,
            self.setup.numerics,
            lambda steps: options_for(size, steps, self.plan.sampling.seed),
            size.epochs,
            rehearsal.evaluate,
            rehearsal.glimpse,
        )


def begin(
    run: RunDirectory,
    options: TranslationOptions,
    sources: Sources,
    verdict: Verdict,
    size: Size | None = None,
    command: Command | None = None,
    teacher: Teacher | None = None,
    inheritance: Inheritance | None = None,
) -> None:
    """Lay down everything that a run starts from.

    Args:
        run: where; locked, and fresh.
        options: what was asked for.
        sources: its texts.
        verdict: on them.
        size: of the model; None follows from the number of pairs.
        command: words that ask for what the options say, whose minutes have become steps; None is the command line of
            `TranslationOptions`.
        teacher: whom the model learns from; None is the text alone.
        inheritance: what the model begins with; None is chance.
    Raises:
        HeedfulError: the texts, the options or the disk do not allow it; nothing is left behind.
    """
    place = run.begun
    if place.exists():
        raise RunError(f"{run.path} was begun by another process meanwhile: wait for it or choose another --out")
    first, second = sources.languages
    asked = replace(options, source_language=first, target_language=second)
    model = options.model if inheritance is None else inheritance.model
    with atomic_folder(place) as part:
        prepared = prepare(sources, part, options.seed, size, verdict)
        setup = settle(part, model, prepared.size, prepared.tokenizer.vocab_size, options.device, sources.shape)
        if inheritance is not None:
            inheritance.lay_down(part, setup.build(options.seed), prepared.tokenizer)
            remember(part, inheritance, sources.directions, options.device)
        if sources.vectors is not None:
            word_vectors.lay_down(part, sources.vectors, prepared, setup.build(options.seed))
        if teacher is not None:
            write_json(part / TEACHER, teacher.to_json())
        plan = settle_steps(part, reopen(part, sources, options.seed).course, options)
        same = counted(asked, plan)
        words = same.command if command is None else command(same)
        write_json(part / REQUEST, {"options": asked.to_json(), "command": shlex.join(words)})
        write_manifest(part)


def has_begun(path: Path) -> bool:
    """Whether there is a run to go on with: begun, and not finished.

    Args:
        path: its run directory.
    """
    run = RunDirectory(path)
    return run.begun.is_dir() and not run.is_finished


def reopen(place: Path, sources: Sources, seed: int) -> Beginning:
    """What was laid down, in memory.

    Args:
        place: `training/begun/` of the run.
        sources: of the run.
        seed: of the run.
    """
    prepared = prepare(sources, place, seed)
    setup = Setup.stored(place)
    plan = BatchPlan(
        prepared.corpus, prepared.reading(sources.directions), Sampling(prepared.size.tokens_per_batch, seed)
    )
    rehearsal = Rehearsal(prepared, sources.directions, setup.numerics)
    model = setup.build(seed)
    coverage = word_vectors.put_in(place, model, prepared.tokenizer.vocab_size)
    inherited = inheriting.put_in(place, model)
    return Beginning(prepared, setup, model, objective_of(place, setup), plan, rehearsal, coverage, inherited)


def as_begun(options: TranslationOptions) -> TranslationOptions:
    """The options that a run was begun with, for going on with it.

    Raises:
        RunError: there is nothing to resume, or it is damaged.
        OptionError: an option was given that differs from them.
    """
    run = RunDirectory(options.out)
    compression = compression_of(run)
    if compression is not None:
        raise RunError(
            f"{run.path} is compressed ({compression.get('dtype')}): what it was rounded off cannot be trained; go on "
            "with the run that it was made of, and compress that"
        )
    run.check_free(resume=True)
    place = run.begun
    if not place.is_dir():
        raise RunError(f"nothing to resume in {run.path}: training had not begun; leave --resume out to start in it")
    check_manifest(place)
    if Teacher.stored(place) is not None:
        raise RunError(f"{run.path} has a teacher, beside which it is to be judged: go on with: {run.going_on}")
    stored = request_of(place)
    changed = differences(options, stored)
    if changed:
        raise OptionError(f"this run was begun {' and '.join(changed)}: leave other options out to go on with it")
    return replace(stored, out=options.out, resume=True)


def request_of(place: Path) -> TranslationOptions:
    """What a run was asked for, its languages told.

    Args:
        place: `training/begun/` of the run.
    """
    return TranslationOptions.from_json(read_json(place / REQUEST)["options"])


def files_of(run: RunDirectory, wanted: Collection[str], give: str) -> dict[str, Path]:
    """The files that a run was trained with, by the options that named them.

    Args:
        run: a finished one.
        wanted: options among FILES; the run may have been given only some of them.
        give: what the caller is to give where they are not at hand.
    Raises:
        OptionError: the run does not keep where they are, or one is gone or was changed.
        RunError: its receipt is missing or damaged.
    """
    if not (run.begun / REQUEST).is_file():
        raise OptionError(f"{give}; {run.path} does not keep where its own text is (training/ is not there)")
    request, found = request_of(run.begun), {}
    for file in read_receipt(run.path).data:
        name = option_of(file.role)
        if name not in wanted:
            continue
        path = getattr(request, name)
        if path is None or not path.is_file() or DataFile.read(file.role, path).sha256 != file.sha256:
            raise OptionError(f"{give}; {path or file.name}, which {run.path} learned from, is gone or was changed")
        found[name] = path
    return found


def command_of(run: RunDirectory) -> str:
    """The command line that makes a run again, with the changes of its plan so far."""
    words = shlex.split(read_json(run.begun / REQUEST)["command"])
    legs = changes_of(run.training)
    # The demo asks for a time, which buys what it buys.
    return shlex.join([*words, *(["--replanned", write_legs(legs)] if legs and "--steps" in words else [])])
