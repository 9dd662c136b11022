"""How a run begins: all that it starts from is laid down whole or not at all, so that nothing blocks a second try.

`training/begun/` holds the request, the splits, the vocabulary, the cut text, the model's shape, the word
vectors that it begins with, whom it learns from, and how many steps.
"""

import math
import shlex
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from heedful.data.sampler import BatchPlan, Sampling
from heedful.data.verdict import Verdict
from heedful.errors import OptionError, RunError
from heedful.interface import Model, Objective
from heedful.numerics import applied
from heedful.run.directory import RunDirectory
from heedful.run.disk import atomic_folder, read_json, write_json
from heedful.run.facts import DataFile
from heedful.run.manifest import check_manifest, write_manifest
from heedful.run.receipt import read_receipt
from heedful.tasks.defaults import Size, options_for
from heedful.tasks.models import compression_of
from heedful.tasks.preparation import Prepared, Sources, prepare
from heedful.tasks.rehearsal import Rehearsal
from heedful.tasks.request import TranslationOptions, differences
from heedful.tasks.setup import Setup, flops_per_token, settle
from heedful.tasks.teacher import NAME as TEACHER
from heedful.tasks.teacher import Teacher, objective_of
from heedful.tasks.texts import option_of
from heedful.tasks.word_vectors import lay_down, put_in
from heedful.training.calibrate import SECONDS, calibrate
from heedful.training.options import TrainingOptions
from heedful.training.plan import Budget, Plan, evaluate_every, plan_steps, settle_options, stored_options
from heedful.transfer.embedding import Coverage

Command = Callable[[TranslationOptions], Sequence[str]]
REQUEST = "request.json"
# Calibration may take this share of the time.
CALIBRATION_SHARE = 0.02
# So many evaluations without a better score end a run that has no budget.
PATIENCE = 6


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
    """

    prepared: Prepared
    setup: Setup
    model: Model
    objective: Objective
    plan: BatchPlan
    rehearsal: Rehearsal
    coverage: Coverage | None


def begin(
    run: RunDirectory,
    options: TranslationOptions,
    sources: Sources,
    verdict: Verdict,
    size: Size | None = None,
    command: Command | None = None,
    teacher: Teacher | None = None,
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
    Raises:
        HeedfulError: the texts, the options or the disk do not allow it; nothing is left behind.
    """
    place = run.begun
    if place.exists():
        raise RunError(f"{run.path} was begun by another process meanwhile: wait for it or choose another --out")
    first, second = sources.languages
    asked = replace(options, source_language=first, target_language=second)
    with atomic_folder(place) as part:
        prepared = prepare(sources, part, options.seed, size, verdict)
        setup = settle(part, options.model, prepared.size, prepared.tokenizer.vocab_size, options.device)
        if sources.vectors is not None:
            lay_down(part, sources.vectors, prepared, setup.build(options.seed))
        if teacher is not None:
            write_json(part / TEACHER, teacher.to_json())
        steps = _settle_steps(part, reopen(part, sources, options.seed), options)
        counted = _counted(asked, steps)
        words = counted.command if command is None else command(counted)
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
    coverage = put_in(place, model, prepared.tokenizer.vocab_size)
    return Beginning(prepared, setup, model, objective_of(place, setup), plan, rehearsal, coverage)


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
    teacher = Teacher.stored(place)
    if teacher is not None:
        again = shlex.join(["heedful", "distill", teacher.path, "--out", str(options.out), "--resume"])
        raise RunError(f"{run.path} has a teacher, beside which it is to be judged: go on with: {again}")
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
    """The command line that makes a run again."""
    return str(read_json(run.begun / REQUEST)["command"])


def steps_of(run: RunDirectory) -> TrainingOptions:
    """The training options of a run, its steps counted out."""
    found = stored_options(run.begun)
    assert found is not None, "they are settled when a run begins"
    return found


def _counted(asked: TranslationOptions, plan: Plan) -> TranslationOptions:
    """What asks for the same training on any machine: minutes buy fewer updates, and evaluations, on a slower one."""
    if asked.minutes is None and asked.flops is None:
        return asked
    counted = replace(asked, minutes=None, flops=None, steps=plan.steps)
    usual = evaluate_every(plan.steps, asked.evaluations) == plan.evaluate_every
    return counted if usual else replace(counted, evaluations=math.ceil(plan.steps / plan.evaluate_every))


def _settle_steps(place: Path, beginning: Beginning, asked: TranslationOptions) -> Plan:
    """Turn the budget into steps, once, by calibration where it is a time, and write them down."""
    setup, plan, calibration = beginning.setup, beginning.plan, None
    budget, seed = asked.budget(), asked.seed
    if budget is not None and budget.minutes is not None:
        rough = options_for(setup.size, 1000, seed)
        evaluate, compute = beginning.rehearsal.evaluate, setup.numerics.dtype
        with applied(setup.numerics):
            # Longer for a long run: machines are faster in their first seconds.
            seconds = min(20.0, max(SECONDS, 60 * budget.minutes * CALIBRATION_SHARE))
            calibration = calibrate(
                beginning.model, beginning.objective, plan, rough, compute=compute, evaluate=evaluate, seconds=seconds
            )
    wanted = budget or Budget(epochs=setup.size.epochs)
    arithmetic = flops_per_token(beginning.model) * plan.n_tokens(0) / plan.n_batches(0)
    found = plan_steps(wanted, plan.n_batches(0), calibration, asked.evaluations, arithmetic)
    options = options_for(setup.size, found.steps, seed)
    options = replace(options, evaluate_every=found.evaluate_every, patience=None if budget else PATIENCE)
    settle_options(place, options, {"budget": found.to_json()})
    return found
