"""The weights before training."""

from torch import nn

from heedful.model.attention import Attention
from heedful.model.feedforward import FeedForward
from heedful.model.positions import AddedPositions


def initialise(model: nn.Module, d_model: int) -> None:
    """Glorot's uniform for matrices; embeddings with variance 1/d_model, so that scaled by sqrt(d_model) they have
    variance 1 and as an output layer they start with small logits; biases 0, norms 1.

    The paper does not say how its weights began. Two projections that share a matrix (keys and values, gate and value)
    are two matrices here.

    Args:
        model: changed in place.
        d_model: width of the embeddings.
    Source:
        Glorot and Bengio 2010, "Understanding the difficulty of training deep feedforward neural networks".
    """
    shared = {module.key_value: 2 for module in model.modules() if isinstance(module, Attention)}
    shared |= {module.widen: module.n_parts for module in model.modules() if isinstance(module, FeedForward)}
    for module in model.modules():
        if isinstance(module, nn.Linear):
            for matrix in module.weight.chunk(shared.get(module, 1)):
                nn.init.xavier_uniform_(matrix)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=d_model**-0.5)
        elif isinstance(module, AddedPositions) and isinstance(module.table, nn.Parameter):
            nn.init.normal_(module.table, std=0.02)
