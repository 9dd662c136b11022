"""Counts as plain values."""

import json

from heedful.evaluation.behaviour.report import Behaviour, Check, Example, LeftOut

NUMBERS = Check(
    "numbers", "numbers are kept", "they are there", 8, 6, (Example("7 Tage", "days", "lost 7"),), measure="m", mean=0.5
)
REPORT = Behaviour("de", "en", 3, 12, 40, (NUMBERS,), (LeftOut("words", "words are words", "none were given"),))


def test_a_rate_is_a_share():
    assert NUMBERS.rate == 0.75


def test_json_holds_everything_and_the_rate():
    values = json.loads(json.dumps(REPORT.to_json(), allow_nan=False))
    assert values == {
        "source": "de", "target": "en", "seed": 3, "n_pairs": 12, "n_translated": 40,
        "checks": [{
            "name": "numbers", "title": "numbers are kept", "passes": "they are there", "tried": 8, "passed": 6,
            "rate": 0.75, "note": "",
            "examples": [{"source": "7 Tage", "output": "days", "why": "lost 7"}], "measure": "m", "mean": 0.5,
        }],
        "left_out": [{"name": "words", "title": "words are words", "reason": "none were given"}],
    }  # fmt: skip


def test_a_check_is_found_by_its_name():
    assert REPORT.check("numbers") is NUMBERS
    assert REPORT.check("words") is None
