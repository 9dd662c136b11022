"""Small model folders as the hub has them, without transformers."""

from dataclasses import replace
from pathlib import Path

import torch
from safetensors.torch import save_file

from heedful.architecture import Architecture
from heedful.model.transformer import Transformer
from heedful.run.disk import encode_json
from heedful.transfer.families.table import LAYOUTS
from heedful.transfer.families.weights import written_weights

WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "cat", "##s", "sat", "."]
SIZES = {"vocab_size": len(WORDS), "d_model": 8, "n_heads": 2, "d_ff": 12, "max_len": 9, "dropout": 0.0}


def random(family: str, **changes: object) -> Transformer:
    """A model of a family, every weight far from zero."""
    layout = LAYOUTS[family]
    given = {name: known[0] for name, known in layout.values.items() if known}
    layers = {"n_encoder_layers": int(layout.form[0]), "n_decoder_layers": int(layout.form[1])}
    model = Transformer(replace(Architecture(**(given | SIZES | layers)), **changes)).eval()
    random = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weight in model.parameters():
            weight.copy_(torch.randn(weight.shape, generator=random) * 0.3)
    return model


def write(
    folder: Path, family: str = "bert", more: dict[str, torch.Tensor] | None = None, **changes: object
) -> Transformer:
    """A model folder, and the model that is in it."""
    model = random(family, **changes)
    folder.mkdir(parents=True, exist_ok=True)
    config = LAYOUTS[family].described(model.architecture, {"decoder_start_token_id": 2})
    (folder / "config.json").write_bytes(encode_json(config))
    (folder / "vocab.txt").write_text("".join(f"{word}\n" for word in WORDS))
    if LAYOUTS[family].frame.tokens["unk"] not in WORDS:
        roles = {"pad": 1, "unk": 0, "bos": 2, "eos": 3, "cls": 2, "sep": 3, "mask": 4}
        said = {f"{role}_token": WORDS[token] for role, token in roles.items()}
        (folder / "tokenizer_config.json").write_bytes(encode_json(said))
    save_file(written_weights(LAYOUTS[family], model) | (more or {}), folder / "model.safetensors")
    return model
