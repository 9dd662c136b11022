"""From files to what is learned from: nothing in both parts, and what cannot be begun with is refused."""

import pytest
import torch

from heedful.errors import DataError, OptionError, RunError
from heedful.tasks import language_text
from heedful.tasks.imported import load_imported
from heedful.tasks.importing import ImportOptions, import_model
from heedful.tasks.language_kinds import Causal, Denoising, Masked
from heedful.tasks.language_request import LanguageOptions
from heedful.tasks.language_text import Begun, Laid, lay_down
from tests.tasks.tiny_language import documents, small
from tests.transfer import foreign_folder

CAUSAL = Causal()


def put(path, text):
    path.write_text(text, encoding="utf-8")
    return path


def laid(place, options, kind=CAUSAL):
    place.mkdir()
    with small():
        lay_down(place, options, kind)
    return Laid.open(place)


def texts(found):
    return [
        [stream.text(index, found.tokenizer) for index in range(stream.n_documents)]
        for stream in (found.train, found.dev)
    ]


def test_a_part_is_held_out(tmp_path, languages):
    found = laid(tmp_path / "a", LanguageOptions(out=tmp_path, text=(languages.text,)))
    train, dev = texts(found)
    assert sorted(train + dev) == sorted(documents())
    assert not set(train) & set(dev)
    assert found.language == "en"
    assert [file.role for file in found.files] == ["train text"]


def test_dev_text_leaves_the_rest_to_learn_from(tmp_path, languages):
    dev = put(tmp_path / "dev.txt", "Something else.\n\nAnd more.")
    found = laid(tmp_path / "a", LanguageOptions(out=tmp_path, text=(languages.text,), dev_text=(dev,)))
    assert texts(found) == [documents(), ["Something else.", "And more."]]
    assert [file.role for file in found.files] == ["train text", "dev text"]


def test_a_file_is_a_document_where_asked_for(tmp_path, languages):
    options = LanguageOptions(out=tmp_path, text=(languages.text,), documents="file", level="characters", window=16)
    found = laid(tmp_path / "a", options)
    (start,), (end,) = texts(found)
    assert start + "\n" + end == "\n\n".join(documents()) or start + "\n\n" + end == "\n\n".join(documents())
    assert found.tokenizer.merges == []
    # As many tokens to an update as without it.
    assert (found.size.window, found.size.rows, found.architecture.max_len) == (16, 12, 16)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is no text to learn from"),
        (" \n\n", "there is no text to learn from"),
        ("one line", "nothing can be held out"),
        ("a\n" * 11, "smaller --window"),
    ],
)
def test_too_little_text(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        laid(tmp_path / "a", LanguageOptions(out=tmp_path, text=(put(tmp_path / "t.txt", text),)))


def test_weights_and_vocabulary_of_another_run(tmp_path, languages):
    options = LanguageOptions(out=tmp_path, text=(languages.text,), init=languages.runs["causal"])
    found = laid(tmp_path / "a", options)
    begun = Begun.read(languages.runs["causal"])
    assert found.begun_with == "causal"
    assert found.tokenizer.to_json() == begun.tokenizer.to_json()
    model = found.build(1)
    weights = dict(model.named_parameters())
    assert all((weights[name].detach() == tensor).all() for name, tensor in begun.tensors.items())
    assert (found.size.window, found.size.rows) == (24, 8)


@pytest.mark.parametrize(
    ("kind", "name", "said"),
    [
        (Masked(), "causal", "needs an encoder alone, and .* has a decoder alone"),
        (Denoising(), "masked", "needs both stacks"),
        (Denoising(), "infilling", "no <gap0>"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, languages, kind, name, said):
    with pytest.raises(OptionError, match=said):
        laid(tmp_path / "a", LanguageOptions(out=tmp_path, text=(languages.text,), init=languages.runs[name]), kind)


def test_a_run_of_something_else_is_no_beginning(tiny):
    with pytest.raises(RunError, match="is a rnn: expected a Transformer"):
        Begun.read(tiny.rnn)


def test_the_same_seed_makes_the_same_model(languages):
    found = Laid.open(languages.runs["masked"] / "training" / "begun")
    one, other, third = (dict(found.build(seed).named_parameters()) for seed in (1, 1, 2))
    assert all((one[name] == other[name]).all() for name in one)
    assert any((one[name] != third[name]).any() for name in one)


def test_a_model_that_reads_more_than_a_row_can_be_gone_on_with(tmp_path, languages, monkeypatch):
    foreign_folder.write(tmp_path / "there", "gpt2", max_len=24)
    run = import_model(ImportOptions(str(tmp_path / "there"), tmp_path / "run")).path
    monkeypatch.setattr(language_text, "WIDEST", 10)
    found = laid(tmp_path / "a", LanguageOptions(out=tmp_path, text=(languages.text,), init=run), CAUSAL)
    assert (found.size.window, found.architecture.max_len) == (10, 24)


@pytest.mark.parametrize(("family", "kind"), [("gpt2", CAUSAL), ("bert", Masked())])
def test_an_imported_model_goes_on_under_a_vocabulary_of_the_text(family, kind, tmp_path, languages):
    foreign_folder.write(tmp_path / "there", family, max_len=24)
    run = import_model(ImportOptions(str(tmp_path / "there"), tmp_path / "run")).path
    found = laid(tmp_path / "a", LanguageOptions(out=tmp_path, text=(languages.text,), init=run), kind)
    old, new = load_imported(run).model, found.build(1)
    assert found.begun_with.startswith("run under a vocabulary of this text (of ")
    assert (found.size.window, found.architecture.vocab_size) == (24, found.tokenizer.vocab_size)
    kept = dict(old.named_parameters())
    (stack,) = {name.partition(".")[0] for name in kept if ".blocks." in name}
    name = f"{stack}.embedding.tokens.weight"
    for other, weight in new.named_parameters():
        if weight.shape == kept[other].shape and other != name:
            torch.testing.assert_close(weight, kept[other])
    cat = found.tokenizer.encode("the cat")[-1]
    assert found.tokenizer.piece(cat) == " cat"
    torch.testing.assert_close(dict(new.named_parameters())[name][cat], kept[name][foreign_folder.WORDS.index("cat")])
    with pytest.raises(OptionError, match="has a"):
        laid(tmp_path / "b", LanguageOptions(out=tmp_path, text=(languages.text,), init=run), Denoising())
    with pytest.raises(RunError, match="was imported with a tokenizer of its own"):
        Begun.read(run)
