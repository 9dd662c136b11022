"""A package holds what Argos Translate looks for, and translates as the model does."""

import json
import sys
import zipfile

import pytest

from heedful.errors import DependencyError, OptionError
from heedful.transfer import argos, ctranslate2
from heedful.transfer.foreign import Exported
from tests.transfer.small import MODERN, TEXTS, TOKENIZER, brief, translator

pytest.importorskip("ctranslate2", reason="the extra 'export' is not installed")
pytest.importorskip("sentencepiece", reason="the extra 'export' is not installed")

BOTH = [("en", "zh"), ("zh", "en")]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("argos")
    model = brief(translator(TOKENIZER.vocab_size, **MODERN))
    exported = Exported(model, TOKENIZER, BOTH, argos.BEAM, argos.LENGTH_PENALTY)
    argos.write(folder, exported)
    return folder, exported


def test_each_direction_has_a_package_with_all_that_is_looked_for(made):
    folder, _ = made
    assert {path.name for path in folder.iterdir()} == {argos.package_name(direction) for direction in BOTH}
    with zipfile.ZipFile(folder / "translate-en_zh.argosmodel") as archive:
        names = {name.partition("/")[2] for name in archive.namelist()}
        assert {name.partition("/")[0] for name in archive.namelist()} == {"translate-en_zh"}
        metadata = json.loads(archive.read("translate-en_zh/metadata.json"))
    assert {"metadata.json", "sentencepiece.model", "README.md", "model/model.bin", "model/config.json"} <= names
    said = {name: metadata[name] for name in ("from_code", "from_name", "to_code", "to_name")}
    assert said == {"from_code": "en", "from_name": "English", "to_code": "zh", "to_name": "Chinese"}


@pytest.mark.parametrize(("direction", "texts"), [(BOTH[0], TEXTS[:2]), (BOTH[1], TEXTS[2:3])])
def test_it_writes_the_tokens_that_ctranslate2_writes_with_the_tag(made, direction, texts, tmp_path):
    folder, exported = made
    ctranslate2.write(tmp_path, exported)
    tokens, said = argos.run(folder, exported, direction)(texts)
    expected, decoded = ctranslate2.run(tmp_path, exported, direction)(texts)
    assert any(expected)
    assert tokens == expected
    assert said == [text.replace("_", " ") for text in decoded]


def test_the_same_model_is_the_same_package(made, tmp_path):
    folder, exported = made
    argos.write(tmp_path, exported)
    name = argos.package_name(BOTH[0])
    assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_what_ctranslate2_cannot_express_is_refused():
    with pytest.raises(OptionError, match="relu2"):
        argos.check(translator(activation="relu2"))


def test_both_libraries_are_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentencepiece", None)
    with pytest.raises(DependencyError, match=r"sentencepiece is missing .*heedful\[export\]"):
        argos.need()


def test_the_readme_names_the_packages(made):
    page = argos.use("here", made[1])
    assert '"here/translate-en_zh.argosmodel"' in page
    assert '"en", "zh"' in page
    assert "`translate-zh_en.argosmodel`" in page
