"""From a teacher to its student in one run: what the teacher writes, what the student learns, and what it lost."""

import shlex
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from heedful.compression.parity import check_allowed_loss
from heedful.data.verdict import Verdict
from heedful.errors import OptionError, QualityError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.disk import clear_leftovers, make_folder, read_json
from heedful.run.facts import amount
from heedful.run.manifest import check_manifest, write_manifest
from heedful.run.receipt import read_receipt
from heedful.tasks.asked import flag_of, renewed
from heedful.tasks.beginning import Beginning, begin, command_of
from heedful.tasks.compress import Compressed, CompressOptions, compress
from heedful.tasks.defaults import Size, size_for
from heedful.tasks.descent import Change, check_outside, section
from heedful.tasks.distillation import RENEWABLE, DistillOptions, Plan, is_distillation, lesson_of
from heedful.tasks.evidence import Beside, Pairs, Published, Tell, unwatched
from heedful.tasks.imported import check_own
from heedful.tasks.lesson import (
    Material,
    check_unchanged,
    describe_lesson,
    gather,
    read_lesson,
    with_text,
    write_lesson,
)
from heedful.tasks.models import n_parameters
from heedful.tasks.parity import Trial, prove
from heedful.tasks.preparation import READY, Sources, examine, fingerprints
from heedful.tasks.teacher import Teacher, manifest_hash, student_of
from heedful.tasks.translation import go_on
from heedful.tasks.translator import Translator
from heedful.training.outlook import Outlook
from heedful.training.progress import Display


@dataclass(frozen=True)
class Pupil:
    """A student before it learns: its lesson is written.

    Args:
        plan: whom it learns from, and how.
        teacher: the same, loaded.
        sources: what it learns from.
        verdict: on the caller's text; None of a run that has begun.
    """

    plan: Plan
    teacher: Translator
    sources: Sources
    verdict: Verdict | None


def distill(
    teacher: Path, options: DistillOptions, *, watch: Callable[[Outlook], Display] | None = None, tell: Tell = unwatched
) -> Published:
    """Train a student of a translator, and compare both.

    Args:
        teacher: its run directory.
        options: what the student is, and what it learns from.
        watch: makes someone who watches the training; None is silent.
        tell: is told how far the teacher has come with translating.
    Returns:
        Where the student is, its scores and what it cost.
    Raises:
        Interrupted: SIGINT or SIGTERM came; everything is saved and `resume` goes on.
        QualityError: the student loses more than allowed; its training is kept, and `resume` with `accept_loss`
            writes it all the same.
        HeedfulError: the teacher, the texts, the options or the place cannot be used.
    Source:
        Hinton et al. 2015, arXiv:1503.02531; Kim and Rush 2016, arXiv:1606.07947; deep encoders and shallow decoders:
        Kasai et al. 2021, arXiv:2006.10369.
    """
    pupil = teach(teacher, options, tell)
    published = learn(pupil, watch)
    make_int8(pupil, tell)
    return published


def teach(path: Path, options: DistillOptions, tell: Tell = unwatched) -> Pupil:
    """The first half of a distillation: the teacher writes what is learned from.

    Args:
        path: run directory of the teacher.
        options: as for `distill`.
        tell: as for `distill`.
    """
    if options.resume:
        plan = _reopen(path, options)
        teacher = plan.teacher.load(plan.options.device)
        with _locked(plan.options.out) as run:
            return _lesson(run, plan, teacher, None, tell)
    # All that can be refused is refused before anything is written.
    options.check()
    RunDirectory(options.out).check_free()
    check_outside(options.out, path)
    check_own(path)
    if options.smaller is not None and options.smaller.exists():
        raise RunError(f"{options.smaller} exists already, where the int8 run goes: choose another --out")
    known = Teacher(str(path.resolve()), manifest_hash(path), options.learns, options.share, options.temperature)
    teacher = known.load(options.device)
    options = with_text(options, RunDirectory(path), teacher.directions[0])
    material = gather(options, teacher, RunDirectory(path))
    examine(material.sources)
    with RunDirectory.starting(options.out) as run:
        make_folder(lesson_of(run))
        plan = Plan(known, options, fingerprints(material.sources))
        plan.store(run)
        return _lesson(run, plan, teacher, material, tell)


def learn(pupil: Pupil, watch: Callable[[Outlook], Display] | None = None) -> Published:
    """The second half: the student learns, and is compared with its teacher.

    Args:
        pupil: as `teach` left it.
        watch: as for `distill`.
    """
    options, teacher = pupil.plan.options, pupil.plan.teacher
    asked = options.asks(both=len(pupil.teacher.directions) > 1)
    with _locked(options.out) as run:
        if not run.begun.is_dir():
            verdict = pupil.verdict or examine(pupil.sources.made_of or pupil.sources)
            size = options.size(_size(pupil, verdict.n_usable))
            begin(run, asked, pupil.sources, verdict, size, partial(options.command, Path(teacher.path)), teacher)
        check_manifest(run.begun)
        return go_on(run, pupil.sources, asked, watch, partial(_introduction, pupil), partial(_judge, pupil, run))


def make_int8(pupil: Pupil, tell: Tell = unwatched) -> Compressed | None:
    """The last part, where it is asked for: an int8 run of the student, compared with it.

    Args:
        pupil: its student is finished.
        tell: is told how far it is.
    Raises:
        QualityError: it loses more than allowed; the student is whole.
    """
    options = pupil.plan.options
    if options.smaller is None:
        return None
    asked = CompressOptions(options.smaller, "int8", accept_loss=options.accept_loss, allowed_loss=options.may_lose)
    try:
        return compress(options.out, asked, tell)
    except QualityError as error:
        again = shlex.join(["heedful", "compress", str(options.out), "--accept-loss"])
        raise QualityError(f"int8: {error}; the student itself is whole: `{again}` writes it as int8 too") from None


def _reopen(path: Path, options: DistillOptions) -> Plan:
    """What a distillation was begun with; the loss that is allowed may be another now.

    Raises:
        RunError: there is nothing to resume.
        OptionError: an option was given that differs, or another teacher.
    """
    run = RunDirectory(options.out)
    run.check_free(resume=True)
    if not is_distillation(options.out):
        raise RunError(f"nothing to resume in {run.path}: no distillation was begun there; leave --resume out")
    plan = Plan.stored(run)
    if path.resolve() != Path(plan.teacher.path):
        raise OptionError(f"the teacher of {run.path} is {plan.teacher.path}: got {path}; name that one to go on")
    plain = DistillOptions(out=options.out).to_json()
    now, before = options.to_json(), plan.options.to_json()
    changed = [
        flag_of(name)
        for name, value in now.items()
        if name not in RENEWABLE and value not in (plain[name], before[name])
    ]
    if changed:
        raise OptionError(f"{run.path} was begun with another {' and '.join(changed)}: leave them out to go on with it")
    check_allowed_loss(options.may_lose)
    return replace(plan, options=renewed(options, plan.options, RENEWABLE))


def _lesson(run: RunDirectory, plan: Plan, teacher: Translator, material: Material | None, tell: Tell) -> Pupil:
    """See that there is one, from its beginning or from where it was stopped."""
    place, options = lesson_of(run), plan.options
    clear_leftovers(place)
    sources = replace(options.sources(), both=len(teacher.directions) > 1)
    if run.begun.is_dir():
        return Pupil(plan, teacher, read_lesson(place, sources, teacher), None)
    check_unchanged(place, sources, plan.files)
    material = material or gather(options, teacher, RunDirectory(Path(plan.teacher.path)))
    write_lesson(place, material, teacher if plan.teacher.translates else None, options.originals, tell)
    return Pupil(plan, teacher, read_lesson(place, sources, teacher), examine(sources))


def _size(pupil: Pupil, n_pairs: int) -> Size:
    """The teacher's row of the table of defaults: the one on record, or else what its configuration tells."""
    run = RunDirectory(Path(pupil.plan.teacher.path))
    if (run.begun / READY).is_file():
        return Size(**read_json(run.begun / READY)["size"])
    size, config = size_for(n_pairs * len(pupil.teacher.directions)), read_json(run.config)
    return replace(size, d_model=config["architecture"]["d_model"]) if config["model"] == "transformer" else size


def _introduction(pupil: Pupil, beginning: Beginning) -> list[str]:
    """Who learns from whom."""
    size, student = beginning.setup.size, n_parameters(beginning.model)
    teacher = read_receipt(Path(pupil.plan.teacher.path)).n_parameters
    layers = f"{size.n_encoder_layers} layers of encoder and {size.n_decoder_layers} of decoder"
    said = [f"the teacher {Path(pupil.plan.teacher.path).name} has {amount(teacher)} parameters; its student {layers}"]
    if student > teacher:
        said.append(f"the student is larger than its teacher: {amount(student)} parameters; it may be faster even so")
    return [*said, *filter(None, [describe_lesson(lesson_of(RunDirectory(pupil.plan.options.out)))])]


def _judge(pupil: Pupil, run: RunDirectory, student: Translator, data: str, pairs: Pairs, tell: Tell) -> Beside:
    """Compare the student with its teacher.

    Raises:
        QualityError: it loses more than allowed, and that was not accepted.
    """
    options, teacher = pupil.plan.options, Path(pupil.plan.teacher.path)
    with _weighable(run) as folder:
        proof = prove(pupil.teacher, student, Trial(data, pairs), (teacher, folder), tell)
    command = command_of(run)
    try:
        proof.require(options.may_lose)
    except QualityError as error:
        if not options.accept_loss:
            raise QualityError(f"{error}; its training is kept: `{run.going_on}` with it writes the student") from None
        command += "" if "--accept-loss" in command else " --accept-loss"
    notes = [note for note in (_manner(pupil), describe_lesson(lesson_of(run))) if note]
    origin = student_of(teacher, pupil.plan.teacher.sha256)
    change = Change(run.path.resolve().name, command, origin, notes, allowed_loss=options.may_lose)
    parity = {**proof.to_json(), "allowed_loss": options.may_lose}
    return Beside(change.origin, [section(proof, change, teacher.name)], parity, command)


def _manner(pupil: Pupil) -> str:
    """How it learned, in a sentence."""
    teacher, options = pupil.plan.teacher, pupil.plan.options
    texts = "its translations of the sources" + (" and the original pairs" if options.originals else "")
    words = f"its distribution at every word (share {teacher.share:g}, temperature {teacher.temperature:g})"
    learned = {"sequence": texts, "word": f"{words} of the original targets", "both": f"{texts}, with {words}"}
    return f"What the student learned of its teacher: {learned[teacher.level]}."


@contextmanager
def _weighable(run: RunDirectory) -> Iterator[Path]:
    """A copy of the model alone that can be loaded, while its run is not finished."""
    with TemporaryDirectory(dir=run.training, prefix=".student-", suffix=".tmp") as name:
        for file in (run.config, run.weights, run.tokenizer, run.generation):
            shutil.copyfile(file, Path(name) / file.name)
        write_manifest(Path(name))
        yield Path(name)


@contextmanager
def _locked(out: Path) -> Iterator[RunDirectory]:
    """The run directory of a distillation that has begun."""
    run = RunDirectory.create(out, resume=True)
    with run.lock():
        yield run
