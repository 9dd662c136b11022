"""The suite itself: probes from what is given and from small built-in material, translated once, each judged by itself.

What cannot be checked is said with its reason. Behavioural tests of this kind: Ribeiro et al. 2020, "Beyond Accuracy:
Behavioral Testing of NLP Models with CheckList", arXiv:2005.04118; typos: Belinkov and Bisk 2018, arXiv:1711.02173.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

from heedful.errors import OptionError, ShapeError
from heedful.evaluation.behaviour.casing import casing_series
from heedful.evaluation.behaviour.degeneration import degeneration_series
from heedful.evaluation.behaviour.length import length_series
from heedful.evaluation.behaviour.noise import noise_series
from heedful.evaluation.behaviour.numbers import number_series
from heedful.evaluation.behaviour.probe import MAX_BYTES, Material, Pair, Series
from heedful.evaluation.behaviour.punctuation import punctuation_series
from heedful.evaluation.behaviour.report import Behaviour, Check, Example, LeftOut
from heedful.evaluation.behaviour.tokens import token_series
from heedful.evaluation.behaviour.words import lexicon_of, one_word_pairs, word_series

Translate = Callable[[Sequence[str]], list[str]]
MAX_EXAMPLES = 5
SERIES: tuple[Callable[[Material], list[Series]], ...] = (
    word_series, number_series, token_series, casing_series, punctuation_series, length_series, noise_series,
)  # fmt: skip


def examine(
    translate: Translate,
    pairs: Iterable[Pair],
    source: str,
    target: str,
    *,
    lexicon: Iterable[Pair] = (),
    seed: int = 1,
    n_probes: int = 100,
) -> Behaviour:
    """Try a translator.

    Args:
        translate: answers each text with its translation; is called once, with every text once.
        pairs: sentences and their references that the translator has not seen; with none, what is built in is tried.
        source: code of the language translated from.
        target: code of the language translated into.
        lexicon: words and their translations, beside those that `pairs` themselves hold as pairs of one word.
        seed: of every choice; the same one gives the same probes.
        n_probes: the most of each check.
    Raises:
        OptionError: no probe is asked for.
        ShapeError: the translator answered another number of texts.
    """
    if n_probes < 1:
        raise OptionError(f"n_probes is at least 1: got {n_probes}; 100 of each check tell enough")
    filled = [pair for pair in pairs if all(side.strip() for side in pair)]
    usable = [pair for pair in filled if max(len(side.encode("utf-8", "replace")) for side in pair) <= MAX_BYTES]
    words = lexicon_of([*one_word_pairs(usable), *lexicon])
    material = Material(usable, source, target, words, seed, n_probes)
    series = [item for make in SERIES for item in make(material)]
    degeneration = degeneration_series(material, _texts(series))
    texts = list(_texts([*series, *degeneration]))
    outputs = translate(texts)
    if len(outputs) != len(texts):
        raise ShapeError(
            f"a translator answers each text once: got {len(outputs)} answers to {len(texts)} texts; keep empty ones"
        )
    answers = dict(zip(texts, outputs, strict=True))
    checks, left_out = [], []
    for item in [*series, *degeneration]:
        if item.probes:
            checks.append(_judged(item, answers))
        else:
            left_out.append(LeftOut(item.name, item.title, item.missing if usable else _without(filled, item.name)))
    return Behaviour(source, target, seed, len(usable), len(texts), tuple(checks), tuple(left_out))


def _texts(series: Iterable[Series]) -> Iterable[str]:
    return dict.fromkeys(text for item in series for probe in item.probes for text in probe.texts)


def _without(filled: Sequence[Pair], name: str) -> str:
    if filled:
        return f"every sentence given has more than {MAX_BYTES} bytes"
    return "neither sentences nor words were given" if name == "words" else "no sentences were given"


def _judged(series: Series, answers: Mapping[str, str]) -> Check:
    """Counts, and examples of what failed."""
    passed = 0
    values: list[float] = []
    examples: list[Example] = []
    for probe in series.probes:
        outputs = [answers[text] for text in probe.texts]
        judgement = probe.judge(outputs)
        if judgement.value is not None:
            values.append(judgement.value)
        if not judgement.why:
            passed += 1
        elif len(examples) < MAX_EXAMPLES:
            examples.append(Example(probe.texts[-1], outputs[-1], judgement.why))
    mean = sum(values) / len(values) if values else None
    shown = tuple(examples)
    tried = len(series.probes)
    return Check(series.name, series.title, series.passes, tried, passed, shown, series.note, series.measure, mean)
