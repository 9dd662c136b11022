"""The proof: figures on what was not seen, beside what no learning reaches; when to refuse is learned on dev."""

from heedful.data.squad import Gold, Question
from heedful.tasks.answerer import Found, Stretch
from heedful.tasks.answering_evidence import threshold_of, usage

CONTEXT = "Ada met Byron."


def found(text, log_probability, nothing):
    start = CONTEXT.index(text)
    return Found([Stretch(start, start + len(text), log_probability)], nothing)


def test_the_threshold_tells_answers_from_none():
    ada, none = Question("", "Who?", CONTEXT, (Gold("Ada", 0),)), Question("", "Why?", CONTEXT, ())
    items = [ada, ada, none, none]
    sure = [found("Ada", -0.1, -3.0), found("Ada", -1.0, -1.5), found("Byron", -1.0, -1.2), found("Byron", -2.0, -0.2)]
    assert -0.5 < threshold_of(items, sure, "words") < -0.2
    # Wrong answers are better left unsaid, right ones are not.
    assert threshold_of([none, none], sure[2:], "words") < -0.2
    assert threshold_of([ada], sure[:1], "words") == 0.0
    assert threshold_of([none, ada], [Found(), sure[0]], "words") > -2.9


def test_the_lines_that_use_it_can_be_pasted():
    lines = usage("my run")
    assert lines.shell == "heedful answer 'my run' --context text.txt --question \"...\""
    assert 'heedful.load("my run")' in lines.python
