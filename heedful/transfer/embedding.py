"""Word vectors as the beginning of a model's token embeddings, token by token, by the word that each one spells."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from heedful.data.tokenizer import Tokenizer
from heedful.errors import DataError
from heedful.interface import Model
from heedful.transfer.vectors import WordVectors

N_EXAMPLES = 8


@dataclass(frozen=True)
class Coverage:
    """What word vectors know of a vocabulary.

    Args:
        n_tokens: in the vocabulary.
        n_words: those that spell a word by themselves.
        n_found: those among them that have a vector.
        n_lowered: those among these that have it only by their lower-cased form.
        n_repeated: rows of the file left out because their word had come before.
        share_of_text: of all tokens of the running text, those that have a vector; None where they were not counted.
        missing: some words without a vector: the most frequent, or the first of the vocabulary.
    """

    n_tokens: int
    n_words: int
    n_found: int
    n_lowered: int
    n_repeated: int
    share_of_text: float | None
    missing: Sequence[str]

    def describe(self) -> str:
        """One line for people."""
        text = "" if self.share_of_text is None else f", {self.share_of_text:.1%} of the running text"
        lowered = f" ({self.n_lowered:,} lower-cased)" if self.n_lowered else ""
        repeated = f"; {self.n_repeated:,} repeated rows left out" if self.n_repeated else ""
        missing = f"; without one: {' '.join(self.missing)}" if self.missing else ""
        return (
            f"{self.n_found:,} of {self.n_tokens:,} tokens begin as word vectors{lowered}{text}; "
            f"{self.n_words:,} tokens are words{repeated}{missing}"
        )


@dataclass(frozen=True)
class TokenVectors:
    """The tokens that begin as word vectors.

    Args:
        ids: (N,) int64, of the tokens.
        values: (N, D) float32, as they are to stand in an embedding.
    """

    ids: Tensor
    values: Tensor

    @torch.no_grad()
    def put_into(self, model: Model, vocab_size: int) -> None:
        """Let the tokens of a model begin so; every other row stays as it is.

        Args:
            model: changed in place. Where its output shares the matrix, so does that.
            vocab_size: V.
        """
        for table in token_tables(model, vocab_size):
            table.weight[self.ids] = self.values.to(table.weight)


def token_tables(model: nn.Module, vocab_size: int) -> list[nn.Embedding]:
    """The embeddings of a model's tokens, which every family calls "tokens", with a row for each of the V tokens."""
    tables = [module for name, module in model.named_modules() if name.rpartition(".")[2] == "tokens"]
    return [table for table in tables if isinstance(table, nn.Embedding) and table.num_embeddings == vocab_size]


def whole_words(tokenizer: Tokenizer) -> dict[int, str]:
    """The tokens that spell a word by themselves, with that word; the others are parts of words, bytes and signs."""
    words = ((token, tokenizer.word(token)) for token in range(tokenizer.vocab_size))
    return {token: word for token, word in words if word is not None}


def token_vectors(
    tokenizer: Tokenizer, vectors: WordVectors, initial: Tensor, counts: Sequence[int] | None = None
) -> tuple[TokenVectors, Coverage]:
    """The vector of each token that spells a word, by that word, or else by its lower-cased form.

    All vectors are scaled by one factor, so that their mean norm is that of the initial rows. Those wider than the
    model are projected on the D directions that keep most of their lengths and angles: the first right singular
    vectors of the matrix of all that are used, which is not centred.

    Args:
        tokenizer: whose tokens they are.
        vectors: of the words of `whole_words`.
        initial: (V, D), the embedding before.
        counts: how often each of the V tokens stands in the running text.
    Returns:
        The vectors, and what they cover.
    Raises:
        DataError: the vectors are narrower than the model, no token has one, or all of them are zero.
    Source:
        Eckart and Young 1936, "The approximation of one matrix by another of lower rank".
    """
    width, d_model = vectors.values.shape[1], initial.shape[1]
    if width < d_model:
        raise DataError(
            f"{vectors.path} has vectors of {width:,} numbers and the model's embeddings {d_model:,}: expected as many "
            f"or more; give wider vectors, or train a model with a d_model of {width:,} or less"
        )
    words = whole_words(tokenizer)
    places = {token: place for token, word in words.items() if (place := vectors.find(word)) is not None}
    chosen = vectors.values[list(places.values())].double()
    norm = float(chosen.norm(dim=1).mean()) if places else 0.0
    if not norm:
        came = "only zeros for" if places else "none of"
        raise DataError(
            f"{vectors.path} has {came} the {len(words):,} words of the vocabulary: expected vectors of the languages "
            "that are trained; name another file"
        )
    narrow = _narrowed(chosen, d_model)
    narrow *= initial.double().norm(dim=1).mean() / narrow.norm(dim=1).mean()
    lowered = sum(words[token] not in vectors.rows for token in places)
    missing = [token for token in words if token not in places]
    share = None
    if counts is not None:
        share = float(sum(counts[token] for token in places) / max(1, sum(counts)))
        missing.sort(key=lambda token: -counts[token])
    examples = [words[token] for token in missing[:N_EXAMPLES]]
    coverage = Coverage(tokenizer.vocab_size, len(words), len(places), lowered, vectors.n_repeated, share, examples)
    return TokenVectors(torch.tensor(list(places)), narrow.float()), coverage


def _narrowed(values: Tensor, width: int) -> Tensor:
    """(N, E) -> (N, D), as they are where E = D."""
    if values.shape[1] == width:
        return values.clone()
    # The eigenvectors of the small matrix are the right singular vectors of the long one, the last ones the largest.
    return values @ torch.linalg.eigh(values.mT @ values).eigenvectors[:, -width:]
