from heedful.data.phrasebook import patterns_market as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_colours_have_their_particle(write):
    for pair in write(patterns.of_color):
        assert pair.chinese_words[-2] == "的"
        assert pair.english_words[-3] != "very"
