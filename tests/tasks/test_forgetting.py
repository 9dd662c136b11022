"""What is forgotten is measured on the sentences of the old run, from its kept answers; or it is said why it is not."""

from heedful.decoding import Greedy
from heedful.evaluation.translation import Tally
from heedful.run.disk import read_json, write_json
from heedful.tasks.forgetting import BEFORE, measure, remember
from heedful.tasks.inheritance import Inheritance
from heedful.tasks.translator import Translator


def test_the_same_model_forgets_nothing(tiny, tmp_path):
    remember(tmp_path, Inheritance.open([tiny.both], "kept"), [("zh", "en")], None)
    kept = read_json(tmp_path / BEFORE)
    translator = Translator.load(tiny.both)
    section, found = measure(tmp_path, translator, translator.search)
    assert kept["hypotheses"] == translator.translate([source for source, _ in kept["pairs"]], to="en")
    assert found["comparisons"]["bleu"]["difference"] == 0
    assert found["comparisons"]["bleu"]["p_value"] == 1
    assert "no change can be shown" in section.text[0]
    expected = Tally.of(kept["hypotheses"], [target for _, target in kept["pairs"]], "en").figure("bleu").score
    assert found["before"]["bleu"] == found["after"]["bleu"] == expected


def test_a_worse_model_is_told_from_a_better_one(tiny, tmp_path):
    remember(tmp_path, Inheritance.open([tiny.both], "kept"), [("en", "zh"), ("zh", "en")], None)
    kept = read_json(tmp_path / BEFORE)
    assert kept["direction"] == ["zh", "en"]
    perfect = [target for _, target in kept["pairs"]]
    write_json(tmp_path / BEFORE, {**kept, "pairs": kept["pairs"] * 4, "hypotheses": perfect * 4})
    section, found = measure(tmp_path, Translator.load(tiny.both), Greedy())
    assert found["before"]["bleu"] > 99
    assert found["comparisons"]["bleu"]["high"] < 0
    assert "worse than before" in section.text[0]


def test_the_direction_against_that_of_the_files_has_its_sides_exchanged(tiny, tmp_path):
    remember(tmp_path, Inheritance.open([tiny.both], "kept"), [("en", "zh")], None)
    turned = [list(reversed(pair)) for pair in read_json(tmp_path / BEFORE)["pairs"]]
    assert turned == read_json(tiny.both / "training" / "begun" / "prepared.json")["test"]


def test_what_cannot_be_measured_is_said(tiny, tmp_path):
    remember(tmp_path, Inheritance.open([tiny.both], "kept"), [("de", "fr")], None)
    section, found = measure(tmp_path, None, Greedy())
    assert found["why_not"] == "it translated zh → en and en → zh, which this run does not learn"
    assert section.text == [f"What it forgot of both was not measured: {found['why_not']}."]
    assert measure(tmp_path / "nowhere", None, Greedy()) is None
