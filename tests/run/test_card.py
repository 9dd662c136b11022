import re
from dataclasses import replace

import pytest

from heedful.run.card import card, write_card
from heedful.run.facts import ScoreSet, Section
from tests.run.sample import NASTY, facts, figure, score_set


def front_matter(text):
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(text.split("---\n")[1])


def test_the_front_matter_is_that_of_the_hub():
    values = front_matter(card(replace(facts(), license="apache-2.0")))
    assert values["language"] == ["zh", "en"]
    assert (values["library_name"], values["pipeline_tag"], values["license"]) == (
        "heedful",
        "translation",
        "apache-2.0",
    )
    assert values["metrics"] == ["bleu", "chrf", "ter"]
    results = values["model-index"][0]["results"]
    assert [item["task"]["name"] for item in results] == ["translation zh-en", "translation en-zh"]
    assert results[0]["metrics"][0] == {"type": "bleu", "name": "BLEU cased", "value": 93.41}


@pytest.mark.slow
def test_the_hub_reads_it():
    hub = pytest.importorskip("huggingface_hub")
    results = hub.ModelCard(card(facts())).data.eval_results
    assert [(item.metric_type, item.metric_value) for item in results[:2]] == [("bleu", 93.41), ("bleu", 93.41)]


def test_it_says_all_that_is_needed_to_judge_and_to_repeat():
    text = card(facts())
    for said in (
        "| zh → en | held-out test | 1,000 | BLEU, cased | **93.4** | 92.4 to 94.4 |",
        "`nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0`",
        "| zh → en | RNN \\<last\\> state | 71.2 |",
        "Pairs of sentences: 60,000 train, 1,000 dev.",
        f"| train source | `plain.zh` | 5,123,456 | `{'ab' * 32}` |",
        "heedful train translation --source plain\n",
        "| processor | AMD EPYC, 2 cores |",
        "| time | 11.5 minutes, 14,000 steps |",
        "| seed | 7 |",
        "| torch | 2.13.0 |",
        "```sh\nheedful translate runs/zh-en\n```",
        '```python\nmodel = heedful.load("runs/zh-en")\n```',
        "- It does not know plain.",
        "- Like all of its kind it errs.",
        "[report.html](report.html)",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("score", "reading"),
    [
        (93.4, "close to the reference throughout"),
        (41.0, "good"),
        (12.0, "hard to follow"),
        (3.3, "hardly anything is right: do not use it"),
    ],
)
def test_figures_are_put_into_words(score, reading):
    assert f"- zh → en, held-out test: {reading}.\n" in card(replace(facts(), scores=(score_set(score=score),)))


def test_one_direction_needs_no_flag_and_no_scores_are_admitted():
    text = card(replace(facts(), directions=(("de", "en"),), scores=()))
    assert "translation de → en" in text
    assert "It has not been measured." in text
    assert "model-index" not in front_matter(text)


def test_a_run_that_translates_nothing_has_no_arrow():
    figures = {"accuracy": figure(91.5), "bits_per_byte": figure(1.2345, 0.01)}
    item = ScoreSet("en", "", "test", 500, "", figures, {"SVM": 88.25})
    text = card(replace(facts(), task="classification", directions=[("en", "")], scores=[item], unit="texts"))
    for said in (
        "| en | test | 500 | accuracy, % | **91.5** | 90.5 to 92.5 |",
        "| bits a byte, lower is better | **1.234** | 1.224 to 1.244 |",
        "| en | SVM | 88.2 |",
        "Texts: 60,000 train, 1,000 dev.",
    ):
        assert said in text
    assert "→" not in text.split("## How good it is")[1].split("## What it learned from")[0]
    assert "Decoding" not in text
    assert front_matter(text)["model-index"][0]["results"][0]["task"]["name"] == "classification en"


def test_text_from_outside_stays_text(tmp_path):
    write_card(tmp_path / "README.md", facts(name=NASTY, text=NASTY))
    text = (tmp_path / "README.md").read_text(encoding="utf-8")
    values = front_matter(text)
    assert values["model-index"][0]["name"].startswith("<script>alert")
    body = text.split("---\n", 2)[2]
    prose = re.sub(r"```.*?```", "", body, flags=re.DOTALL)
    prose = re.sub(r"`[^`\n]*`", "", prose)
    assert not re.search(r"(?<!\\)<script", prose)
    for row in (line for line in body.split("\n") if line.startswith("| train source")):
        assert len(re.findall(r"(?<!\\)\|", row)) == 5


def test_a_section_is_text_and_a_table_that_break_nothing():
    section = Section("Beside <its> original", ["One *line*.", "Another."], ("name", "a|b"), [("x", "1|2")], "<svg/>")
    text = card(replace(facts(), sections=[section]))
    for said in ("## Beside \\<its\\> original\n\nOne \\*line\\*.\n\nAnother.\n\n", "| x | 1\\|2 |"):
        assert said in text
    assert "<svg" not in text
