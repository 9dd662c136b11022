"""Small random models of transformers as imported runs."""

from pathlib import Path
from typing import Any

import torch

from heedful.model.positions import sinusoids
from heedful.run.disk import encode_json
from heedful.tasks.importing import ImportOptions, import_model
from heedful.transfer.families.marian import halves
from tests.transfer.families import oracle

SPECIALS = {"pad": 0, "unk": 1, "bos": 2, "eos": 3, "cls": 4, "sep": 5, "mask": 6}
NAMES = [f"[{role.upper()}]" for role in SPECIALS]
WORDS = NAMES + [a + b for a in "bdfgklmn" for b in "aeiou"][: oracle.VOCAB - len(NAMES)]


def imported(place: Path, kind: str, model: str, **values: Any) -> tuple[torch.nn.Module, Path]:
    """A model of transformers in float32, and the run that is imported of its folder."""
    ids = {f"{role}_token_id": SPECIALS[role] for role in ("pad", "bos", "eos")}
    theirs = oracle.theirs(kind, model, **(ids | values)).float()
    with torch.no_grad():
        for name, weight in theirs.named_parameters():
            if name.endswith("embed_positions.weight") and kind == "MarianConfig":
                weight.copy_(sinusoids(*weight.shape)[:, halves(weight.shape[1])])
            elif weight.ndim == 2:
                # Answers that tell one text from another.
                weight.mul_(6)
        for name, buffer in theirs.named_buffers():
            if name == "final_logits_bias":
                buffer[0, SPECIALS["eos"]] += 6
    theirs.save_pretrained(place / "there")
    (place / "there/vocab.txt").write_text("".join(f"{word}\n" for word in WORDS))
    said = {f"{role}_token": NAMES[token] for role, token in SPECIALS.items()}
    (place / "there/tokenizer_config.json").write_bytes(encode_json(said))
    import_model(ImportOptions(str(place / "there"), place / "run"))
    return theirs, place / "run"
