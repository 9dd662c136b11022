from heedful.data.phrasebook import english


def test_article_follows_the_sound():
    assert [english.article(w) for w in ("apple", "university", "hour", "book", "European", "umbrella", "onion")] == [
        "an", "a", "an", "a", "a", "an", "an",
    ]  # fmt: skip


def test_plurals():
    assert [english.plural(w) for w in ("box", "city", "boy", "brush", "cat", "glass")] == [
        "boxes", "cities", "boys", "brushes", "cats", "glasses",
    ]  # fmt: skip


def test_verb_forms():
    assert [english.third_person(v) for v in ("go", "have", "study", "play", "watch")] == [
        "goes", "has", "studies", "plays", "watches",
    ]  # fmt: skip
    assert [english.past(v) for v in ("stop", "visit", "study", "move", "play")] == [
        "stopped", "visited", "studied", "moved", "played",
    ]  # fmt: skip
    assert [english.gerund(v) for v in ("lie", "make", "see", "swim", "forget", "visit", "read", "ski")] == [
        "lying", "making", "seeing", "swimming", "forgetting", "visiting", "reading", "skiing",
    ]  # fmt: skip


def test_comparison():
    assert english.compare("big", "er") == ("bigger",)
    assert english.compare("happy", "est") == ("happiest",)
    assert english.compare("nice", "er") == ("nicer",)
    assert english.compare("interesting", "er") == ("more", "interesting")
    assert english.compare("careful", "est") == ("most", "careful")


def test_agreement():
    assert [english.be(a) for a in ("I", "he", "they")] == ["am", "is", "are"]
    assert [english.was(a) for a in ("I", "he", "they")] == ["was", "was", "were"]
    assert [english.do(a) + english.have(a) for a in ("I", "he")] == ["dohave", "doeshas"]
    assert english.agree("fly", "he") == "flies"


def test_detokenize_puts_no_space_before_punctuation_or_a_possessive():
    assert english.detokenize(["Is", "it", "Anna", "'s", ",", "please", "?"]) == "Is it Anna's, please?"
