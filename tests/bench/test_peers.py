"""What is measured is the same function in both libraries."""

import pytest
import torch

from bench import peers
from heedful.interface import Source
from heedful.model.transformer import Transformer


def test_a_peer_with_our_weights_computes_what_we_do():
    pytest.importorskip("transformers")
    ours, theirs = Transformer(peers.small()).eval(), peers.marian(peers.small(), "eager").eval()
    peers.copy_weights(ours, theirs)
    read, written = torch.randint(5, peers.VOCABULARY, (3, 7)), torch.randint(5, peers.VOCABULARY, (3, 6))
    mask = torch.ones_like(read, dtype=torch.bool)
    mask[1, 5:] = False
    with torch.no_grad():
        all_of_it = Source(written, torch.ones_like(written, dtype=torch.bool))
        hidden = ours.decode(all_of_it, ours.encode(Source(read, mask)))
        expected = theirs(input_ids=read, attention_mask=mask.long(), decoder_input_ids=written).logits
    torch.testing.assert_close(ours.logits(hidden), expected, atol=1e-5, rtol=1e-5)
