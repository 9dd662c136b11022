"""Every claim says whether it is true, what shows it and what came out here; the tests that it names exist."""

import re

import pytest

from tests.docs.pages import ROOT, read, spans

PAGES = {"docs/claims.md": ("Show it:", "Here:"), "docs/claims.zh.md": ("怎么看：", "这里：")}
TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


def claims(page: str) -> list[str]:
    """A claim with all below it, in order."""
    return re.split(r"^### ", re.sub(r"^## .*$", "", read(page), flags=re.MULTILINE), flags=re.MULTILINE)[1:]


@pytest.mark.parametrize("page", PAGES)
def test_every_claim_has_a_verdict_a_proof_and_an_outcome(page):
    assert len(claims(page)) > 30
    for claim in claims(page):
        title, verdict = claim.split("\n\n")[:2]
        assert title[0] in '"“', title
        assert verdict.startswith("**"), title
        assert [re.findall(rf"^- {word}", claim, re.MULTILINE) for word in PAGES[page]] == [
            [f"- {word}"] for word in PAGES[page]
        ], title


@pytest.mark.parametrize("page", PAGES)
def test_every_test_that_is_named_exists(page):
    named = TEST.findall(read(page))
    assert len(named) > 40
    for path, name in named:
        assert f"\ndef {name}(" in (ROOT / path).read_text(encoding="utf-8"), f"{path} has no {name}"


def test_both_languages_show_and_cite_the_same():
    for english, chinese in zip(*map(claims, PAGES), strict=True):
        assert sorted(spans(english)) == sorted(spans(chinese))
        for pattern in (r"arXiv:[\d.]+\d", r"\d+[.,]\d+"):
            assert sorted(re.findall(pattern, english)) == sorted(re.findall(pattern, chinese)), english
