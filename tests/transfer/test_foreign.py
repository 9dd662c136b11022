"""What a format cannot express is named, all of it, before anything is written."""

import pytest

from heedful.baselines.rnn import RNN
from heedful.baselines.rnn_architecture import RNNArchitecture
from heedful.compression import quantize
from heedful.errors import DependencyError, OptionError
from heedful.transfer.foreign import Exported, expressible, in_code, library, tags_in_words
from tests.transfer.small import TOKENIZER, translator

ALLOWED = {"order": ("post",), "activation": ("relu", "gelu")}


def test_an_architecture_that_can_be_expressed_is_returned():
    model = translator(activation="gelu")
    assert expressible(model, "X", ALLOWED, "try Y") is model.architecture


def test_every_value_that_cannot_is_named_with_those_that_can():
    with pytest.raises(OptionError) as error:
        expressible(translator(order="pre", activation="swiglu"), "X", ALLOWED, "try Y")
    assert str(error.value) == (
        "X cannot express order='pre' (it has 'post'), activation='swiglu' (it has 'relu' and 'gelu'); try Y"
    )


def test_other_families_and_forms_are_refused():
    with pytest.raises(OptionError, match=r"of the kind RNN: expected a Transformer"):
        expressible(RNN(RNNArchitecture(vocab_size=20, d_model=8, n_layers=1)), "X", {}, "")
    with pytest.raises(OptionError, match=r"n_decoder_layers=0; train a translator"):
        expressible(translator(n_decoder_layers=0), "X", {}, "")


def test_weights_that_were_cut_are_refused():
    model = translator()
    model.encoder.blocks[0].feed_forward.widen.weight.data = model.encoder.blocks[0].feed_forward.widen.weight[:-1]
    with pytest.raises(OptionError, match=r"X is made of whole weights.*export the run that this one was made of"):
        expressible(model, "X", {}, "")


def test_int8_weights_are_refused():
    with pytest.raises(OptionError, match=r"X is made of whole weights"):
        expressible(quantize(translator()), "X", {}, "")


def test_tags_are_those_of_the_languages_translated_into():
    exported = Exported(translator(), TOKENIZER, [("zh", "en"), ("en", "zh")])
    assert exported.tags == ["<2en>", "<2zh>"]
    assert tags_in_words(exported, "The first") == " The first says which language is wanted: `<2en>` or `<2zh>`."
    single = Exported(translator(), type(TOKENIZER)([], []), [("zh", "en")])
    assert (single.tag("en"), single.tags, tags_in_words(single, "The first")) == (None, [], "")


def test_a_missing_library_names_the_extra():
    with pytest.raises(DependencyError, match=r'no_such_library is missing .*pip install "heedful\[export\]"'):
        library("no_such_library")


def test_strings_are_written_as_python_reads_them():
    assert in_code('a "b" 我') == r'"a \"b\" 我"'
