import json

import pytest

from heedful.errors import RunError
from heedful.run.manifest import check_manifest, inventory, write_manifest


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(bytes(range(16)))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "名.txt").write_text("x")
    (tmp_path / ".hidden").write_text("x")
    (tmp_path / "training").mkdir()
    (tmp_path / "training" / "metrics.jsonl").write_text("x")
    write_manifest(tmp_path)
    return tmp_path


def test_it_covers_what_is_shipped_and_only_that(folder):
    digests = check_manifest(folder, required=("config.json",))
    assert list(digests) == ["config.json", "model.safetensors", "sub/名.txt"]
    # sha256 of "{}", from the shell: printf '{}' | sha256sum
    assert digests["config.json"] == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


def test_files_it_does_not_list_are_fine(folder):
    (folder / "notes.txt").write_text("x")
    (folder / "training" / "metrics.jsonl").write_text("y")
    check_manifest(folder)


def test_every_flipped_bit_of_a_file_is_noticed_and_named(folder):
    path = folder / "model.safetensors"
    content = path.read_bytes()
    for bit in range(8 * len(content)):
        damaged = bytearray(content)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        with pytest.raises(RunError, match=r"model\.safetensors is damaged or was edited"):
            check_manifest(folder)


def test_a_flipped_bit_in_every_byte_of_the_manifest_is_noticed(folder):
    path = folder / "manifest.json"
    content = path.read_bytes()
    for index in range(len(content)):
        damaged = bytearray(content)
        damaged[index] ^= 1 << (index * 5 % 8)
        path.write_bytes(damaged)
        with pytest.raises(RunError, match=r"manifest\.json"):
            check_manifest(folder)


def test_a_manifest_cut_anywhere_is_noticed(folder):
    content = (folder / "manifest.json").read_bytes()
    for size in range(len(content)):
        (folder / "manifest.json").write_bytes(content[:size])
        with pytest.raises(RunError, match=r"manifest\.json is damaged itself"):
            check_manifest(folder)


def test_missing_and_cut_files_are_named(folder):
    (folder / "config.json").unlink()
    (folder / "model.safetensors").write_bytes(b"123")
    with pytest.raises(
        RunError, match=r"config\.json is missing; .*model\.safetensors is damaged: 3 bytes instead of 16"
    ):
        check_manifest(folder)


def test_only_three_of_many_wrong_files_are_listed(tmp_path):
    for index in range(5):
        (tmp_path / f"f{index}").write_text("x")
    write_manifest(tmp_path)
    for index in range(5):
        (tmp_path / f"f{index}").unlink()
    with pytest.raises(RunError, match=r"f2 is missing \(and 2 more files\); copy it again"):
        check_manifest(tmp_path)


def test_a_file_that_became_a_folder_is_missing(folder):
    (folder / "config.json").unlink()
    (folder / "config.json").mkdir()
    with pytest.raises(RunError, match=r"config\.json is missing"):
        check_manifest(folder)


def test_without_a_manifest_the_run_is_unfinished(folder):
    (folder / "manifest.json").unlink()
    with pytest.raises(RunError, match="the run is unfinished or was copied in part"):
        check_manifest(folder)
    with pytest.raises(RunError, match="is not a folder"):
        check_manifest(folder / "none")


def test_another_folders_manifest_is_noticed(folder):
    with pytest.raises(RunError, match=r"does not list tokenizer\.json"):
        check_manifest(folder, required=("tokenizer.json",))


@pytest.mark.parametrize("content", ["[]", "null", '"x"', '{"files": []}', '{"files": {"a": 1}}', "[" * 100_000])
def test_json_that_is_no_manifest_is_damage(folder, content):
    (folder / "manifest.json").write_text(content)
    with pytest.raises(RunError, match=r"manifest\.json is damaged itself"):
        check_manifest(folder)


def test_it_is_the_same_for_the_same_files(folder):
    content = (folder / "manifest.json").read_bytes()
    write_manifest(folder)
    assert (folder / "manifest.json").read_bytes() == content
    assert json.loads(content)["files"]["config.json"]["bytes"] == 2


def test_the_inventory_names_every_file(folder):
    assert inventory(folder) == (dict.fromkeys(check_manifest(folder), ""), [])
    (folder / "config.json").unlink()
    (folder / "model.safetensors").write_bytes(b"123")
    (folder / "sub" / "名.txt").write_text("y")
    (folder / "sub" / "notes.txt").write_text("x")
    listed, unlisted = inventory(folder)
    assert list(listed) == ["config.json", "model.safetensors", "sub/名.txt"]
    assert listed["config.json"].endswith("config.json is missing")
    assert "3 bytes instead of 16" in listed["model.safetensors"]
    assert "was edited" in listed["sub/名.txt"]
    assert unlisted == ["sub/notes.txt"]
    (folder / "manifest.json").unlink()
    with pytest.raises(RunError, match=r"manifest\.json is missing"):
        inventory(folder)
