"""Many texts through a model that reads: sorted by length, batched by tokens, answered in their own order."""

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise
from threading import Event, Lock

import numpy as np
import torch
from torch import Tensor

from heedful.crew import crew_for
from heedful.data.label_batch import cut, sources
from heedful.data.text_rows import Row
from heedful.interface import Source
from heedful.model.heads import Headed
from heedful.model.native.stack import with_native_encoder
from heedful.model.pack import pack
from heedful.numerics import Numerics, applied

# Enough for the machine to be busy, few enough for its cache.
TOKENS = {"cpu": 1024, "cuda": 4096}


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
        """What reads: made when it is first needed, inside `applied`."""
        native = with_native_encoder(self.model) if self.numerics.engine == "native" else None
        return pack(self.model) if native is None else native

    def read(
        self,
        rows: Sequence[Row],
        look: Callable[[Headed, Source], Tensor],
        tell: Callable[[int, int], None] | None = None,
    ) -> list[Tensor]:
        """What is seen of each row, in float32 on the host. Every core reads batches of its own.

        Args:
            rows: in any order.
            look: makes of a batch something whose first dimension is its rows.
            tell: is told (rows done, rows in all) now and then; by whoever has news, one at a time.
        """
        crew, lengths = crew_for(self.numerics), np.array([len(row.ids) for row in rows], dtype=np.int64)
        order = np.argsort(-lengths, kind="stable")
        # Few rows are a batch for each hand.
        tokens = min(TOKENS[self.numerics.device], -(-int(lengths.sum()) // crew.hands))
        edges = cut(lengths[order], tokens) if len(rows) else []
        found: list[Tensor] = [torch.empty(0)] * len(rows)
        done, stop, telling = 0, Event(), Lock()

        def see(places: list[int]) -> None:
            nonlocal done
            if stop.is_set():
                return
            batch = sources([rows[place] for place in places], self.pad, self.with_kinds)
            with torch.inference_mode():
                seen = look(packed, batch.to(torch.device(self.numerics.device))).float().cpu()
            for place, each in zip(places, seen, strict=True):
                found[place] = each
            with telling:
                done += len(places)
                if tell is not None:
                    tell(done, len(rows))

        with applied(self.numerics):
            packed = self._packed
            try:
                crew.map(see, [order[low:high].tolist() for low, high in pairwise(edges)])
            finally:
                # Whoever is interrupted leaves nobody at work.
                stop.set()
        return found
