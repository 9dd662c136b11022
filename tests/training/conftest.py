import os

import pytest


@pytest.fixture(autouse=True)
def nobody_waits_for_the_disk(monkeypatch):
    """No power fails during these tests; a killed process loses nothing that it wrote."""
    monkeypatch.setattr(os, "fsync", lambda descriptor: None)
