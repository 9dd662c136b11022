from heedful.data.phrasebook import patterns_places as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_the_place_stands_before_the_thing_in_chinese(write):
    for pair in write(patterns.there_is):
        assert pair.english_words[0] == "There"
        assert pair.english_words[1] in ("is", "are")
        assert pair.chinese_words.index("有") >= 2


def test_no_place_is_next_to_itself(write):
    for pair in write(patterns.next_to, 80):
        assert pair.chinese_words[0] != pair.chinese_words[2]
