"""Parts of a text: which sentence is in which, what is left out and why."""

import shutil

import numpy as np
import pytest

from heedful.data.corpus import Corpus
from heedful.data.familiarity import Familiarity
from heedful.data.text import ParallelText
from heedful.errors import RunError
from heedful.evaluation.translation import Tally, score
from heedful.tasks.grouping import Known, group, look_up
from heedful.tasks.questions import Questions
from heedful.tasks.translator import Translator
from tests.tasks.tiny import COUNTS, short_pairs

NOWHERE = ParallelText("a", "b")
LETTERS = "abcdefghijklmnopqrst"


@pytest.fixture(scope="module")
def translator(tiny):
    return Translator.load(tiny.both)


def asked(sources, direction=("en", "zh")):
    return Questions(NOWHERE, [(source, "x") for source in sources], direction)


def test_each_direction_looks_at_its_side_of_the_training_text(tiny, translator):
    pairs = short_pairs("train", COUNTS["train"])[:5]
    for direction, number in ((("zh", "en"), 0), (("en", "zh"), 1)):
        ours, others = ([pair[side] for pair in pairs] for side in (number, 1 - number))
        known = look_up(tiny.both, translator, asked([*ours, "Zyzzyva 龘"], direction))
        assert known.missing == ""
        assert known.found.seen.tolist() == [True] * 5 + [False]
        assert known.found.rarest[-1] == 0 < known.found.rarest[:-1].min()
        assert not look_up(tiny.both, translator, asked(others, direction)).found.seen.any()


def test_a_run_from_a_tsv_read_its_first_column(tiny):
    pairs = short_pairs("train", COUNTS["train"])
    known = look_up(tiny.rnn, Translator.load(tiny.rnn), asked([english for _, english in pairs]))
    # Some pairs were held out: they are not in the training text.
    assert Corpus.open(tiny.rnn / "training" / "begun" / "corpus").n_pairs <= known.found.seen.sum() < len(pairs)


def test_without_the_training_text_it_says_so(tiny, translator, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(tiny.both, copy, ignore=shutil.ignore_patterns("training"))
    known = look_up(copy, translator, asked(["a b"]))
    assert known.found is None
    assert known.missing.endswith("begun with the training text is not there any more")
    tally = Tally.of(["x"] * 12, ["x"] * 12, "zh")
    groups = group(tally, asked(["a b"] * 12), known)
    assert [(item.name, item.sentences) for item in groups.length] == [("1 word or more", 12)]
    values = groups.to_json()
    assert (values["rarest_word"], values["seen"]) == (None, None)
    assert values["left_out"] == {"rarest_word": known.missing, "seen": known.missing}


def test_a_damaged_training_text_is_refused(tiny, translator, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(tiny.both, copy)
    words = copy / "training" / "begun" / "corpus" / "source.words.npy"
    content = bytearray(words.read_bytes())
    content[-1] ^= 1
    words.write_bytes(content)
    with pytest.raises(RunError, match=r"source\.words\.npy is damaged"):
        look_up(copy, translator, asked(["a"]))


def test_every_sentence_with_text_is_once_in_each_way_to_part_it():
    sources = [f"{letter} word" for letter in LETTERS] * 2 + [""] * 3
    rarest = np.array([0] * 12 + [1] * 14 + [2000] * 14 + [-1] * 3)
    seen = np.array([False] * 26 + [True] * 14 + [False] * 3)
    hypotheses = ["我"] * 20 + ["你"] * 23
    tally, other = Tally.of(hypotheses, ["我"] * 43, "zh"), Tally.of(["我"] * 43, ["我"] * 43, "zh")
    groups = group(tally, asked(sources), Known(Familiarity(rarest, seen)), other)
    assert (groups.unit, groups.empty, groups.missing) == ("words", 3, "")
    assert [(item.name, item.sentences) for item in groups.length] == [("1 word or more", 40)]
    assert [(item.name, item.sentences) for item in groups.rarest] == [
        ("never", 12), ("once", 14), ("1,000 times or more", 14),
    ]  # fmt: skip
    assert [(item.name, item.sentences) for item in groups.seen] == [
        ("the whole sentence", 14), ("every word, not the sentence", 14), ("not every word", 12),
    ]  # fmt: skip
    once = score(hypotheses[12:26], ["我"] * 14, "zh")
    assert (groups.rarest[1].chrf, groups.seen[1].chrf) == (once.chrf, once.chrf)
    assert groups.seen[0].against["chrf"].difference == -100
    values = groups.to_json()
    assert [item["sentences"] for item in values["seen"]] == [14, 14, 12]
    assert values["left_out"] == {}


def test_chinese_is_counted_in_characters():
    sources = [f"{'我们去北京' * (number % 3 + 1)}。" for number in range(90)]
    tally = Tally.of(["go"] * 90, ["go there"] * 90, "en")
    known = Known(Familiarity(np.ones(90, int), np.zeros(90, bool)))
    groups = group(tally, asked(sources, ("zh", "en")), known)
    assert groups.unit == "characters"
    # Each has its full stop too.
    assert [(item.name, item.sentences) for item in groups.length] == [
        ("1 to 6 characters", 30), ("7 to 11 characters", 30), ("12 characters or more", 30),
    ]  # fmt: skip
    assert [item.name for item in groups.seen] == ["every character, not the sentence"]
