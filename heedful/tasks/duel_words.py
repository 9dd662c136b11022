"""What a duel says, in plain words: who is better, what it costs, how its work grows, what it remembers."""

import math
from collections.abc import Sequence

from heedful.tasks.duel_plan import FAMILY_NAMES
from heedful.tasks.duel_point import Contestant

# Growth between two lengths, four times the one the other, that is none; and one that is in proportion.
CONSTANT, PROPORTIONAL = 1.25, 3.0
# BLEU below which a model writes the same few words to everything.
LEARNED = 2.0


def order(contestants: Sequence[Contestant]) -> list[Contestant]:
    """The best first."""
    return sorted(contestants, key=lambda each: -each.scores.bleu.score)


def verdicts(contestants: Sequence[Contestant], data: str) -> list[str]:
    """Sentences, the most important first.

    Args:
        contestants: the best first.
        data: what the scores are of.
    """
    champion = _champion(contestants)
    others = [each for each in contestants if each is not champion]
    said = [_ranking(contestants, data), _floor(contestants), *(_against(each, champion) for each in others)]
    said.append(_seeds(contestants))
    said += [_by_length(each, champion) for each in others]
    said += [_speed(contestants), _chains(contestants), _memory(contestants)]
    return [sentence for sentence in said if sentence]


def _champion(contestants: Sequence[Contestant]) -> Contestant:
    return next(each for each in contestants if each.comparison is None)


def _name(contestant: Contestant) -> str:
    return FAMILY_NAMES[contestant.name]


def _ranking(contestants: Sequence[Contestant], data: str) -> str:
    places = ", ".join(f"{_name(each)} {each.scores.bleu.score:.1f}" for each in contestants)
    return f"BLEU of {data}: {places}."


def _floor(contestants: Sequence[Contestant]) -> str:
    """Whether anything was learned that could be compared."""
    if contestants[0].scores.bleu.score >= LEARNED:
        return ""
    return (
        f"None reaches {LEARNED:g} BLEU: they have hardly begun to learn, and what follows compares noise; give a "
        "larger budget."
    )


def _against(one: Contestant, champion: Contestant) -> str:
    found = one.comparison
    assert found is not None, "compared with the champion"
    digits = found.digits()
    interval = f"95% interval {found.low:.{digits}f} to {found.high:.{digits}f}, p = {found.p_in_words}"
    if not found.clear:
        return f"{_name(one)} and {_name(champion)}: no difference that these sentences can show ({interval})."
    way = "better" if found.difference > 0 else "worse"
    return f"{_name(one)} is {way} than {_name(champion)} by {abs(found.difference):.{digits}f} BLEU ({interval})."


def _seeds(contestants: Sequence[Contestant]) -> str:
    """How much of it may be luck."""
    n_seeds = len(contestants[0].by_seed)
    if n_seeds == 1:
        return "Each was trained once: the intervals tell what other sentences would do, not other seeds."
    spread = ", ".join(f"{_name(each)} {min(each.by_seed):.1f} to {max(each.by_seed):.1f}" for each in contestants)
    return (
        f"Each was trained with {n_seeds} seeds, whose translations are scored together; one by one: {spread}. The "
        "intervals tell what other sentences would do, not other seeds; updates, time, speeds, curves, attention "
        "and the sentence are those of the first seed."
    )


def _by_length(one: Contestant, champion: Contestant) -> str:
    """Whether a family falls behind, or comes nearer, as sentences grow: only where the intervals lie apart."""
    groups = [(group.name, group.against["bleu"]) for group in one.by_length if group.against]
    if len(groups) < 2:
        return ""
    (short, first), (long, last) = groups[0], groups[-1]
    if first.low <= last.high and last.low <= first.high:
        return ""
    way = "does worse against" if last.difference < first.difference else "does better against"
    told = [
        f"{found.difference:+.1f} BLEU ({found.low:+.1f} to {found.high:+.1f}) in those of {name}"
        for name, found in ((short, first), (long, last))
    ]
    return f"In long sentences {_name(one)} {way} {_name(champion)}: {', '.join(told)}."


def rate(per_second: float) -> str:
    """So many a second: whole ones, or of a slow one two digits, since none is as slow as 0."""
    return f"{per_second:,.0f}" if per_second >= 9.95 else f"{per_second:.2g}"


def _speed(contestants: Sequence[Contestant]) -> str:
    learning = ", ".join(f"{_name(each)} {rate(each.tokens_per_second)}" for each in contestants)
    writing = ", ".join(f"{_name(each)} {rate(each.sentences_per_second)}" for each in contestants)
    return f"Training, tokens a second: {learning}. Translating, sentences a second: {writing}."


def _chains(contestants: Sequence[Contestant]) -> str:
    """How the longest chain of products grows with the sentence."""
    kinds: dict[str, list[str]] = {"does not grow with the sentence": [], "grows in proportion to it": [], "grows": []}
    for each in contestants:
        growth = each.growth
        times = growth.learning[-1] / growth.learning[-3]
        kind = 0 if times < CONSTANT else 1 if times > PROPORTIONAL else 2
        kinds[list(kinds)[kind]].append(_name(each))
    parts = [f"of {' and '.join(names)} it {kind}" for kind, names in kinds.items() if names]
    reach = [
        f"{_name(each)} sees {each.growth.reach} tokens to each side"
        for each in contestants
        if each.growth.reach < each.growth.chained[-1] - 1
    ]
    seen = f" In its encoder a token of the {'; of the '.join(reach)}." if reach else ""
    return f"The longest chain of products that must wait for each other in training: {'; '.join(parts)}.{seen}"


def _memory(contestants: Sequence[Contestant]) -> str:
    found = [
        f"{_name(each)} {_percent(each.recall.copied[0])} of {each.recall.lengths[0]} and "
        f"{_percent(each.recall.copied[-1])} of {each.recall.lengths[-1]}"
        for each in contestants
    ]
    return f"Random symbols copied by small models of each family: {'; '.join(found)}."


def _percent(share: float) -> str:
    return f"{math.floor(100 * share + 0.5)}%"
