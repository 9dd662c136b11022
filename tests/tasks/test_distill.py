"""From a teacher to a student: whole, stopped on the way, refused, and of another family."""

import json
import shutil
from pathlib import Path

import pytest

from heedful.compression.parity import Parity
from heedful.data.text import ParallelText
from heedful.errors import OptionError, QualityError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.manifest import check_manifest
from heedful.run.receipt import read_receipt
from heedful.tasks import lesson, parity
from heedful.tasks.compress import CompressOptions, compress
from heedful.tasks.distill import distill, learn, teach
from heedful.tasks.distillation import DistillOptions
from heedful.tasks.models import compression_of
from heedful.tasks.request import TranslationOptions
from heedful.tasks.teacher import manifest_hash
from heedful.tasks.translation import train_translation
from heedful.tasks.translator import Translator
from heedful.training.progress import Silent
from tests.tasks.tiny import small


@pytest.fixture(autouse=True)
def light(monkeypatch):
    """Memory is weighed in processes of their own, which the tests of parity start."""
    monkeypatch.setattr(parity, "peak_bytes", lambda *asked: None)


def ask(out: Path, **changes: object) -> DistillOptions:
    return DistillOptions(**{"out": out, "encoder_layers": 2, "decoder_layers": 1, "steps": 4, **changes})


def few(texts: Path, folder: Path, n: int = 12, source: str = "zh", target: str = "en") -> dict[str, Path]:
    """Files of the first few pairs, and those that test."""
    folder.mkdir()
    named = {}
    for side, language in (("source", source), ("target", target)):
        lines = (texts / f"train.{language}").read_text(encoding="utf-8").splitlines(keepends=True)[:n]
        named[side] = folder / f"few.{language}"
        named[side].write_text("".join(lines), encoding="utf-8")
        named |= {f"{part}_{side}": texts / f"{part}.{language}" for part in ("dev", "test")}
    return named


def make(teacher: Path, options: DistillOptions, **more: object):
    with small():
        return distill(teacher, options, **more)


class Crash(Silent):
    """Ends the process, as it were, after a step."""

    def step(self, progress):
        if progress.step == 3:
            raise Stop


class Stop(Exception):
    """Thrown by a watcher."""


def test_a_student_has_its_teachers_words_and_what_tests_it(tiny, tmp_path):
    texts = few(tiny.texts, tmp_path / "texts")
    published = make(tiny.both, ask(tmp_path / "s", **texts))
    student, teacher = Translator.load(tmp_path / "s"), Translator.load(tiny.both)
    assert (tmp_path / "s" / "tokenizer.json").read_bytes() == (tiny.both / "tokenizer.json").read_bytes()
    assert student.directions == teacher.directions
    shape = student.model.architecture
    assert (shape.n_encoder_layers, shape.n_decoder_layers, shape.d_model) == (2, 1, 16)
    mine, its = read_receipt(tmp_path / "s"), read_receipt(tiny.both)
    # Of the caller's own files, not of what the teacher wrote.
    assert [file.name for file in mine.data][:2] == ["few.zh", "few.en"]
    assert list(mine.data[2:]) == list(its.data[2:])
    assert mine.held_out == its.held_out
    assert mine.command == (
        "heedful distill both --source few.zh --target few.en --dev-source dev.zh --dev-target dev.en "
        "--test-source test.zh --test-target test.en --source-language zh --target-language en --out s "
        "--encoder-layers 2 --decoder-layers 1 --steps 4"
    )
    given = list(ParallelText(texts["source"], texts["target"]).pairs())
    learned = list(ParallelText(tmp_path / "s" / "training" / "lesson" / "text" / "train.tsv").pairs())
    # The slow and obvious way, for a few: one sentence at a time.
    for (source, target), mine in zip(given[:3], learned[:3], strict=True):
        (answer,) = teacher.answer([source], to="en").answers
        assert mine == (source, answer[0].text if answer[0].stopped == "eos" and answer[0].text else target)
    assert [target for _, target in learned[len(given) :]] == [target for _, target in given]
    compared = json.loads((tmp_path / "s" / "scores.json").read_text())["parity"]
    assert [(each["source"], each["target"]) for each in compared["directions"]] == [("zh", "en"), ("en", "zh")]
    card = (tmp_path / "s" / "README.md").read_text()
    assert f"It is a student of both (sha256 of its manifest: {manifest_hash(tiny.both)[:16]}" in card
    assert "its translations of the sources" in card
    assert published.parameters == sum(parameter.numel() for parameter in student.model.parameters())


def test_a_transformer_learns_the_words_of_an_rnn_and_goes_on_to_the_same_bits(tiny, tmp_path):
    texts = few(tiny.texts, tmp_path / "texts", 12, "en", "zh")
    options = {
        **texts,
        "level": "both",
        "temperature": 2.0,
        "preset": "6-1",
        "encoder_layers": None,
        "decoder_layers": None,
    }
    make(tiny.rnn, ask(tmp_path / "a", **options))
    assert Translator.load(tmp_path / "a").model.architecture.n_encoder_layers == 6
    with pytest.raises(Stop):
        make(tiny.rnn, ask(tmp_path / "b", **options), watch=lambda outlook: Crash())
    with pytest.raises(RunError, match=r"go on with: heedful distill .*rnn --out .*b --resume"):
        train_translation(TranslationOptions(out=tmp_path / "b", resume=True))
    make(tiny.rnn, DistillOptions(out=tmp_path / "b", resume=True))
    weights = [(tmp_path / name / "model.safetensors").read_bytes() for name in "ab"]
    assert weights[0] == weights[1]
    card = (tmp_path / "b" / "README.md").read_text()
    assert "share 0.5, temperature 2" in card


def test_a_lesson_that_was_stopped_goes_on(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(lesson, "PIECE", 5)
    texts = few(tiny.texts, tmp_path / "texts")
    calls = []
    whole = Translator.answer

    def answer(self, texts, **more):
        calls.append(len(texts))
        if len(calls) == 3:
            raise KeyboardInterrupt
        return whole(self, texts, **more)

    monkeypatch.setattr(Translator, "answer", answer)
    with pytest.raises(KeyboardInterrupt):
        teach(tiny.both, ask(tmp_path / "s", **texts))
    with pytest.raises(RunError, match="go on with --resume"):
        teach(tiny.both, ask(tmp_path / "s", **texts))
    teach(tiny.both, ask(tmp_path / "s", resume=True))
    # Three pieces in two directions; the third call is made again.
    assert calls == [5, 5, 5, 5, 5, 2, 2]
    assert (tmp_path / "s" / "training" / "lesson" / "text" / "train.tsv").is_file()


def test_a_student_that_loses_too_much_is_not_written_unless_that_is_accepted(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(Parity, "within", lambda self, allowed_loss: False)
    with pytest.raises(QualityError, match=r"loses more than .*its training is kept: `heedful distill .*--resume`"):
        make(tiny.both, ask(tmp_path / "s", level="word", steps=2, **few(tiny.texts, tmp_path / "texts")))
    with pytest.raises(RunError, match="is not finished"):
        RunDirectory.open(tmp_path / "s")
    make(tiny.both, DistillOptions(out=tmp_path / "s", resume=True, accept_loss=True))
    check_manifest(tmp_path / "s")
    assert "The loss was accepted with --accept-loss." in (tmp_path / "s" / "README.md").read_text()
    assert read_receipt(tmp_path / "s").command.endswith("--steps 2 --accept-loss")
    assert not [path for path in (tmp_path / "s" / "training").iterdir() if path.name.startswith(".")]


@pytest.mark.slow
def test_an_int8_teacher_and_an_int8_student(tiny, tmp_path):
    texts = few(tiny.texts, tmp_path / "texts")
    compress(tiny.both, CompressOptions(tmp_path / "t", accept_loss=True))
    make(tmp_path / "t", ask(tmp_path / "s", level="word", steps=2, int8=True, accept_loss=True, **texts))
    assert compression_of(RunDirectory(tmp_path / "s")) is None
    made_of = compression_of(RunDirectory(tmp_path / "s-int8"))["made_of"]
    assert made_of["name"] == "s"
    check_manifest(tmp_path / "s-int8")
    assert read_receipt(tmp_path / "s").command.endswith("--steps 2 --accept-loss --int8")
    shutil.rmtree(tmp_path / "s")
    with pytest.raises(RunError, match="s-int8 exists already"):
        make(tmp_path / "t", ask(tmp_path / "s", int8=True))


def test_no_student_is_made_inside_its_teacher(tiny):
    with pytest.raises(RunError, match="which is not to be changed"):
        teach(tiny.both, ask(tiny.both / "s"))


def test_what_is_refused_leaves_nothing(tiny, tmp_path):
    def refused(error, said, teacher=tiny.both, **changes):
        with pytest.raises(error, match=said):
            make(teacher, ask(tmp_path / "s", **changes))
        assert not (tmp_path / "s").exists()

    refused(OptionError, "preset '7-1' is not known", preset="7-1", encoder_layers=None, decoder_layers=None)
    refused(RunError, "did you mean|does not exist", teacher=tmp_path / "nobody")
    refused(RunError, "is no run directory|config.json is missing", teacher=tiny.texts)
    refused(OptionError, "the teacher translates zh → en", source_language="fr")
    copy = shutil.copytree(tiny.rnn, tmp_path / "t")
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, "task": "classification"}))
    refused(RunError, "config.json|expected a translator", teacher=copy)
    with pytest.raises(RunError, match="nothing to resume"):
        make(tiny.both, DistillOptions(out=tmp_path / "s", resume=True))


def test_what_goes_on_is_what_was_begun(tiny, tmp_path):
    pupil = teach(tiny.rnn, ask(tmp_path / "s", level="word", allowed_loss=2.0))
    with pytest.raises(OptionError, match=r"the teacher of .*s is .*rnn: got .*both"):
        teach(tiny.both, DistillOptions(out=tmp_path / "s", resume=True))
    with pytest.raises(OptionError, match="begun with another --seed"):
        teach(tiny.rnn, DistillOptions(out=tmp_path / "s", resume=True, seed=5))
    with pytest.raises(OptionError, match="nan"):
        teach(tiny.rnn, DistillOptions(out=tmp_path / "s", resume=True, allowed_loss=float("nan")))
    (tmp_path / "s" / "training" / "lesson" / "text" / ".x.tmp").touch()
    again = teach(tiny.rnn, DistillOptions(out=tmp_path / "s", resume=True))
    assert again.sources.train == pupil.sources.train
    assert again.plan.options.may_lose == 2
    anew = teach(tiny.rnn, DistillOptions(out=tmp_path / "s", resume=True, allowed_loss=3.0))
    assert anew.plan.options.may_lose == 3
    with small():
        assert learn(again).result.step == 4
