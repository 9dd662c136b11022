"""Texts in, texts out: order, empty lines, directions, prefixes, n-best, windows; and whatever is damaged is named."""

import copy
import json
import pickle
import shutil

import numpy as np
import pytest
import torch

from heedful.compression.shortlist import Shortlist
from heedful.data.tokenizer import EOS
from heedful.decoding import Beam, Greedy, Limits, Sampling
from heedful.errors import LengthError, OptionError, RunError, ShapeError
from heedful.interpretation.attention_maps import AttentionMap
from heedful.run.manifest import write_manifest
from heedful.run.weights import load_tensors, save_tensors
from heedful.tasks.models import snapshot
from heedful.tasks.translator import Answer, Translations, Translator
from tests.tasks.tiny import short_pairs

CHINESE = [chinese for chinese, _ in short_pairs("train", 4)]
ENGLISH = [english for _, english in short_pairs("train", 4)]
LONG = "x y " * 600


@pytest.fixture(scope="module")
def translator(tiny):
    return Translator.load(tiny.both)


@pytest.fixture(scope="module")
def one_way(tiny):
    return Translator.load(tiny.rnn)


def test_a_run_is_read_back_as_it_was_trained(tiny, translator):
    assert translator.directions == (("zh", "en"), ("en", "zh"))
    assert translator.search == Beam(5)
    stored = load_tensors(tiny.both / "model.safetensors")
    own = dict(translator.model.named_parameters())
    assert all(torch.equal(tensor.to(own[name].dtype), own[name]) for name, tensor in stored.items())
    assert not translator.model.training


def test_weights_can_be_kept_to_the_bit(tiny):
    exact = Translator.load(tiny.both, "cpu", compute="float32")
    for name, tensor in load_tensors(tiny.both / "model.safetensors").items():
        assert torch.equal(exact.model.get_parameter(name), tensor)
    assert exact.numerics.compute == "float32"


def test_the_order_is_kept_and_empty_lines_stay_empty(translator):
    texts = ["", *CHINESE, " \t", CHINESE[0], "\u3000"]
    found = translator.translate(texts, to="en")
    alone = [translator.translate([text], to="en")[0] for text in texts]
    assert found == alone
    assert [found[0], found[5], found[7]] == ["", "", ""]
    assert found[1] == found[6]


def test_scores_do_not_depend_on_the_company(translator):
    together = translator.answer(CHINESE, to="en").answers
    for text, answers in zip(CHINESE, together, strict=True):
        (alone,) = translator.answer([text], to="en").answers
        assert [answer.text for answer in alone] == [answer.text for answer in answers]
        assert alone[0].score == pytest.approx(answers[0].score, abs=1e-5)


def test_whether_it_reads_several_sentences_is_what_its_run_says(tiny, copied):
    assert Translator.load(tiny.both).several == {"zh": 0.0, "en": 0.0}
    changed(copied / "config.json", several_sentences={"zh": 0.02, "en": 0.001})
    write_manifest(copied)
    found = Translator.load(copied)
    assert [found.reads_several(language) for language in ("zh", "en", "de")] == [True, False, False]
    changed(copied / "config.json", several_sentences={})
    write_manifest(copied)
    assert not Translator.load(copied).reads_several("zh")


def test_spaces_do_not_matter_and_line_ends_are_spaces(translator):
    wide = ENGLISH[0].replace(" ", " \n\t ")
    assert translator.answer([f" {wide}\r\n"], to="zh").answers == translator.answer([ENGLISH[0]], to="zh").answers


def test_other_spaces_are_text(translator):
    assert translator._read("a\u00a0b\u3000c", "it") == translator.tokenizer.encode("a\u00a0b\u3000c")


@pytest.mark.parametrize(
    ("texts", "to", "direction"),
    [
        (CHINESE, None, ("zh", "en")),
        (ENGLISH, None, ("en", "zh")),
        (["", "", CHINESE[0]], None, ("zh", "en")),
        (ENGLISH, "en", ("zh", "en")),
        ([], "zh", ("en", "zh")),
    ],
)
def test_the_direction_is_said_or_seen(translator, texts, to, direction):
    assert translator.direction(texts, to) == direction


def test_a_single_direction_needs_no_word(one_way):
    assert one_way.direction(["我"], None) == one_way.direction([], "zh") == ("en", "zh")
    assert one_way.tag(("en", "zh")) is None


@pytest.mark.parametrize(
    ("texts", "to", "said"),
    [
        (["123"], None, "translates into en and zh: say which with --to"),
        (["Привет"], None, "say which with --to"),
        (ENGLISH, "eng", "does not translate into 'eng'; did you mean 'en'"),
        ([], "fr", "does not translate into 'fr'; choose from en, zh"),
        ([""], "fr", "does not translate into 'fr'"),
    ],
)
def test_what_is_unclear_or_unknown_is_refused(translator, texts, to, said):
    with pytest.raises(OptionError, match=said):
        translator.answer(texts, to=to)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ("我", "got '我'; put one sentence in a list"),
        (b"A dog.", "put one sentence in a list"),
        (None, "got 'None'; put one sentence in a list"),
        ({"我"}, "a set has no order to answer in"),
        ({"我": 1}, "a dict has no order to answer in"),
        (["我", None], "number 2 is NoneType, not str"),
        ([["我"]], "number 1 is list, not str"),
        (["我 \ud800"], "text 1 holds half a character"),
    ],
)
def test_what_is_no_list_of_texts_is_refused(translator, texts, said):
    with pytest.raises(ShapeError, match=said):
        translator.translate(texts, to="en")


def test_texts_may_come_one_by_one(translator):
    assert translator.translate((text for text in CHINESE), to="en") == translator.translate(CHINESE, to="en")


def test_a_text_without_anything_to_be_seen_is_empty(translator):
    assert translator.translate(["\u200b", "\ufeff \u200e", CHINESE[0]], to="en")[:2] == ["", ""]


def test_a_search_and_a_path_are_what_they_should_be(translator):
    with pytest.raises(OptionError, match="a search is Greedy"):
        translator.translate(CHINESE, to="en", search="beam")
    with pytest.raises(OptionError, match="does not translate into 3"):
        translator.translate(CHINESE, to=3)
    with pytest.raises(OptionError, match="named by its path: got None"):
        Translator.load(None)


def test_nothing_needs_no_direction(translator):
    found = translator.answer(["", "  "])
    assert (found.texts, found.tokens) == (["", ""], 0)
    assert translator.translate([]) == []


def test_the_tag_is_that_of_the_target(translator):
    assert translator.tag(("zh", "en")) == translator.tokenizer.tag_id("en") != translator.tag(("en", "zh"))
    scores = [translator.answer(ENGLISH[:1], to=to, search=Greedy()).answers[0][0].score for to in ("zh", "en")]
    assert scores[0] != scores[1]


@pytest.mark.parametrize("search", [Greedy(), Beam(3), Sampling(seed=3)])
def test_every_translation_begins_with_its_prefix(translator, search):
    prefixes = ["The old m", "", "Please"]
    texts = CHINESE[:2] + [""]
    found = translator.answer(texts, to="en", search=search, prefixes=prefixes).texts
    assert found[0].startswith("The old m")
    assert found[1] == translator.answer(texts[1:2], to="en", search=search).texts[0]
    assert found[2] == ""


def test_prefixes_are_as_many_as_texts(translator):
    with pytest.raises(ShapeError, match="each text needs a prefix, be it empty: got 2 texts, 1 prefixes"):
        translator.answer(CHINESE[:2], prefixes=["a"])


def test_several_answers_come_best_first(translator):
    found = translator.answer([*CHINESE[:2], ""], to="en", search=Beam(4, n_best=3))
    assert [len(answers) for answers in found.answers] == [3, 3, 1]
    for answers in found.answers[:2]:
        scores = [answer.score for answer in answers]
        assert scores == sorted(scores, reverse=True)
    assert found.texts == [answers[0].text for answers in found.answers]
    assert found.answers[2] == [Answer("", 0.0, "eos")]


def test_a_beam_of_one_is_greedy(translator):
    one, other = (translator.translate(CHINESE, to="en", search=search) for search in (Beam(1), Greedy()))
    assert one == other


def test_no_answer_breaks_its_line(translator, monkeypatch):
    monkeypatch.setattr(translator.tokenizer, "decode", lambda ids: " a\nb\r\nc\td\u00a0e\u3000 ")
    assert translator.translate(CHINESE[:1], to="en") == ["a b c d\u00a0e"]


def test_the_limits_of_decoding_hold(tiny):
    short = Translator.load(tiny.both)
    short.limits = Limits(max_ratio=0.0, max_extra=2)
    found = short.answer(CHINESE, to="en", search=Greedy())
    assert found.tokens <= 2 * len(CHINESE)
    assert found.counters["length"] == sum(answers[0].stopped == "length" for answers in found.answers) > 0


def test_progress_is_told(translator):
    seen = []
    translator.answer(CHINESE, to="en", progress=lambda done, whole: seen.append((done, whole)))
    assert seen[-1] == (4, 4)
    assert seen == sorted(seen)


def test_a_text_beyond_the_window_is_refused_with_its_number(translator):
    room = translator.model.max_len - 2
    with pytest.raises(LengthError, match=rf"sentence 3 has [\d,]+ tokens and the model's window {room:,}: split it"):
        translator.answer([CHINESE[0], "", LONG], to="en")
    with pytest.raises(LengthError, match="the prefix of sentence 2 has"):
        translator.answer(CHINESE[:2], to="en", prefixes=["", LONG])
    with pytest.raises(LengthError, match="the source has"):
        translator.attention(LONG, "x", "en")


def test_the_longest_text_that_fits_is_read(tiny):
    one = Translator.load(tiny.both)
    one.limits = Limits(max_ratio=0.0, max_extra=1)
    text, step = "", "9"
    while len(one.tokenizer.encode(text + step)) <= one.model.max_len - 2:
        text += step
    assert len(one.translate([text], to="zh", search=Greedy())) == 1
    with pytest.raises(LengthError):
        one.translate([text + step], to="zh", search=Greedy())


def joined(pieces) -> str:
    """The text of pieces as people see them."""
    return AttentionMap(tuple(pieces), (), np.zeros((0, len(pieces)))).merged([range(len(pieces))], []).source[0]


def test_attention_has_a_row_for_each_piece_written_and_no_tag(translator):
    found = translator.attention(f" {CHINESE[0]} ", ENGLISH[0], "en")
    assert joined(found.source) == CHINESE[0]
    assert joined(found.target) == ENGLISH[0]
    assert found.weights.shape == (len(found.target), len(found.source))
    assert np.all(found.weights >= 0)
    assert np.all(found.weights.sum(1) < 1)


def test_a_model_without_attention_shows_none(one_way):
    assert one_way.attention(ENGLISH[0], CHINESE[0]) is None


def test_a_snapshot_leaves_the_model_as_it_is(translator):
    model = translator.model.train()
    copy = snapshot(model, translator.numerics)
    assert model.training
    assert not copy.training
    with torch.no_grad():
        next(copy.parameters()).zero_()
    assert bool(next(model.parameters()).any())
    model.eval()


@pytest.mark.parametrize("copied_by", [copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))])
def test_a_copy_translates_alike(translator, copied_by):
    """Other processes get it by pickle."""
    assert copied_by(translator).answer(CHINESE, to="en").answers == translator.answer(CHINESE, to="en").answers


def test_the_best_texts_are_the_first_of_each():
    found = Translations([[Answer("a", 1.0, "eos"), Answer("b", 0.0, "eos")], [Answer("c", 0.0, "length")]], {}, 3, 0.1)
    assert found.texts == ["a", "c"]


@pytest.fixture
def copied(tiny, tmp_path):
    return shutil.copytree(tiny.both, tmp_path / "copy", ignore=shutil.ignore_patterns("training"))


SHIPPED = ("config.json", "generation_config.json", "manifest.json", "model.safetensors", "tokenizer.json",
           "scores.json", "README.md", "report.html", "receipt.json")  # fmt: skip


@pytest.mark.parametrize("name", SHIPPED)
def test_a_flipped_bit_and_a_missing_file_are_named(copied, name):
    path = copied / name
    content = bytearray(path.read_bytes())
    for place in (0, len(content) // 2, len(content) - 1):
        content[place] ^= 4
        path.write_bytes(content)
        with pytest.raises(RunError, match=name):
            Translator.load(copied)
        content[place] ^= 4
    path.unlink()
    with pytest.raises(RunError, match=name):
        Translator.load(copied)
    path.write_bytes(content)
    Translator.load(copied)


def changed(path, **values):
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("config.json", {"task": "classification"}, "was trained for 'classification': expected a translator"),
        ("config.json", {"model": "cnn"}, "config.json describes no translator .model 'cnn' is not known"),
        ("config.json", {"model": "rnn"}, "config.json describes no translator .unknown key"),
        ("config.json", {"architecture": 3}, "config.json describes no translator"),
        ("config.json", {"several_sentences": {"en": "few"}}, "config.json describes no translator"),
        ("config.json", {"several_sentences": 0.1}, "config.json describes no translator"),
        ("config.json", {"directions": [["zh"]]}, "config.json describes no translator"),
        ("config.json", {"directions": [["zh", "fr"], ["fr", "zh"]]}, "tokenizer.json does not fit .*config.json"),
        ("config.json", {"directions": [["zh", "en"]]}, "tokenizer.json does not fit .*config.json"),
        ("generation_config.json", {"width": 0}, "generation_config.json describes no search"),
        ("generation_config.json", {"n_best": "many"}, "generation_config.json describes no search"),
    ],
)
def test_what_the_manifest_confirms_and_is_still_wrong_is_refused(copied, name, values, said):
    changed(copied / name, **values)
    write_manifest(copied)
    with pytest.raises(RunError, match=said):
        Translator.load(copied)


@pytest.mark.parametrize("content", ["[]", "null", "{}"])
def test_json_that_is_no_configuration_is_refused(copied, content):
    for name in ("config.json", "generation_config.json"):
        whole = (copied / name).read_text()
        (copied / name).write_text(content)
        write_manifest(copied)
        with pytest.raises(RunError):
            Translator.load(copied)
        (copied / name).write_text(whole)


def test_a_manifest_that_lists_too_little_is_refused(copied):
    (copied / "tokenizer.json").unlink()
    write_manifest(copied)
    with pytest.raises(RunError, match=r"does not list tokenizer\.json"):
        Translator.load(copied)


def test_weights_of_another_model_are_refused(copied):
    tensors = load_tensors(copied / "model.safetensors")
    name = max(tensors, key=lambda key: tensors[key].numel())
    save_tensors(copied / "model.safetensors", {**tensors, name: tensors[name][:-1].clone()})
    write_manifest(copied)
    with pytest.raises(RunError, match=f"model.safetensors: {name} should be"):
        Translator.load(copied)


def test_what_is_no_run_is_answered_with_the_nearest(tiny, tmp_path):
    with pytest.raises(RunError, match=r"bothe does not exist; did you mean '.*both'"):
        Translator.load(tiny.both.with_name("bothe"))
    with pytest.raises(RunError, match="is a file, expected a run directory"):
        Translator.load(tiny.both / "config.json")
    with pytest.raises(RunError, match="is no run directory"):
        Translator.load(tmp_path)
    with pytest.raises(OptionError, match="device is 'cpu' or 'cuda'"):
        Translator.load(tiny.both, device="gpu")


def test_a_shortlist_of_the_direction_is_what_may_be_written(translator):
    shortlist = Shortlist(
        np.array([EOS, *translator.tokenizer.encode("it is"), *range(6, 16)], np.int32),
        np.zeros(0, np.int32),
        np.zeros(translator.tokenizer.vocab_size, np.int32),
    )
    shortened = translator.with_shortlists({})
    shortened.shortlists = {("zh", "en"): shortlist}
    found = shortened.answer(CHINESE, to="en")
    assert {token for [best, *_] in found.answers for token in best.tokens} <= set(shortlist.common.tolist())
    assert shortened.answer(ENGLISH, to="zh").texts == translator.answer(ENGLISH, to="zh").texts
    begun = shortened.answer(CHINESE[:1], to="en", prefixes=["blue"])
    assert begun.texts[0].startswith("blue")
    assert shortened.with_shortlists({}).answer(CHINESE, to="en").texts == translator.answer(CHINESE, to="en").texts
