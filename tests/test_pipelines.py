"""The one-liners: `heedful.load` and `heedful.pipeline`, with the shapes that transformers 4 had."""

import subprocess
import sys

import pytest

import heedful
from heedful.errors import OptionError, RunError
from heedful.tasks.translator import Translator
from tests.tasks.tiny import short_pairs
from tests.tasks.written import ask, summaries, train_small

CHINESE, ENGLISH = short_pairs("train", 1)[0]


def test_load_is_a_translator(tiny):
    loaded = heedful.load(str(tiny.both))
    assert isinstance(loaded, Translator)
    assert loaded.translate([CHINESE]) == heedful.load(tiny.both, device="cpu").translate([CHINESE])


def test_a_text_and_a_list_are_both_answered_with_a_list(tiny):
    translate = heedful.pipeline("translation", tiny.rnn)
    (expected,) = heedful.load(tiny.rnn).translate([ENGLISH])
    assert translate(ENGLISH) == [{"translation_text": expected}]
    assert translate([ENGLISH, "", ENGLISH]) == [{"translation_text": text} for text in (expected, "", expected)]
    assert translate((ENGLISH,)) == [{"translation_text": expected}]
    assert translate([]) == []


def test_the_languages_may_be_in_the_name_of_the_task(tiny):
    loaded = heedful.load(tiny.both)
    for task, text, to in (("translation_zh_to_en", CHINESE, "en"), ("translation_en_to_zh", ENGLISH, "zh")):
        found = heedful.pipeline(task, model=tiny.both)(text)
        assert found == [{"translation_text": loaded.translate([text], to=to)[0]}]
    # What is said is obeyed, also where the script says otherwise.
    forced = heedful.pipeline("translation_zh_to_en", tiny.both)(ENGLISH)
    assert forced == [{"translation_text": loaded.translate([ENGLISH], to="en")[0]}]


def test_both_ways_are_told_apart_by_the_script(tiny):
    translate, loaded = heedful.pipeline("translation", tiny.both), heedful.load(tiny.both)
    assert translate(CHINESE)[0]["translation_text"] == loaded.translate([CHINESE], to="en")[0]
    assert translate(ENGLISH)[0]["translation_text"] == loaded.translate([ENGLISH], to="zh")[0]
    with pytest.raises(OptionError, match="say which"):
        translate("123")


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("tranlation", "task 'tranlation' is not known; did you mean 'translation'"),
        ("zero-shot", "task 'zero-shot' is not known; choose from feature-extraction"),
        ("summarization", "was trained for 'translation': expected a run of `heedful train text`"),
        (
            "translation_en_to_de",
            "does not do 'translation_en_to_de': it does translation_zh_to_en and translation_en_",
        ),
        ("translation_fr", "does not do 'translation_fr'"),
        ("translation_to_en", "does not do"),
    ],
)
def test_other_tasks_are_refused(tiny, task, said):
    with pytest.raises((OptionError, RunError), match=said):
        heedful.pipeline(task, tiny.both)


@pytest.mark.parametrize(
    ("task", "key"), [("summarization", "summary_text"), ("text2text-generation", "generated_text")]
)
def test_text_to_text_answers_as_transformers_4_did(task, key, tmp_path):
    path = train_small(ask(summaries(tmp_path / "data"), tmp_path / "short", steps=1)).path
    write = heedful.pipeline(task, path)
    expected = heedful.load(path).write(["The red cat.", "A dog."])
    assert write("The red cat.") == [{key: expected[0]}]
    assert write(["The red cat.", "A dog."]) == [{key: text} for text in expected]
    with pytest.raises(OptionError, match="nothing to say behind the name"):
        heedful.pipeline(f"{task}_en", path)


def test_no_run_no_pipeline(tmp_path):
    with pytest.raises(RunError, match="does not exist"):
        heedful.pipeline("translation", tmp_path / "none")


def test_importing_the_package_costs_no_torch():
    code = "import heedful, sys; assert not {'torch', 'numpy'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_unknown_names_are_unknown():
    with pytest.raises(AttributeError, match="no attribute 'lood'"):
        _ = heedful.lood
