"""The proof that comes with a model that answers: figures, what no learning reaches, where it errs, how sure it is."""

import json
import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from heedful.baselines.overlap import overlap_sentence, sliding_window
from heedful.data.squad import Question
from heedful.evaluation.answers import Tally, Units, best_threshold, f1
from heedful.evaluation.labels import Calibration
from heedful.run.directory import RunDirectory
from heedful.run.facts import DataFile, ScoreSet, Section, Usage
from heedful.run.label_pictures import calibration_chart
from heedful.tasks.answerer import Answerer, Found, Manner
from heedful.tasks.answering_text import Laid
from heedful.tasks.artefact import Outcome
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.question_pair import question_of

N_MISTAKES = 20
MAX_LETTERS = 300
# Beginnings of questions that are told apart, and how often one must occur.
N_BEGINNINGS, LEAST_OFTEN = 8, 20
SENTENCE = "the sentence that shares most with the question"
WINDOW = "a sliding window over it"
CAVEATS = (
    "It points at a part of the text it is given and knows nothing else: what must be reasoned out is not found.",
    "A probability says how sure the model is, not whether the text is true.",
    "It repeats whatever prejudice its training text holds.",
)


@dataclass(frozen=True)
class Told:
    """The answer to one question.

    Args:
        text: empty where there is none.
        probability: of it, in [0, 1].
    """

    text: str
    probability: float


def look(answerer: Answerer, items: Sequence[Question], tell: Tell = unwatched) -> list[Found]:
    """What is found for questions.

    Args:
        answerer: that looks.
        items: questions with their contexts.
        tell: is told how far it is.
    """
    return answerer.find([(item.text, item.context) for item in items], 1, lambda *place: tell("answering", *place))


def scored(answerer: Answerer, items: Sequence[Question], found: Sequence[Found]) -> tuple[list[Told], Tally]:
    """The answers to questions, and how good they are.

    Args:
        answerer: that found them.
        items: questions with what people answered.
        found: for each of them.
    """
    told = []
    for one, item in zip(found, items, strict=True):
        first = answerer.told(one, item.context, 1)[0]
        told.append(Told(first["answer"], first["probability"]))
    golds = [[gold.text for gold in item.answers] for item in items]
    return told, Tally.of([one.text for one in told], golds, answerer.manner.units)


def threshold_of(items: Sequence[Question], found: Sequence[Found], units: Units) -> float:
    """From what margin on there is no answer: where F1 is highest; 0 where every text answers its question.

    Args:
        items: questions with what people answered.
        found: for each of them.
        units: by what answers are compared.
    """
    if all(item.answers for item in items):
        return 0.0
    kept = [(one, one.stretches[0], item) for one, item in zip(found, items, strict=True) if one.stretches]
    answered = [
        f1(item.context[best.start : best.end], [gold.text for gold in item.answers], units) for _, best, item in kept
    ]
    return best_threshold([one.margin for one, _, _ in kept], answered, [not item.answers for _, _, item in kept])


def conclude(run: RunDirectory, plan: Laid, answerer: Answerer, tell: Tell) -> Outcome:
    """Learn from dev when to say that a text does not answer, and score the model on what it has not seen.

    Args:
        run: where it is written.
        plan: of the run.
        answerer: finished; how it looks for answers is settled here.
        tell: is told how far it is.
    """
    name, pairs = plan.scored
    items = [question_of(pair) for pair in pairs]
    found = look(answerer, items, tell)
    if plan.facts["refuses"]:
        dev = [question_of(pair) for pair in plan.dev]
        known = found if pairs is plan.dev else look(answerer, dev, tell)
        answerer.manner = replace(answerer.manner, threshold=threshold_of(dev, known, answerer.manner.units))
    told, tally = scored(answerer, items, found)
    tell("answering without learning", 0, 0)
    others = _unlearned(plan, items, answerer)
    scores = ScoreSet(
        "", "", name, len(pairs), "", tally.figures(), {title: one.score("f1") for title, one in others.items()}
    )
    return Outcome(
        scores=[scores],
        held_out={name: list(pairs)},
        data=[DataFile(**file) for file in plan.facts["files"]],
        n_examples=plan.n_examples,
        unit="questions",
        languages=[],
        usage=usage(run.path.resolve().name),
        watched=("F1", "on the dev set"),
        loss="nats a question",
        sections=list(_sections(plan, items, told, tally, others)),
        limits=list(_limits(plan, answerer.manner)),
        caveats=CAVEATS,
        start=plan.facts["start"],
    )


def usage(name: str) -> Usage:
    """The lines by which such a model is used.

    Args:
        name: of its folder.
    """
    quoted = json.dumps(name, ensure_ascii=False)
    shell = f'heedful answer {shlex.quote(name)} --context text.txt --question "..."'
    return Usage(shell, f'import heedful\n\nmodel = heedful.load({quoted})\nmodel.answer("...", "...")')


def _unlearned(plan: Laid, items: Sequence[Question], answerer: Answerer) -> dict[str, Tally]:
    """What no learning reaches, by the name of the method."""
    golds, units = [[gold.text for gold in item.answers] for item in items], answerer.manner.units
    ways = {
        SENTENCE: [overlap_sentence(item.text, item.context) for item in items],
        WINDOW: [sliding_window(item.text, item.context, plan.facts["usual"]) for item in items],
    }
    return {title: Tally.of(answers, golds, units) for title, answers in ways.items()}


def _sections(
    plan: Laid, items: Sequence[Question], told: Sequence[Told], tally: Tally, others: dict[str, Tally]
) -> Iterator[Section]:
    if plan.facts["notes"]:
        yield Section("What was read", plan.facts["notes"])
    rows = []
    for title, other in others.items():
        found = tally.compare(other, "f1")
        digits = found.digits(1)
        chance = "" if found.clear else ", which may be chance"
        span = f"{found.low:+.{digits}f} to {found.high:+.{digits}f}"
        rows.append([title, f"{other.score('f1'):.1f}", f"{found.difference:+.{digits}f} ({span}){chance}"])
    yield Section("What it is worth", (), ("without learning", "F1", "this model minus it"), rows)
    parts = list(_parts(items, tally))
    if parts:
        rows = [
            [title, f"{part.score('f1'):.1f}", f"{part.score('exact_match'):.1f}", f"{len(part):,}"]
            for title, part in parts
        ]
        yield Section("Kind by kind", (), ("questions", "F1", "exact match", "how many"), rows)
    yield from _sureness(items, told, tally)


def _parts(items: Sequence[Question], tally: Tally) -> Iterator[tuple[str, Tally]]:
    """By whether the text answers, and by the first word of the question."""
    if not tally.answerable.all():
        yield "that their text answers", tally.part(tally.answerable)
        yield "that it does not answer", tally.part(~tally.answerable)
    words = [item.text.split()[0].casefold() for item in items]
    for word, count in Counter(words).most_common(N_BEGINNINGS):
        if count >= LEAST_OFTEN:
            yield f"“{word} …”", tally.part(np.array([one == word for one in words]))


def _sureness(items: Sequence[Question], told: Sequence[Told], tally: Tally) -> Iterator[Section]:
    """Whether its probabilities can be believed, and the mistakes of which it was surest."""
    sure = [one.probability for one in told]
    right = [bool(exact) for exact in tally.exact]
    found = Calibration.of(sure, right)
    said = (
        f"On average it is {100 * np.mean(sure):.1f}% sure and {tally.score('exact_match'):.1f}% of its answers are "
        f"exactly one that was given; sorted by how sure it is, the two lie {100 * found.error:.1f} points apart "
        "(expected calibration error)."
    )
    yield Section("How sure it is", [said], chart=calibration_chart(found.bins))
    wrong = sorted((n for n in range(len(told)) if not tally.f1[n]), key=lambda n: -sure[n])[:N_MISTAKES]
    if wrong:
        rows = [
            [
                _cut(items[n].text),
                _cut(told[n].text) or "no answer",
                _cut(items[n].answers[0].text) if items[n].answers else "no answer",
                f"{100 * sure[n]:.1f}%",
            ]
            for n in wrong
        ]
        about = "Nothing of these answers is right, and of these it was surest."
        yield Section("Most confident mistakes", [about], ("question", "answer", "expected", "sure"), rows)


def _cut(text: str) -> str:
    return text if len(text) <= MAX_LETTERS else f"{text[:MAX_LETTERS]}… ({len(text) - MAX_LETTERS:,} more characters)"


def _limits(plan: Laid, manner: Manner) -> Iterator[str]:
    yield f"It reads {manner.width:,} tokens at once, the question included: longer texts in windows that overlap."
    yield f"An answer has {manner.longest:,} tokens at most, which all but a few of those it learned from have."
    if manner.threshold is None:
        yield "It always answers: it has seen no question that its text does not answer."
    for note in plan.facts["notes"]:
        if "stand in the training text" in note:
            yield note
