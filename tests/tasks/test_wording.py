"""Beginnings, gaps and spelling with both kinds of tokenizer."""

import pytest
import tokenizers
from tokenizers import decoders, models, pre_tokenizers

from heedful.data.foreign_tokenizer import ForeignTokenizer
from heedful.data.tokenizer import BOS, EOS, GAPS, MASK, Tokenizer
from heedful.errors import OptionError
from heedful.tasks.wording import NEVER, wording_of

OURS = Tokenizer.train(["the cat sat"] * 3, 400, marks=(MASK,))


def bytes_of(**tokens):
    """A tokenizer of single bytes, as GPT-2's without merges."""
    names = [*tokens, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    inner = tokenizers.Tokenizer(models.BPE(vocab={name: place for place, name in enumerate(names)}, merges=[]))
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    inner.add_special_tokens(list(tokens))
    return ForeignTokenizer(inner, {role: inner.token_to_id(name) for name, role in tokens.items()})


def spelt(wording, prompt, tokens):
    """What is said with each token, and at the end."""
    spelling = wording.spelling(prompt)
    return [*map(spelling.add, tokens), spelling.end()]


def test_a_prompt_has_its_beginning():
    ours = wording_of(OURS)
    assert ours.begin("the cat") == [BOS, *OURS.encode("the cat")]
    foreign = wording_of(bytes_of(START="bos", END="eos"))
    assert foreign.begin("") == [0]
    assert foreign.tokenizer.decode(foreign.begin("é a")) == "é a"
    assert (foreign.eos, foreign.unwritten) == (1, [0])
    assert wording_of(bytes_of(START="bos")).eos == NEVER


def test_half_a_character_waits():
    foreign = wording_of(bytes_of(START="bos"))
    first, second = foreign.tokenizer.encode("é")
    space, letter = foreign.tokenizer.encode(" a")
    assert spelt(foreign, "x", [first, second, space, letter]) == ["", "é", " ", "a", ""]
    assert spelt(foreign, "x", [letter, first])[1:] == ["", "\ufffd"]
    assert "".join(spelt(wording_of(OURS), "", OURS.encode("the cat"))) == "the cat"


def test_gaps():
    gapped = wording_of(OURS).gapped(f"the {MASK} sat")
    assert gapped.ids == [BOS, *OURS.encode("the"), OURS.mark_id(MASK), *OURS.encode(" sat", opening=False), EOS]
    assert [gapped.ids[place] for place in gapped.places] == [OURS.mark_id(MASK)]
    foreign = wording_of(bytes_of(GAP="mask"))
    gapped = foreign.gapped(f"a {MASK}b")
    assert (gapped.places, gapped.ids[2], len(gapped.ids)) == ([2], 0, 4)
    with pytest.raises(OptionError, match="the text holds GAP, the mark of this model itself: write <mask>"):
        foreign.gapped(f"a GAP {MASK}")
    with pytest.raises(OptionError, match="no token for 'mask'"):
        wording_of(bytes_of(START="bos")).gapped(MASK)
    with pytest.raises(OptionError, match="a text may have 64 gaps: got 65"):
        wording_of(Tokenizer.train(["the cat"], 400, marks=GAPS)).gapped(MASK * 65)


def test_a_token_behind_another_brings_its_space():
    foreign = wording_of(bytes_of(START="bos"))
    space, letter = foreign.tokenizer.encode(" a")
    assert (foreign.said(space, letter), foreign.said(letter, 0)) == (" ", "a")
