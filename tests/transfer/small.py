"""Translators of random weights, to be exported."""

import torch

from heedful.architecture import Architecture
from heedful.data.tokenizer import EOS, Tokenizer
from heedful.interface import Source
from heedful.model.transformer import Transformer

TEXTS = ["The cat sat on the mat, didn't it?", "The old cat sees 12 new mats...", "我们今天去北京，你们呢？"] * 3
TOKENIZER = Tokenizer.train(TEXTS, 340, ["en", "zh"])
MODERN = {"order": "pre", "encoder_positions": "rotary", "decoder_positions": "rotary"}


def translator(vocab_size: int = 40, **changes: object) -> Transformer:
    """A model whose every weight, biases included, is far from zero."""
    sizes = {"d_model": 16, "n_encoder_layers": 2, "n_decoder_layers": 1, "n_heads": 4, "d_ff": 24, "max_len": 64}
    model = Transformer(Architecture(vocab_size=vocab_size, **(sizes | changes))).eval()
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(torch.randn_like(weight) * 0.15)
    return model


@torch.no_grad()
def brief(model: Transformer, by: float = 12.0) -> Transformer:
    """The same model, its logit of the end of a sentence so much higher, so that it ends soon."""
    norms = [norm for norm in model.decoder.modules() if isinstance(norm, torch.nn.LayerNorm)]
    end = model.output.weight[EOS]
    norms[-1].bias += by * end / end.square().sum()
    return model


@torch.no_grad()
def logits(model: Transformer, source: list[int], target: list[int]) -> torch.Tensor:
    """(T, V), of one sentence."""
    read, written = (Source(torch.tensor([ids]), torch.ones(1, len(ids), dtype=torch.bool)) for ids in (source, target))
    return model.logits(model.decode(written, model.encode(read)))[0]


def run_example(page: str) -> dict[str, object]:
    """What the first Python example of a page defines."""
    code = page.split("```python\n")[1].split("```")[0]
    names: dict[str, object] = {}
    exec(code, names)
    return names
