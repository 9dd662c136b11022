from heedful.data.phrasebook import numbers
from heedful.data.phrasebook import patterns_numbers as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_sums_are_right(write):
    values = {word: n for n in range(1000) for word in [" ".join(numbers.english(n))]}
    for pair in write(patterns.arithmetic, 60):
        left, result = pair.english[:-1].lower().split(" is ")
        operation = next(name for name in ("plus", "minus", "times") if f" {name} " in left)
        a, b = (values[part] for part in left.split(f" {operation} "))
        assert values[result] == {"plus": a + b, "minus": a - b, "times": a * b}[operation]


def test_two_is_counted_with_its_own_word(write):
    for pair in write(patterns.has, 80):
        assert "二" not in pair.chinese_words
