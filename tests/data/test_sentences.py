"""Lines with several sentences are told from those with one, and a doubtful line counts as one."""

import pytest

from heedful.data.sentences import holds_several, sentences_of


@pytest.mark.parametrize(
    "line",
    [
        "I saw him. He left.",
        "Is it you? Come in!",
        "Stop! You can't go there.",
        "A man is running . He is fast .",
        "Où est-il ? Il est là .",
        "Er kam um drei. Über uns war niemand.",
        "He said it twice. “Never again.”",
        "Il pleut. « Encore ! »",
        "对不起。你会讲英语吗？",
        "我来了！他也来了。",
        "怎么了？ 你看上去不太开心。",
        "雨です。家にいます。",
        "मैं घर पर हूँ। वह स्कूल में है।",
        "Привет! Как дела?",
    ],
)
def test_several(line: str) -> None:
    assert holds_several(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "I saw him.",
        "Dr. Smith met Mr. Jones and Prof. Lee in St. Louis.",
        "It costs 3.5 euros at example.com, e.g. in the U.S. Army shop.",
        "Am 3. Oktober kam J. R. Tolkien bzw. Christopher.",
        "Man sah z. B. Hunde, ca. Mitte Mai.",
        '"Stop!" he cried. ',
        '"Are you OK?" Tom asked.',
        "“你好吗？”他问。",
        "Wait... what?",
        "Really?!",
        "No. 5 is alive.",
        "他走了。",
        "什么？！",
        "版本3.5。",
    ],
)
def test_one(line: str) -> None:
    assert not holds_several(line)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("We go home. They stay here! And you?", ["We go home.", "They stay here!", "And you?"]),
        ("Dr. Smith came. He sat.", ["Dr. Smith came.", "He sat."]),
        ('They left. "Why so soon?" asked nobody.', ["They left.", '"Why so soon?" asked nobody.']),
        ("我们走。他们留下。", ["我们走。", "他们留下。"]),
        ("no end", ["no end"]),
        ("", [""]),
    ],
)
def test_a_line_is_cut_where_sentences_end(line, expected):
    assert sentences_of(line) == expected
    assert (len(sentences_of(line)) > 1) == holds_several(line)
