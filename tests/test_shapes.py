"""The watch over documented shapes sees what is wrong, and lets pass what is right."""

import re
from dataclasses import dataclass

import pytest
import torch
from torch import Tensor, nn

from heedful import interface
from heedful.errors import ShapeError
from tests import shapes


def attend(query: Tensor, key: Tensor, mask: Tensor | None = None, width: int = 1) -> Tensor:
    """Compare queries with keys.

    Args:
        query: (B, T, D), not scaled.
        key: (B, S, D) of the
            same rows.
        mask: (B, 1, S) or (B, T, S) bool, True where allowed; None allows all.
        width: W.
    Returns:
        (B, T, S) scores.
    Raises:
        ShapeError: nothing fits.
    """
    if query.dim() != 3:
        raise ShapeError("query must have three dimensions")
    return query @ key.transpose(-1, -2)


def rows(hidden: Tensor, tokens: Tensor, sentences: Tensor, n_sentences: int) -> tuple[Tensor, Tensor]:
    """Something with leading dimensions, products and numbers.

    Args:
        hidden: (..., D).
        tokens: (N*W, 2).
        sentences: (N, W) indices.
        n_sentences: N.
    Returns:
        (..., 2*D) and (N*W,) of the same dtype.
    """
    return torch.cat([hidden, hidden], -1), tokens[:, 0]


@dataclass(frozen=True)
class Batch:
    """Some rows.

    Args:
        values: (B, S) ids, or (B, S, D) features.
        mask: (B, S) bool.
    """

    values: Tensor
    mask: Tensor


class Layer(nn.Module):
    """A layer that forgets a dimension."""

    def forward(self, hidden: Tensor) -> Tensor:
        """Sum.

        Args:
            hidden: (B, T, D).
        Returns:
            (B, T, D).
        """
        return hidden.sum(-1)


class Reader:
    """Reads a batch."""

    def read(self, batch: Batch) -> Tensor:
        """The ids.

        Args:
            batch: values (B, S).
        Returns:
            (B, S).
        """
        return batch.values[:, :1]


class Heir(Reader):
    """Inherits the promise, not the code."""

    def read(self, batch: Batch) -> Tensor:
        return batch.values.T


def watched(function, where="here"):
    return shapes.checked(function, function.__doc__, where)


def refusal(function, *args, **kwargs) -> str:
    with pytest.raises(AssertionError) as caught:
        function(*args, **kwargs)
    return str(caught.value)


def test_right_shapes_pass():
    call = watched(attend)
    query, key = torch.zeros(2, 3, 4), torch.zeros(2, 5, 4)
    assert call(query, key).shape == (2, 3, 5)
    assert call(query, key, torch.ones(2, 1, 5)).shape == (2, 3, 5)
    assert call(query, key, mask=torch.ones(2, 3, 5)).shape == (2, 3, 5)


def test_a_wrong_argument_is_named_with_what_was_expected_and_what_came():
    message = refusal(watched(attend, "heedful.model.attend"), torch.zeros(2, 3, 4), torch.zeros(1, 5, 4))
    assert message == "heedful.model.attend: key is documented as (B, S, D), got (1, 5, 4) with B=2, T=3, D=4"
    message = refusal(watched(attend), torch.zeros(2, 3, 4), torch.zeros(2, 5, 4), torch.ones(2, 5))
    assert "mask is documented as (B, 1, S) or (B, T, S), got (2, 5)" in message


def test_a_wrong_result_is_seen():
    hidden = torch.zeros(2, 3, 4)
    message = refusal(watched(Layer.forward, "Layer.forward"), Layer(), hidden)
    assert "Layer.forward: return is documented as (B, T, D), got (2, 3)" in message


def test_products_numbers_leading_dimensions_and_tuples():
    call = watched(rows)
    good = {
        "hidden": torch.zeros(7, 5, 4),
        "tokens": torch.zeros(6, 2),
        "sentences": torch.zeros(3, 2),
        "n_sentences": 3,
    }
    assert call(**good)[0].shape == (7, 5, 8)
    assert call(**good | {"hidden": torch.zeros(4)})[0].shape == (8,)
    assert "tokens is documented as (N*W, 2), got (6, 3)" in refusal(call, **good | {"tokens": torch.zeros(6, 3)})
    assert "tokens is documented as (N*W, 2), got (9, 2)" in refusal(call, **good | {"tokens": torch.zeros(9, 2)})
    assert "n_sentences is documented as N, got 4" in refusal(call, **good | {"n_sentences": 4})


def test_each_of_a_returned_tuple_is_seen():
    def first_is_wrong(hidden, tokens, sentences, n_sentences):
        return hidden, tokens[:, 0]

    def second_is_wrong(hidden, tokens, sentences, n_sentences):
        return torch.cat([hidden, hidden], -1), tokens[1:, 0]

    given = (torch.zeros(7, 5, 4), torch.zeros(6, 2), torch.zeros(3, 2), 3)
    first, second = (shapes.checked(function, rows.__doc__, "here") for function in (first_is_wrong, second_is_wrong))
    assert "return is documented as (..., 2*D), got (7, 5, 4)" in refusal(first, *given)
    assert "return is documented as (N*W), got (5,)" in refusal(second, *given)


def test_a_call_that_is_refused_by_its_own_error_is_left_to_it():
    with pytest.raises(ShapeError):
        watched(attend)(torch.zeros(2), torch.zeros(2, 5, 4))


def test_a_class_is_watched_with_its_constructor_and_inherited_promises():
    for kind in (Batch, Reader, Heir):
        shapes.watch_class(kind)
    batch = Batch(torch.zeros(2, 3), torch.ones(2, 3))
    assert "mask is documented as (B, S), got (3, 2)" in refusal(Batch, torch.zeros(2, 3), torch.ones(3, 2))
    assert "Reader.read: return is documented as (B, S), got (2, 1)" in refusal(Reader().read, batch)
    assert "Heir.read: return is documented as (B, S), got (3, 2)" in refusal(Heir().read, batch)
    features = Batch(torch.zeros(2, 3, 4), torch.ones(2, 3))
    assert "batch is documented as (B, S), got (2, 3, 4)" in refusal(Reader().read, features)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(B, T, D): position t.", ["B T D"]),
        ("values (R, k) and indices (R, k) int64.", ["R k", "R k"]),
        ("log-odds (R, k) float32, tokens (R, k) int64, and the sum (R,), banned ones included.", ["R k", "R k", "R"]),
        ("(B, T, K/2) and (2 * B,).", ["B T K/2", "2 * B"]),
        ("() a scalar.", [""]),
    ],
)
def test_what_is_returned_may_be_several(text, expected):
    promised = shapes.promises(f"Do.\n\nReturns:\n    {text}\n")["return"]
    assert [" ".join(promise.shapes[0]) for promise in promised] == expected


def test_prose_in_parentheses_is_no_shape():
    text = "Do.\n\nArgs:\n    name: (optional) a name.\n    sizes: seconds (B, T).\nReturns:\n    (sum, count) of it."
    assert not any(
        promise.shapes for several in shapes.promises(text).values() for promise in several if not promise.attribute
    )


def test_the_package_is_watched():
    with pytest.raises(
        AssertionError, match=re.escape("heedful.interface.Source.__init__: mask is documented as (B, S)")
    ):
        interface.Source(torch.zeros(2, 3), torch.ones(3, 2, dtype=torch.bool))
