"""Train a language model from plain text: to go on with it, to put back its words, or to write what is missing."""

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from heedful.baselines.ngram import ORDER, CharacterNgrams
from heedful.data.token_stream import TokenStream
from heedful.data.tokenizer import Tokenizer
from heedful.interface import Model
from heedful.numerics import applied
from heedful.run.directory import REQUEST, RunDirectory
from heedful.run.disk import read_json
from heedful.run.facts import ScoreSet, Usage, amount
from heedful.tasks.artefact import Outcome
from heedful.tasks.course import Course
from heedful.tasks.evidence import Published, Tell
from heedful.tasks.language_defaults import language_options
from heedful.tasks.language_kinds import Kind, kind_of
from heedful.tasks.language_rehearsal import LanguageRehearsal
from heedful.tasks.language_request import LanguageOptions
from heedful.tasks.language_text import START, Laid, lay_down
from heedful.tasks.models import n_parameters, snapshot
from heedful.tasks.preference import PreferenceTask
from heedful.tasks.task import Task, train_task
from heedful.training.loop import TrainingResult
from heedful.training.options import TrainingOptions
from heedful.training.outlook import Outlook
from heedful.training.progress import Display

# What counting learns from at most, in characters: half a gigabyte of keys.
MOST_COUNTED = 5_000_000
# Documents shorter than this share of a window are worth a word.
SHORT = 0.25
CAVEATS = (
    "It knows only the kind of text it was trained on, and says what such a text would say, be it true or not.",
    "It may repeat whole passages of its training text.",
    "It repeats whatever prejudice its training text holds.",
)


@dataclass(frozen=True)
class LanguageTask:
    """A model of text alone.

    Args:
        kind: what is learned.
    """

    kind: Kind

    @property
    def name(self) -> str:
        """See Task."""
        return "language"

    def lay_down(self, place: Path, options: LanguageOptions) -> None:
        """See Task."""
        lay_down(place, options, self.kind)

    def open(self, place: Path, options: LanguageOptions) -> Laid:
        """See Task."""
        return Laid.open(place)

    def course(self, plan: Laid, options: LanguageOptions) -> Course:
        """See Task."""
        fresh = not (plan.folder / START).is_file()

        def rates(steps: int) -> TrainingOptions:
            return language_options(plan.size, steps, options.seed, fresh)

        rehearsal = LanguageRehearsal(plan, self.kind)
        batches = self.kind.batches(plan.train, plan.tokenizer, plan.size, options.seed)
        model = plan.build(options.seed)
        return Course(
            model,
            self.kind.objective,
            batches,
            plan.numerics,
            rates,
            plan.size.epochs,
            rehearsal.evaluate,
            rehearsal.glimpse,
            _opening(plan, n_parameters(model), options),
        )

    def config(self, plan: Laid) -> Mapping[str, Any]:
        """See Task."""
        return {
            "model": "transformer",
            "architecture": plan.architecture.to_json(),
            "numerics": plan.numerics.to_json(),
            "objective": type(self.kind).__name__.lower(),
            "language": plan.language,
        }

    def title(self, plan: Laid) -> tuple[str, str]:
        """See Task."""
        return f"{type(self.kind).__name__.lower()} language model {plan.language}".strip(), "dev loss"

    def conclude(
        self, run: RunDirectory, plan: Laid, course: Course, result: TrainingResult, tell: Tell
    ) -> tuple[Outcome, str | None, Mapping[str, Any] | None]:
        """See Task."""
        model, tokenizer, dev = snapshot(course.model, plan.numerics), plan.tokenizer, plan.dev
        with applied(plan.numerics):
            figures = self.kind.figures(model, dev, tokenizer, model.max_len, None)
        data = "held-out text" if len({file.role for file in plan.files}) == 1 else "dev text"
        baselines = {}
        if "bits_per_character" in figures:
            tell(f"counting {ORDER}-grams to compare with", 0, 0)
            baselines[f"{ORDER}-gram of characters (Kneser-Ney)"] = counted_bits(plan)
        scores = ScoreSet(
            plan.language,
            "",
            data,
            dev.n_documents,
            "",
            {name: figure.to_json() for name, figure in figures.items()},
            baselines,
        )
        held = {data: [(dev.text(index, tokenizer), "") for index in range(dev.n_documents)]}
        outcome = Outcome(
            [scores],
            held,
            plan.files,
            {"train": plan.train.n_documents, "dev": dev.n_documents},
            "documents" if plan.train.n_documents > 1 else "document",
            [plan.language] if plan.language else [],
            usage(run.path, self.kind),
            ("minus the loss in nats", data),
            limits=_limits(plan, model),
            caveats=CAVEATS,
            start=f"from {plan.begun_with}" if plan.begun_with else "from scratch",
        )
        return outcome, tokenizer.to_json(), None


def train_language(options: LanguageOptions, *, watch: Callable[[Outlook], Display] | None = None) -> Published:
    """Train, score and document a language model.

    Args:
        options: what to learn from.
        watch: makes someone who watches, as for `train_task`.
    Returns:
        Where it is, its scores and what it cost.
    Raises:
        Interrupted: SIGINT or SIGTERM came; everything is saved and `resume` goes on.
        HeedfulError: the text, the options or the place cannot be used.
    """
    # Unknown choices are refused before one of them is looked up.
    if not options.resume:
        options.check()
    return train_task(task_of(options), options, watch=watch)


def task_of(options: LanguageOptions) -> Task[LanguageOptions, Any]:
    """What an objective's training has to say; of a run that was begun, as it was begun.

    Args:
        options: asked for.
    """
    if options.resume:
        request = RunDirectory(options.out).begun / REQUEST
        if request.is_file():
            stored = read_json(request)
            if stored.get("task") == "language":
                options = LanguageOptions.from_json(stored["options"])
    return PreferenceTask() if options.objective == "preference" else LanguageTask(kind_of(options))


def counted_bits(plan: Laid) -> float:
    """Bits a character of the held-out text under counts of the training text, or of `MOST_COUNTED` of it."""
    ngrams = CharacterNgrams(_texts(plan.train, plan.tokenizer))
    texts = [plan.dev.text(index, plan.tokenizer) for index in range(plan.dev.n_documents)]
    return float(ngrams.bits(texts).sum() / sum(map(len, texts)))


def usage(path: Path, kind: Kind) -> Usage:
    """How such a model is used."""
    name = path.resolve().name
    shell = command(name, fills=kind.stacks[0])
    if kind.stacks[0]:
        return Usage(shell, f'import heedful\n\nheedful.pipeline("fill-mask", "{name}")("the <mask> sat")')
    return Usage(shell, f'import heedful\n\nheedful.pipeline("text-generation", "{name}")("Once")')


def command(path: str, fills: bool) -> str:
    """The line that lets a model fill gaps, or go on with a text.

    Args:
        path: of its run.
        fills: which of both it does.
    """
    return f"heedful generate {shlex.quote(path)} " + ('--fill "the <mask> sat"' if fills else '--prompt "Once"')


def _texts(stream: TokenStream, tokenizer: Tokenizer) -> list[str]:
    """Documents until there are enough characters."""
    texts: list[str] = []
    left = MOST_COUNTED
    for index in range(stream.n_documents):
        if left <= 0:
            break
        # A token has one character at least, but for bytes: what is cut off was not needed.
        tokens = stream.tokens[stream.starts[index] : min(stream.starts[index + 1], stream.starts[index] + left)]
        texts.append(tokenizer.decode(tokens.tolist())[:left])
        left -= len(texts[-1])
    return texts


def _opening(plan: Laid, n_weights: int, options: LanguageOptions) -> list[str]:
    """What was read, and what may be meant otherwise."""
    train, window = plan.train, plan.size.window
    learned = (
        f"{train.n_documents:,} document{'s' * (train.n_documents != 1)} ({train.n_tokens:,} tokens) to learn from"
    )
    held = f"{plan.dev.n_documents:,} held out ({plan.dev.n_tokens:,} tokens)"
    shape = f"{plan.tokenizer.vocab_size:,} pieces, windows of {window}; {amount(n_weights)} parameters"
    said = [f"text: {learned}, {held}; {shape}"]
    middle = train.n_tokens / train.n_documents
    if options.documents == "blank" and middle < SHORT * window:
        said.append(
            f"a document has {middle:.0f} tokens on average, and nothing is learned across documents: where a text "
            "runs on over its blank lines (a book, a play), begin again with --documents file"
        )
    return said


def _limits(plan: Laid, model: Model) -> list[str]:
    return [f"It reads {model.max_len:,} tokens at once, which is all that it can remember of a text."]
