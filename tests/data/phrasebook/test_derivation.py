import subprocess
import sys
from collections import Counter

import pytest

from heedful.data.phrasebook.derivation import Derivation, HeldOutError, composition_split
from heedful.data.phrasebook.lexicon import all_nouns, common, nouns, verbs


def test_splits_have_their_shares():
    counts = Counter(composition_split(f"{i} {j}") for i in range(100) for j in range(100))
    assert 0.07 < counts["test"] / 10_000 < 0.09
    assert 0.01 < counts["dev"] / 10_000 < 0.03


def test_a_split_does_not_depend_on_the_hash_seed():
    module = "heedful.data.phrasebook.derivation"
    code = f"from {module} import composition_split; print([composition_split(f'a {{i}}') for i in range(60)])"
    answers = set()
    for seed in ("1", "2"):
        environment = {"PYTHONHASHSEED": seed, "PYTHONPATH": "."}
        answers.add(
            subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, check=True).stdout
        )
    assert len(answers) == 1
    assert b"test" in answers.pop()


def test_a_small_deck_deals_every_card_before_the_first_again():
    d = Derivation(1, "train")
    pool = ("a", "b", "c")
    assert {d.draw(pool) for _ in range(3)} == set(pool)


def test_lemmas_are_dealt_evenly_over_overlapping_pools():
    d = Derivation(1, "train")
    counts: Counter[str] = Counter()
    for _ in range(40):
        for pool in (nouns("fruit"), nouns("fruit,vegetable")):
            for _ in range(len(pool)):
                counts[d.draw(pool).zh] += 1
    everyday, others = (
        [counts[n.zh] for n in nouns("fruit,vegetable") if (n.zh in common()) is so] for so in (True, False)
    )
    assert max(everyday) <= 1.5 * min(everyday)
    assert max(others) <= 1.5 * min(others)
    assert min(everyday) > 1.5 * max(others)


def test_training_refuses_what_is_held_out_and_the_test_records_it():
    verb = verbs("daily")[0]
    held = next(noun for noun in all_nouns() if composition_split(f"{verb.zh} {noun.zh}") == "test")
    with pytest.raises(HeldOutError):
        Derivation(1, "train").compose(verb, held)
    d = Derivation(1, "test")
    d.compose(verb, held)
    d.compose(None, held)
    assert d.compositions((verb.zh, held.zh)) == (f"{verb.zh} {held.zh}",)
    assert d.compositions((held.zh,)) == ()
