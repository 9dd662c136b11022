"""The sentence with the rarest words of the question, and the stretch next to them."""

from heedful.baselines.overlap import overlap_sentence, sliding_window

CONTEXT = "The box is red. In 1815 the Countess Ada was born in London. The box is in London."


def test_rare_words_count_more_than_common_ones():
    assert overlap_sentence("Where was the Countess in the box?", CONTEXT).startswith("In 1815")
    assert overlap_sentence("Is the box red?", CONTEXT) == "The box is red."


def test_the_stretch_next_to_the_question():
    assert sliding_window("When was the Countess born in the city?", CONTEXT, 1) in ("1815", "Ada", "London")
    assert sliding_window("What is red?", "The box is red.", 2) == "The box"


def test_chinese_counts_by_the_character():
    assert sliding_window("谁开发了游戏？", "今天下雨。光荣开发了游戏。", 2) == "光荣"


def test_nothing_of_nothing():
    assert overlap_sentence("Who?", "") == ""
    assert sliding_window("Who?", "", 2) == ""
    assert sliding_window("a b", "a b", 2) == "a b"
