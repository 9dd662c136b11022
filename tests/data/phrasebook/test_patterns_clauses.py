from heedful.data.phrasebook import patterns_clauses as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_a_relative_clause_precedes_its_noun_in_chinese_and_follows_it_in_english(write):
    for pair in write(patterns.who_bought):
        noun = pair.chinese_words.index("的") + 1
        assert pair.chinese_words[noun] == "那" or "的" in pair.chinese_words[noun:]
        assert pair.english_words[0] == "The"
        assert "who" in pair.english_words


def test_the_pronoun_stands_for_the_thing_of_the_first_clause(write):
    for pair in write(patterns.because):
        assert ("它们" in pair.chinese_words) == ("they" in pair.english_words[pair.english_words.index("because") :])
