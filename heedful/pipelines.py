"""The one-liners that people still type: `heedful.load(...)`, and `heedful.pipeline(...)` as in transformers 4."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from heedful.decoding import Sampling
from heedful.decoding.writing import Writing
from heedful.errors import OptionError, suggest
from heedful.tasks import loading
from heedful.tasks.language_model import Filling, LanguageModel
from heedful.tasks.translator import Translator

Answers = list[dict[str, str]]


def load(path: Path | str, device: str | None = None) -> Any:
    """A trained model, every byte checked against its manifest.

    Args:
        path: its run directory.
        device: "cpu" or "cuda"; None chooses.
    Returns:
        A `Translator`, a `LanguageModel`: what its task is served by.
    Raises:
        RunError: it is missing, incomplete or damaged.
    """
    return loading.load(path, device)


def pipeline(task: str, model: Path | str, device: str | None = None) -> Callable[..., Any]:
    """A function from texts to what the pipelines of transformers 4 returned.

    Args:
        task: "translation", or "translation_xx_to_yy" for a model that translates into several languages;
            "text-generation"; "fill-mask".
        model: a run directory.
        device: "cpu" or "cuda"; None chooses.
    Returns:
        For "translation" a function of a text or a list of texts that returns [{"translation_text": ...}, ...]; for the
        others the function that `text_generation` or `fill_mask` makes.
    Raises:
        OptionError: the task is not known, or not that of the model.
        RunError: the run directory cannot be used.
    """
    name, _, languages = task.partition("_")
    if name not in PIPELINES:
        raise OptionError(f"task {task!r} is not known{suggest(task, PIPELINES)}")
    kind, make = PIPELINES[name]
    loaded = load(model, device)
    if not isinstance(loaded, kind):
        raise OptionError(f"this model does not do {task!r}: it is a run of the task {loading.task_of(Path(model))!r}")
    return make(loaded, languages)  # type: ignore[no-any-return]


def translation(translator: Translator, languages: str = "") -> Callable[..., Answers]:
    """A function of a text or several.

    Args:
        translator: of a run.
        languages: as "zh_to_en"; may be left out where the model or the text leaves no choice.
    Raises:
        OptionError: the model does not translate so.
    """
    source, _, target = languages.partition("_to_")
    if languages and (source, target) not in translator.directions:
        ways = " and ".join(f"translation_{one}_to_{other}" for one, other in translator.directions)
        raise OptionError(f"this model does not do 'translation_{languages}': it does {ways}")

    def translate(texts: str | Sequence[str]) -> Answers:
        found = translator.translate([texts] if isinstance(texts, str) else list(texts), to=target or None)
        return [{"translation_text": text} for text in found]

    return translate


def text_generation(model: LanguageModel, _: str = "") -> Callable[..., Any]:
    """A function of a prompt or several: [{"generated_text": ...}, ...] for one, a list of such lists for several."""

    def generate(
        texts: str | Sequence[str],
        *,
        max_new_tokens: int = 20,
        do_sample: bool = False,
        temperature: float = 1.0,
        top_k: int | None = 50,
        top_p: float | None = None,
        num_return_sequences: int = 1,
        return_full_text: bool = True,
    ) -> Any:
        sampling = Sampling(temperature, top_k if do_sample else 1, top_p, n_best=num_return_sequences)
        how = Writing(sampling, max_new_tokens)
        answers = []
        for prompt in [texts] if isinstance(texts, str) else texts:
            found = model.generate(prompt, how)
            answers.append([{"generated_text": prompt * return_full_text + one.text} for one in found])
        return answers[0] if isinstance(texts, str) else answers

    return generate


def fill_mask(model: LanguageModel, _: str = "") -> Callable[..., Any]:
    """A function of a text with <mask>, or several: [{"score", "token", "token_str", "sequence"}, ...], best first.

    Of a text with several gaps a list of such lists; of several texts a list of what each would have.
    """

    def fill(texts: str | Sequence[str], *, top_k: int = 5) -> Any:
        answers = []
        for text in [texts] if isinstance(texts, str) else texts:
            gaps = [[_as_dict(one) for one in found] for found in model.fill(text, top_k)]
            answers.append(gaps[0] if len(gaps) == 1 else gaps)
        return answers[0] if isinstance(texts, str) else answers

    return fill


def _as_dict(one: Filling) -> dict[str, Any]:
    return {"score": one.probability, "token": one.token, "token_str": one.text, "sequence": one.sequence}


# Of each name the class of models that serves it, and what makes its function.
PIPELINES: dict[str, tuple[type, Callable[..., Callable[..., Any]]]] = {
    "translation": (Translator, translation),
    "text-generation": (LanguageModel, text_generation),
    "fill-mask": (LanguageModel, fill_mask),
}
