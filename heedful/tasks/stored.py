"""A finished run that translates or writes, read from its files: the model that they describe, and how it decodes."""

from collections.abc import Sequence

from heedful.compression.quantize import rebuilt
from heedful.decoding import Beam, Search
from heedful.errors import RunError
from heedful.interface import Model
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.weights import load_tensors
from heedful.tasks.models import family, load_weights

_KINDS = {
    "translation": "a translator",
    "text": "a run of `heedful train text`",
    "answering": "a model that answers questions",
}


def load_model(run: RunDirectory, task: str = "translation") -> Model:
    """The model of a finished run with its weights as they stand in the file, in float32 where they are no int8.

    Raises:
        RunError: its configuration or its weights are missing or damaged, or it is of another task.
    """
    return described(run, task)[0].eval()


def require_task(run: RunDirectory, task: str = "translation") -> None:
    """Refuse a run of another task.

    Args:
        run: finished.
        task: that it must have been trained for.
    Raises:
        RunError: it is one, or its config.json is damaged.
    """
    config = read_json(run.config)
    found = config.get("task") if isinstance(config, dict) else None
    if found != task:
        raise RunError(f"{run.path} was trained for {found!r}: expected {_KINDS[task]}; choose another run directory")


def described(
    run: RunDirectory, task: str = "translation"
) -> tuple[Model, int, Sequence[tuple[str, str]], dict[str, float]]:
    """What config.json says: the model, with its weights; the size of its vocabulary; directions; `several`.

    Args:
        run: finished.
        task: that it was trained for.
    Raises:
        RunError: it was trained for another, or it is damaged.
    """
    require_task(run, task)
    config = read_json(run.config)
    try:
        made = family(config["model"])
        shape = made.read(config["architecture"])
        directions = [(str(source), str(target)) for source, target in config["directions"]]
        # A run of an older heedful does not say.
        several = {str(language): float(share) for language, share in config.get("several_sentences", {}).items()}
        compression = config.get("compression")
        model = made.build(shape) if compression is None else rebuilt(made.build(shape), compression)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise RunError(f"{run.config} describes no translator ({error}): restore it, or train again") from error
    load_weights(model, load_tensors(run.weights), str(run.weights))
    return model, shape.vocab_size, directions, several


def search_of(run: RunDirectory) -> Search:
    """How generation_config.json says to decode."""
    values = read_json(run.generation)
    try:
        return Beam(values["width"], values["length_penalty"], values["n_best"])
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{run.generation} describes no search ({error}): restore it, or train again") from error
