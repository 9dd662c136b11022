"""A model from text to text, loaded: what it reads of a text, and what it refuses."""

import pytest

from heedful.data.assignments import TURN
from heedful.data.tokenizer import Tokenizer
from heedful.errors import LengthError, OptionError, ShapeError
from heedful.numerics import Numerics
from heedful.tasks.writer import Manner, Writer, as_turns, part_of
from tests.transfer.small import MODERN, TEXTS, translator

TOKENIZER = Tokenizer.train(TEXTS, 340)
NUMERICS = Numerics("cpu", "float32", "default", 1)


def writer(**changes: object) -> Writer:
    model = translator(TOKENIZER.vocab_size, **MODERN)
    return Writer(
        model, TOKENIZER, Manner(**{"turns": 2, "long": "refuse", "most": 5, "language": "en", **changes}), NUMERICS
    )


def test_turns_stay_apart_and_everything_else_is_one_line():
    assert as_turns("a  b\n\n c\t d ") == f"a b{TURN}c d"
    assert as_turns(as_turns("a\nb")) == as_turns("a\nb")


def test_a_turn_has_a_token_of_its_own_and_words_have_their_pieces():
    ids = TOKENIZER.encode(as_turns("The cat\nThe cat"))
    half = TOKENIZER.encode("The cat")
    assert ids == [*half, *TOKENIZER.encode("\n")[-1:], *half]


@pytest.mark.parametrize("end", [False, True])
def test_a_part_is_the_longest_whole_words_that_fit(end):
    text = "The old cat sees 12 new mats and the mat didn't see the cats"
    words = text.split()
    for room in (3, 8, 12):
        part = part_of(text, TOKENIZER, room, end)
        n = len(part.split())
        assert part == " ".join(words[-n:] if end else words[:n])
        assert len(TOKENIZER.encode(part)) <= room
        longer = " ".join(words[-n - 1 :] if end else words[: n + 1])
        assert len(TOKENIZER.encode(longer)) > room


def test_a_text_that_fits_stays_as_it_is_and_one_without_spaces_is_cut_anywhere():
    assert part_of("The  cat", TOKENIZER, 50) == "The  cat"
    text = "我们今天去北京" * 20
    part = part_of(text, TOKENIZER, 10)
    assert text.startswith(part)
    assert 1 < len(TOKENIZER.encode(part)) <= 10


def test_a_text_beyond_the_window_is_refused_left_out_or_read_in_part():
    long = "The cat sat on the mat. " * 30
    with pytest.raises(LengthError, match=r"text 2 has .* tokens and the model's window 62"):
        writer().write(["The cat", long])
    found = writer().answer(["The cat", long], leave_out=True)
    assert [answers[0].stopped == "window" for answers in found.answers] == [False, True]
    one = writer()
    assert one.answer([long], long="leading").texts == one.write([part_of(long, TOKENIZER, 62)])
    assert one.answer([long], long="trailing").texts == one.write([part_of(long, TOKENIZER, 62, end=True)])
    assert writer(long="trailing").fitted(long) == part_of(long, TOKENIZER, 62, end=True)


def test_an_answer_has_no_more_tokens_than_its_manner_says():
    assert all(len(answers[0].tokens) <= 5 for answers in writer().answer(["The cat sat", "a"]).answers)


def test_a_reply_reads_the_last_turns():
    talk = writer()
    assert talk.reply(["zzz", "The cat", "sees"]) == talk.write(["The cat\nsees"])[0]


def test_mistakes_are_named():
    with pytest.raises(OptionError, match="not on dialogue"):
        writer(turns=0).reply(["a"])
    with pytest.raises(ShapeError, match="turns are a list"):
        writer().reply("a")
    with pytest.raises(ShapeError, match="texts are a list"):
        writer().write("a")
    with pytest.raises(OptionError, match="long='leding' is not known; did you mean 'leading'"):
        writer().answer(["a"], long="leding")


def test_figures_are_those_of_what_it_writes():
    one = writer()
    (text,) = one.write(["The cat"])
    assert one.figures([("The cat", f"x\t{text or 'y'}")])["rouge_1"]["score"] in (0.0, 100.0)
