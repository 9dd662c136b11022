from heedful.data.phrasebook import patterns_modality as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_modal_verbs_take_the_base_form(write):
    for pair in write(patterns.skill):
        at = pair.english_words.index("how")
        assert pair.english_words[at + 1] == "to"
        assert pair.english_words[at - 1] in ("know", "knows")


def test_nobody_offers_to_help_the_helper(write):
    assert all(pair.chinese.count("你能帮你") == 0 for pair in write(patterns.help_me, 80))
