"""A question is two texts and comes back as it was."""

from heedful.data.squad import Gold, Question
from heedful.tasks.question_pair import question_of, reading_of


def test_there_and_back():
    asked = [
        Question("", '谁 \\ "x"?', "第一行\n第二行\t制表", (Gold("第二行", 4), Gold("x\ny", -1))),
        Question("", "Who?", "Ada.", ()),
    ]
    assert [question_of(pair) for pair in reading_of(asked)] == asked


def test_what_is_read_and_what_is_true():
    (pair,) = reading_of([Question("name", "Who?", "Ada met\nByron.", (Gold("Byron", 8),))])
    assert pair == ("Who?\nAda met\nByron.", '[[8, "Byron"]]')
