from heedful.data.phrasebook import patterns_time as patterns


def test_sentences_are_well_formed(check):
    check(patterns.PATTERNS)


def test_hours_suit_the_part_of_the_day(write):
    for pair in write(patterns.leaves, 80):
        hour = pair.chinese_words[pair.chinese_words.index("点") - 1]
        assert (
            hour
            in {"早上": "六七八九十十一", "下午": "一两三四五", "晚上": "六七八九十十一"}[
                next(part for part in ("早上", "下午", "晚上") if part in pair.chinese_words)
            ]
        )


def test_dates_are_turned_around(write):
    for pair in write(patterns.birthday):
        at = pair.english_words.index("of")
        assert pair.english_words[at - 1].endswith(("th", "st", "nd", "rd"))
        assert pair.chinese_words[-2] == "号"
