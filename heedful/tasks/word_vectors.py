"""Word vectors that a model begins with: read once, when a run begins, and laid down with all that it starts from."""

from dataclasses import asdict
from pathlib import Path

from heedful.interface import Model
from heedful.run.disk import read_json, write_json
from heedful.run.weights import load_tensors, save_tensors
from heedful.tasks.preparation import Prepared
from heedful.transfer.embedding import Coverage, TokenVectors, token_tables, token_vectors, whole_words
from heedful.transfer.vectors import read_vectors

TENSORS, COVERAGE = "vectors.safetensors", "vectors.json"


def lay_down(folder: Path, path: Path, prepared: Prepared, model: Model) -> None:
    """Read the vectors of a run's vocabulary, and write down those that its model begins with.

    Args:
        folder: `training/begun/` of the run.
        path: the file of vectors.
        prepared: the vocabulary and the text.
        model: with its random weights, whose size the vectors take.
    Raises:
        DataError: the file cannot be used.
    """
    tokenizer = prepared.tokenizer
    vectors = read_vectors(path, whole_words(tokenizer).values())
    initial = token_tables(model, tokenizer.vocab_size)[0].weight.detach().cpu()
    counts = prepared.corpus.token_counts(tokenizer.vocab_size).tolist()
    found, coverage = token_vectors(tokenizer, vectors, initial, counts)
    save_tensors(folder / TENSORS, vars(found))
    write_json(folder / COVERAGE, asdict(coverage))


def put_in(folder: Path, model: Model, vocab_size: int) -> Coverage | None:
    """Let a model begin with what `lay_down` wrote, if it did.

    Args:
        folder: `training/begun/` of the run.
        model: changed in place.
        vocab_size: V.
    Returns:
        What the vectors know of the vocabulary; None where there are none.
    """
    if not (folder / TENSORS).is_file():
        return None
    TokenVectors(**load_tensors(folder / TENSORS)).put_into(model, vocab_size)
    return Coverage(**read_json(folder / COVERAGE))
