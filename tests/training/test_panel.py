import io

import pytest
from rich.cells import cell_len
from rich.console import Console

from heedful.training.outlook import Outlook
from heedful.training.pace import Pace
from heedful.training.panel import Panel, agreement
from heedful.training.progress import Evaluation, Progress, Sample

SAMPLES = [
    Sample("我妹妹昨天买了三斤苹果。", "My sister bought three jin of apples.", "My sister bought apples ."),
    Sample("It rains.", "下雨了。", "下雪了。"),
    Sample("很" * 200, "very " * 99, "very"),
]


def make(width=90, height=30):
    console = Console(file=io.StringIO(), force_terminal=True, width=width, height=height, color_system=None)
    return Panel(Outlook("zh ↔ en", "BLEU", 1e6, 4e8), console), console


def progress(step, loss=2.0):
    return Progress(step, 200, step / 50, 10 * step, loss, 1e-3, 0.5, 100)


def drawn(panel, console, at):
    fresh = Console(file=io.StringIO(), width=console.width, height=console.height, color_system=None)
    fresh.print(panel.picture(at))
    return fresh.file.getvalue().splitlines()


@pytest.mark.parametrize("width", [60, 80, 90, 100, 140])
def test_the_panel_has_everything_and_straight_edges(width):
    panel, console = make(width)
    for step in range(1, 51):
        panel.step(progress(step, 5.0 - step / 20))
    panel.step(progress(50, float("nan")))
    panel.evaluation(50, Evaluation(31.5, {}, SAMPLES), True)
    panel.evaluation(50, Evaluation(30.25, {}, SAMPLES), False)
    panel.event(50, "spike: loss 9")
    lines = drawn(panel, console, progress(50))
    assert {cell_len(line) for line in lines} == {min(width - 4, 100)}
    text = "\n".join(lines)
    for words in ("zh ↔ en", "25%", "left", "loss", "BLEU", "30.25", "200 tokens/s", "step 50: spike: loss 9"):
        assert words in text
    if width >= 90:
        for words in (
            "50% of what this machine can compute",
            "best 31.50",
            "step 50 of 200, epoch 1.0",
            "下雪了。",
            "买了三斤苹果",
        ):
            assert words in text
    panel.close()


def test_it_fits_the_terminals_height():
    for height in (12, 20, 24, 40):
        panel, console = make(height=height)
        panel.step(progress(1))
        panel.samples(SAMPLES * 3)
        for number in range(5):
            panel.event(number, "x")
        assert len(drawn(panel, console, progress(1))) <= max(height, 15)
        panel.close()


def test_before_the_first_evaluation_there_is_no_score():
    panel, console = make()
    panel.step(progress(1))
    line = next(line for line in drawn(panel, console, progress(1)) if "BLEU" in line)
    assert " - " in line
    panel.close()


def test_nothing_is_drawn_before_the_first_step_and_the_end_stays():
    panel, console = make()
    panel.event(0, "begun")
    panel.close()
    assert console.file.getvalue() == ""
    panel.step(progress(200))
    panel.close()
    panel.close()
    assert "100%" in console.file.getvalue()
    assert "done" in console.file.getvalue()


def test_what_comes_behind_the_end_is_a_line_below():
    panel, console = make()
    panel.step(progress(200))
    panel.close()
    length = len(console.file.getvalue())
    panel.event(200, "scoring")
    assert console.file.getvalue()[length:].strip() == "step 200: scoring"


def test_it_is_redrawn_only_when_it_is_time():
    panel, console = make()
    panel.step(progress(1))
    panel._pace = Pace(1e9, 1.0)
    panel._pace.done(0.0)
    length = len(console.file.getvalue())
    for step in range(2, 50):
        panel.step(progress(step))
    assert len(console.file.getvalue()) == length
    panel.evaluating(50)
    assert "evaluating" in console.file.getvalue()[length:]
    panel.close()


def test_words_of_the_reference_are_marked_as_often_as_they_are_there():
    text = agreement(Sample("", "the cat saw the dog.", "the the the cat!"))
    marked = [text.plain[span.start : span.end] for span in text.spans if "green" in str(span.style)]
    assert [word for word in marked if word.strip()] == ["the", "the", "cat"]
    text = agreement(Sample("", "下雨了。", "下雪了。"))
    assert [text.plain[span.start : span.end] for span in text.spans if "green" in str(span.style)] == [
        "下",
        "了",
        "。",
    ]
