"""What came before, for comparison: the commonest label; TF-IDF with a linear SVM and with a random forest."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from heedful.errors import DependencyError

# Trees on more texts than this take longer than the training that they are compared with.
MOST_FOR_TREES = 20_000
N_TREES = 100
# Of more texts than this, what occurs once is left out.
FEW = 1000
_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\u3040-\u30ff]")
HOW = "install scikit-learn for it: pip install 'heedful[classic]'"


def is_installed() -> bool:
    """Whether scikit-learn is here."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        return False
    return True


def commonest(truth: Sequence[str], n: int) -> list[str]:
    """The commonest label, for each of n texts: what every classifier must beat.

    Args:
        truth: labels of the training texts.
        n: texts to be answered.
    """
    counts = Counter(truth)
    return [min(counts, key=lambda name: (-counts[name], name))] * n


def commonest_tags(texts: Sequence[str], tags: Sequence[str], asked: Sequence[str]) -> list[str]:
    """For each word the tag that it has most often; of new words the commonest of all.

    Args:
        texts: words of the training sentences, with spaces between.
        tags: of their words, in the same form.
        asked: sentences to be answered.
    """
    seen: dict[str, Counter[str]] = {}
    every: Counter[str] = Counter()
    for text, line in zip(texts, tags, strict=True):
        for word, tag in zip(text.split(" "), line.split(" "), strict=True):
            seen.setdefault(word, Counter())[tag] += 1
            every[tag] += 1
    usual = every.most_common(1)[0][0]
    return [" ".join(seen[w].most_common(1)[0][0] if w in seen else usual for w in text.split(" ")) for text in asked]


def classic(
    texts: Sequence[str], truth: Sequence[Sequence[str]], asked: Sequence[str], several: bool
) -> Mapping[str, list[list[str]]]:
    """TF-IDF with a linear support vector machine, and with a random forest.

    Words and pairs of words; where most letters are Chinese or kana, runs of one to three characters.

    Args:
        texts: to learn from.
        truth: labels of each.
        asked: texts to be answered.
        several: whether a text may have any number of labels.
    Returns:
        labels of each text asked, by the name of the system.
    Raises:
        DependencyError: scikit-learn is not installed.
    """
    try:
        from sklearn.ensemble import RandomForestClassifier
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.preprocessing import MultiLabelBinarizer
        from sklearn.svm import LinearSVC
    except ImportError:
        raise DependencyError(f"the classic baseline needs scikit-learn: {HOW}") from None
    way: dict[str, Any] = {"ngram_range": (1, 2), "token_pattern": r"(?u)\b\w+\b"}
    if is_unspaced(texts):
        way = {"ngram_range": (1, 3), "analyzer": "char"}
    vectors = TfidfVectorizer(sublinear_tf=True, min_df=2 if len(texts) > FEW else 1, **way)
    read, questions = vectors.fit_transform(texts), vectors.transform(asked)
    stride = -(-len(texts) // MOST_FOR_TREES)
    svm: Any = LinearSVC(random_state=1)
    forest: Any = RandomForestClassifier(N_TREES, random_state=1)
    names = {"TF-IDF and a linear SVM": (svm, 1), "TF-IDF and a random forest": (forest, stride)}
    found = {}
    if several:
        binary = MultiLabelBinarizer().fit(truth)
        for name, (model, step) in names.items():
            fitted = OneVsRestClassifier(model).fit(read[::step], binary.transform(truth[::step]))
            found[name] = [list(labels) for labels in binary.inverse_transform(fitted.predict(questions))]
        return found
    single = [labels[0] for labels in truth]
    for name, (model, step) in names.items():
        found[name] = [[str(label)] for label in model.fit(read[::step], single[::step]).predict(questions)]
    return found


def is_unspaced(texts: Sequence[str]) -> bool:
    """Whether most letters of some texts are of a script without spaces between words."""
    sample = "".join(texts[:: max(1, len(texts) // 200)])
    letters = sum(letter.isalpha() for letter in sample)
    return 2 * len(_HAN.findall(sample)) > letters
