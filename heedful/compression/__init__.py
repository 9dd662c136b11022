"""Smaller and faster models, each beside the one that it was made of."""

from heedful.compression.quantize import quantize

__all__ = ["quantize"]
