"""The public names and verbs: a new one is added here on purpose, a lost one breaks somebody's script."""

import heedful
from heedful.cli.main import VERBS

NAMES = {"__version__"}
VERB_NAMES = {"doctor"}


def test_public_names():
    assert set(heedful.__all__) == NAMES
    assert all(getattr(heedful, name) is not None for name in NAMES)


def test_verbs():
    assert set(VERBS) == VERB_NAMES


def test_the_version_is_that_of_a_release():
    parts = heedful.__version__.split(".")
    assert len(parts) == 3
    assert all(part.isdigit() for part in parts)
