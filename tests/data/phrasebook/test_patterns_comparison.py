from heedful.data.phrasebook import patterns_comparison as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_comparatives(write):
    for pair in write(patterns.than):
        words = pair.english_words
        before = words[words.index("than") - 1]
        assert before.endswith("er") or "more" in words, pair


def test_nothing_is_preferred_to_itself(write):
    for pair in write(patterns.prefer):
        assert pair.chinese_words[1] != pair.chinese_words[-2]
