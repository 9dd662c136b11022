from heedful.data.phrasebook import patterns_long as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_two_sentences_are_joined_and_only_the_last_is_closed(write):
    for pair in write(patterns.but):
        assert pair.chinese.count("。") == 1 and pair.chinese.endswith("。")
        joint, english = pair.chinese_words.index("但是"), pair.english_words.index("but")
        assert pair.chinese_words[joint - 1] == "，" and pair.english_words[english - 1] == ","
        assert (joint, english) in pair.alignment


def test_they_are_the_longest(write):
    lengths = [len(pair.english_words) for pair in write(patterns.so)]
    assert max(lengths) >= 24 and max(lengths) <= 34
