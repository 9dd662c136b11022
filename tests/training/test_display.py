import io

import pytest

from heedful.training import pace
from heedful.training.display import Lines, make_display
from heedful.training.outlook import Outlook
from heedful.training.panel import Panel
from heedful.training.progress import Evaluation, Progress, Sample

OUTLOOK = Outlook("zh-en", "BLEU", 1e6, 1e9)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def progress(step, steps=100):
    return Progress(step, steps, step / 50, 10 * step, 2.5, 1e-3, 0.5, 100)


def test_a_panel_in_a_terminal_and_lines_elsewhere(monkeypatch):
    for name in ("FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert isinstance(make_display(OUTLOOK, Terminal()), Panel)
    assert isinstance(make_display(OUTLOOK, io.StringIO()), Lines)
    monkeypatch.setenv("TERM", "dumb")
    assert isinstance(make_display(OUTLOOK, Terminal()), Lines)


def test_everything_goes_to_stderr(capsys):
    display = make_display(OUTLOOK)
    display.event(0, "begun")
    assert capsys.readouterr() == ("", "zh-en\nbegun\n")


@pytest.fixture
def clock(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: now[0])
    return now


def test_a_line_now_and_then_and_at_the_end(clock):
    stream = io.StringIO()
    display = Lines(OUTLOOK, stream, 10.0)
    for step in range(1, 101):
        clock[0] += 0.5
        display.step(progress(step))
    lines = stream.getvalue().splitlines()
    assert [line.split()[1] for line in lines] == [f"{step}/100" for step in (1, 21, 41, 61, 81, 100)]
    assert lines[1] == "step 21/100  epoch 0.4  loss 2.500  200 tokens/s  40 s left"


def test_a_model_that_only_repeats_itself_does_not_fill_the_log():
    stream = io.StringIO()
    Lines(OUTLOOK, stream, 10.0).evaluation(7, Evaluation(0.1, {}, [Sample("a " * 99, "b", "Ein " * 400)]), False)
    assert stream.getvalue() == f"step 7  BLEU 0.10  {'a ' * 19}a… → {('Ein ' * 10)[:39]}…\n"


def test_evaluations_and_events_have_a_line_each():
    stream = io.StringIO()
    display = Lines(OUTLOOK, stream, 10.0)
    display.evaluating(7)
    display.evaluation(7, Evaluation(31.25, {}, [Sample("我 想", "I want", "I\nwant")]), True)
    display.evaluation(8, Evaluation(3.0), False)
    display.samples([])
    display.event(1000, "spike")
    display.close()
    assert stream.getvalue().splitlines() == [
        "step 7  BLEU 31.25 (best)  我 想 → I want",
        "step 8  BLEU 3.00",
        "step 1,000  spike",
    ]


def test_a_loss_is_read_as_a_loss():
    stream = io.StringIO()
    Lines(Outlook("x", "dev loss"), stream, 10.0).evaluation(7, Evaluation(-1.2341, is_loss=True), True)
    assert stream.getvalue() == "step 7  dev loss 1.234 (best)\n"
