"""The one-liners: `heedful.load` and `heedful.pipeline`, with the shapes that transformers 4 had."""

import subprocess
import sys

import pytest

import heedful
from heedful.decoding import Sampling
from heedful.decoding.writing import Writing
from heedful.errors import OptionError, RunError
from heedful.tasks.language_model import LanguageModel
from heedful.tasks.translator import Translator
from tests.tasks.squads import train_small as train_answering
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
        ("summarization", "does not do 'summarization': it is a run of the task 'translation'"),
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


def test_text_generation_answers_as_transformers_4(languages):
    loaded = heedful.load(languages.runs["causal"])
    assert isinstance(loaded, LanguageModel)
    generate = heedful.pipeline("text-generation", languages.runs["causal"])
    greedy = Writing(Sampling(top_k=1), max_tokens=4)
    expected = loaded.generate("The cat", greedy)[0].text
    assert generate("The cat", max_new_tokens=4) == [{"generated_text": "The cat" + expected}]
    assert generate("The cat", max_new_tokens=4, return_full_text=False) == [{"generated_text": expected}]
    assert generate(["The cat"], max_new_tokens=4) == [[{"generated_text": "The cat" + expected}]]
    several = generate("The cat", max_new_tokens=4, do_sample=True, num_return_sequences=3)
    assert [list(one) for one in several] == [["generated_text"]] * 3


def test_fill_mask_answers_as_transformers_4(languages):
    fill = heedful.pipeline("fill-mask", languages.runs["masked"])
    found = fill("the <mask> laughed", top_k=2)
    (gap,) = heedful.load(languages.runs["masked"]).fill("the <mask> laughed", 2)
    assert found == [
        {"score": one.probability, "token": one.token, "token_str": one.text, "sequence": one.sequence} for one in gap
    ]
    assert fill(["the <mask> laughed"], top_k=2) == [found]
    assert [len(gap) for gap in fill("<mask> <mask>", top_k=3)] == [3, 3]


def test_a_model_of_another_task_is_refused(languages, tiny):
    with pytest.raises(OptionError, match="does not do 'translation': it is a run of the task 'language'"):
        heedful.pipeline("translation", languages.runs["causal"])
    with pytest.raises(OptionError, match="does not do 'fill-mask': it is a run of the task 'translation'"):
        heedful.pipeline("fill-mask", tiny.rnn)


def test_questions_are_answered_as_transformers_4(tmp_path):
    run = train_answering(tmp_path, refused=True, steps=2).path
    ask, model = heedful.pipeline("question-answering", run), heedful.load(run)
    question, context = "What does the red box hold?", "Room 1. The red box holds salt."
    (best, second) = model.answer(question, context, 2)
    expected = {
        "score": best["probability"], "start": best["start"] or 0, "end": best["end"] or 0, "answer": best["answer"],
    }  # fmt: skip
    assert ask(question=question, context=context) == ask({"question": question, "context": context}) == expected
    assert ask([{"question": question, "context": context}] * 2) == [expected] * 2
    assert ask(question=[question] * 2, context=context) == [expected] * 2
    ranked = ask(question=question, context=context, top_k=2)
    assert [one["answer"] for one in ranked] == [best["answer"], second["answer"]]
    with pytest.raises(OptionError, match="expected a context for each question: got 2 and 1"):
        ask(question=[question] * 2, context=[context])
