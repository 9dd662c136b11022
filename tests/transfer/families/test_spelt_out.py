from dataclasses import replace

import torch

from heedful.architecture import Architecture
from heedful.interface import Source
from heedful.model.transformer import Transformer
from heedful.transfer.families.llama import LLAMA
from heedful.transfer.families.marian import MARIAN
from heedful.transfer.families.spelt_out import plain_shape, spelt_out

SHAPE = Architecture(9, 12, 1, 1, 6, 2, 8, bias=False, dropout=0.0, max_len=7)


def test_answers_stay_what_they_are():
    torch.manual_seed(0)
    model = Transformer(SHAPE).double().eval()
    plain = spelt_out(model, MARIAN)
    assert plain.architecture == replace(SHAPE, n_kv_heads=None, bias=True)
    text = Source(torch.tensor([[1, 2, 3]]), torch.ones(1, 3, dtype=torch.bool))
    answers = [each.logits(each.decode(text, each.encode(text))) for each in (model, plain)]
    torch.testing.assert_close(*answers)


def test_what_a_family_knows_is_left_as_it_is():
    assert plain_shape(SHAPE, LLAMA) == SHAPE
    model = Transformer(replace(SHAPE, n_kv_heads=None, bias=True))
    assert spelt_out(model, MARIAN) is model
