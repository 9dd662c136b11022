"""Beam and greedy search as one would explain them: a sentence, Python lists, no early stop; and trying everything."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

Text = tuple[int, ...]
LogProbabilities = Callable[[Text], list[float]]


@dataclass(frozen=True)
class Rules:
    """What a search must respect: which token ends, which are never written, how long a text may be."""

    eos: int
    banned: tuple[int, ...]
    max_len: int
    min_len: int = 1
    in_loop: Callable[[Text], bool] = lambda text: False


@dataclass(frozen=True)
class Found:
    """A text, without its end."""

    tokens: Text
    log_probability: float
    score: float
    stopped: str


def continuations(log_probabilities: LogProbabilities, text: Text, rules: Rules) -> dict[int, float]:
    """What may follow a text, with its log-probability; the end is among them where it is allowed."""
    values = dict(enumerate(log_probabilities(text)))
    left_out = set(rules.banned) | ({rules.eos} if len(text) < rules.min_len else set())
    return {token: value for token, value in values.items() if token not in left_out and value > -float("inf")}


def ranked(found: list[Found]) -> list[Found]:
    """What ended before what was cut, then by score; earlier ones first where these are equal."""
    return sorted(found, key=lambda item: (item.stopped != "eos", -item.score))


def beam_search(
    log_probabilities: LogProbabilities, width: int, divisor: Callable[[int], float], rules: Rules
) -> list[Found]:
    """Every hypothesis that a beam of this width finds."""
    beams: list[tuple[float, Text]] = [(0.0, ())]
    found = []
    for length in range(1, rules.max_len + 1):
        going, ending = [], []
        for value, text in beams:
            for token, step in continuations(log_probabilities, text, rules).items():
                if token == rules.eos:
                    ending.append((value + step, text))
                else:
                    going.append((value + step, (*text, token)))
        going = sorted(going, key=lambda item: -item[0])[:width]
        worst = going[-1][0] if len(going) == width else -float("inf")
        found += [Found(text, value, value / divisor(length), "eos") for value, text in ending if value >= worst]
        beams = []
        for value, text in going:
            if length == rules.max_len or rules.in_loop(text):
                stopped = "length" if length == rules.max_len else "repetition"
                found.append(Found(text, value, value / divisor(length), stopped))
            else:
                beams.append((value, text))
    return ranked(found)


def greedy_search(log_probabilities: LogProbabilities, rules: Rules) -> Found:
    """Always the likeliest token."""
    text: Text = ()
    total = 0.0
    while True:
        allowed = continuations(log_probabilities, text, rules)
        token = max(allowed, key=lambda token: (allowed[token], -token))
        total += allowed[token]
        if token == rules.eos:
            return Found(text, total, total, "eos")
        text = (*text, token)
        if len(text) == rules.max_len:
            return Found(text, total, total, "length")
        if rules.in_loop(text):
            return Found(text, total, total, "repetition")


def exhaustive_search(
    log_probabilities: LogProbabilities, vocabulary: int, divisor: Callable[[int], float], rules: Rules
) -> list[Found]:
    """Every text that ends in time, and every text that the limit cuts."""
    found = []
    tokens = [token for token in range(vocabulary) if token != rules.eos and token not in rules.banned]
    for length in range(rules.max_len + 1):
        for text in itertools.product(tokens, repeat=length):
            total = sum(log_probabilities(text[:i])[token] for i, token in enumerate(text))
            if rules.min_len <= length < rules.max_len:
                value = total + log_probabilities(text)[rules.eos]
                found.append(Found(text, value, value / divisor(length + 1), "eos"))
            elif length == rules.max_len:
                found.append(Found(text, total, total / divisor(length), "length"))
    return ranked(found)


def in_loop(text: Text, repeats: int, ngram: int, shortest: int) -> bool:
    """Whether a text ends with an n-gram so many times over, in a loop of at least `shortest` tokens."""
    for n in range(1, ngram + 1):
        span = max(repeats * n, shortest)
        if len(text) >= span and all(text[-i] == text[-i - n] for i in range(1, span - n + 1)):
            return True
    return False
