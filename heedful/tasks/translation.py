"""Train a translator from two text files: data, size, budget, training, evidence, in one run directory."""

from collections.abc import Callable, Iterable, Iterator

from heedful.run.directory import RunDirectory
from heedful.run.facts import amount
from heedful.tasks.beginning import Beginning, Command, as_begun, begin, command_of, has_begun, reopen
from heedful.tasks.course import take, time_of
from heedful.tasks.defaults import Size
from heedful.tasks.evidence import Judge, Published, Trained, describe, publish
from heedful.tasks.inheritance import Inheritance
from heedful.tasks.models import n_parameters
from heedful.tasks.preparation import Sources, examine
from heedful.tasks.request import TranslationOptions
from heedful.tasks.setup import flops_per_token, peak_flops
from heedful.training.outlook import Outlook
from heedful.training.pace import now_and_then
from heedful.training.progress import Display, Silent


def train_translation(
    options: TranslationOptions,
    *,
    watch: Callable[[Outlook], Display] | None = None,
    size: Size | None = None,
    command: Command | None = None,
) -> Published:
    """Train, score and document a translator.

    Args:
        options: what to learn from.
        watch: makes someone who watches; None is silent.
        size: instead of the one that follows from the number of pairs.
        command: as for `begin`, for the model card.
    Returns:
        Where it is, its scores and what it cost.
    Raises:
        Interrupted: SIGINT or SIGTERM came; everything is saved and `resume` goes on.
        HeedfulError: the texts, the options or the place cannot be used.
    """
    if options.resume:
        options = as_begun(options)
        sources = options.sources()
        run = RunDirectory.create(options.out, resume=True)
        with run.lock():
            return go_on(run, sources, options, watch)
    # All that can be refused is refused before anything is written.
    options.check()
    RunDirectory(options.out).check_free()
    sources = options.sources()
    inheritance = Inheritance.open(options.init, options.vocabulary) if options.init else None
    sources = sources if inheritance is None else inheritance.into(sources)
    verdict = examine(sources)
    with RunDirectory.starting(options.out) as run:
        begin(run, options, sources, verdict, size, command, inheritance=inheritance)
        return go_on(run, sources, options, watch)


def train_to_the_end(
    asked: TranslationOptions, *, watch: Callable[[Outlook], Display] | None = None, size: Size | None = None
) -> None:
    """Train one of a series of runs: from its beginning, from where it was stopped, or not at all if it is finished.

    Args:
        asked: what it is asked for; of one that was begun, its place alone counts.
        watch: as for `train_translation`.
        size: as for `train_translation`.
    """
    if not RunDirectory(asked.out).is_finished:
        request = TranslationOptions(out=asked.out, resume=True) if has_begun(asked.out) else asked
        train_translation(request, watch=watch, size=size)


def go_on(
    run: RunDirectory,
    sources: Sources,
    options: TranslationOptions,
    watch: Callable[[Outlook], Display] | None,
    introduce: Callable[[Beginning], Iterable[str]] | None = None,
    judge: Judge | None = None,
) -> Published:
    """From a beginning, or from wherever training was stopped, to the end.

    Args:
        run: begun, and locked.
        sources: of the run.
        options: of the run.
        watch: as for `train_translation`.
        introduce: gives what is said before anything else.
        judge: compares the model with another; what it refuses is not published, and can be gone on with.
    """
    seed = options.seed
    beginning = reopen(run.begun, sources, seed)
    setup = beginning.setup
    describe(run, sources, beginning.prepared, setup)
    display = watch(_outlook(beginning, sources)) if watch else Silent()
    for said in (*(introduce(beginning) if introduce else ()), *_opening(beginning)):
        display.event(0, said)
    result = take(run, beginning.course, display, time_of(run, options))
    display.event(result.step, "scoring on the held-out pairs")
    tell = now_and_then(lambda said: display.event(result.step, said))
    command = command_of(run)
    began = (beginning.coverage, beginning.inherited)
    trained = Trained(sources, beginning.prepared, setup, beginning.model, result, seed, command, *began)
    return publish(run, trained, tell, judge)


def _opening(beginning: Beginning) -> Iterator[str]:
    """What was read, and what is wrong with it though it can be trained on."""
    prepared = beginning.prepared
    uses = prepared.n_pairs.items()
    pairs = ", ".join(f"{count:,} {'to learn from' if use == 'train' else use}" for use, count in uses)
    yield f"pairs: {pairs}; {amount(n_parameters(beginning.model))} parameters"
    if beginning.coverage is not None:
        yield f"word vectors: {beginning.coverage.describe()}"
    if beginning.inherited is not None:
        yield f"begins {beginning.inherited.start}: {'; '.join(beginning.inherited.warm_start.describe())}"
    found = [item for item in prepared.facts["verdict"]["findings"] if item["severity"] == "warning"]
    if found:
        kinds = ", ".join(f"{item['title'].lower()} ({item['count']:,})" for item in found)
        yield f"the text could be better: {kinds}; `heedful inspect` says where"


def _outlook(beginning: Beginning, sources: Sources) -> Outlook:
    ways = " and ".join(f"{source}→{target}" for source, target in sources.directions)
    setup = beginning.setup
    flops, peak = flops_per_token(beginning.model), peak_flops(setup.numerics)
    return Outlook(f"{setup.model} {ways}", "dev BLEU", flops, peak)
