from dataclasses import replace

import pytest
import torch

from heedful.architecture import Architecture
from heedful.errors import OptionError
from heedful.interface import Memory
from heedful.model.ends import Pooler, Transform
from heedful.model.transformer import Transformer

SMALL = Architecture(10, d_model=4, n_heads=1, d_ff=4, n_encoder_layers=1, n_decoder_layers=0, activation="gelu")


def test_dense_activation_norm():
    transform, x = Transform(SMALL).double(), torch.randn(3, 4, dtype=torch.float64)
    bent = torch.nn.functional.gelu(x @ transform.dense.weight.mT + transform.dense.bias)
    torch.testing.assert_close(transform(x), torch.nn.functional.layer_norm(bent, (4,)))


def test_the_first_position_is_pooled():
    pooler, x = Pooler(SMALL), torch.randn(2, 3, 4)
    torch.testing.assert_close(pooler(x), torch.tanh(x[:, 0] @ pooler.dense.weight.mT + pooler.dense.bias))


def test_a_model_pools_where_it_can():
    memory = Memory(torch.randn(2, 3, 4), torch.ones(2, 3, dtype=torch.bool))
    model = Transformer(replace(SMALL, pooler=True))
    assert torch.equal(model.pool(memory), model.pooler(memory.values))
    with pytest.raises(OptionError, match="pooler=False"):
        Transformer(SMALL).pool(memory)


def test_logits_are_transformed_and_biased_by_value():
    hidden = torch.randn(2, 4)
    for output in ("linear", "biased", "transformed"):
        model = Transformer(replace(SMALL, output=output))
        expected = (model.transform(hidden) if output == "transformed" else hidden) @ model.output.weight.mT
        if output != "linear":
            torch.nn.init.normal_(model.output.bias)
            expected = expected + model.output.bias
        torch.testing.assert_close(model.logits(hidden), expected)
        assert ("output.bias" in dict(model.named_parameters())) is (output != "linear")
