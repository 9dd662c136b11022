"""What of a model learns, and how fast: all of it, its head alone, its upper layers, one after the other, or LoRA."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from torch import nn

from heedful.errors import OptionError, suggest
from heedful.model.heads import Headed
from heedful.training.options import Slower
from heedful.transfer.lora import attach

WAYS: Mapping[str, str] = {
    "all": "all of it",
    "head": "the head alone; the trunk stays as it is",
    "top": "the head and so many of the upper layers: top:2",
    "gradual": "all of it in the end, from the head down, each layer later than the one above it",
    "decay": "all of it, each layer at this share of the rate of the one above it: decay:0.8",
    "lora": "small corrections of this rank to attention and feed-forward layers, and the head: lora:8",
}
_BLOCK = re.compile(r"trunk\.(?:encoder|decoder)\.blocks\.(\d+)\.")
_LORA = re.compile(r"(?:encoder|decoder)\.blocks\.\d+\.(?:attention\.(?:query|key_value))")
# The last layer begins to learn when this share of the run is over, of gradual tuning.
UNFROZEN = 0.5
# Twice the rank: the usual weight of the corrections.
ALPHA = 2


@dataclass(frozen=True)
class Tuning:
    """Which parameters learn.

    Args:
        way: one of `WAYS`.
        number: behind its colon; 0 where there is none.
    """

    way: str = "all"
    number: float = 0.0

    @classmethod
    def named(cls, text: str) -> Self:
        """Read "all", "head", "top:2", "gradual", "decay:0.8" or "lora:8".

        Raises:
            OptionError: it is none of them, or its number cannot be.
        """
        way, colon, number = text.partition(":")
        if way not in WAYS:
            raise OptionError(f"--tune {text!r} is not known{suggest(way, WAYS)}")
        usual = {"top": 2.0, "decay": 0.8, "lora": 8.0}
        try:
            found = float(number) if colon else usual.get(way, 0.0)
        except ValueError:
            raise OptionError(f"--tune {text!r}: expected a number behind the colon, as in {WAYS[way][-8:]}") from None
        whole = way == "decay" or found == int(found)
        if (colon and way not in usual) or not whole or found < (way in usual) * (0 if way == "decay" else 1):
            raise OptionError(f"--tune {text!r}: {way} is {WAYS[way]}")
        if way == "decay" and not 0 < found <= 1:
            raise OptionError(f"--tune {text!r}: a share of a rate lies above 0 and is 1 at most; try decay:0.8")
        return cls(way, found)

    def apply(self, model: Headed) -> None:
        """Let only these parameters learn, and add what LoRA learns.

        Args:
            model: changed in place.
        """
        if self.way == "head":
            model.trunk.requires_grad_(False)
        elif self.way == "top":
            first = _depth(model) - int(self.number)
            for name, parameter in model.named_parameters():
                parameter.requires_grad_(_height(name, _depth(model)) >= first)
        elif self.way == "lora":
            attach(model.trunk, lambda name: _LORA.fullmatch(name) is not None, int(self.number), ALPHA * self.number)

    def slower(self, model: nn.Module) -> tuple[Slower, ...]:
        """How fast parts of the model learn; what is not named learns at the whole rate from the first step on."""
        depth = _depth(model)
        heights = [f"blocks.{number}." for number in range(depth)]
        side = "encoder" if any(name.startswith("trunk.encoder") for name, _ in model.named_parameters()) else "decoder"
        below = f"trunk.{side}."
        if self.way == "decay":
            # The embeddings are one below the lowest layer.
            return (
                Slower(f"{below}embedding.", self.number ** (depth + 1)),
                *(Slower(below + part, self.number ** (depth - place)) for place, part in enumerate(heights)),
            )
        if self.way == "gradual":
            return (
                Slower(f"{below}embedding.", 1.0, UNFROZEN),
                *(Slower(below + part, 1.0, UNFROZEN * (depth - n) / (depth + 1)) for n, part in enumerate(heights)),
            )
        return ()


def share_that_learns(model: nn.Module) -> float:
    """Of all weights."""
    every = list(model.parameters())
    return sum(each.numel() for each in every if each.requires_grad) / sum(each.numel() for each in every)


def _depth(model: nn.Module) -> int:
    found = [int(match[1]) for name, _ in model.named_parameters() if (match := _BLOCK.match(name))]
    return 1 + max(found, default=-1)


def _height(name: str, depth: int) -> int:
    """0 is the lowest layer; embeddings are below it, all that stands on the layers is above them."""
    match = _BLOCK.match(name)
    return int(match[1]) if match else -1 if ".embedding." in name else depth
