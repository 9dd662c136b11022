"""Whose turn it is, of two models that are asked the same: what else the machine does meanwhile falls on both."""

from collections.abc import Callable, Iterator

# So many turns each, of at least so many examples.
TURNS, LEAST_A_TURN = 4, 50


def by_turns(n: int, tell: Callable[[int, int], None]) -> Iterator[tuple[int, slice]]:
    """Share examples out, so that both models are asked all of them and both meet the same machine.

    Args:
        n: examples.
        tell: is told (examples done by both, examples in all) before each turn.
    Returns:
        Of each turn which of the two it is, 0 or 1, and its examples: every so-manieth, since files are often sorted.
    """
    n_turns = max(1, min(TURNS, n // LEAST_A_TURN))
    for turn in range(n_turns):
        tell(turn * n // n_turns, n)
        # The second to go finds the machine warmer: each is the second as often as the other.
        for which in (0, 1) if turn % 2 == 0 else (1, 0):
            yield which, slice(turn, None, n_turns)
