from collections.abc import Callable, Mapping

import pytest

from heedful.data.phrasebook.derivation import Derivation
from heedful.data.phrasebook.grammar import Pair, Phrase, realize
from heedful.data.phrasebook.sample import fits

Pattern = Callable[[Derivation], Phrase]


@pytest.fixture
def write() -> Callable[[Pattern, int], list[Pair]]:
    """Writes sentences of one pattern."""

    def sentences(pattern: Pattern, n: int = 25) -> list[Pair]:
        d = Derivation(5, "test")
        pairs = []
        while len(pairs) < n:
            d.restart()
            pair = realize(pattern(d), pattern.__name__)
            if fits(pair):
                pairs.append(pair)
        return pairs

    return sentences


@pytest.fixture
def check(write: Callable[[Pattern, int], list[Pair]]) -> Callable[[Mapping[Pattern, int]], None]:
    """Checks that every pattern writes varied, well-formed, aligned sentences."""

    def well_formed(patterns: Mapping[Pattern, int]) -> None:
        for pattern, share in patterns.items():
            pairs = write(pattern, 12)
            assert share >= 1
            assert len({pair.chinese for pair in pairs}) > 6, pattern.__name__
            for pair in pairs:
                assert pair.chinese[-1] + pair.english[-1] in ("。.", "？?"), pair
                assert "  " not in pair.english
                assert " " not in pair.chinese
                linked = {j for _, j in pair.alignment}
                assert len(linked) >= len(pair.english_words) // 3, pair

    return well_formed
