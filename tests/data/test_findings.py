"""Findings take their words from one table, and stand in order of gravity."""

from heedful.data.findings import KINDS, MAX_EXAMPLES, Example, by_gravity, make_finding


def test_findings_are_told_as_the_table_says() -> None:
    examples = [Example("a.de", line, "x") for line in range(1, 9)]
    found = make_finding("ratio", 8, 32, examples)
    assert (found.severity, found.title, found.advice) == KINDS["ratio"]
    assert found.share == 0.25
    assert found.examples == tuple(examples[:MAX_EXAMPLES])
    assert make_finding("size", 0, 0).share == 0.0


def test_the_gravest_come_first() -> None:
    kinds = ["spaces", "size", "empty", "duplicate", "same"]
    assert [found.kind for found in by_gravity([make_finding(kind, 1, 2) for kind in kinds])] == [
        "size", "same", "empty", "duplicate", "spaces",
    ]  # fmt: skip


def test_every_kind_says_what_to_do() -> None:
    for severity, title, advice in KINDS.values():
        assert severity in ("fatal", "warning", "note")
        assert title[0].isupper()
        assert len(advice) > 10
        assert "\n" not in title + advice
