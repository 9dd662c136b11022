"""The entry: which verb was meant, and what becomes of errors.

A verb's module is imported when the verb is used: `heedful --help` costs no torch. A new verb is a line in `VERBS` and
a file beside this one with a function of that name; its signature, and the frozen dataclasses in it, are the flags.
"""

import errno
import io
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NamedTuple, TextIO

from cyclopts import App, CycloptsError, MissingArgumentError, Parameter, UnknownCommandError, UnusedCliTokensError

from heedful import __version__
from heedful.cli.stopping import Terminated, terminable
from heedful.errors import DataError, HeedfulError, suggest

DONE, OURS, CALLERS, INTERRUPTED, BROKEN_PIPE, TERMINATED = 0, 1, 2, 128 + 2, 128 + 13, 128 + 15
# No room for what goes to standard output; whatever else writes names its file and is a RunError.
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EIO)
# A fraction of a millisecond: with ten times fewer a training alone on two cores is slower by half.
SPINS = "10000"


class Verb(NamedTuple):
    """What can be done: where its function (or, with verbs below it, its App) stands, and what the help says of it."""

    target: str
    summary: str


HELP = """Two text files in, a tested translator out, with the evidence.

`heedful VERB --help` explains a verb; `--debug` with any verb shows where an error came from.
"""

VERBS = {
    "demo": Verb("heedful.cli.demo:demo", "Train, score and use a translator on the embedded corpus."),
    "train": Verb("heedful.cli.train:train", "Train a model on your own data."),
    "translate": Verb("heedful.cli.translate:translate", "Lines in, translations out."),
    "classify": Verb("heedful.cli.classify:classify", "Lines in, labels out."),
    "answer": Verb("heedful.cli.answer:answer", "A question and a text in, the part that answers it out."),
    "embed": Verb("heedful.cli.embed:embed", "Lines in, vectors out."),
    "generate": Verb("heedful.cli.generate:generate", "A prompt in, its continuation out; or words for gaps."),
    "summarize": Verb("heedful.cli.summarize:summarize", "Texts in, summaries or rewordings out."),
    "chat": Verb("heedful.cli.chat:chat", "A conversation with a model that learned from dialogues."),
    "evaluate": Verb("heedful.cli.evaluate:evaluate", "The figures of a model on your own test set, with intervals."),
    "compress": Verb("heedful.cli.compress:compress", "A translator made smaller, and refused when it is worse."),
    "distill": Verb("heedful.cli.distill:distill", "From a run to a small, fast student of it."),
    "import": Verb("heedful.cli.import_:import_", "A model of the Hugging Face hub as a run directory."),
    "export": Verb("heedful.cli.export:export", "A translator for CTranslate2, transformers or Argos Translate."),
    "verify": Verb("heedful.cli.verify:verify", "A run's receipt, checked and scored again."),
    "inspect": Verb("heedful.cli.inspect:inspect", "A verdict on two text files before anything is trained on them."),
    "duel": Verb("heedful.cli.duel:duel", "RNN, RNN with attention, CNN and Transformer at one budget."),
    "recipe": Verb("heedful.cli.recipe:recipe", "Known data sets: what to train on them, and what to expect."),
    "runs": Verb("heedful.cli.runs:runs", "What was trained here, side by side."),
    "doctor": Verb("heedful.cli.doctor:doctor", "This machine: cores, number formats, GPU, versions, what is missing."),
}


_FILES = "files are named by flags: --source FILE --target FILE"
# What was probably meant by a file's name without a flag.
WAYS = {
    "train translation": _FILES,
    "evaluate": _FILES,
    "inspect": _FILES,
    "translate": "the text comes from standard input: heedful translate RUN < in.txt",
    "train classification": "the table is named by a flag: --data train.tsv",
    "train answering": "files are named by a flag: --data train.json",
    "answer": 'the question is named by a flag: heedful answer RUN --context text.txt --question "..."',
    "classify": "the texts come from standard input: heedful classify RUN < texts.txt",
    "train text": "files are named by flags: --data FILE, or --source FILE --target FILE",
    "summarize": "the texts come from standard input: heedful summarize RUN < texts.txt",
    "chat": "what is said comes from standard input: heedful chat RUN",
    "embed": "the texts come from standard input: heedful embed RUN < texts.txt",
}


_RUN = "the folder that `heedful train` wrote, first of all"
# What a verb cannot do without, and how it is said.
NEEDED = {
    "train translation": (
        "a text with its translation and, as --out, a new folder for the translator",
        "--source train.en --target train.de --out runs/en-de",
    ),
    "train classification": (
        "a table of texts and labels and, as --out, a new folder for the classifier",
        "--data reviews.tsv --out runs/reviews",
    ),
    "train language": ("a text and, as --out, a new folder for the model", "--text book.txt --out runs/book"),
    "train answering": (
        "questions in SQuAD's JSON and, as --out, a new folder for the model",
        "--data squad.json --out runs/answers",
    ),
    "answer": (_RUN, 'runs/answers --context text.txt --question "Who ...?"'),
    "train text": (
        "texts with what is to be written of each and, as --out, a new folder for the model",
        "--source articles.txt --target summaries.txt --out runs/short",
    ),
    "translate": (_RUN, "runs/en-de < in.txt"),
    "summarize": (_RUN, "runs/short < texts.txt"),
    "chat": (_RUN, "runs/talk"),
    "classify": (_RUN, "runs/reviews < texts.txt"),
    "embed": (_RUN, "runs/reviews < texts.txt"),
    "generate": (_RUN, "runs/book --prompt 'Once upon a time'"),
    "evaluate": (_RUN, "runs/en-de --source test.en --target test.de"),
    "compress": (_RUN, "runs/en-de"),
    "import": ("a model folder and, as --out, a new folder", "minilm --out runs/minilm"),
    "export": (f"{_RUN}, a format and, as --out, a new folder", "runs/en-de --to ctranslate2 --out en-de-ct2"),
    "verify": (_RUN, "runs/en-de"),
    "distill": ("a finished run and, as --out, a new folder for its student", "runs/en-de --out runs/student"),
}


def build(asked: str = "") -> App:
    """The parser, with every verb known by name and none imported.

    Args:
        asked: the verb whose own words its --help has; of the others a line is enough.
    """
    app = App(
        name="heedful",
        help=HELP,
        version=__version__,
        default_parameter=Parameter(negative=()),
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )
    for order, (name, verb) in enumerate(VERBS.items()):
        app.command(verb.target, name=name, help=None if name == asked else verb.summary, sort_key=order)
    return app


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Args:
        arguments: what stands behind `heedful`; None reads it from the process.
    Returns:
        The exit code: 0 done, 2 the caller's mistake, 1 ours, 130 interrupted, 143 told to end.
    """
    wait_briefly()
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    ours = tokens[: tokens.index("--")] if "--" in tokens else tokens
    debug = "--debug" in ours
    if debug:
        tokens.remove("--debug")
    try:
        prepare_streams()
        listen()
        with terminable():
            answer = build(tokens[0] if tokens else "")(tokens)
        sys.stdout.flush()
        return answer if isinstance(answer, int) else DONE
    except BaseException as error:  # noqa: BLE001 (the one place where what is raised becomes a line and an exit code)
        return ending(error, debug)


def prepare_streams() -> None:
    """See that what is said finds its way out.

    Raises:
        DataError: standard output is closed.
    """
    if sys.stderr is None or _is_unwritable(sys.stderr):
        # Closed: what is said goes nowhere, and never into the results.
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (for the rest of the process)
    if sys.stdout is None:
        raise DataError("expected standard output, and it is closed: give it with > out.txt")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # Where the locale has no arrow, a question mark is better than no table.
            stream.reconfigure(errors="replace")


def _is_unwritable(stream: TextIO) -> bool:
    """A shell that was started with it closed hands on its own script, open for reading, in its place."""
    try:
        os.write(stream.fileno(), b"")
    except OSError as error:
        return error.errno == errno.EBADF
    return False


class Said(logging.Handler):
    """What the library has to say while it works goes to standard error, wherever that leads by then."""

    def emit(self, record: logging.LogRecord) -> None:
        """See logging.Handler."""
        print(f"heedful: {record.getMessage()}", file=sys.stderr)


def listen() -> None:
    """Hear what the library says."""
    logger = logging.getLogger("heedful")
    logger.setLevel(logging.INFO)
    logger.handlers = [Said()]
    logger.propagate = False


def ending(error: BaseException, debug: bool) -> int:
    """Say what has ended a command.

    Args:
        error: which did, being handled.
        debug: whether its traceback is wanted.
    Returns:
        The exit code.
    """
    match error:
        case HeedfulError():
            return refuse(str(error), CALLERS, debug)
        case CycloptsError():
            return refuse(explain(error), CALLERS, debug)
        case Terminated():
            return refuse(str(error) or "stopped (SIGTERM); nothing is left half-written", TERMINATED, debug)
        case KeyboardInterrupt():
            return refuse(str(error) or "stopped; nothing is left half-written", INTERRUPTED, debug)
        case BrokenPipeError():
            # Whoever read our output has enough; nothing is left to say it to.
            drop_output()
            return BROKEN_PIPE
        case SystemExit(__context__=BrokenPipeError()):
            # A console of rich meets the same with an exit, its output already dropped.
            return BROKEN_PIPE
        case UnicodeEncodeError(reason="surrogates not allowed"):
            # What is read from files is UTF-8 by then: only an argument can hold bytes that are no text.
            return refuse(f"expected text in UTF-8, got {error.object[:40]!r}; give it in UTF-8", CALLERS, debug)
        case OSError(errno=number) if number in FULL:
            drop_output()
            return refuse(f"cannot write the output: {error.strerror}; free some space where it goes", CALLERS, debug)
        case Exception():
            hint = "" if debug else "; this is a mistake of ours: `--debug` shows where it happened"
            return refuse(f"{type(error).__name__}: {error}{hint}", OURS, debug)
    raise error


def wait_briefly() -> None:
    """Let threads that wait for each other sleep soon: whoever else computes on this machine needs the cores.

    By default torch's threads turn in a loop for milliseconds at the end of every operator. Beside another program
    those that turn keep the core that the last one waits for: a training takes ten times as long
    (docs/experiments.md). Read when torch is imported, so it is set before.
    """
    if "OMP_WAIT_POLICY" not in os.environ:
        os.environ.setdefault("GOMP_SPINCOUNT", SPINS)


def drop_output() -> None:
    """Send standard output nowhere from now on, also what Python writes when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def explain(error: CycloptsError) -> str:
    """A mistake on the command line, in one line, with the nearest right name."""
    if isinstance(error, UnknownCommandError) and error.unused_tokens and not error.command_chain:
        token = error.unused_tokens[0]
        return f"there is no {'flag' if token.startswith('-') else 'verb'} {token!r}{suggest(token, VERBS)}"
    if isinstance(error, UnusedCliTokensError) and error.unused_tokens:
        way = WAYS.get(" ".join(error.command_chain or ()), "see --help for what it takes")
        return f"too many arguments: got {' '.join(error.unused_tokens)!r} besides the ones that are known; {way}"
    if isinstance(error, MissingArgumentError) and error.command_chain:
        verb = " ".join(error.command_chain)
        if verb in NEEDED and error.argument is not None and error.argument.required:
            needed, example = NEEDED[verb]
            return f"`heedful {verb}` needs {needed}: for example `heedful {verb} {example}`; --help lists all flags"
        return f"{str(error).removesuffix('.')}; see `heedful {verb} --help`"
    return str(error)


def refuse(message: str, code: int, debug: bool) -> int:
    """One line to stderr, the traceback before it when asked for, and the exit code."""
    if debug:
        traceback.print_exc()
    line = " ".join(part.strip() for part in message.split("\n") if part.strip())
    print(f"heedful: {line}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
