"""heedful: two text files in, a tested translator out, with the evidence."""

__version__ = "0.1.0"
__all__ = ["__version__"]
