from heedful.data.phrasebook import patterns_questions as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_question_words_come_first_in_english_and_stay_in_place_in_chinese(write):
    asked = {patterns.what: ("什么", "What"), patterns.where: ("哪儿", "Where"), patterns.which: ("哪", "Which")}
    for pattern, (zh, en) in asked.items():
        for pair in write(pattern):
            assert pair.english_words[0] == en
            assert pair.chinese_words.index(zh) >= 1
            assert "吗" not in pair.chinese_words
