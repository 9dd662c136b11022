import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from heedful.run.report import Evidence, curves, report, write_report
from tests.run.sample import NASTY, evidence, facts, metrics

VOID = {"meta", "br", "link", "img", "input", "hr"}


class Page(HTMLParser):
    """Notes every tag, attribute and piece of text, and whether tags are closed in order."""

    def __init__(self, html):
        super().__init__()
        self.open, self.tags, self.texts, self.wrong = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        self.texts.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page():
    return Page(report(facts(), evidence()))


def test_tags_are_closed_in_order(page):
    assert page.open == page.wrong == []


def test_every_section_is_there_and_can_be_reached(page):
    names = [attributes["id"] for attributes in page.all("section")]
    assert names == ["learning", "scores", "sentences", "attention", "data", "making"]
    links = [attributes["href"] for attributes in page.all("a")]
    assert links == ["#main", *(f"#{name}" for name in names)]
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {attributes["aria-labelledby"] for attributes in page.all("section")} <= set(ids)


def test_an_architecture_is_told_in_words():
    shape = {"n_layers": 1, "window": None, "bias": True, "tied": False}
    html = report(replace(facts(), architecture=shape), evidence())
    for name, value in {"n_layers": "1", "window": "not set", "bias": "yes", "tied": "no"}.items():
        assert f"<dt>{name}</dt><dd>{value}</dd>" in html


def test_the_key_figures_and_facts_are_said(page):
    text = " ".join(" ".join(page.texts).split())
    for said in (
        "zh ⇄ en", "93.4", "91.0", "3.14 million", "11.5 minutes", "92.4 – 94.4", "RNN <last> state", "tok:13a",
        "train source", "abababababababab…", "heedful train translation", "d_model 128", "1,312",
    ):  # fmt: skip
        assert said in text, said


def test_nothing_is_loaded_and_nothing_can_run(page):
    html = report(facts(), evidence())
    policy = next(item["content"] for item in page.all("meta") if item.get("http-equiv") == "Content-Security-Policy")
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'")
    assert not {"script", "link", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in page.tags}
    for _, attributes in page.tags:
        assert not any(name.startswith("on") or name == "src" for name in attributes)
        assert attributes.get("href", "#").startswith("#")
    assert "http:" not in html
    assert "https:" not in html
    assert not re.search(r"@import|url\(", html)


def test_text_from_outside_adds_no_tag_and_no_attribute(tmp_path):
    write_report(tmp_path / "report.html", facts(name=NASTY, text=NASTY), evidence(NASTY))
    nasty = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    plain = Page(report(facts(name="x"), evidence()))
    # Marks depend on the words; all else is the same skeleton.
    skeleton = [[(tag, sorted(a)) for tag, a in one.tags if tag not in ("mark", "tspan")] for one in (nasty, plain)]
    assert skeleton[0] == skeleton[1]
    assert nasty.open == nasty.wrong == []
    text = "".join(nasty.texts)
    assert "<script>alert('x')</script>" in text
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", text)


def test_a_run_without_evidence_has_a_short_page():
    html = report(replace(facts(), scores=(), data=(), limits=()), Evidence())
    page = Page(html)
    assert [attributes["id"] for attributes in page.all("section")] == ["making"]
    assert page.open == page.wrong == []


def test_clean_data_is_said_to_be_clean():
    assert "Nothing wrong was found." in report(facts(), replace(evidence(), findings=[]))
    assert "Verdict" not in report(facts(), replace(evidence(), findings=None))


def test_light_dark_phone_and_paper_are_provided_for():
    html = report(facts(), evidence())
    for said in ("color-scheme: light dark", "prefers-color-scheme: dark", "max-width: 760px", "@media print",
                 'name="viewport"', '<html lang="en">', "focus-visible", "prefers-reduced-motion"):  # fmt: skip
        assert said in html


def test_a_large_run_makes_a_small_page():
    rows = metrics(6000)
    large = replace(evidence(), metrics=rows, best=evidence().best * 8, worst=evidence().worst * 8)
    assert len(report(facts(), large).encode()) < 200_000


def charts(rows):
    return [item.get("aria-label") for item in Page(curves(rows)).all("svg")]


def test_curves_are_those_of_the_metrics():
    labels = charts(metrics(60))
    assert labels[0] == "Loss over minutes: train from 8 to 0.13; dev from 0.90 to 0.15"
    assert labels[1] == "Quality while it learned: greedy, on some of the dev set over minutes: dev from 55 to 80"
    assert labels[2].startswith("Learning rate over minutes: rate from 0.002")
    assert labels[3] == "Speed over minutes: tokens/s from 24.5k to 24.5k"


def test_each_direction_has_its_line():
    rows = [
        {"elapsed_seconds": t, "dev_bleu_zh_en": 10.0 * t, "dev_bleu_en_zh": 9.0 * t, "dev_bleu": 9.5 * t}
        for t in (1, 2)
    ]
    assert charts(rows) == [
        "Quality while it learned: greedy, on some of the dev set over seconds: zh→en from 10 to 20; en→zh from 9 to 18"
    ]


def test_curves_of_little_or_odd_metrics():
    assert curves([]) == ""
    assert curves([{"step": 1}]) == ""
    assert curves([{"elapsed_seconds": 1.0, "loss": 3.0}]) == ""
    rows = [{"elapsed_seconds": float(t), "loss": value} for t, value in enumerate([None, "nan", 3.0, 2.0])]
    assert charts(rows) == ["Loss over seconds: train from 3 to 2"]


def test_the_loss_and_the_score_are_called_what_they_are():
    page = curves(metrics(), "accuracy", "on the dev set", "nats a text")
    assert "nats a text" in page
    assert "Quality while it learned: on the dev set" in page
    assert "the highest accuracy" in page
    assert "nats a token" in curves(metrics())
