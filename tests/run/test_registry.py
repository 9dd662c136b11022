import json
import os
import shutil

import pytest
import torch

from heedful.errors import RunError
from heedful.run.checkpoint import save_checkpoint
from heedful.run.directory import RunDirectory
from heedful.run.registry import RunScore, find_runs
from tests.run.sample import finished_run


@pytest.fixture
def root(tmp_path):
    finished_run(tmp_path / "a")
    (tmp_path / "deep" / "er").mkdir(parents=True)
    finished_run(tmp_path / "deep" / "er" / "b")
    interrupted = RunDirectory.create(tmp_path / "c")
    for step in (100, 1200):
        save_checkpoint(interrupted.training, step, {"x": torch.zeros(2)}, {})
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "config.json").write_text("{}")
    (tmp_path / "file").write_text("")
    return tmp_path


def by_name(root, contents=True):
    return {item.name: item for item in find_runs(root, contents)}


def test_a_finished_run_says_all_about_itself(root):
    item = by_name(root)["deep/er/b"]
    assert (item.task, item.languages, item.state, item.problem) == ("translation", "zh-en, en-zh", "finished", "")
    assert item.scores == (RunScore("zh-en", "test", "bleu", 93.41), RunScore("en-zh", "dev", "bleu", 91.0))
    assert item.n_parameters == 10 * 4 + 4 * 4 + 4
    assert item.date.startswith("20")
    assert item.date.endswith("+00:00")
    assert item.to_json()["path"] == str(root / "deep" / "er" / "b")


def test_how_many_weights_were_learned_is_what_the_receipt_says(root):
    (root / "a" / "receipt.json").write_text('{"n_parameters": 7}')
    assert by_name(root)["a"].n_parameters == 7


def test_only_runs_are_found_and_each_once(root):
    assert sorted(by_name(root)) == ["a", "c", "deep/er/b"]
    assert [item.name for item in find_runs(root / "a")] == ["a"]


def test_an_interrupted_run_says_where(root):
    item = by_name(root)["c"]
    assert (item.state, item.task, item.scores, item.n_parameters) == ("interrupted at step 1200", "", (), None)
    RunDirectory.create(root / "d")
    (root / "d" / "training" / "metrics.jsonl").write_text("")
    assert by_name(root)["d"].state == "interrupted at step 0"


@pytest.mark.parametrize(
    ("directions", "scores"),
    [
        ([["zh", "en"]], (RunScore("zh-en", "dev", "bleu", 21.0),)),
        (
            [["zh", "en"], ["en", "zh"]],
            (RunScore("zh-en", "dev", "bleu", 30.5), RunScore("en-zh", "dev", "bleu", 11.5)),
        ),
        ("lost", ()),
    ],
)
def test_an_unfinished_run_says_the_best_so_far(root, directions, scores):
    run = RunDirectory(root / "c")
    run.config.write_text(json.dumps({"task": "translation", "directions": directions}))
    figures = [(10, 12.0, 20.0, 4.0), (20, 21.0, 30.5, 11.5), (30, 20.0, 35.0, 5.0)]
    names = ("step", "dev_score", "dev_bleu_zh_en", "dev_bleu_en_zh")
    rows = [{**dict(zip(names, row, strict=True)), "dev_bleu": row[1]} for row in figures]
    rows[1:1] = [{"step": 15, "loss": 3.0}, {"step": 16, "dev_score": None}]
    torn = b'{"step": 40, "dev_score": 99'
    run.metrics.write_bytes("".join(f"{json.dumps(row)}\n" for row in rows).encode() + torn)
    assert by_name(root)["c"].scores == scores


def test_a_running_one_is_seen(root):
    with RunDirectory(root / "c").lock():
        assert by_name(root)["c"].state == "running"
    assert by_name(root)["c"].state == "interrupted at step 1200"


def test_a_start_that_failed_is_no_run(root):
    failed = RunDirectory.create(root / "e")
    with failed.lock():
        assert by_name(root)["e"].state == "running"
    assert "e" not in by_name(root)
    failed.begun.mkdir()
    assert by_name(root)["e"].state == "interrupted at step 0"


def test_damage_is_seen_and_explained(root):
    path = root / "a" / "model.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    item = by_name(root)["a"]
    assert item.state == "damaged"
    assert "model.safetensors is damaged or was edited" in item.problem
    assert by_name(root, contents=False)["a"].state == "finished"
    path.write_bytes(content[:-1])
    assert by_name(root, contents=False)["a"].state == "damaged"


@pytest.mark.parametrize("name", ["config.json", "scores.json", "model.safetensors"])
@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff\xff\xff\xff\xff\xff\xff\xff", b'{"scores": [{}]}', None])
def test_whatever_is_damaged_the_list_is_made(root, name, content):
    path = root / "a" / name
    path.unlink()
    if content is not None:
        path.write_bytes(content)
    item = by_name(root)["a"]
    assert item.state == "damaged"
    assert name in item.problem


def test_without_its_manifest_a_copy_is_damaged(root):
    (root / "a" / "manifest.json").unlink()
    shutil.rmtree(root / "a" / "training")
    assert by_name(root)["a"].problem.endswith("manifest.json is missing: it was copied in part; copy it again")


def test_the_latest_comes_first(root):
    for age, name in enumerate(("deep/er/b/manifest.json", "a/manifest.json", "c/training")):
        os.utime(root / name, (1_700_000_000 - age * 1000, 1_700_000_000 - age * 1000))
    assert [item.name for item in find_runs(root)] == ["deep/er/b", "a", "c"]


@pytest.mark.parametrize(
    ("said", "shown"),
    [("2026-11-20 14:05+00:00", "2026-11-20T14:05:00+00:00"), ("2025-03-04", "2025-03-04")],
)
def test_a_copy_is_as_old_as_its_run(root, said, shown):
    (root / "a" / "receipt.json").write_text(json.dumps({"date": said}))
    os.utime(root / "a" / "manifest.json", (1_700_000_000, 1_700_000_000))
    assert by_name(root)["a"].date == shown


def test_links_and_hidden_folders_are_not_followed(root):
    (root / "loop").symlink_to(root)
    shutil.copytree(root / "a", root / ".trash" / "a")
    assert sorted(by_name(root)) == ["a", "c", "deep/er/b"]


def test_no_folder_is_an_error(tmp_path):
    with pytest.raises(RunError, match="none is not a folder"):
        find_runs(tmp_path / "none")
    assert find_runs(tmp_path) == []
