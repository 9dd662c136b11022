"""Two translators by turns: every sentence once by each, in its place, on the sentences that the run was scored on."""

import json
import shutil
from pathlib import Path

import pytest

from heedful.compression.parity import Outputs
from heedful.data.text import ParallelText
from heedful.errors import DataError, QualityError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.facts import read_scores
from heedful.run.receipt import HeldOut, read_receipt
from heedful.tasks import parity
from heedful.tasks.parity import alternate, decoder, held_out, prove
from heedful.tasks.questions import Questions
from heedful.tasks.translator import Translator
from tests.tasks.tiny import COUNTS


@pytest.fixture(scope="module")
def run(tiny):
    return RunDirectory(tiny.both)


@pytest.fixture(scope="module")
def translator(tiny):
    return Translator.load(tiny.both)


def listener(name, heard):
    def decode(sources):
        heard.append((name, len(sources)))
        return Outputs([[int(source)] for source in sources], [f"{name}{source}" for source in sources], 0.5)

    return decode


@pytest.mark.parametrize("n_sentences", [1, 7, 113, 203])
def test_every_sentence_once_by_each_in_its_place(n_sentences):
    heard = []
    sources = [str(number) for number in range(n_sentences)]
    one, other = alternate(listener("a", heard), listener("b", heard), sources)
    assert one.texts == [f"a{source}" for source in sources]
    assert other.tokens == [[number] for number in range(n_sentences)]
    # The first call of each is a warm-up and counts for nothing.
    turns = heard[2:]
    assert one.seconds == other.seconds == len(turns) / 4
    assert sum(count for name, count in turns if name == "a") == n_sentences
    assert [name for name, _ in turns] == list("abbaabba"[: len(turns)])


def test_the_sentences_are_those_of_the_scores(tiny, run):
    trial = held_out(run)
    sides = ((tiny.texts / f"test.{language}").read_text().splitlines() for language in ("zh", "en"))
    assert (trial.data, list(trial.pairs)) == ("test", list(zip(*sides, strict=True)))
    assert trial.along(("en", "zh"), ("zh", "en")) == [(target, source) for source, target in trial.pairs]
    known = read_receipt(tiny.rnn).held_out
    own = held_out(RunDirectory(tiny.rnn))
    assert known == {own.data: HeldOut.of(own.pairs)}


def test_given_sentences_are_known_by_what_they_are(tiny, run):
    def given(part):
        text = ParallelText(tiny.texts / f"{part}.zh", tiny.texts / f"{part}.en")
        return held_out(run, Questions(text, list(text.pairs()), ("zh", "en")))

    assert given("test") == held_out(run)
    assert (given("dev").data, len(given("dev").pairs)) == ("dev.zh", COUNTS["dev"])


def test_without_sentences_it_says_what_to_give(tiny, tmp_path):
    bare = shutil.copytree(tiny.both, tmp_path / "bare", ignore=shutil.ignore_patterns("training"))
    with pytest.raises(DataError, match="--source and --target"):
        held_out(RunDirectory(bare))
    (bare / "receipt.json").unlink()
    with pytest.raises(RunError, match=r"receipt\.json is missing"):
        held_out(RunDirectory(bare))


def test_lines_without_text_on_both_sides_are_left_out(run):
    text = ParallelText(Path("a"), Path("b"))
    assert held_out(run, Questions(text, [("好", " "), ("好", "y"), ("", "y")], ("zh", "en"))).pairs == [("好", "y")]
    with pytest.raises(DataError, match="a holds no pairs"):
        held_out(run, Questions(text, [("好", " "), ("", "y")], ("zh", "en")))


def test_text_in_another_script_would_prove_nothing(run):
    text = ParallelText(Path("a"), Path("b"))
    with pytest.raises(DataError, match=r"a: the source seems to be in the Latin script, not in 'zh'.*of the run"):
        held_out(run, Questions(text, [("a dog runs", "a dog runs")], ("zh", "en")))


def test_a_decoder_answers_as_its_translator(translator, run):
    sources = [source for source, _ in held_out(run).pairs]
    found = decoder(translator, ("zh", "en"))(sources)
    assert found.texts == translator.translate(sources, to="en")
    assert [translator.tokenizer.decode(list(ids)) for ids in found.tokens] == found.texts
    assert found.seconds > 0


def test_a_model_beside_itself_keeps_its_scores(translator, run):
    proof = prove(translator, translator, held_out(run))
    assert list(proof.parities) == [("zh", "en"), ("en", "zh")]
    assert [item.figures for item in read_scores(run.scores)] == [each.to_json() for each in proof.scores.values()]
    assert all(each.tokens == 1 and each.bleu.difference == 0 for each in proof.parities.values())
    proof.require(0)
    values = json.loads(json.dumps(proof.to_json(), allow_nan=False))
    assert [(each["source"], each["tokens"]) for each in values["directions"]] == [("zh", 1), ("en", 1)]


def test_another_model_is_refused_by_the_direction_that_loses(translator, run):
    class Worse:
        directions, search = translator.directions, translator.search

        def answer(self, texts, to):
            return translator.answer(texts if to == "zh" else ["?"] * len(texts), to=to)

    with pytest.raises(QualityError, match="zh → en loses more than 0 BLEU"):
        prove(Perfect(translator, run), Worse(), held_out(run)).require(0)


class Perfect:
    """Answers with the reference."""

    def __init__(self, translator, run):
        self.translator, self.directions = translator, translator.directions
        self.known = dict(held_out(run).pairs)

    def answer(self, texts, to):
        from heedful.tasks.translator import Answer, Translations

        if to == "zh":
            return self.translator.answer(texts, to=to)
        return Translations([[Answer(self.known[text], 0.0, "eos")] for text in texts], {}, 1, 0.1)


def test_sizes_are_those_of_the_files_and_memory_that_of_a_process_alone(translator, run, monkeypatch):
    monkeypatch.setattr(parity, "peak_bytes", lambda path, sources, to: 7 if to == "en" else None)
    proof = prove(translator, translator, held_out(run), (run.path, run.path))
    sides = [each.candidate for each in proof.parities.values()]
    assert [(side.n_bytes, side.peak_bytes) for side in sides] == [
        (run.weights.stat().st_size, 7),
        (run.weights.stat().st_size, None),
    ]


def test_weighing_prints_bytes(run, capsys):
    parity.weigh({"path": str(run.path), "sources": ["你好"], "to": "en"})
    assert int(capsys.readouterr().out) > 50e6


@pytest.mark.slow
def test_a_new_process_is_weighed(run):
    found = parity.peak_bytes(run.path, ["你好"], "en")
    assert 50e6 < found < 4e9
