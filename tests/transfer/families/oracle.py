"""Small random models of transformers, and what they answer."""

from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from heedful.interface import Memory, Source
from heedful.model.transformer import Transformer
from heedful.run.disk import encode_json, read_json
from heedful.transfer.families.layout import Layout
from heedful.transfer.families.weights import read_model, written_weights
from heedful.transfer.weight_files import read_tensors, weight_files

TOLERANCE = 1e-8
VOCAB = 40


def library() -> ModuleType:
    """transformers, quiet."""
    found = pytest.importorskip("transformers", reason="transformers is not installed: the oracle of these families")
    found.logging.set_verbosity_error()
    return found


def theirs(kind: str, model: str, **values: Any) -> torch.nn.Module:
    """A model in float64, every weight drawn with a standard deviation of 0.1 around what it begins with."""
    found = library()
    torch.manual_seed(3)
    made = getattr(found, model)(getattr(found, kind)(vocab_size=VOCAB, **values)).double().eval()
    with torch.no_grad():
        for weight in made.parameters():
            weight.copy_(torch.randn_like(weight) * 0.1 + (1 if weight.ndim == 1 and weight.mean() == 1 else 0))
        for name, buffer in made.named_buffers():
            if name == "final_logits_bias":
                buffer.normal_(std=0.1)
    return exact(made)


def exact(model: torch.nn.Module) -> torch.nn.Module:
    """RMS norms in the dtype of the model, where they are made in float32 otherwise."""
    for module in model.modules():
        if hasattr(module, "variance_epsilon"):
            eps, weight = module.variance_epsilon, module.weight
            module.forward = lambda x, eps=eps, weight=weight: weight * x * (x.square().mean(-1, True) + eps).rsqrt()
    return model


def ours(layout: Layout, folder: Path, model: torch.nn.Module) -> tuple[Transformer, list[str]]:
    """What is read of the folder that the model is saved to, and what is left over."""
    model.save_pretrained(folder)
    return read_model(layout, read_json(folder / "config.json"), read_tensors(weight_files(folder)))


def back(layout: Layout, folder: Path, model: Transformer, kind: str, **tokens: int) -> torch.nn.Module:
    """What transformers reads of the folder that a model of ours is written to; nothing is missing or left over."""
    folder.mkdir()
    (folder / "config.json").write_bytes(encode_json(layout.described(model.architecture, tokens)))
    save_file(written_weights(layout, model), folder / "model.safetensors", metadata={"format": "pt"})
    made, told = getattr(library(), kind).from_pretrained(
        folder, output_loading_info=True, dtype=torch.float64, local_files_only=True
    )
    told.pop("error_msgs")
    assert not any(told.values()), told
    return exact(made.eval())


def rows(seed: int = 0, n: int = 3, length: int = 9) -> Source:
    """Rows of different lengths with types, padding behind."""
    random = torch.Generator().manual_seed(seed)
    lengths = torch.tensor([length, 4, 7])[:n]
    mask = torch.arange(length) < lengths[:, None]
    values = torch.randint(3, VOCAB, (n, length), generator=random)
    return Source(values.where(mask, 1), mask, kinds=torch.randint(2, (n, length), generator=random))


def close(found: Tensor, expected: Tensor, mask: Tensor | None = None) -> None:
    """See that they differ by no more than the tolerance, relative to the largest number."""
    found, expected = (found, expected) if mask is None else (found[mask], expected[mask])
    assert found.shape == expected.shape
    assert expected.abs().max() > 1e-3
    assert float((found - expected).abs().max() / expected.abs().max()) <= TOLERANCE


def plain(source: Source) -> dict[str, Tensor]:
    """The inputs of an encoder there."""
    return {"input_ids": source.values, "attention_mask": source.mask.long()}


def text(source: Source) -> Source:
    """The same rows without types."""
    return Source(source.values, source.mask)


def stepwise(model: Transformer, tokens: Tensor, memory: Memory | None) -> Tensor:
    """Logits of rows that are read a few tokens at first, then one by one."""
    state = model.start(memory, len(tokens), 1, tokens.shape[1])
    pieces = [tokens[:, :3], *tokens[:, 3:].split(1, dim=1)]
    return torch.cat([model.logits(model.step(piece, state)) for piece in pieces], 1)
