"""Lines with several sentences are told from those with one, and a doubtful line counts as one."""

import pytest

from heedful.data.sentences import holds_several, sentences_in


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
    "sentences",
    [
        ["I saw him.", "He left."],
        ["Dr. Smith paid 3.5 dollars."],
        ["Is it you?", "“Come in!” he said."],
        ["今天天气“很好。”", "我们走吧！", "好"],
        ["雨です。", "家にいます。"],
        ["one line", "Another without a mark"],
    ],
)
def test_where_sentences_stand(sentences: list[str]) -> None:
    for between in (" ", "\n") if sentences[0].isascii() else ("", "\n"):
        text = between.join(sentences) if sentences[0] != "one line" else "\n".join(sentences)
        assert [text[low:high] for low, high in sentences_in(text)] == sentences


def test_a_sentence_goes_on_over_the_end_of_a_line() -> None:
    text = "The box\n  holds salt. It is\nred.\n\nheading\nMore"
    assert [text[low:high] for low, high in sentences_in(text)] == [
        "The box\n  holds salt.", "It is\nred.", "heading", "More",
    ]  # fmt: skip


def test_no_sentence_in_nothing() -> None:
    assert sentences_in("") == sentences_in(" \n ") == []
