"""What the tests of both baselines ask alike."""

import torch
from torch import Tensor

from heedful.interface import Model, Source


def source(lengths: list[int], width: int) -> Source:
    """Rows of these lengths of tokens 1 to 10, padded to a width."""
    mask = torch.arange(width) < torch.tensor(lengths)[:, None]
    return Source(torch.randint(1, 11, mask.shape) * mask, mask)


@torch.inference_mode()
def check_alone_as_in_a_batch(model: Model) -> None:
    """Logits of every row, read step by step: alone they are the same bits as in company."""
    memory, tokens = model.encode(source([2, 9, 5, 7], 9)), torch.randint(1, 11, (4, 6))

    def read(rows: list[int]) -> Tensor:
        state = model.start(memory.select(torch.tensor(rows)), len(rows), 1, 6)
        return torch.cat([model.logits(model.step(tokens[rows, t : t + 1], state)) for t in range(6)], 1)

    together = read([0, 1, 2, 3])
    for row in range(4):
        assert torch.equal(read([row])[0], together[row])
