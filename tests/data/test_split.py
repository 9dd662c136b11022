"""Splits against union-find written out; no sentence in two parts, whatever the text."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from heedful.data.split import MAX_GROUP, Split, _groups, held_out_size, sentence_identities, split
from heedful.errors import DataError, OptionError

texts = st.builds(
    lambda seed, n, variety: [
        (f"s{a}", f"t{b}" if b % 7 else f"s{a}") for a, b in np.random.default_rng(seed).integers(0, variety, (n, 2))
    ],
    st.integers(0, 99),
    st.integers(0, 120),
    st.integers(1, 200),
)


def components(pairs: list[tuple[str, str]]) -> set[frozenset[int]]:
    """Merge sets of sentences, pair by pair."""
    groups: list[tuple[set[str], set[int]]] = []
    for index, pair in enumerate(pairs):
        sentences, members = set(pair), {index}
        for group in [group for group in groups if group[0] & sentences]:
            groups.remove(group)
            sentences |= group[0]
            members |= group[1]
        groups.append((sentences, members))
    return {frozenset(members) for _, members in groups}


@given(texts)
def test_groups_are_the_connected_components(pairs: list[tuple[str, str]]) -> None:
    groups, names = _groups(*sentence_identities(pairs))
    came = {frozenset(np.flatnonzero(groups == group).tolist()) for group in range(len(names))}
    assert came == components(pairs)


def test_a_long_chain_is_one_group() -> None:
    order = np.random.default_rng(0).permutation(3000)
    groups, names = _groups(*sentence_identities([(f"x{link}", f"x{link + 1}") for link in order]))
    assert len(names) == 1
    assert not groups.any()


@settings(max_examples=15)
@given(st.integers(0, 50), st.integers(102, 400))
def test_no_sentence_in_two_parts(seed: int, n: int) -> None:
    random = np.random.default_rng(seed)
    pairs = [(f"S{a % (3 * n)}", f"T{b % (3 * n)}") for a, b in random.integers(0, 10 * n, (n, 2))]
    pairs[5] = ("", "T")
    pairs[6] = ("S", " ")
    parts = split(pairs, seed=seed)
    assert len(parts.of_line) == n
    chosen = {part: list(parts.select(pairs, part)) for part in parts.parts}
    seen: dict[str, str] = {}
    for part, members in chosen.items():
        assert len(members) == parts.size(part) == int((~parts.skip(part)).sum())
        for sentence in {sentence.lower() for pair in members for sentence in pair if sentence.strip()}:
            assert seen.setdefault(sentence, part) == part
    wanted = held_out_size(n - 2)
    for part in ("dev", "test"):
        assert (wanted + 1) // 2 <= len(chosen[part]) <= wanted
        assert ("", "T") not in chosen[part]


def test_split_follows_the_sentences_not_their_places() -> None:
    pairs = [(f"satz {n}", f"sentence {n}") for n in range(500)]
    parts = split(pairs)
    turned = split(pairs[::-1])
    assert set(parts.select(pairs, "test")) == set(turned.select(pairs[::-1], "test"))
    more = [*pairs, ("neu", "new")]
    assert len(set(parts.select(pairs, "test")) & set(split(more).select(more, "test"))) >= 49
    assert set(parts.select(pairs, "dev")) != set(split(pairs, seed=1).select(pairs, "dev"))


def test_case_and_white_space_do_not_separate() -> None:
    pairs = [(f"Satz {n // 2}" if n % 2 else f"SATZ  {n // 2}", f"sentence {n}") for n in range(400)]
    parts = split(pairs, ["dev"])
    assert np.array_equal(parts.of_line[::2], parts.of_line[1::2])


def test_large_groups_stay_in_training() -> None:
    pairs = [("yes", f"ja {n}") for n in range(MAX_GROUP + 1)] + [(f"a{n}", f"b{n}") for n in range(3000)]
    for seed in range(5):
        assert not split(pairs, seed=seed).of_line[: MAX_GROUP + 1].any()


@pytest.mark.parametrize(
    ("n_pairs", "size"), [(100, 10), (2000, 200), (10_000, 360), (42_000, 1000), (1_000_000, 1000)]
)
def test_size_follows_the_data(n_pairs: int, size: int) -> None:
    assert held_out_size(n_pairs) == size


def test_texts_that_cannot_be_split() -> None:
    with pytest.raises(DataError, match=r"at least 100 pairs.*got 99"):
        split([(f"a{n}", f"b{n}") for n in range(99)] + [("", "b")])
    with pytest.raises(DataError, match=r"at least 100 pairs.*got 0"):
        split([])
    with pytest.raises(DataError, match="share no sentence"):
        split([("same", f"b{n}") for n in range(200)])
    with pytest.raises(OptionError, match="did you mean 'test'"):
        Split(("train", "test"), np.zeros(3, np.uint8)).size("tst")
