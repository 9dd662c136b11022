"""Which tokens a translation may have: worked out by hand, saved and loaded, and refused where they do not fit."""

import numpy as np
import pytest
import torch

from heedful.compression import shortlist as module
from heedful.compression.parity import Outputs, compare
from heedful.compression.shortlist import Effect, Reach, Shortlist, learn, load_shortlists, save_shortlists
from heedful.data.tokenizer import EOS, Tokenizer
from heedful.errors import DataError, RunError
from heedful.run.weights import load_tensors, save_tensors

WORDS = "red green blue rot gruen blau und and".split()
WAY = ("en", "de")


@pytest.fixture(scope="module")
def tokenizer():
    """Each of the words is one piece."""
    lines = [" ".join(WORDS[i:] + WORDS[:i]) for i in range(8)]
    found = Tokenizer.train(lines * 3, 400, ["de"])
    assert all(len(found.encode(word)) == 1 for word in WORDS)
    return found


@pytest.fixture(scope="module")
def ids(tokenizer):
    return {word: tokenizer.encode(word)[0] for word in WORDS}


@pytest.fixture(scope="module")
def pairs(tokenizer):
    texts = [
        ("red and green", "rot und gruen"), ("green and blue", "gruen und blau"), ("red and blue", "rot und blau"),
        ("red", "rot"), ("green", "gruen"), ("blue", "blau"),
    ]  # fmt: skip
    return [(tokenizer.encode(source), tokenizer.encode(target)) for source, target in texts]


def bytes_of(tokenizer):
    return list(range(tokenizer.n_specials, tokenizer.n_plain))


def own(shortlist, source):
    return shortlist.allowed([source]).own[0].tolist()


def test_each_word_may_become_what_translates_it_or_itself(tokenizer, ids, pairs):
    found = learn(pairs, tokenizer, n_likely=1, n_frequent=0)
    assert found.common.tolist() == [EOS, *bytes_of(tokenizer)]
    for word, translation in (("red", "rot"), ("green", "gruen"), ("blue", "blau"), ("and", "und")):
        assert own(found, [ids[word], EOS]) == sorted([ids[word], ids[translation]])
    assert own(found, [ids["red"], ids["blue"], ids["red"]]) == sorted(ids[w] for w in ("red", "rot", "blue", "blau"))


def test_frequent_words_are_everyones_and_no_one_s_own(tokenizer, ids, pairs):
    found = learn(pairs, tokenizer, n_likely=8, n_frequent=1)
    # "rot", "gruen", "und" and "blau" stand there three times each: of equals the lower.
    most = min(ids[word] for word in ("rot", "gruen", "und", "blau"))
    assert found.common.tolist() == sorted([EOS, *bytes_of(tokenizer), most])
    met = {"rot", "und", "gruen", "blau"}
    assert own(found, [ids["red"]]) == sorted({ids["red"], *(ids[word] for word in met)} - {most})


def test_no_more_are_common_than_were_ever_seen(tokenizer, ids, pairs):
    found = learn(pairs, tokenizer, n_likely=0, n_frequent=300)
    assert set(found.common) - {EOS, *bytes_of(tokenizer)} == {ids[word] for word in ("rot", "gruen", "und", "blau")}


def test_what_was_never_seen_may_be_copied_and_specials_bring_nothing(tokenizer, ids, pairs):
    found = learn(pairs, tokenizer, n_frequent=0)
    tag = tokenizer.tag_id("de")
    assert own(found, [tag, ids["rot"], EOS]) == [ids["rot"]]
    assert own(found, []) == own(found, [EOS]) == []
    for source in ([], [tag, EOS], [tag, ids["red"], ids["und"], EOS]):
        written = {*found.common.tolist(), *own(found, source)}
        assert {token for token in written if token < tokenizer.n_specials} == {EOS}


def test_reach_by_hand(tokenizer, ids, pairs):
    found = learn(pairs, tokenizer, n_likely=1, n_frequent=0)
    asked = [([ids["red"]], [ids["rot"], ids["blau"]]), ([ids["blue"], ids["red"]], [ids["blau"], EOS])]
    assert found.reached(asked) == Reach(257 + (2 + 4) / 2, 3 / 4)
    assert found.reached([]) == Reach(0, 0)


def test_long_texts_are_sampled_evenly(tokenizer, pairs, monkeypatch):
    monkeypatch.setattr(module, "MAX_CELLS", 30)
    many = [([5 + i], [6]) for i in range(100)]
    taken = [int(source[0]) - 5 for source, _ in module._sample(many)]
    assert taken == list(range(0, 100, taken[1]))
    assert 8 <= len(taken) <= 15
    assert len(module._sample([([1] * 100, [2] * 100)])) == 1, "one pair at least"


def test_nothing_to_learn_from_is_refused(tokenizer):
    with pytest.raises(DataError, match="got none with text on both sides"):
        learn([([], [5]), ([5], [])], tokenizer)


def test_saved_and_loaded(tokenizer, pairs, tmp_path):
    made = {WAY: learn(pairs, tokenizer), ("de", "en"): learn([pair[::-1] for pair in pairs], tokenizer)}
    save_shortlists(tmp_path / "s", made, tokenizer)
    found = load_shortlists(tmp_path / "s", list(made), tokenizer)
    for way, shortlist in made.items():
        for name in ("common", "likely", "counts"):
            assert getattr(found[way], name).tolist() == getattr(shortlist, name).tolist()
    assert load_tensors(tmp_path / "s")["en>de.likely"].dtype == torch.uint16


def test_another_vocabulary_is_refused(tokenizer, pairs, tmp_path):
    save_shortlists(tmp_path / "s", {WAY: learn(pairs, tokenizer)}, tokenizer)
    other = Tokenizer.train(["some other words"] * 3, 300, ["de"])
    with pytest.raises(RunError, match="the shortlist of another vocabulary"):
        load_shortlists(tmp_path / "s", [WAY], other)
    with pytest.raises(RunError, match=r"has no 'de>en\.common'"):
        load_shortlists(tmp_path / "s", [("de", "en")], tokenizer)


@pytest.mark.parametrize(
    "change",
    [
        {"counts": np.zeros(3)},
        {"likely": np.array([5])},
        {"common": np.array([5, 6])},
        {"common": np.array([EOS, 60000])},
        {"likely": np.array([60000, 6]), "counts": 2},
    ],
    ids=str,
)
def test_lists_that_do_not_fit_are_refused(tokenizer, pairs, tmp_path, change):
    save_shortlists(tmp_path / "s", {WAY: learn(pairs, tokenizer)}, tokenizer)
    tensors = load_tensors(tmp_path / "s")
    if "counts" in change and isinstance(change["counts"], int):
        counts = np.zeros(tokenizer.vocab_size)
        counts[0] = change["counts"]
        change = {**change, "counts": counts}
    changed = {f"en>de.{name}": torch.from_numpy(values).to(torch.uint16) for name, values in change.items()}
    save_tensors(tmp_path / "s", {**tensors, **changed})
    with pytest.raises(RunError, match="do not fit the vocabulary"):
        load_shortlists(tmp_path / "s", [WAY], tokenizer)


def test_an_effect_in_words_and_values():
    outputs = Outputs([[1], [2]], ["a b c d", "e f g h"], 2.0)
    parity = compare(outputs, Outputs(outputs.tokens, outputs.texts, 1.0), outputs.texts, "en")
    effect = Effect(8000, Reach(502.4, 0.959), parity)
    assert effect.said.startswith("502 of 8,000 tokens are scored for a sentence on average, 95.9% of the tokens")
    assert effect.said.endswith("; 2 times the speed")
    assert parity.said in effect.said
    assert effect.to_json() == {"size": 502.4, "coverage": 0.959, **parity.to_json()}


def test_lists_of_one_token_are_those_of_the_table():
    found = Shortlist(np.array([EOS]), np.array([7, 9, 8]), np.array([0, 2, 0, 1]))
    assert own(found, [1]) == [7, 9]
    assert own(found, [3, 1, 1]) == [7, 8, 9]
