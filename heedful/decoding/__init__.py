"""From a model's probabilities to texts: `decode` with a search, within limits."""

from heedful.decoding.constraints import Limits
from heedful.decoding.engine import Decoded, decode
from heedful.decoding.search import Beam, Greedy, Hypothesis, Sampling, Search

__all__ = ["Beam", "Decoded", "Greedy", "Hypothesis", "Limits", "Sampling", "Search", "decode"]
