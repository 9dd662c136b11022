"""What is printed at the end: every direction with its figures, and commands that can be copied whole."""

import shlex
from dataclasses import replace

from rich.console import Console

from heedful.cli.summary import scores_table, show_result


def test_the_result_names_figures_cost_and_commands(tiny, capsys):
    show_result(tiny.published["both"])
    out, err = capsys.readouterr()
    assert err == ""
    assert "zh → en" in out
    assert "en → zh" in out
    assert " parameters, 6 updates over " in out
    assert f"report     {tiny.both}/report.html\n" in out
    assert f"translate  heedful translate {tiny.both} --to en < in.txt > out.txt\n" in out


def test_one_direction_needs_no_flag(tiny, capsys):
    show_result(tiny.published["rnn"])
    assert f"heedful translate {tiny.rnn} < in.txt" in capsys.readouterr().out


def test_paths_that_look_like_markup_or_are_long_stay_whole(tiny, capsys):
    path = tiny.both / "[bold]x y" / ("long" * 60)
    show_result(replace(tiny.published["both"], path=path))
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
    show_result(replace(published, scores=sets))
    out = capsys.readouterr().out
    assert out.count("on dev, by which the weights were chosen\n") == 1
    assert f"{sets[0].n_sentences} dev" in out
