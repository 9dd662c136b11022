"""A Chinese-English corpus written by a synchronous grammar, with word alignments and a test of unseen compositions."""

from heedful.data.phrasebook.baseline import word_by_word
from heedful.data.phrasebook.grammar import Pair
from heedful.data.phrasebook.lexicon import lexicon_size
from heedful.data.phrasebook.sample import generate, patterns
from heedful.data.phrasebook.vocabulary import unknown

__all__ = ["Pair", "generate", "lexicon_size", "patterns", "unknown", "word_by_word"]
