"""The proof that comes with a translator: figures that can be made again, a card and a report that agree with them."""

import json
import re
import shlex
from collections.abc import Iterable

import pytest
import sacrebleu

from heedful.decoding import Beam
from heedful.numerics import choose
from heedful.run.directory import RunDirectory
from heedful.run.facts import read_scores
from heedful.run.manifest import check_manifest
from heedful.tasks import evidence
from heedful.tasks.evidence import evaluate_pairs, how_to_translate, limits, machine, processor, versions
from heedful.tasks.translator import Translator
from tests.tasks.tiny import COUNTS

NAMES = ("bleu", "bleu_lowercase", "chrf", "ter")


@pytest.fixture(scope="module")
def translator(tiny):
    return Translator.load(tiny.both)


def read(tiny, source, target):
    sides = ((tiny.texts / f"test.{language}").read_text().splitlines() for language in (source, target))
    return list(zip(*sides, strict=True))


@pytest.fixture(scope="module")
def found(tiny, translator):
    return evaluate_pairs(translator, read(tiny, "zh", "en"), ("zh", "en"), Beam(2))


def test_scores_are_those_of_sacrebleu(tiny, translator, found):
    sources, references = zip(*read(tiny, "zh", "en"), strict=True)
    assert found.hypotheses == translator.translate(sources, to="en", search=Beam(2))
    assert found.scores.bleu.score == pytest.approx(sacrebleu.corpus_bleu(found.hypotheses, [references]).score)
    assert found.scores.chrf.score == pytest.approx(sacrebleu.corpus_chrf(found.hypotheses, [references]).score)
    assert found.tally.scores() == found.scores


def test_an_evaluation_as_json(found):
    values = found.to_json()
    assert set(values) == {*NAMES, "sentences", "seconds", "tokens_per_second"}
    for name in NAMES:
        assert set(values[name]) == {"score", "low", "high", "signature"}
        assert values[name]["low"] <= values[name]["score"] <= values[name]["high"]
    assert values["sentences"] == COUNTS["test"]
    assert values["tokens_per_second"] > 0
    json.dumps(values, allow_nan=False)


def test_the_stored_scores_are_those_of_evaluate(tiny, translator):
    stored = read_scores(tiny.both / "scores.json")
    assert [(item.source, item.target, item.data, item.n_sentences) for item in stored] == [
        ("zh", "en", "test", COUNTS["test"]), ("en", "zh", "test", COUNTS["test"]),
    ]  # fmt: skip
    for item in stored:
        pairs = read(tiny, item.source, item.target)
        again = evaluate_pairs(translator, pairs, (item.source, item.target), evidence.SEARCH).to_json()
        assert {name: again[name] for name in NAMES} == item.figures
    assert stored == tiny.published["both"].scores


def test_everything_is_there_and_in_the_manifest(tiny):
    for path in (tiny.both, tiny.rnn):
        shipped = {file.name for file in path.iterdir() if file.is_file()}
        assert shipped == {
            "config.json", "model.safetensors", "tokenizer.json", "generation_config.json", "scores.json", "README.md",
            "report.html", "receipt.json", "manifest.json",
        }  # fmt: skip
        assert set(check_manifest(path)) == shipped - {"manifest.json"}


def test_the_configuration_says_what_it_is(tiny):
    values = json.loads((tiny.rnn / "config.json").read_text())
    assert (values["task"], values["model"], values["directions"]) == ("translation", "rnn", [["en", "zh"]])
    assert values["architecture"]["n_layers"] == 2
    assert values["numerics"]["device"] == "cpu"
    assert values["several_sentences"] == {"en": 0.0, "zh": 0.0}
    search = json.loads((tiny.rnn / "generation_config.json").read_text())
    assert search == {"search": "beam", "width": 5, "length_penalty": 1.0, "n_best": 1}


def test_the_card_says_where_it_is_from(tiny):
    card = (tiny.both / "README.md").read_text(encoding="utf-8")
    for path in sorted(tiny.texts.glob("*.zh")):
        assert f"`{path.name}`" in card
    assert "120 train, 4 dev, 5 test" in card
    (line,) = [line for line in card.split("\n") if line.startswith("heedful train")]
    words = shlex.split(line)
    assert words[words.index("--steps") + 1] == "6"
    assert "--both-directions" in words
    assert str(tiny.texts) not in card
    assert "heedful translate both --to en < input.txt" in card


def test_the_report_shows_curves_sentences_and_attention(tiny):
    report = (tiny.both / "report.html").read_text(encoding="utf-8")
    for section in ("learning", "scores", "sentences", "attention", "data", "making"):
        assert f'<section id="{section}"' in report
    assert (tiny.texts / "test.zh").read_text().split("\n")[0] in report
    assert "http://" not in report.replace("http://www.w3.org", "")


def test_the_report_of_a_model_without_attention_leaves_it_out(tiny):
    report = (tiny.rnn / "report.html").read_text(encoding="utf-8")
    assert '<section id="attention"' not in report
    assert '<section id="scores"' in report


def test_attention_is_shown_of_sentences_that_can_be_read(tiny, translator):
    pairs = [("", "Nothing."), ("他来了。" * 30, "Long."), *[("他来了又走了。", "He came.")] * 9]
    hypotheses = ["x", "y", "", *["He came."] * 8]
    maps = evidence.attention_of(translator, ("zh", "en"), pairs, hypotheses)
    assert len(maps) == evidence.N_MAPS // 2
    assert all(4 <= len(item.source_pieces) <= 20 for item in maps)
    assert maps[0].caption == "zh → en"


def test_a_dev_set_that_chose_the_weights_is_called_so(tiny, tmp_path):
    from tests.tasks.tiny import ask, train_tiny

    published = train_tiny(
        ask(tiny.texts, tmp_path / "x", test_source=None, test_target=None, steps=1, both_directions=False)
    )
    assert [item.data for item in published.scores] == ["dev, by which the weights were chosen"]
    assert RunDirectory.open(tmp_path / "x").scores.is_file()


class Left:
    """Stands for what was prepared."""

    def __init__(self, n_long: int, several: tuple[float, ...] = (0.02, 0.02), findings: Iterable[dict] = ()) -> None:
        self.several = several
        self.corpus = self
        self.contents = self
        self.n_long, self.max_tokens, self.first_long = n_long, 250, 1234
        self.facts = {"verdict": {"findings": list(findings)}}


def test_what_was_left_out_is_a_limit():
    assert limits(Left(0)) == []
    (said,) = limits(Left(2000))
    assert said == (
        "It has seen no sentence of more than 250 tokens: 2,000 pairs of its text, the first in line 1,234, were left "
        "out for it."
    )


def test_a_model_of_single_sentences_says_so():
    assert limits(Left(0, ())) == []
    (said,) = limits(Left(0, (0.001, 0.02)))
    assert said == "It learned from one sentence a line: of a line that holds several it may leave some out."


def test_scores_on_leaked_sentences_are_a_limit():
    examples = [{"file": "/home/me/dev.de", "line": 3, "what": "is line 7 of train.de"}]
    kinds = ("duplicate", "leaked_pairs", "leaked_sentences")
    said = limits(Left(0, findings=[{"kind": kind, "count": 1200, "examples": examples} for kind in kinds]))
    assert said == [
        "Held-out pairs that stand in its training text: 1,200 in dev.de; scores there are too high.",
        "Held-out pairs with a sentence that stands in its training text: 1,200 in dev.de; scores there are too high.",
    ]


def test_machine_and_versions_are_named():
    assert re.search(r", (1 core|[2-9] cores|\d\d+ cores)$", processor())
    assert machine(choose("cpu"))["processor"] == processor()
    assert " on cpu, " in machine(choose("cpu"))["computing"]
    assert {"heedful", "python", "torch", "sacrebleu"} <= set(versions())


def test_how_far_it_is_is_told(translator):
    told = []
    evaluate_pairs(translator, [("He came.", "他来了。")], ("en", "zh"), Beam(1), lambda *news: told.append(news))
    assert told == [("translating en → zh", 1, 1), ("scoring en → zh", 0, 0)]


def test_pairs_are_translated_in_their_direction(translator):
    found = evaluate_pairs(translator, [("He came.", "他来了。")], ("en", "zh"), Beam(1))
    assert "tok:zh" in found.scores.bleu.signature
    assert found.sentences == 1


def test_how_it_is_used_is_quoted_and_says_where_to_only_when_it_must():
    one, both = (
        how_to_translate("runs/x", [("de", "en")]),
        how_to_translate("my run; rm it", [("zh", "en"), ("en", "zh")]),
    )
    assert one.shell == "heedful translate runs/x < input.txt > output.txt"
    assert one.python.endswith('model.translate(["..."])')
    assert both.shell == "heedful translate 'my run; rm it' --to en < input.txt > output.txt"
    assert both.python.endswith('model = heedful.load("my run; rm it")\nmodel.translate(["..."], to="en")')
