"""The one-liners that people still type: `heedful.load(...)`, and `heedful.pipeline(...)` as in transformers 4."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from heedful.decoding import Sampling
from heedful.decoding.writing import Writing
from heedful.errors import OptionError, suggest
from heedful.tasks import loading
from heedful.tasks.answerer import Answerer
from heedful.tasks.classifier import Classifier
from heedful.tasks.embedder import Embedder
from heedful.tasks.language_model import Filling, LanguageModel
from heedful.tasks.translator import Translator
from heedful.tasks.writer import Writer


def load(path: Path | str, device: str | None = None) -> Any:
    """A trained model, every byte checked against its manifest: a `Translator`, a `Classifier`, ... by its task.

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
            "text-classification", "token-classification", "feature-extraction"; "text-generation", "fill-mask";
            "question-answering"; "summarization", "text2text-generation".
        model: a run directory.
        device: "cpu" or "cuda"; None chooses.
    Returns:
        A function of a text or a list of texts. "translation": [{"translation_text"}, ...], "summarization":
        [{"summary_text"}, ...], "text2text-generation": [{"generated_text"}, ...]. "text-classification":
        [{"label", "score"}, ...], with top_k a list of them (for each text of a list); a pair is {"text", "text_pair"}.
        "token-classification": a list of {"entity", "score", "index", "word", "start", "end"} for each word that is not
        "O", or with aggregation_strategy="simple" of {"entity_group", ...} for each span. "feature-extraction": a list
        of one list of a vector for each token. "text-generation": [{"generated_text"}, ...] for one prompt.
        "fill-mask": [{"score", "token", "token_str", "sequence"}, ...] for a text with one gap, a list of these for
        several. "question-answering": {"score", "start", "end", "answer"} for question=..., context=...; for lists of
        them, or of both, a list.
    Raises:
        OptionError: the task is not known, or not that of the model.
        RunError: the run directory cannot be used.
    """
    name, _, languages = task.partition("_")
    if name not in PIPELINES:
        raise OptionError(f"task {task!r} is not known{suggest(task, PIPELINES)}")
    served, make = PIPELINES[name]
    trained_for = loading.task_of(Path(model))
    if served and trained_for not in served:
        raise OptionError(f"this model does not do {task!r}: it is a run of the task {trained_for!r}")
    return make(model, device, languages)


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
    _nothing_behind(more)
    classifier = Classifier.load(path, device)
    if (classifier.scheme.kind == "tags") != tags:
        other = "text-classification" if tags else "token-classification"
        raise OptionError(f"this model is one for {other!r}: ask for that")
    return classifier


def _question_answering(path: Path | str, device: str | None, more: str) -> Callable[..., Any]:
    _nothing_behind(more)
    answerer = Answerer.load(path, device)

    def answer(asked: Any = None, *, question: Any = None, context: Any = None, top_k: int = 1) -> Any:
        given = {"question": question, "context": context} if asked is None else asked
        several = [_answers(answerer, item, top_k) for item in _questions(given)]
        found = several if top_k > 1 else [one[0] for one in several]
        return found[0] if len(found) == 1 else found

    return answer


def _questions(given: Any) -> list[Any]:
    """Each question with its context; lists of both stand side by side, and one context serves all questions."""
    if isinstance(given, Mapping) and isinstance(given.get("question"), list | tuple):
        questions, contexts = given["question"], given.get("context")
        contexts = contexts if isinstance(contexts, list | tuple) else [contexts] * len(questions)
        if len(contexts) != len(questions):
            raise OptionError(f"expected a context for each question: got {len(questions)} and {len(contexts)}")
        return [{"question": one, "context": text} for one, text in zip(questions, contexts, strict=True)]
    return [given] if isinstance(given, Mapping) else list(given)


def _answers(answerer: Answerer, item: Mapping[str, Any], top_k: int) -> list[dict[str, Any]]:
    return [
        # No answer is an empty one at the beginning, as it was there.
        {"score": one["probability"], "start": one["start"] or 0, "end": one["end"] or 0, "answer": one["answer"]}
        for one in answerer.answer(item.get("question", ""), item.get("context", ""), top_k)
    ]


def _feature_extraction(path: Path | str, device: str | None, more: str) -> Callable[..., list[Any]]:
    _nothing_behind(more)
    embedder = Embedder.load(path, device)

    def extract(texts: str | Sequence[str]) -> list[Any]:
        found = [[vectors.tolist()] for vectors in embedder.tokens([texts] if isinstance(texts, str) else list(texts))]
        return found[0] if isinstance(texts, str) else found

    return extract


def _text_generation(path: Path | str, device: str | None, more: str) -> Callable[..., Any]:
    _nothing_behind(more)
    model = LanguageModel.load(path, device)

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


def _fill_mask(path: Path | str, device: str | None, more: str) -> Callable[..., Any]:
    _nothing_behind(more)
    model = LanguageModel.load(path, device)

    def fill(texts: str | Sequence[str], *, top_k: int = 5) -> Any:
        answers = []
        for text in [texts] if isinstance(texts, str) else texts:
            gaps = [[_as_dict(one) for one in found] for found in model.fill(text, top_k)]
            answers.append(gaps[0] if len(gaps) == 1 else gaps)
        return answers[0] if isinstance(texts, str) else answers

    return fill


def _as_dict(one: Filling) -> dict[str, Any]:
    return {"score": one.probability, "token": one.token, "token_str": one.text, "sequence": one.sequence}


def _nothing_behind(more: str) -> None:
    if more:
        raise OptionError(f"there is nothing to say behind the name of this task: got {more!r}; leave it out")


# Of each name the tasks whose runs serve it (none: all that read), and what makes its function.
PIPELINES: Mapping[str, tuple[Sequence[str], Callable[[Path | str, str | None, str], Callable[..., Any]]]] = {
    "translation": (["translation"], _translation),
    "text-classification": (["classification"], _text_classification),
    "token-classification": (["classification"], _token_classification),
    "question-answering": (["answering"], _question_answering),
    "feature-extraction": ([], _feature_extraction),
    "text-generation": (["language"], _text_generation),
    "fill-mask": (["language", "encoder"], _fill_mask),
    "summarization": (["text"], partial(_writing, key="summary_text")),
    "text2text-generation": (["text"], partial(_writing, key="generated_text")),
}
