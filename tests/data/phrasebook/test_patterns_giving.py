from heedful.data.phrasebook import patterns_giving as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_the_passive_names_its_agent_before_the_verb_in_chinese(write):
    for pair in write(patterns.passive):
        assert "被" in pair.chinese_words
        assert ("by" in pair.english_words) == (pair.chinese_words.index("被") < len(pair.chinese_words) - 4), pair


def test_verbs_around_their_objects(write):
    for pair in write(patterns.towards):
        assert {"给", "跟", "对", "向"} & set(pair.chinese_words)
