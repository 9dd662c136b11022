"""A question as a pair of texts, which runs are made of: what is read, and what people answered."""

import json
from collections.abc import Iterable

from heedful.data.squad import Gold, Question

Pair = tuple[str, str]


def reading_of(questions: Iterable[Question]) -> list[Pair]:
    """Each question as a pair: the question on its line and the context behind it, and the answers with their places.

    Args:
        questions: their texts stand on one line each.
    """
    return [
        (
            f"{item.text}\n{item.context}",
            json.dumps([[gold.start, gold.text] for gold in item.answers], ensure_ascii=False),
        )
        for item in questions
    ]


def question_of(pair: Pair) -> Question:
    """The inverse of `reading_of`, without a name.

    Args:
        pair: that it made.
    """
    text, _, context = pair[0].partition("\n")
    return Question("", text, context, tuple(Gold(answer, start) for start, answer in json.loads(pair[1])))
