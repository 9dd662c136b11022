"""The proof that comes with a classifier: figures, what older methods reach, where it errs, and how sure it is then."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from heedful.baselines.classic import HOW, classic, commonest, commonest_tags, is_installed
from heedful.data.labelled import BETWEEN, TAB, names_of
from heedful.evaluation.labels import Calibration, Tally, confusion
from heedful.evaluation.significance import Comparison
from heedful.run.directory import RunDirectory
from heedful.run.facts import FIGURE_NAMES, DataFile, ScoreSet, Section, Usage, shown
from heedful.run.label_pictures import calibration_chart, confusion_table
from heedful.tasks.artefact import Outcome
from heedful.tasks.classification_text import Laid, Pair
from heedful.tasks.classifier import Answer, Classifier
from heedful.tasks.evidence import Tell
from heedful.tasks.scheme import Scheme

N_MISTAKES = 20
MAX_LETTERS = 300
MAJORITY = "the commonest label"
MAJORITY_TAGS = "the commonest tag of each word"
CAVEATS = (
    "It knows only the kind of text it was trained on, and answers every text, also one that fits no label.",
    "A probability says how sure the model is; how far that can be believed is shown below it.",
    "It repeats whatever prejudice its training text holds.",
)


def conclude(run: RunDirectory, plan: Laid, classifier: Classifier, tell: Tell) -> Outcome:
    """Score a finished classifier on what it has not seen.

    Args:
        run: where it is written.
        plan: of the run.
        classifier: finished.
        tell: is told how far it is.
    """
    name, pairs = plan.scored
    scheme, truth = plan.scheme, [truth for _, truth in pairs]
    answers = classifier.answer([text for text, _ in pairs], lambda *place: tell("telling labels", *place))
    told = [answer.told for answer in answers]
    tally = scheme.tally(told, truth)
    first = next(iter(tally.statistics))
    tell("scoring older methods", 0, 0)
    others = {title: scheme.tally(theirs, truth) for title, theirs in older(plan, pairs).items()}
    baselines = {title: each.score(first) for title, each in others.items()}
    return Outcome(
        scores=[ScoreSet("", "", name, len(pairs), "", tally.figures(), baselines)],
        held_out={name: list(pairs)},
        data=[DataFile(**file) for file in plan.facts["files"]],
        n_examples=plan.n_examples,
        unit="pairs of texts" if scheme.paired else "sentences" if scheme.kind == "tags" else "texts",
        languages=[],
        usage=usage(run.path.resolve().name, scheme),
        watched=(FIGURE_NAMES[first][0], "on the dev set"),
        loss="nats a word" if scheme.kind == "tags" else "nats a text",
        sections=list(_sections(tally, others, pairs, answers, scheme)),
        limits=list(_limits(plan)),
        caveats=CAVEATS,
        start=plan.facts["start"],
        findings=plan.facts["findings"],
    )


def older(plan: Laid, pairs: Sequence[Pair]) -> dict[str, list[str]]:
    """What older methods tell of texts, by the name of the method; those that are not installed are left out.

    Args:
        plan: what they learn from.
        pairs: texts to be answered, with their truths.
    """
    scheme, texts, truth = plan.scheme, [text for text, _ in plan.train], [truth for _, truth in plan.train]
    asked = [text for text, _ in pairs]
    if scheme.kind == "tags":
        return {MAJORITY_TAGS: commonest_tags(texts, truth, asked)}
    if scheme.kind == "number":
        return {}
    found = {MAJORITY: commonest(truth, len(asked))}
    if is_installed():
        several = scheme.kind == "many"
        plain, questions = ([text.replace(TAB, " ") for text in some] for some in (texts, asked))
        labels = [names_of(one, scheme.kind) for one in truth]
        for title, told in classic(plain, labels, questions, several).items():
            found[title] = [BETWEEN.join(sorted(names)) for names in told]
    return found


def usage(name: str, scheme: Scheme) -> Usage:
    """The lines by which a classifier is used.

    Args:
        name: of its folder.
        scheme: what it tells.
    """
    text = '("...", "...")' if scheme.paired else '"..."'
    quoted = json.dumps(name, ensure_ascii=False)
    shell = f"heedful classify {shlex.quote(name)} < texts.txt"
    return Usage(shell, f"import heedful\n\nmodel = heedful.load({quoted})\nmodel.classify([{text}])")


def _sections(
    tally: Tally, others: Mapping[str, Tally], pairs: Sequence[Pair], answers: Sequence[Answer], scheme: Scheme
) -> Iterator[Section]:
    first = next(iter(tally.statistics))
    rows = [
        [title, shown(first, each.score(first)), _difference(tally.compare(each, first))]
        for title, each in others.items()
    ]
    text = []
    if scheme.kind in ("one", "many") and not is_installed():
        text = [f"The SVM and the random forest that neural classifiers replaced are not here: {HOW}."]
    if rows or text:
        head = ("method", FIGURE_NAMES[first][0], "this model minus it") if rows else ()
        yield Section("What it is worth", text, head, rows)
    if scheme.kind == "one":
        yield from _of_labels(pairs, answers, scheme)


def _difference(found: Comparison) -> str:
    digits = found.digits(1)
    verdict = "" if found.clear else ", which may be chance"
    span = f"{found.low:+.{digits}f} to {found.high:+.{digits}f}"
    return f"{found.difference:+.{digits}f} ({span}), p = {found.p_in_words}{verdict}"


def _of_labels(pairs: Sequence[Pair], answers: Sequence[Answer], scheme: Scheme) -> Iterator[Section]:
    """Which labels are confused, whether confidence can be believed, and the mistakes of which it was surest."""
    told, truth = [answer.told for answer in answers], [truth for _, truth in pairs]
    counts = confusion(told, truth, scheme.labels)
    rows = []
    for number, label in enumerate(scheme.labels):
        right, true, named = counts[number, number], counts[number].sum(), counts[:, number].sum()
        cells = (f"{100 * right / named:.1f}" if named else "never told", f"{100 * right / true:.1f}" if true else "-")
        rows.append([label, *cells, f"{true:,}"])
    head = ("label", "right of those told, %", "found of those true, %", "examples")
    yield Section("Label by label", (), head, rows, confusion_table(counts, scheme.labels))
    confidence = [answer.confidence for answer in answers]
    right = [ours == theirs for ours, theirs in zip(told, truth, strict=True)]
    found = Calibration.of(confidence, right)
    sure, correct = (100 * sum(values) / len(values) for values in (confidence, right))
    said = (
        f"On average it is {sure:.1f}% sure and {correct:.1f}% right; sorted by how sure it is, the two lie "
        f"{100 * found.error:.1f} points apart (expected calibration error)."
    )
    yield Section("How sure it is", [said], chart=calibration_chart(found.bins))
    wrong = sorted((n for n in range(len(told)) if not right[n]), key=lambda n: -confidence[n])[:N_MISTAKES]
    if wrong:
        rows = [[truth[n], told[n], f"{100 * confidence[n]:.1f}%", _cut(pairs[n][0])] for n in wrong]
        about = "Of these it was surest. Where the true label looks wrong too, look at the data."
        yield Section("Most confident mistakes", [about], ("true", "told", "sure", "text"), rows)


def _cut(text: str) -> str:
    text = text.replace(TAB, " ‖ ")
    return text if len(text) <= MAX_LETTERS else f"{text[:MAX_LETTERS]}… ({len(text) - MAX_LETTERS:,} more characters)"


def _limits(plan: Laid) -> Iterator[str]:
    max_len = plan.trunk.architecture.max_len
    if plan.scheme.kind == "tags" or plan.scheme.paired:
        yield f"It reads {max_len:,} tokens at once, and refuses longer texts."
    else:
        long = plan.facts["n_long"]
        many = f"; {long:,} of those it learned from are" if long else ""
        yield f"It reads {max_len:,} tokens at once: a longer text is read in parts whose scores are averaged{many}."
    for found in plan.facts["findings"]:
        if found["severity"] == "warning" and "in the training text" in found["title"]:
            where = f"{found['count']:,} in {Path(found['examples'][0]['file']).name}"
            yield f"Held-out texts that stand in its training text: {where}; scores there are too high."
