"""Attention as RNNs have it: one head, with the score that their papers chose."""

import torch
from torch import Tensor, nn

from heedful.baselines.rnn_architecture import Attention
from heedful.model.attention import attend


class Alignment(nn.Module):
    """How well each source state fits a state of the decoder, and the mixture of source states that follows.

    Args:
        score: "additive", v tanh(W s + U h) of Bahdanau et al. 2015, arXiv:1409.0473, appendix A.1.2; "dot", s h, or
            "general", s W h, of Luong et al. 2015, arXiv:1508.04025, section 3.1.
        d_model: width of both kinds of states.

    Attributes:
        weights: an identity through which the weights (B, 1, T, S) pass.
    """

    def __init__(self, score: Attention, d_model: int) -> None:
        super().__init__()
        self.key = nn.Identity() if score == "dot" else nn.Linear(d_model, d_model, bias=score == "additive")
        self.query = nn.Linear(d_model, d_model, bias=False) if score == "additive" else None
        self.score = nn.Linear(d_model, 1, bias=False) if score == "additive" else None
        self.weights = nn.Identity()

    def keys(self, values: Tensor) -> Tensor:
        """What scores need of the source, once a sentence.

        Args:
            values: (B, S, D).
        Returns:
            (B, S, D).
        """
        keys: Tensor = self.key(values)
        return keys

    def forward(self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        """Mix.

        Args:
            query: (N*W, T, D): the beams of a sentence are queries to one source.
            keys: (N, S, D), what `keys` returned.
            values: (N, S, D).
            mask: (N, S) bool.
        Returns:
            (N*W, T, D).
        """
        rows = query.reshape(len(keys), -1, query.shape[-1])
        return self._mixed(rows, keys, values, mask).view_as(query)

    def _mixed(self, query: Tensor, keys: Tensor, values: Tensor, mask: Tensor) -> Tensor:
        if self.query is None or self.score is None:
            one_head = (each[:, None] for each in (query, keys, values))
            return attend(*one_head, mask=mask[:, None, None], scale=1.0, watch=self.weights)[:, 0]
        scores = self.score(torch.tanh(self.query(query)[:, :, None] + keys[:, None]))[..., 0]
        scores = scores.masked_fill(~mask[:, None], torch.finfo(scores.dtype).min)
        mixed: Tensor = self.weights(scores.softmax(-1)[:, None])[:, 0] @ values
        return mixed
