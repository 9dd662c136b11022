"""Lines in three scripts, with what tokenizers stumble over: accents, digits, marks, spaces, rare characters."""

import random

_LATIN = "abcdefghijklmnopqrstuvwxyzéüñøßçİﬁ"
_CYRILLIC = "абвгдежзийклмнопрстуфхцчшщъыьэюяёї"
# A mark never begins a word: behind a space the tokenizers library loses it, where SentencePiece keeps it.
_ARABIC = [*"ابتثجحخدذرزسشصضطظعغفقكلمنهويآ", "ل\u064e", "م\u0651"]
_HAN = "我们今天去北京你好世界文学生大小的一是不了在人有这中来上国个到说和地也子時後發書"
_MARKS = [
    ".",
    ",",
    "!?",
    "...",
    "—",
    "“",
    "”",
    "'s",
    "(",
    ")",
    "3,14",
    "2024",
    "%",
    "€",
    "👍",
    "#",
    "_",
    "٣",
    "（",
    "。",
]


def lines(n: int, seed: int = 0) -> list[str]:
    """n lines, the same ones each time."""
    draw = random.Random(seed)

    def word() -> str:
        letters = draw.choice([_LATIN, _LATIN, _CYRILLIC, _ARABIC, _HAN])
        # A few words come again and again, so that pieces longer than a letter are learned.
        made = random.Random(draw.randrange(60))
        text = "".join(made.choice(letters) for _ in range(made.randrange(1, 9)))
        return draw.choice(
            [text, text, text.capitalize(), text.upper(), draw.choice(_MARKS), text + draw.choice(_MARKS)]
        )

    spaces = [" ", " ", " ", " ", "  ", "\u3000", ""]
    return ["".join(word() + draw.choice(spaces) for _ in range(draw.randrange(1, 12))) for _ in range(n)]
