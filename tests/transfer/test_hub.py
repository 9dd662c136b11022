"""Names of the hub, and what stands in its cache; the network is never asked."""

import pytest

from heedful.errors import OptionError, RunError
from heedful.transfer import hub


@pytest.fixture(autouse=True)
def offline(monkeypatch, tmp_path):
    constants = pytest.importorskip("huggingface_hub.constants", reason="the extra 'hub' is not installed")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))


def cached(root, *files):
    """A model as the library keeps it."""
    folder = root / "models--some--one"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs/main").write_text("0" * 40)
    found = folder / "snapshots" / ("0" * 40)
    found.mkdir(parents=True)
    for name in files:
        (found / name).write_text("{}")
    return found


@pytest.mark.parametrize("weights", ["model.safetensors", "pytorch_model.bin"])
def test_what_was_fetched_before_is_found(weights, tmp_path):
    expected = cached(tmp_path, "config.json", weights)
    assert hub.snapshot("hub:some/one", fetch=False) == expected


def test_what_was_not_is_not_fetched_unasked(tmp_path):
    with pytest.raises(RunError, match="hub:some/one is not among what was fetched before: fetch it with --fetch"):
        hub.snapshot("hub:some/one", fetch=False)
    with pytest.raises(RunError, match=r"hub:some/one (cannot be fetched|is not among)"):
        hub.snapshot("hub:some/one", fetch=True)


@pytest.mark.parametrize("name", ["hub:", "hub:one", "hub:../../etc", "hub:a/b/c", "hub:a b/c"])
def test_other_names_are_none(name):
    assert hub.is_hub(name)
    with pytest.raises(OptionError, match="as hub:OWNER/NAME: got"):
        hub.snapshot(name, fetch=False)


def test_folders_are_no_names():
    assert not hub.is_hub("some/one")
