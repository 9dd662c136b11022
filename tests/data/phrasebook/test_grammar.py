import pytest

from heedful.data.phrasebook.grammar import Phrase, Template, Units, realize


def test_alignment_survives_reordering():
    units = Units()
    first = units.reserve(2)
    time = Phrase((("昨天", first),), (("yesterday", first),))
    verb = Phrase((("睡觉", first + 1), ("了", 0)), (("slept", first + 1),))
    phrase = Template("{s}/1 {t} {v} 。", "{s}/1 {v} {t} .").fill(units, {"s": "he", "t": time, "v": verb})
    pair = realize(Phrase((("他", phrase.zh[0][1]), *phrase.zh[1:]), phrase.en), "test")
    assert pair.chinese == "他昨天睡觉了。"
    assert pair.english == "He slept yesterday."
    assert pair.alignment == ((0, 0), (1, 2), (2, 1), (4, 3))


def test_a_word_may_have_several_counterparts():
    phrase = Template("太/1 热 了/1 。", "too/1 hot .").fill(Units(), {})
    assert realize(phrase, "test").alignment == ((0, 0), (2, 0), (3, 2))


def test_the_article_suits_the_next_word():
    phrase = Template("一/1 个 苹果/2 。", "a/1 apple/2 .").fill(Units(), {})
    assert realize(phrase, "test").english == "An apple."


def test_a_unit_of_one_side_only_is_refused():
    with pytest.raises(AssertionError, match="one side only"):
        Template("好/1 。", "good .")
