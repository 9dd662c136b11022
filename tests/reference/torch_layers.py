"""Torch's own Transformer with the weights of ours."""

import torch
from torch import Tensor, nn

from heedful.architecture import Architecture
from heedful.model.attention import Attention
from heedful.model.block import Block
from heedful.model.transformer import Stack


def multihead(ours: Attention, n_heads: int) -> nn.MultiheadAttention:
    """`nn.MultiheadAttention` that computes the same; every head has keys of its own."""
    width = ours.query.in_features
    theirs = nn.MultiheadAttention(width, n_heads, bias=ours.query.bias is not None, batch_first=True)
    theirs.to(ours.query.weight.dtype)
    copy_attention(ours, theirs)
    return theirs


def copy_attention(ours: Attention, theirs: nn.MultiheadAttention) -> None:
    with torch.no_grad():
        theirs.in_proj_weight.copy_(torch.cat((ours.query.weight, ours.key_value.weight)))
        theirs.out_proj.weight.copy_(ours.output.weight)
        if ours.query.bias is not None:
            theirs.in_proj_bias.copy_(torch.cat((ours.query.bias, ours.key_value.bias)))
            theirs.out_proj.bias.copy_(ours.output.bias)


def layer(ours: Block, architecture: Architecture) -> nn.TransformerEncoderLayer | nn.TransformerDecoderLayer:
    """`nn.TransformerEncoderLayer`, or `nn.TransformerDecoderLayer` for a block that looks at a memory."""
    kind = nn.TransformerEncoderLayer if ours.cross is None else nn.TransformerDecoderLayer
    theirs = kind(
        architecture.d_model,
        architecture.n_heads,
        architecture.d_ff,
        dropout=0.0,
        activation=architecture.activation,
        batch_first=True,
        norm_first=architecture.order == "pre",
        bias=architecture.bias,
    ).to(ours.attention.query.weight.dtype)
    copy_attention(ours.attention, theirs.self_attn)
    theirs.linear1.load_state_dict(ours.feed_forward.widen.state_dict())
    theirs.linear2.load_state_dict(ours.feed_forward.narrow.state_dict())
    norms = [ours.attention_residual.norm, ours.feed_forward_residual.norm]
    if ours.cross is not None:
        copy_attention(ours.cross, theirs.multihead_attn)
        norms.insert(1, ours.cross_residual.norm)
    for number, norm in enumerate(norms, start=1):
        getattr(theirs, f"norm{number}").load_state_dict(norm.state_dict())
    return theirs


def run_stack(ours: Stack, architecture: Architecture, x: Tensor, **masks: Tensor) -> Tensor:
    """The layers of a stack through torch's own, without embeddings; `memory=` and masks as torch names them."""
    memory = masks.pop("memory", None)
    for block in ours.blocks:
        theirs = layer(block, architecture)
        x = theirs(x, **masks) if memory is None else theirs(x, memory, **masks)
    return ours.norm(x)
