"""What is printed at the end: figures, costs, and commands that can be copied whole."""

import shlex
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from heedful.cli.outcome import figures_table, scores_table, show_file_scores, show_outcome, show_translator
from heedful.evaluation.significance import Comparison
from heedful.run.facts import ScoreSet
from heedful.tasks.evidence import Published
from heedful.tasks.scoring import FileScores
from heedful.training.loop import TrainingResult
from tests.tasks.toy import FIGURE

RESULT = TrainingResult(6, 1.5, 100, 4, 0.5, "steps", 3.0)


def test_scores_baselines_cost_and_use(capsys):
    scores = ScoreSet("", "", "test", 20, "", {"accuracy": FIGURE}, {"the commonest label": 41.25})
    show_outcome(Published(Path("runs/x"), [scores], 1234, RESULT), "classify   heedful classify runs/x < texts.txt")
    out = capsys.readouterr().out
    for said in (
        "20 in test",
        "50.0",
        "40.0–60.0",
        "the commonest label: accuracy 41.2",
        "1,234 parameters, 6 updates",
    ):
        assert said in out
    assert out.rstrip().endswith("heedful classify runs/x < texts.txt")


def test_a_file_and_another_run(capsys):
    comparison = Comparison(5.0, 1.0, 9.0, 0.01, 0.99)
    show_file_scores(FileScores({"accuracy": FIGURE}, 20, "runs/y", comparison))
    out = capsys.readouterr().out
    assert "accuracy minus that of runs/y: +5.00 (+1.00 to +9.00), p = 0.010: a clear difference" in out
    show_file_scores(FileScores({"accuracy": FIGURE}, 20, "runs/y", Comparison(5.0, -1.0, 9.0, 0.2, 0.8)))
    assert "it may be chance" in capsys.readouterr().out


def test_a_row_for_each_figure():
    assert figures_table({"accuracy": FIGURE, "nll": FIGURE}, "x").row_count == 2


def test_one_signature_of_several_figures_is_said_once(capsys):
    show_file_scores(FileScores({"nll": FIGURE, "perplexity": FIGURE}, 20))
    assert capsys.readouterr().out.rstrip().split("\n")[-1] == FIGURE["signature"]


def test_the_result_names_figures_cost_and_commands(tiny, capsys):
    show_translator(tiny.published["both"])
    out, err = capsys.readouterr()
    assert err == ""
    assert "zh → en" in out
    assert "en → zh" in out
    assert " parameters, 6 updates over " in out
    assert f"report     {tiny.both}/report.html\n" in out
    assert f"translate  heedful translate {tiny.both} --to en < in.txt > out.txt\n" in out


def test_one_direction_needs_no_flag(tiny, capsys):
    show_translator(tiny.published["rnn"])
    assert f"heedful translate {tiny.rnn} < in.txt" in capsys.readouterr().out


def test_paths_that_look_like_markup_or_are_long_stay_whole(tiny, capsys):
    path = tiny.both / "[bold]x y" / ("long" * 60)
    show_translator(replace(tiny.published["both"], path=path))
    out = capsys.readouterr().out
    assert f"report     {path}/report.html\n" in out
    assert f"heedful translate {shlex.quote(str(path))} --to en" in out


def test_the_table_has_a_column_for_each_direction_and_fits_a_narrow_window(tiny):
    console = Console(width=80)
    with console.capture() as caught:
        console.print(scores_table(tiny.published["both"]))
    lines = caught.get().rstrip().split("\n")
    assert len(lines) == 6
    assert lines[0].split() == ["zh", "→", "en", "en", "→", "zh"]
    assert [line[:19].rstrip() for line in lines[1:5]] == [
        "BLEU cased",
        "BLEU lower-cased",
        "chrF2 characters",
        "TER lower is better",
    ]
    for item in tiny.published["both"].scores:
        for line, figure in zip(lines[1:], item.figures.values(), strict=False):
            assert f"{figure['score']:.1f} ({figure['low']:.1f}–{figure['high']:.1f})" in line
        assert f"{item.n_sentences} test" in lines[5]


def test_scores_on_dev_are_said_to_be_that(tiny, capsys):
    published = tiny.published["both"]
    sets = [replace(item, data="dev, by which the weights were chosen") for item in published.scores]
    show_translator(replace(published, scores=sets))
    out = capsys.readouterr().out
    assert out.count("on dev, by which the weights were chosen\n") == 1
    assert f"{sets[0].n_sentences} dev" in out
