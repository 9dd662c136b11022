"""A run is exported whole, proven in its own runtime, or not at all."""

import json
import shutil
import sys

import pytest

from heedful.compression.parity import Outputs
from heedful.errors import DataError, DependencyError, OptionError, QualityError, RunError
from heedful.tasks import export as exports
from heedful.tasks.export import FORMATS, ExportOptions, export
from heedful.transfer import argos, foreign
from tests.tasks.tiny import contents

pytest.importorskip("ctranslate2", reason="the extra 'export' is not installed")
pytest.importorskip("sentencepiece", reason="the extra 'export' is not installed")


@pytest.fixture(autouse=True)
def _short_answers(monkeypatch):
    """The models have hardly learned to end a sentence."""
    monkeypatch.setattr(foreign, "MAX_ANSWER", 12)


def asked(tiny, out, **changes):
    return ExportOptions(**{"run": tiny.both, "to": "ctranslate2", "out": out, "accept_loss": True, **changes})


def test_the_folder_says_what_the_change_cost(tiny, tmp_path):
    before = contents(tiny.both)
    found = export(asked(tiny, tmp_path / "made"))
    assert list(found.parities) == [("zh", "en"), ("en", "zh")]
    page = (tmp_path / "made/README.md").read_text(encoding="utf-8")
    for direction, parity in found.parities.items():
        assert f"- {' → '.join(direction)}: {parity.said}." in page
        assert parity.candidate.n_bytes == (tmp_path / "made/model.bin").stat().st_size
    assert json.loads((tmp_path / "made/parity.json").read_text())["directions"][0]["sentences"] == 5
    assert {"model.bin", "config.json", "tokenizer.json"} <= contents(tmp_path / "made").keys()
    assert [path.name for path in tmp_path.iterdir()] == ["made"]
    assert contents(tiny.both) == before


def test_argos_gets_a_package_for_each_direction(tiny, tmp_path, monkeypatch):
    # A model that has hardly learned anything goes on to Argos's limit of 256 tokens.
    monkeypatch.setattr(argos, "run", lambda folder, exported, way: lambda texts: ([[5]] * len(texts), texts))
    export(asked(tiny, tmp_path / "made", to="argos", quantization="int8"))
    names = {"translate-zh_en.argosmodel", "translate-en_zh.argosmodel", "README.md", "parity.json"}
    assert contents(tmp_path / "made").keys() == names


def test_what_loses_too_much_is_not_written(tiny, tmp_path, monkeypatch):
    references = (tiny.texts / "test.en").read_text(encoding="utf-8").splitlines()

    def decoded(original, candidate, sources, tell):
        n = len(sources)
        return Outputs([[1]] * n, references, 1.0), Outputs([[2]] * n, ["No."] * n, 1.0)

    monkeypatch.setattr(exports, "alternate", decoded)
    with pytest.raises(QualityError, match=r"zh → en loses more than 0.5 BLEU .* nothing was written"):
        export(asked(tiny, tmp_path / "made", accept_loss=False))
    assert not list(tmp_path.iterdir())
    export(asked(tiny, tmp_path / "made"))
    assert "The loss was accepted with --accept-loss." in (tmp_path / "made/README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"to": "ctranslate"}, "format 'ctranslate' is not known; did you mean 'ctranslate2'"),
        ({"quantization": "int4"}, "quantization 'int4' is not known for --to ctranslate2"),
        ({"to": "huggingface", "quantization": "int8"}, "choose from float32"),
        ({"allowed_loss": -1.0}, "the allowed loss"),
    ],
)
def test_options_that_are_none_are_refused(changes, said, tiny, tmp_path):
    with pytest.raises(OptionError, match=said):
        asked(tiny, tmp_path / "made", **changes)


def test_runs_that_cannot_be_expressed_are_refused(tiny, tmp_path):
    with pytest.raises(OptionError, match="of the kind RNN: expected a Transformer"):
        export(asked(tiny, tmp_path / "made", run=tiny.rnn))
    with pytest.raises(OptionError, match=r"Marian's layout cannot express order='pre' .*--to ctranslate2"):
        export(asked(tiny, tmp_path / "made", to="huggingface"))
    assert not list(tmp_path.iterdir())


def test_places_that_are_taken_or_missing_are_refused(tiny, tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(RunError, match="exists already: nothing is written over"):
        export(asked(tiny, tmp_path / "taken"))
    with pytest.raises(RunError, match="does not exist: create it first"):
        export(asked(tiny, tmp_path / "no/where"))
    with pytest.raises(RunError, match="which is not to be changed"):
        export(asked(tiny, tiny.both / "made"))


def test_a_damaged_run_and_one_without_its_sentences_are_refused(tiny, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(tiny.both, run, ignore=shutil.ignore_patterns("training"))
    with pytest.raises(DataError, match="give test sentences with --source and --target"):
        export(asked(tiny, tmp_path / "made", run=run))
    with (run / "model.safetensors").open("r+b") as file:
        file.seek(-1, 2)
        file.write(b"\xff")
    with pytest.raises(RunError, match="is damaged"):
        export(asked(tiny, tmp_path / "made", run=run))


@pytest.mark.parametrize(("form", "package"), [("ctranslate2", "ctranslate2"), ("argos", "sentencepiece")])
def test_a_missing_library_is_named_before_anything_is_written(form, package, tiny, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(DependencyError, match=rf"{package} is missing .*heedful\[export\]"):
        export(asked(tiny, tmp_path / "made", to=form))
    assert not list(tmp_path.iterdir())


def test_every_format_has_what_is_asked_of_one():
    for form in FORMATS.values():
        assert "float32" in form.QUANTIZATIONS
        assert form.TITLE


def test_a_shortlist_goes_nowhere(tiny, tmp_path, monkeypatch):
    real = exports.Translator.load

    def load(*asked, **options):
        found = real(*asked, **options)
        found.shortlists = {("zh", "en"): None}
        return found

    monkeypatch.setattr(exports.Translator, "load", load)
    with pytest.raises(OptionError, match="ctranslate2 has no place for the shortlist"):
        export(asked(tiny, tmp_path / "made"))
    assert not list(tmp_path.iterdir())
