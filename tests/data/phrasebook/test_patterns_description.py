from heedful.data.phrasebook import patterns_description as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_negation_of_qualities_is_possible_chinese(write):
    for pair in write(patterns.quality_negative, 200):
        assert "不有" not in pair.chinese
        assert "没" not in pair.chinese_words


def test_professions_agree_in_number(write):
    for pair in write(patterns.is_a):
        several = pair.english_words[1] == "are" and pair.english_words[0] != "You"
        assert several != (pair.english_words[-3] in ("a", "an") or pair.english_words[-4] in ("a", "an")), pair
