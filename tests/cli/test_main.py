"""The entry: verbs by name, errors as one line, exit codes, and a quick start."""

import io
import os
import shlex
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Literal

import pytest
from rich.console import Console

from heedful.cli import main as entry
from heedful.errors import DataError


@dataclass(frozen=True)
class Options:
    """Flags of a verb.

    Args:
        width: how many.
        order: which first.
    """

    width: int = 5
    order: Literal["ascending", "descending"] = "ascending"


def boom(kind: str, *, options: Options = Options()) -> int | None:
    """Do what a test asks for."""
    if kind == "print":
        print(options.width, options.order)
    if kind == "arrow":
        print("zh → en, 3 ä")
    if kind == "bytes":
        "a\udcff".encode()
    if kind == "table":
        Console().print("a row")
    if kind == "seven":
        return 7
    raised = {
        "caller": DataError("train.de:3 is not UTF-8\n  at byte 17"),
        "ours": ZeroDivisionError("division by zero"),
        "file": FileNotFoundError(2, "No such file or directory"),
        "stop": KeyboardInterrupt(),
    }
    if kind == "end":
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(5)
    if kind in raised:
        raise raised[kind]
    return None


@pytest.fixture(autouse=True)
def verbs(monkeypatch):
    monkeypatch.setitem(entry.VERBS, "boom", entry.Verb(f"{__name__}:boom", "Goes off."))


def run(capsys, *arguments: str) -> tuple[int, str, str]:
    code = entry.main(arguments)
    return code, *capsys.readouterr()


def test_a_verb_gets_its_flags_and_its_results_go_to_stdout(capsys):
    assert run(capsys, "boom", "print", "--options.width", "3") == (0, "3 ascending\n", "")
    assert run(capsys, "boom", "seven") == (7, "", "")


def test_the_callers_mistake_is_one_line_and_2(capsys):
    assert run(capsys, "boom", "caller") == (2, "", "heedful: train.de:3 is not UTF-8 at byte 17\n")


def test_an_argument_that_is_no_text_is_the_callers_mistake(capsys):
    code, out, err = run(capsys, "boom", "bytes")
    assert (code, out) == (2, "")
    assert err == "heedful: expected text in UTF-8, got 'a\\udcff'; give it in UTF-8\n"


def test_our_mistake_is_one_line_and_1(capsys):
    code, out, err = run(capsys, "boom", "ours")
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("heedful: ZeroDivisionError: division by zero;")
    assert "--debug" in err
    assert run(capsys, "boom", "file")[0] == 1


@pytest.mark.parametrize(("kind", "code"), [("caller", 2), ("ours", 1)])
def test_debug_shows_the_traceback_before_the_line(capsys, kind, code):
    for arguments in (["boom", kind, "--debug"], ["--debug", "boom", kind]):
        found, out, err = run(capsys, *arguments)
        assert (found, out) == (code, "")
        assert "Traceback" in err
        assert "in boom" in err
        assert err.rstrip("\n").rpartition("\n")[2].startswith("heedful: ")


def test_debug_behind_two_dashes_is_text(capsys):
    assert run(capsys, "boom", "--", "--debug")[0] == 0


def test_an_interruption_is_one_line_and_130(capsys):
    assert run(capsys, "boom", "stop") == (130, "", "heedful: stopped; nothing is left half-written\n")


def test_sigterm_is_one_line_and_143(capsys):
    before = signal.getsignal(signal.SIGTERM)
    assert run(capsys, "boom", "end") == (143, "", "heedful: stopped (SIGTERM); nothing is left half-written\n")
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["bom"], "there is no verb 'bom'; did you mean 'boom'?"),
        (["doctr"], "there is no verb 'doctr'; did you mean 'doctor'?"),
        (["xyz"], "there is no verb 'xyz'; choose from answer, boom, "),
        (["--bom"], "there is no flag '--bom'"),
        (["boom", "print", "--options.widht", "3"], "--options.widht. Did you mean --options.width?"),
        (["boom", "print", "--options.width", "three"], "three"),
        (["boom", "print", "--options.order", "ascendin"], "ascending"),
        (["boom", "print", "more", "3", "4", "5"], "too many arguments: got"),
        (["boom", "print", "more"], "; see --help for what it takes"),
        (["train", "translation"], "needs a text with its translation and, as --out, a new folder for the translator"),
        (["train", "translation", "--source", "a"], "--source train.en --target train.de --out runs/en-de`"),
        (
            ["translate"],
            "needs the folder that `heedful train` wrote, first of all: for example `heedful translate runs/",
        ),
        (["translate", "runs/mine", "--beam"], "--beam requires an argument"),
        (["boom"], "requires an argument; see `heedful boom --help`"),
        (["inspect", "train.en", "train.de"], "files are named by flags: --source FILE --target FILE"),
        (["train", "translation", "train.en", "--out", "x"], "files are named by flags: --source FILE"),
        (["translate", "runs/mine", "in.txt"], "heedful translate RUN < in.txt"),
    ],
)
def test_what_is_unknown_is_answered_with_the_nearest(capsys, arguments, message):
    code, out, err = run(capsys, *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert (err.startswith("heedful: "), err.count("\n")) == (True, 1)


def test_help_names_every_verb_and_exits_with_0(capsys):
    code, out, err = run(capsys, "--help")
    assert (code, err) == (0, "")
    assert all(name in out for name in entry.VERBS)
    assert run(capsys)[:2] == (0, out)


def test_the_help_of_a_verb_has_its_own_words(capsys):
    out = run(capsys, "boom", "--help")[1]
    assert "Do what a test asks for." in out
    assert "Goes off." not in out
    assert "Goes off." in run(capsys, "--help")[1]


def test_version(capsys):
    from heedful import __version__

    assert run(capsys, "--version") == (0, f"{__version__}\n", "")


def test_every_verb_is_where_the_table_says():
    app = entry.build()
    for name, verb in entry.VERBS.items():
        assert app[name] is not None
        assert verb.summary.endswith(".")


def test_help_imports_neither_torch_nor_a_verb():
    code = "import sys; from heedful.cli.main import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.returncode == 0
    loaded = set(answer.stderr.split())
    assert not loaded & {"torch", "numpy", "matplotlib", "tokenizers", "sacrebleu"}
    verbs = {verb.target.partition(":")[0] for verb in entry.VERBS.values()}
    assert not loaded & verbs


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize(
    ("given", "spins"),
    [({}, entry.SPINS), ({"GOMP_SPINCOUNT": "7"}, "7"), ({"OMP_WAIT_POLICY": "ACTIVE"}, None)],
)
def test_threads_wait_briefly_unless_the_caller_has_said_how(monkeypatch, capsys, given, spins):
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY"):
        monkeypatch.setenv(name, "")  # so that what is set inside is undone after
        monkeypatch.delenv(name)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert entry.main(["--version"]) == 0
    assert os.environ.get("GOMP_SPINCOUNT") == spins


@pytest.mark.parametrize("closed", ["2>&-", "2</dev/null"])
def test_a_closed_stderr_keeps_complaints_out_of_the_results(closed):
    command = [sys.executable, "-m", "heedful", "recipe", "multi30k-en-ge"]
    found = subprocess.run(["sh", "-c", f"{shlex.join(command)} {closed}"], stdout=subprocess.PIPE, check=False)
    assert (found.returncode, found.stdout) == (2, b"")


def test_a_closed_stdout_is_one_line_and_2():
    command = [sys.executable, "-m", "heedful", "recipe"]
    found = subprocess.run(["sh", "-c", f"{shlex.join(command)} >&-"], stderr=subprocess.PIPE, check=False, text=True)
    expected = "heedful: expected standard output, and it is closed: give it with > out.txt\n"
    assert (found.returncode, found.stderr) == (2, expected)


def test_output_that_finds_no_room_is_one_line_and_2():
    with open("/dev/full", "wb") as full:
        answer = subprocess.run([sys.executable, "-m", "heedful", "--help"], stdout=full, stderr=subprocess.PIPE)
    assert answer.returncode == 2
    assert answer.stderr == (
        b"heedful: cannot write the output: No space left on device; free some space where it goes\n"
    )


def test_a_locale_without_arrows_gets_question_marks(capsys, monkeypatch):
    out = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    monkeypatch.setattr(sys, "stdout", out)
    assert entry.main(["boom", "arrow"]) == 0
    assert out.buffer.getvalue() == b"zh ? en, 3 \xe4\n"


@pytest.mark.parametrize("kind", ["print", "table"])
def test_a_reader_that_leaves_early_is_no_error(monkeypatch, capsys, kind):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w") as pipe:
        monkeypatch.setattr(sys, "stdout", pipe)
        assert entry.main(["boom", kind]) == 141
        print("what comes later is dropped", flush=True)
    assert capsys.readouterr().err == ""
