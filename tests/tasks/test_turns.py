"""Both are asked everything once, and neither is always the second."""

import pytest

from heedful.tasks.turns import by_turns


@pytest.mark.parametrize(("n", "n_turns"), [(1, 1), (99, 1), (100, 2), (203, 4), (9000, 4)])
def test_every_example_once_by_each(n, n_turns):
    told = []
    turns = list(by_turns(n, lambda *done: told.append(done)))
    assert [which for which, _ in turns] == [0, 1, 1, 0, 0, 1, 1, 0][: 2 * n_turns]
    for each in (0, 1):
        assert sorted(place for which, rows in turns if which == each for place in range(n)[rows]) == list(range(n))
    assert [done for done, _ in told] == [turn * n // n_turns for turn in range(n_turns)]
