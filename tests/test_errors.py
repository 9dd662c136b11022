"""The caller's mistakes are one family, and an unknown name is answered with the nearest."""

import inspect

import pytest
from hypothesis import given
from hypothesis import strategies as st

from heedful import errors


def test_every_error_is_one_that_the_command_line_turns_into_a_line():
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if kind.__module__ == errors.__name__]
    assert len(kinds) > 5
    assert all(issubclass(kind, errors.HeedfulError) and issubclass(kind, ValueError) for kind in kinds)


@pytest.mark.parametrize(
    ("name", "choices", "expected"),
    [
        ("sorce", ["target", "source"], "; did you mean 'source'?"),
        ("Source", ["target", "source"], "; did you mean 'source'?"),
        ("xyz", ["target", "source"], "; choose from source, target"),
        ("rotery", iter(["learned", "rotary"]), "; did you mean 'rotary'?"),
    ],
)
def test_suggestions(name, choices, expected):
    assert errors.suggest(name, choices) == expected


@given(st.lists(st.text(st.characters(categories=["Ll"]), min_size=1), min_size=1, unique=True), st.data())
def test_a_right_name_suggests_itself(choices, data):
    name = data.draw(st.sampled_from(choices))
    assert errors.suggest(name, choices) == f"; did you mean {name!r}?"
