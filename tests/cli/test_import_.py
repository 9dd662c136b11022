"""`heedful import`: a few lines or JSON, and one line for a mistake."""

import json

import torch

from tests.cli.commands import refused, run
from tests.transfer import foreign_folder


class Program:
    """More than tensors."""

    def __reduce__(self):
        return print, ("run",)


def test_it_says_what_it_is_and_what_was_left_out(tmp_path, capsys):
    foreign_folder.write(tmp_path / "there", "bert", {"classifier.bias": torch.ones(2)}, output="transformed")
    out = tmp_path / "run"
    code, said, _ = run(capsys, "import", tmp_path / "there", "--out", out)
    assert code == 0
    assert said.startswith(f"{out}: bert, for the task encoder, ")
    assert "no part of the model reads it: classifier.bias" in said
    assert f"use        heedful embed {out} < texts.txt, or" in said
    assert f'fill gaps  heedful generate {out} --fill "the <mask> sat"' in said


def test_that_a_head_is_missing_is_said_at_once(tmp_path, capsys):
    foreign_folder.write(tmp_path / "there", "bert")
    _, said, _ = run(capsys, "import", tmp_path / "there", "--out", tmp_path / "run")
    assert "fill gaps  not this one: its file has no head for masked words" in said


def test_json(tmp_path, capsys):
    foreign_folder.write(tmp_path / "opus-mt-de-en", "marian")
    code, said, _ = run(capsys, "import", tmp_path / "opus-mt-de-en", "--out", tmp_path / "run", "--json")
    found = json.loads(said)
    assert (code, found["task"], found["directions"]) == (0, "translation", [["de", "en"]])
    assert found["path"] == str(tmp_path / "run")


def test_an_imported_model_is_exported_again(tmp_path, capsys):
    foreign_folder.write(tmp_path / "there", "gpt2")
    run(capsys, "import", tmp_path / "there", "--out", tmp_path / "run")
    code, said, _ = run(capsys, "export", tmp_path / "run", "--to", "huggingface", "--out", tmp_path / "back")
    assert (code, said) == (0, f"{tmp_path / 'back'}: gpt2, for GPT2LMHeadModel of transformers\n")


def test_mistakes_are_one_line(tmp_path, capsys):
    folder, out = tmp_path / "there", tmp_path / "run"
    assert "`heedful import` needs a model folder" in refused(capsys, "import", folder)
    assert "is not a folder" in refused(capsys, "import", folder, "--out", out)
    assert "as hub:OWNER/NAME" in refused(capsys, "import", "hub:nobody", "--out", out)
    foreign_folder.write(folder)
    (folder / "model.safetensors").unlink()
    torch.save({"a": Program()}, folder / "pytorch_model.bin")
    assert "holds more than tensors" in refused(capsys, "import", folder, "--out", out)
    assert not out.exists()
