"""What is printed of the suite: every count, some examples, every reason."""

from dataclasses import replace

from heedful.cli import console
from heedful.cli.behaviour import MAX_SHOWN, show_behaviour
from heedful.evaluation.behaviour.report import Behaviour, Check, Example, LeftOut

EXAMPLES = tuple(
    Example(f"[b]{number} 只狗[/b]", "" if number else "two dogs", f"lost {number}") for number in range(5)
)
REPORT = Behaviour(
    "zh", "en", 7, 1014, 1428,
    (
        Check("numbers", "numbers are kept", "it is there", 1428, 1427, EXAMPLES, "words count as lost"),
        Check("urls", "URLs are kept", "letter by [letter]", 10, 10),
        Check("typos", "letters swapped", "chrF of 50", 3, 2, EXAMPLES[:1], measure="chrF between them", mean=71.4),
        Check("long_input", "all are translated", "long", 4, 4, measure="length against the reference", mean=0.934),
    ),
    (LeftOut("casing", "capitals", "the script of 'zh' has none"),),
)  # fmt: skip


def printed(capsys, report) -> str:
    show_behaviour(report)
    out, err = capsys.readouterr()
    assert err == ""
    return out


def test_every_check_has_a_row_with_its_counts(capsys):
    rows = [line.split() for line in printed(capsys, REPORT).split("\n")]
    assert ["numbers", "are", "kept", "1,427", "1,428", "99.9%"] in rows
    assert ["URLs", "are", "kept", "10", "10", "100%"] in rows
    assert ["letters", "swapped", "2", "3", "66.7%", "71", "chrF", "between", "them"] in rows
    assert ["all", "are", "translated", "4", "4", "100%", "0.93", "length", "against", "the", "reference"] in rows


def test_a_narrow_window_cuts_nothing(capsys, monkeypatch):
    monkeypatch.setattr(console, "PIPED_WIDTH", 80)
    title = "without its final mark: the same translation at all"
    check = Check("typos", title, "chrF", 4, 1, measure="chrF between the two translations", mean=71.4)
    out = printed(capsys, replace(REPORT, checks=(check,), left_out=()))
    assert "…" not in out


def test_what_counts_as_passed_is_said_of_each(capsys):
    out = printed(capsys, REPORT)
    assert "what counts as passed\n  numbers are kept: it is there\n  URLs are kept: letter by [letter]\n" in out


def test_failures_are_shown_with_their_reasons_as_they_are(capsys):
    out = printed(capsys, REPORT)
    assert "numbers are kept: 1 failed\n  (words count as lost)\n" in out
    assert "  [b]0 只狗[/b]  →  two dogs  [lost 0]\n" in out
    assert "  [b]1 只狗[/b]  →  (nothing)  [lost 1]\n" in out
    assert out.count("[lost 1]") == 1
    assert f"[lost {MAX_SHOWN}]" not in out
    assert "URLs are kept: 0" not in out


def test_what_was_left_out_and_what_it_rests_on_is_said(capsys):
    out = printed(capsys, REPORT)
    assert "left out\n  capitals: the script of 'zh' has none\n" in out
    assert out.endswith("1,428 texts translated zh → en, from 1,014 pairs, seed 7\n")
    alone = printed(capsys, Behaviour("zh", "en", 7, 0, 4, REPORT.checks[1:2], ()))
    assert "left out" not in alone
    assert "from built-in probes alone, seed 7" in alone
