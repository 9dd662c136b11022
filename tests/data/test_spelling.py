"""Tokens to text as they come: the same text in the end, and never half a character."""

from hypothesis import given
from hypothesis import strategies as st

from heedful.data.spelling import Spelling, Stops
from heedful.data.tokenizer import EOS, Tokenizer

tokenizer = Tokenizer.train(["the cat sat on the mat"] * 3, 290)


@given(st.text(st.sampled_from(list("the cat 猫ß🙂  ")), max_size=12))
def test_the_text_in_the_end_is_that_of_all_tokens(text):
    spelling = Spelling(tokenizer, opening=True)
    said = [spelling.add(token) for token in tokenizer.encode(text)]
    assert "".join(said) + spelling.end() == text
    assert "\ufffd" not in "".join(said)


def test_bytes_wait_for_their_character():
    spelling = Spelling(tokenizer, opening=False)
    assert [spelling.add(token) for token in tokenizer.encode("猫", opening=False)] == ["", "", "猫"]
    half = tokenizer.encode("猫", opening=False)[:2]
    assert [spelling.add(token) for token in half] == ["", ""]
    (cat,) = tokenizer.encode("t", opening=False)
    assert spelling.add(cat) == "\ufffdt"
    assert spelling.add(half[0]) == ""
    assert spelling.end() == "\ufffd"


def test_the_first_space_is_left_out_of_a_text_and_not_of_a_continuation():
    word = tokenizer.encode("the")
    assert "".join(map(Spelling(tokenizer, opening=True).add, [EOS, *word])) == "the"
    assert "".join(map(Spelling(tokenizer, opening=False).add, word)) == " the"


def stopped(stops, parts):
    listener, said = Stops(stops), []
    for part in parts:
        said.append(listener.add(part))
        if listener.reached:
            return "".join(said), True
    return "".join(said) + listener.end(), False


@given(st.lists(st.text(st.sampled_from("ab.\n"), max_size=3), max_size=8))
def test_a_text_ends_before_the_first_stop_however_it_comes(parts):
    text, stops = "".join(parts), ("ab.", "\n\n", "bb")
    places = [text.find(stop) for stop in stops if stop in text]
    found, reached = stopped(stops, parts)
    assert reached == bool(places)
    # Of two stops that one part completes, the first counts.
    assert text.startswith(found)
    assert found == text[: min(places)] if len(places) == 1 else bool(places) or found == text


def test_what_might_become_a_stop_waits_and_is_said_when_it_does_not():
    listener = Stops(("end",))
    assert [listener.add(part) for part in ("the e", "n", "emy ", "en")] == ["the ", "", "enemy ", ""]
    assert listener.end() == "en"
    assert not listener.reached
