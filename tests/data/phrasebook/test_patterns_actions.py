from heedful.data.phrasebook import patterns_actions as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_tense_and_do_support(write):
    for pair in write(patterns.past_negative):
        words = pair.english_words
        assert "没" in pair.chinese_words
        assert "了" not in pair.chinese_words
        at = words.index("did")
        assert words[at + 1] == "not"
    for pair in write(patterns.habit_question):
        assert pair.english_words[0] in ("Do", "Does")
        assert pair.chinese_words[-2:] == ("吗", "？")


def test_time_comes_before_the_verb_in_chinese_and_last_in_english(write):
    for pair in write(patterns.past_at):
        i = pair.chinese_words.index("在") - 1
        assert max(j for k, j in pair.alignment if k == i) == len(pair.english_words) - 2
