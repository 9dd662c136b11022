"""Named architectures. A preset is a value; change it with `dataclasses.replace`."""

from heedful.architecture import Architecture


def base(vocab_size: int) -> Architecture:
    """The base model of table 3, arXiv:1706.03762: 63 million parameters with 37,000 tokens; the table says 65."""
    return Architecture(vocab_size=vocab_size)


def big(vocab_size: int) -> Architecture:
    """The big model of table 3, arXiv:1706.03762: 214 million parameters with 37,000 tokens; the table says 213."""
    return Architecture(vocab_size=vocab_size, d_model=1024, n_heads=16, d_ff=4096, dropout=0.3)
