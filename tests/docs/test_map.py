"""The map names what exists, all that a newcomer would look for, and the same in both languages."""

import re

import pytest

from tests.docs.pages import ROOT, files, read, tables

PAGES = ["docs/map.md", "docs/map.zh.md"]
# Inner parts, which their neighbours on the map lead to; each with the reason why nobody looks for it by itself.
LEFT_OUT = {
    "heedful/data/column.py": "arrays that grow on disk, for shards.py",
    "heedful/decoding/frontier.py": "what beams.py and paths.py have in common",
    "heedful/training/pace.py": "when to save and draw again, for loop.py",
    "heedful/training/progress.py": "the events that display.py shows",
}


def paths(page: str) -> list[str]:
    """The files in the right-hand column, in order."""
    return re.findall(r"`([\w/]+\.py)`", " ".join(row[1] for table in tables(read(page)) for row in table[1:]))


def modules() -> set[str]:
    """What should be on the map: not the words of the corpus, nor the verbs, which are files with their names."""
    found = {path.relative_to(ROOT).as_posix() for path in (ROOT / "heedful").rglob("*.py")}
    return {path for path in found if "__" not in path and not re.match(r"heedful/(data/phrasebook|cli)/", path)}


@pytest.mark.parametrize("page", PAGES)
def test_every_path_exists(page):
    found = files(read(page))
    assert len(found) > 70
    assert [path for path in sorted(found) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_every_row_names_a_file_and_no_file_stands_twice(page):
    for table in tables(read(page)):
        for wanted, place in table[1:]:
            assert wanted, place
            assert re.fullmatch(r"`[\w/]+\.py`((, |、)`[\w/]+\.py`)*", place), place
    assert len(paths(page)) == len(set(paths(page)))


def test_both_languages_name_the_same_files_in_the_same_order():
    assert paths(PAGES[0]) == paths(PAGES[1])


def test_every_module_is_on_the_map():
    missing = modules() - set(paths(PAGES[0])) - set(LEFT_OUT)
    assert not missing, f"put on docs/map.md and docs/map.zh.md: {', '.join(sorted(missing))}"


def test_what_is_left_out_exists_and_is_not_on_the_map():
    assert set(LEFT_OUT) <= modules() - set(paths(PAGES[0]))
