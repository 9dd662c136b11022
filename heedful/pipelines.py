"""The one-liners that people still type: `heedful.load(...)`, and `heedful.pipeline(...)` as in transformers 4."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from heedful.errors import OptionError, suggest
from heedful.tasks import loading
from heedful.tasks.classifier import Classifier
from heedful.tasks.embedder import Embedder
from heedful.tasks.translator import Translator
from heedful.tasks.writer import Writer


def load(path: Path | str, device: str | None = None) -> Any:
    """A trained model, every byte checked against its manifest: a `Translator`, a `Classifier`, ... by its task.

    Args:
        path: its run directory.
        device: "cpu" or "cuda"; None chooses.
    Raises:
        RunError: it is missing, incomplete or damaged.
    """
    return loading.load(path, device)


def pipeline(task: str, model: Path | str, device: str | None = None) -> Callable[..., Any]:
    """A function from texts to what the pipelines of transformers 4 returned.

    Args:
        task: "translation", or "translation_xx_to_yy" for a model that translates into several languages;
            "summarization", "text2text-generation", "text-classification", "token-classification",
            "feature-extraction".
        model: a run directory.
        device: "cpu" or "cuda"; None chooses.
    Returns:
        A function of a text or a list of texts. "translation": [{"translation_text"}, ...], "summarization":
        [{"summary_text"}, ...], "text2text-generation": [{"generated_text"}, ...]. "text-classification":
        [{"label", "score"}, ...], with top_k a list of them (for each text of a list); a pair is {"text", "text_pair"}.
        "token-classification": a list of {"entity", "score", "index", "word", "start", "end"} for each word that is not
        "O", or with aggregation_strategy="simple" of {"entity_group", ...} for each span. "feature-extraction": a list
        of one list of a vector for each token.
    Raises:
        OptionError: the task is not known, or not that of the model.
        RunError: the run directory cannot be used.
    """
    name, _, languages = task.partition("_")
    if name not in PIPELINES:
        raise OptionError(f"task {task!r} is not known{suggest(task, PIPELINES)}")
    return PIPELINES[name](model, device, languages)


def _translation(path: Path | str, device: str | None, languages: str) -> Callable[..., list[dict[str, str]]]:
    translator = Translator.load(path, device)
    source, _, target = languages.partition("_to_")
    if languages and (source, target) not in translator.directions:
        ways = " and ".join(f"translation_{one}_to_{other}" for one, other in translator.directions)
        raise OptionError(f"this model does not do 'translation_{languages}': it does {ways}")

    def translate(texts: str | Sequence[str]) -> list[dict[str, str]]:
        found = translator.translate([texts] if isinstance(texts, str) else list(texts), to=target or None)
        return [{"translation_text": text} for text in found]

    return translate


def _writing(path: Path | str, device: str | None, more: str, *, key: str) -> Callable[..., list[dict[str, str]]]:
    if more:
        raise OptionError(f"there is nothing to say behind the name of this task: got {more!r}; leave it out")
    writer = Writer.load(path, device)

    def write(texts: str | Sequence[str]) -> list[dict[str, str]]:
        return [{key: text} for text in writer.write([texts] if isinstance(texts, str) else list(texts))]

    return write


def _text_classification(path: Path | str, device: str | None, more: str) -> Callable[..., list[Any]]:
    classifier = _classifier(path, device, more, tags=False)

    def classify(texts: Any, top_k: int | None = None) -> list[Any]:
        single = isinstance(texts, str | Mapping)
        asked = [_pair(text) for text in ([texts] if single else texts)]
        if classifier.scheme.kind == "number":
            return [{"label": "LABEL_0", **answer} for answer in classifier.classify(asked)]
        if top_k is not None:
            found = classifier.classify(asked, top_k)
            return list(found[0]) if single else found
        return [ranked[0] for ranked in classifier.classify(asked, 1)]

    return classify


def _pair(text: Any) -> Any:
    return (text["text"], text["text_pair"]) if isinstance(text, Mapping) and "text_pair" in text else text


def _token_classification(path: Path | str, device: str | None, more: str) -> Callable[..., list[Any]]:
    classifier = _classifier(path, device, more, tags=True)

    def tag(texts: str | Sequence[str], aggregation_strategy: str = "none") -> list[Any]:
        if aggregation_strategy not in ("none", "simple"):
            raise OptionError(f"aggregation_strategy is 'none' or 'simple': got {aggregation_strategy!r}")
        asked = [texts] if isinstance(texts, str) else list(texts)
        found: list[list[dict[str, Any]]]
        if aggregation_strategy == "simple":
            found = [
                [{"entity_group": span.pop("entity"), **span} for span in one] for one in classifier.classify(asked)
            ]
        else:
            found = [
                [{**word, "index": index} for index, word in enumerate(words, 1) if word["entity"] != "O"]
                for words in classifier.tagged(asked)
            ]
        return found[0] if isinstance(texts, str) else found

    return tag


def _classifier(path: Path | str, device: str | None, more: str, tags: bool) -> Classifier:
    if more:
        raise OptionError(f"there is nothing to say behind the name of this task: got {more!r}; leave it out")
    classifier = Classifier.load(path, device)
    if (classifier.scheme.kind == "tags") != tags:
        other = "text-classification" if tags else "token-classification"
        raise OptionError(f"this model is one for {other!r}: ask for that")
    return classifier


def _feature_extraction(path: Path | str, device: str | None, more: str) -> Callable[..., list[Any]]:
    if more:
        raise OptionError(f"there is nothing to say behind the name of this task: got {more!r}; leave it out")
    embedder = Embedder.load(path, device)

    def extract(texts: str | Sequence[str]) -> list[Any]:
        found = [[vectors.tolist()] for vectors in embedder.tokens([texts] if isinstance(texts, str) else list(texts))]
        return found[0] if isinstance(texts, str) else found

    return extract


PIPELINES: Mapping[str, Callable[[Path | str, str | None, str], Callable[..., Any]]] = {
    "translation": _translation,
    "summarization": partial(_writing, key="summary_text"),
    "text2text-generation": partial(_writing, key="generated_text"),
    "text-classification": _text_classification,
    "token-classification": _token_classification,
    "feature-extraction": _feature_extraction,
}
