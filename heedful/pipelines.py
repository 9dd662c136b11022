"""The one-liners that people still type: `heedful.load(...)`, and `heedful.pipeline(...)` as in transformers 4."""

from collections.abc import Callable, Sequence
from pathlib import Path

from heedful.errors import OptionError, suggest
from heedful.tasks.translator import Translator

Answers = list[dict[str, str]]


def load(path: Path | str, device: str | None = None) -> Translator:
    """A trained model, every byte checked against its manifest.

    Args:
        path: its run directory.
        device: "cpu" or "cuda"; None chooses.
    Raises:
        RunError: it is missing, incomplete or damaged.
    """
    return Translator.load(path, device)


def pipeline(task: str, model: Path | str, device: str | None = None) -> Callable[..., Answers]:
    """A function from texts to what the pipelines of transformers 4 returned.

    Args:
        task: "translation", or "translation_xx_to_yy" for a model that translates into several languages.
        model: a run directory.
        device: "cpu" or "cuda"; None chooses.
    Returns:
        For "translation": a function of a text or a list of texts that returns [{"translation_text": ...}, ...].
    Raises:
        OptionError: the task is not known, or not that of the model.
        RunError: the run directory cannot be used.
    """
    name, _, languages = task.partition("_")
    if name not in PIPELINES:
        raise OptionError(f"task {task!r} is not known{suggest(task, PIPELINES)}")
    source, _, target = languages.partition("_to_")
    translator = load(model, device)
    if languages and (source, target) not in translator.directions:
        ways = " and ".join(f"translation_{one}_to_{other}" for one, other in translator.directions)
        raise OptionError(f"this model does not do {task!r}: it does {ways}")
    return PIPELINES[name](translator, target or None)


def _translation(translator: Translator, to: str | None) -> Callable[..., Answers]:
    def translate(texts: str | Sequence[str]) -> Answers:
        found = translator.translate([texts] if isinstance(texts, str) else list(texts), to=to)
        return [{"translation_text": text} for text in found]

    return translate


PIPELINES: dict[str, Callable[[Translator, str | None], Callable[..., Answers]]] = {"translation": _translation}
