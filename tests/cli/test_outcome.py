"""What is printed of a training that is no translation."""

from pathlib import Path

from heedful.cli.outcome import figures_table, show_file_scores, show_outcome
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
