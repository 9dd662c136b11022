"""Every architecture that can be expressed computes in CTranslate2 what it computes here."""

import json

import pytest
import torch

from heedful.data.tokenizer import BOS, EOS, PAD, SPECIALS
from heedful.decoding import Beam, Greedy, Limits, decode
from heedful.errors import OptionError
from heedful.transfer import ctranslate2
from heedful.transfer.foreign import Exported
from tests.transfer.small import MODERN, TEXTS, TOKENIZER, brief, logits, run_example, translator

runtime = pytest.importorskip("ctranslate2", reason="the extra 'export' is not installed")

NAMES = [*SPECIALS, *(f"t{token}" for token in range(4, 40))]
SOURCES = [[5, 9, 30], [7], [12, 8, 39, 4, 21, 21, 6]]
SHAPES = {
    "the paper's": {},
    "the default": MODERN,
    "learned positions, and none": {"encoder_positions": "learned", "decoder_positions": "none"},
    "two kinds of positions": {"encoder_positions": "rotary", "decoder_positions": "sinusoidal"},
    "RMS norm first": {**MODERN, "norm": "rms"},
    "RMS norm last": {"norm": "rms"},
    "a gate": {"activation": "swiglu"},
    "GELU": {"activation": "gelu"},
    "GELU by a tanh": {"activation": "gelu_tanh"},
    "SiLU": {"activation": "silu"},
    "a gate of GELU": {"activation": "geglu_tanh"},
    "norms with a value of their own": {"norm_eps": 0.1},
    "embeddings normed": {"norm_embeddings": True, "encoder_positions": "learned"},
    "another base": {**MODERN, "rotary_base": 50.0},
    "a bias of logits": {"output": "biased"},
    "no biases": {**MODERN, "bias": False, "activation": "swiglu"},
    "two groups": {**MODERN, "n_kv_heads": 2},
    "one group": {"n_kv_heads": 1},
    "output tied": {"tie": "output"},
    "nothing tied": {"tie": "none"},
    "no scale": {"scale_embeddings": False},
}


def named(ids: list[int]) -> list[str]:
    return [NAMES[token] for token in ids]


def exported(folder, model, **options):
    ctranslate2.write_model(folder, model, NAMES, **options)
    return runtime.Translator(str(folder), intra_threads=1)


@pytest.mark.parametrize("changes", SHAPES.values(), ids=SHAPES)
def test_it_computes_what_we_do(changes, tmp_path):
    model = translator(**changes)
    theirs = exported(tmp_path, model)
    target = [30, 4, 11, 5]
    for source, found in zip(SOURCES, theirs.score_batch([*map(named, SOURCES)], [named(target)] * 3), strict=True):
        ours = logits(model, [*source, EOS], [BOS, *target])
        ours[:, [PAD, BOS]] = -torch.inf
        expected = ours.log_softmax(-1).gather(1, torch.tensor([*target, EOS])[:, None])[:, 0]
        torch.testing.assert_close(torch.tensor(found.log_probs), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("changes", [{}, MODERN])
def test_greedy_search_finds_the_same_tokens(changes, tmp_path):
    model = translator(**changes)
    answers = exported(tmp_path, model).translate_batch([*map(named, SOURCES)], beam_size=1, max_decoding_length=12)
    limits = Limits(max_ratio=0, max_extra=12, loop_repeats=0)
    sources = [[*source, EOS] for source in SOURCES]
    with torch.no_grad():
        ours = decode(model, sources, Greedy(), bos=BOS, eos=EOS, pad=PAD, limits=limits).hypotheses
    assert [answer.hypotheses[0] for answer in answers] == [named(each[0].tokens) for each in ours]


def test_beam_search_finds_the_same_tokens(tmp_path):
    """With a length penalty of 0, where both rank alike, and without our guard against loops."""
    n, limits = 400, Limits(max_ratio=0, max_extra=40, loop_repeats=0)
    model = brief(translator(n), by=4.0)
    sources = [torch.randint(4, n, (length,)).tolist() for length in (3, 1, 7, 5, 9, 12)]
    names = [str(token) for token in range(n)]
    names[: len(SPECIALS)] = SPECIALS
    ctranslate2.write_model(tmp_path, model, names)
    asked = [[names[token] for token in source] for source in sources]
    theirs = runtime.Translator(str(tmp_path), intra_threads=1)
    answers = theirs.translate_batch(asked, beam_size=3, length_penalty=0, max_decoding_length=40)
    with torch.no_grad():
        asked = [[*source, EOS] for source in sources]
        found = decode(model, asked, Beam(3, 0.0), bos=BOS, eos=EOS, pad=PAD, limits=limits).hypotheses
    ended = [index for index, (best,) in enumerate(found) if best.stopped == "eos"]
    assert sum(len(found[index][0].tokens) > 2 for index in ended) > 1
    for index in ended:
        assert answers[index].hypotheses[0] == [names[token] for token in found[index][0].tokens]


def test_padding_and_the_beginning_are_never_written(tmp_path):
    model = translator(tie="none")
    with torch.no_grad():
        # Both now score as much as the best other token, and more.
        best = logits(model, [5, EOS], [BOS])[0].argmax()
        model.output.weight[[PAD, BOS]] = 2 * model.output.weight[best]
    (answer,) = exported(tmp_path, model).translate_batch([named([5])], beam_size=1, max_decoding_length=4)
    assert answer.hypotheses[0][0] == NAMES[best]


def test_int8_is_small_and_leaves_the_model_alone(tmp_path):
    model = translator(d_model=64, d_ff=128)
    before = [weight.clone() for weight in model.parameters()]
    for name in ("float32", "int8"):
        (tmp_path / name).mkdir()
        ctranslate2.write_model(tmp_path / name, model, NAMES, name)
    small, whole = ((tmp_path / name / "model.bin").stat().st_size for name in ("int8", "float32"))
    assert small < whole / 3
    assert all(map(torch.equal, before, model.parameters()))


def test_a_tag_can_be_put_in_front_by_the_library(tmp_path):
    model = translator()
    tagged = exported(tmp_path, model, tag="t7").score_batch([named([5, 9])], [named([8])])
    (tmp_path / "plain").mkdir()
    plain = exported(tmp_path / "plain", model).score_batch([named([7, 5, 9])], [named([8])])
    assert tagged[0].log_probs == plain[0].log_probs


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"activation": "relu2"}, "relu2"),
        ({"window": 4}, "window=4"),
        ({"scale_attention": False}, "scale_attention=False"),
    ],
)
def test_what_it_does_not_know_is_refused(changes, said, tmp_path):
    with pytest.raises(OptionError, match=f"CTranslate2 cannot express .*{said}"):
        ctranslate2.write_model(tmp_path, translator(**changes), NAMES)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("languages", [(), ("en", "zh")])
def test_the_example_of_the_readme_does_what_the_proof_does(languages, tmp_path, monkeypatch):
    tokenizer = type(TOKENIZER).train(TEXTS, 340, languages)
    directions = [("zh", "en"), ("en", "zh")][: max(1, len(languages))]
    what = Exported(brief(translator(tokenizer.vocab_size, **MODERN)), tokenizer, directions, width=2)
    folder = tmp_path / "made"
    folder.mkdir()
    ctranslate2.write(folder, what)
    assert json.loads((folder / "config.json").read_text())["add_source_eos"]
    monkeypatch.chdir(tmp_path)
    tokens, texts = ctranslate2.run(folder, what, directions[0])(TEXTS[:2])
    assert run_example(ctranslate2.use("made", what))["translate"](TEXTS[:2]) == texts
    assert texts == [tokenizer.decode(each) for each in tokens]
