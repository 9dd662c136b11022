"""Many texts through a model that reads: sorted by length, batched by tokens, answered in their own order."""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from heedful.data.label_batch import cut, sources
from heedful.data.text_rows import Row
from heedful.interface import Source
from heedful.model.heads import Headed
from heedful.model.pack import pack
from heedful.numerics import Numerics, applied

# Enough for the machine to be busy, few enough for its cache.
TOKENS = 4096


class Reading:
    """A model that reads texts.

    Args:
        model: in the dtype that `numerics` names, on its device.
        pad: id that fills rows up.
        with_kinds: whether it tells types of tokens apart.
        numerics: how to compute here.
    """

    def __init__(self, model: Headed, pad: int, with_kinds: bool, numerics: Numerics) -> None:
        self.model = model.to(device=numerics.device, dtype=numerics.dtype).eval()
        self.pad, self.with_kinds, self.numerics = pad, with_kinds, numerics

    @cached_property
    def _packed(self) -> Headed:
        return pack(self.model)

    def read(
        self,
        rows: Sequence[Row],
        look: Callable[[Headed, Source], Tensor],
        tell: Callable[[int, int], None] | None = None,
    ) -> list[Tensor]:
        """What is seen of each row, in float32 on the host.

        Args:
            rows: in any order.
            look: makes of a batch something whose first dimension is its rows.
            tell: is told (rows done, rows in all) now and then.
        """
        lengths = np.array([len(row.ids) for row in rows], dtype=np.int64)
        order = np.argsort(-lengths, kind="stable")
        found: list[Tensor] = [torch.empty(0)] * len(rows)
        done = 0
        with applied(self.numerics), torch.inference_mode():
            for low, high in pairwise(cut(lengths[order], TOKENS) if len(rows) else []):
                places = order[low:high].tolist()
                batch = sources([rows[place] for place in places], self.pad, self.with_kinds)
                seen = look(self._packed, batch.to(torch.device(self.numerics.device))).float().cpu()
                for place, each in zip(places, seen, strict=True):
                    found[place] = each
                done += len(places)
                if tell is not None:
                    tell(done, len(rows))
        return found
