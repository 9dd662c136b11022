"""Learning a subword vocabulary: word types counted over an even sample of the text, then byte-pair merges."""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator

import tokenizers
from tokenizers import models, pre_tokenizers, trainers

MAX_LINES = 2_000_000
MAX_TYPES = 1_000_000
# Beyond this many words the trainer sees proportionally smaller counts: same merges, bounded time.
MAX_WORDS = 10_000_000
# The trainer takes about 2 kB for each word type; those rarer than the first 200,000 change no merge that matters.
MAX_TRAINED = 200_000
MAX_PIECE = 16
MIN_COUNT = 2


def count_types(
    texts: Iterable[str], word_types: Callable[[str], list[str]], *, max_lines: int = MAX_LINES
) -> Counter[str]:
    """How often each word type occurs, in an even sample of a stream of unknown length.

    Every line counts until `max_lines` were read; then all counts are halved and only every second line is read, and so
    on. The same stream gives the same counts.

    Args:
        texts: lines.
        word_types: cuts a line into its word types.
        max_lines: lines between two halvings.
    """
    counts: Counter[str] = Counter()
    stride, taken = 1, 0
    for index, text in enumerate(texts):
        if index % stride:
            continue
        counts.update(word_types(text))
        taken += 1
        if taken == max_lines:
            stride, taken = stride * 2, max_lines // 2
            counts = _halved(counts)
        least = 1
        while len(counts) > MAX_TYPES:
            counts = Counter({word: count for word, count in counts.items() if count > least})
            least *= 2
    return counts


def choose_alphabet(counts: Counter[str], room: int) -> list[str]:
    """The characters that get a piece of their own, most frequent first; the others are spelt as bytes.

    Args:
        counts: of word types.
        room: pieces to give out; at most three quarters go to characters.
    """
    letters: Counter[str] = Counter()
    for word, count in counts.items():
        for letter in word:
            letters[letter] += count
    frequent = [letter for letter, count in letters.items() if count >= MIN_COUNT]
    frequent.sort(key=lambda letter: (-letters[letter], letter))
    return frequent[: max(1, room * 3 // 4)]


def learn_merges(counts: Counter[str], alphabet: list[str], n_pieces: int) -> tuple[list[str], list[tuple[str, str]]]:
    """Byte-pair encoding over word types.

    Args:
        counts: of word types.
        alphabet: the pieces to start from.
        n_pieces: pieces wanted, the alphabet counted; there are fewer when nothing is left that occurs twice.
    Returns:
        All pieces, the alphabet first, and the merges in order.
    Source:
        Sennrich et al. 2016, arXiv:1508.07909.
    """
    bare = tokenizers.Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.Split("\n", "removed")
    trainer = trainers.BpeTrainer(
        vocab_size=max(n_pieces, len(alphabet)),
        min_frequency=MIN_COUNT,
        initial_alphabet=alphabet,
        limit_alphabet=len(alphabet),
        max_token_length=MAX_PIECE,
        show_progress=False,
    )
    bare.train_from_iterator(_repeated(counts, set(alphabet)), trainer)
    known = set(alphabet)
    merges = []
    pieces = list(alphabet)
    for left, right in _merges_of(bare):
        merges.append((left, right))
        if left + right not in known:
            known.add(left + right)
            pieces.append(left + right)
    return pieces, merges


def _merges_of(bare: tokenizers.Tokenizer) -> list[tuple[str, str]]:
    return [(left, right) for left, right in json.loads(bare.to_str())["model"]["merges"]]


def _halved(counts: Counter[str]) -> Counter[str]:
    return Counter({word: count // 2 for word, count in counts.items() if count > 1})


def _repeated(counts: Counter[str], alphabet: set[str]) -> Iterator[str]:
    """Each word as often as it occurs, one a line; a word breaks where a character has no piece."""
    shrink = 1 + counts.total() // MAX_WORDS
    words = sorted(counts)
    if len(words) > MAX_TRAINED:
        words = sorted(words, key=lambda word: -counts[word])[:MAX_TRAINED]
    for word in words:
        count = (counts[word] + shrink // 2) // shrink
        spelt = word if alphabet.issuperset(word) else "".join(c if c in alphabet else "\n" for c in word)
        if count and spelt.strip("\n"):
            yield "\n".join([spelt] * count)
