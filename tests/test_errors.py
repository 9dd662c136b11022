import pytest

from heedful import errors


@pytest.mark.parametrize(
    ("name", "tail"),
    [
        ("sinusodial", "; did you mean 'sinusoidal'?"),
        ("rotary ", "; did you mean 'rotary'?"),
        ("ROTARI", "; did you mean 'rotary'?"),
        ("L", "; did you mean 'learned'?"),
        ("r", "; did you mean 'rotary' or 'rotten'?"),
        ("xyz", "; choose from learned, none, rotary, rotten, sinusoidal"),
    ],
)
def test_suggest(name, tail):
    assert errors.suggest(name, ["sinusoidal", "learned", "rotten", "rotary", "none"]) == tail


def test_a_choice_keeps_its_capitals():
    assert errors.suggest("wmt14", ["WMT14-en-de", "IWSLT"]) == "; did you mean 'WMT14-en-de'?"
    assert errors.suggest("iwslt15", ["WMT14-en-de", "IWSLT"]) == "; did you mean 'IWSLT'?"


def test_suggest_reads_any_iterable():
    assert errors.suggest("encode", iter({"encoder": 1, "decoder": 2})) == "; did you mean 'encoder'?"


def test_every_mistake_of_the_callers_is_a_value_error():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and kind.__module__ == errors.__name__]
    assert errors.HeedfulError in kinds
    assert len(kinds) > 5
    for kind in kinds:
        assert issubclass(kind, ValueError)
        assert kind is errors.HeedfulError or kind.__bases__ == (errors.HeedfulError,)
        assert kind.__doc__
