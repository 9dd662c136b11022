"""Lines in, vectors out."""

import json

import numpy as np

from heedful.tasks.embedder import Embedder
from tests.cli.commands import refused, run


def test_a_list_to_a_line(tiny, capsys):
    code, out, err = run(capsys, "embed", tiny.both, typed="good\nmorning all\n")
    assert (code, err) == (0, "")
    found = np.array([json.loads(line) for line in out.splitlines()])
    np.testing.assert_allclose(found, Embedder.load(tiny.both).embed(["good", "morning all"]), atol=1e-5)


def test_a_file_of_all(tiny, tmp_path, capsys):
    path = tmp_path / "x.npy"
    code, out, _ = run(capsys, "embed", tiny.both, "--normalise", "--out", path, typed="good\nmorning\n")
    assert (code, out) == (0, "")
    found = np.load(path)
    assert found.shape == (2, Embedder.load(tiny.both).width)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, rtol=1e-5)
    assert "exists already" in refused(capsys, "embed", tiny.both, "--out", path, typed="a\n")


def test_what_is_wrong_is_said(tiny, tmp_path, capsys):
    assert "line 2 is empty" in refused(capsys, "embed", tiny.both, typed="a\n\n")
    assert "a new .npy file" in refused(capsys, "embed", tiny.both, "--out", tmp_path / "x.txt", typed="a\n")
    assert not (tmp_path / "x.txt").exists()
