"""The caller's mistakes, each with what was expected, what came, and what to do. Our own mistakes are assertions."""

import difflib
from collections.abc import Iterable


class HeedfulError(ValueError):
    """A mistake of the caller's. The command line prints its message as one line and exits with 2."""


class ShapeError(HeedfulError):
    """A tensor or a size does not fit the others."""


class OptionError(HeedfulError):
    """A name, key, flag or value that is not one of those possible."""


class DataError(HeedfulError):
    """A text file that cannot be used; the message names the file, the line and the way out."""


class RunError(HeedfulError):
    """A run directory that is missing, damaged, busy, or in the way."""


class LengthError(HeedfulError):
    """A text longer than the model's window; nothing is ever cut in silence."""


class QualityError(HeedfulError):
    """What was made is worse than what it was made of, by more than is allowed."""


class DependencyError(HeedfulError):
    """An optional package is missing; the message names the extra to install."""


def suggest(name: str, choices: Iterable[str]) -> str:
    """The tail of a message about an unknown name.

    Returns:
        "; did you mean 'x' or 'y'?" when it begins some choices or is close to one, in capitals or not, else "; choose
        from a, b, c".
    """
    known, typed = sorted(choices), name.lower()
    begun = [choice for choice in known if name and choice.lower().startswith(typed)]
    small = {choice.lower(): choice for choice in known}
    close = begun or [small[found] for found in difflib.get_close_matches(typed, small, n=1)]
    return f"; did you mean {' or '.join(map(repr, close))}?" if close else f"; choose from {', '.join(known)}"
