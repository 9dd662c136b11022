"""The weights before training."""

from torch import nn

from heedful.model.positions import AddedPositions


def initialise(model: nn.Module, d_model: int) -> None:
    """Glorot's uniform for matrices, as the authors' own code; embeddings with variance 1/d_model, so that scaled by
    sqrt(d_model) they have variance 1 and as an output layer they start with small logits; biases 0, norms 1.

    Args:
        model: changed in place.
        d_model: width of the embeddings.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear):
            nn.init.xavier_uniform_(module.weight)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.Embedding):
            nn.init.normal_(module.weight, std=d_model**-0.5)
        elif isinstance(module, AddedPositions) and isinstance(module.table, nn.Parameter):
            nn.init.normal_(module.table, std=0.02)
