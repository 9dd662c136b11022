"""The proof that comes with a model from text to text: figures, beside what needs no model; variety, and examples."""

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from heedful.baselines.extraction import lead, oracle
from heedful.baselines.retrieval import Nearest
from heedful.data.assignments import REFERENCE, TURN
from heedful.evaluation.significance import Comparison
from heedful.evaluation.writing import Tally, distinct
from heedful.run.directory import RunDirectory
from heedful.run.facts import FIGURE_NAMES, DataFile, ScoreSet, Section, Usage
from heedful.tasks import inheritance
from heedful.tasks.artefact import Outcome
from heedful.tasks.evidence import SEARCH, Tell
from heedful.tasks.writer import Manner, Writer
from heedful.tasks.writing_text import Laid, Pair

N_EXAMPLES = 5
MAX_LETTERS = 600
LEAD, ORACLE = "its first sentence", "its best sentence, an oracle that sees the reference"
NEAREST = "the reply to the nearest known history (TF-IDF)"
CAVEATS = (
    "It knows only the kind of text it was trained on; of other texts it writes something fluent and wrong.",
    "It may leave out, repeat or invent content; names, numbers and claims deserve a check against the source.",
    "Figures count words that are shared with a reference: they say little about truth, and nothing about style.",
    "It repeats whatever prejudice its training text holds.",
)


def conclude(run: RunDirectory, plan: Laid, writer: Writer, tell: Tell) -> Outcome:
    """Score a finished model on what it has not seen.

    Args:
        run: where it is written.
        plan: of the run.
        writer: finished.
        tell: is told how far it is.
    """
    name, pairs = plan.scored
    manner = plan.manner
    sources, references = [source for source, _ in pairs], [known.split(REFERENCE) for _, known in pairs]
    written = writer.answer(sources, progress=lambda *place: tell("writing", *place)).texts
    tally = Tally.of(written, references, manner.language)
    tell("scoring what needs no model", 0, 0)
    others = without_model(plan, pairs)
    tallies = {title: Tally.of(texts, references, manner.language) for title, texts in others.items()}
    first = next(iter(tally.statistics))
    baselines = {title: each.score(first) for title, each in tallies.items()}
    sections = list(_worth(tally, tallies, len(plan.facts["known"]) if manner.turns else 0))
    if manner.turns:
        sections.append(variety({"this model": written, **others, "people": [known[0] for known in references]}))
    sections.append(_examples(pairs, written))
    inherited = inheritance.stored(plan.place)
    if inherited is not None:
        sections.append(inherited.section)
    return Outcome(
        scores=[ScoreSet(manner.language, "", name, len(pairs), f"beam {SEARCH.width}", tally.figures(), baselines)],
        held_out={name: list(pairs)},
        data=[DataFile(**file) for file in plan.facts["files"]],
        n_examples=plan.n_examples,
        unit="replies" if manner.turns else "texts",
        languages=[manner.language] if manner.language else [],
        usage=usage(run.path.resolve().name, manner),
        watched=("% a token" if manner.turns else "ROUGE-L", "on some of the dev set"),
        sections=sections,
        limits=list(_limits(plan)),
        caveats=CAVEATS,
        start="from scratch" if inherited is None else inherited.start,
        findings=plan.facts["findings"],
    )


def without_model(plan: Laid, pairs: Sequence[Pair]) -> dict[str, list[str]]:
    """What needs no model writes of texts, by its name.

    Args:
        plan: what was learned from.
        pairs: texts, and their references.
    """
    if plan.manner.turns:
        histories, replies = zip(*plan.facts["known"], strict=True)
        nearest = Nearest(histories, replies)
        return {NEAREST: [nearest.answer(source) for source, _ in pairs]}
    texts = [source.replace(TURN, " ") for source, _ in pairs]
    best = [oracle(text, known.split(REFERENCE)) for text, (_, known) in zip(texts, pairs, strict=True)]
    return {LEAD: [lead(text) for text in texts], ORACLE: best}


def variety(texts: Mapping[str, Sequence[str]]) -> Section:
    """How varied replies are, beside those of people.

    Args:
        texts: replies to the same histories, by who wrote them.
    """
    rows = [[name, *(f"{distinct(some, n):.1f}" for n in (1, 2))] for name, some in texts.items()]
    said = (
        "How many of all words, and of all pairs of words, of its replies are different ones, in percent (distinct-1, "
        "distinct-2). Who always says the same scores low, whatever the other figures say. There is no interval: a "
        "bootstrap would draw replies twice."
    )
    return Section("How varied it is", [said], ("replies by", "distinct-1", "distinct-2"), rows)


def usage(name: str, manner: Manner) -> Usage:
    """The lines by which a model is used.

    Args:
        name: of its folder.
        manner: how it reads and writes.
    """
    quoted, shown = json.dumps(name, ensure_ascii=False), shlex.quote(name)
    model = f"import heedful\n\nmodel = heedful.load({quoted})\n"
    if manner.turns:
        return Usage(f"heedful chat {shown}", f'{model}model.reply(["...", "..."])')
    return Usage(f"heedful summarize {shown} < texts.txt", f'{model}model.summarize(["..."])')


def _worth(tally: Tally, others: Mapping[str, Tally], n_known: int) -> Iterator[Section]:
    about = [f"The nearest history is looked for among {n_known:,} of the training text."] if n_known else []
    head = ("instead of a model", "figure", "its score", "this model minus it")
    rows = [
        [title, FIGURE_NAMES[name][0], f"{each.score(name):.1f}", _difference(tally.compare(each, name))]
        for title, each in others.items()
        for name in tally.statistics
    ]
    yield Section("What it is worth", about, head, rows)


def _difference(found: Comparison) -> str:
    digits = found.digits(1)
    verdict = "" if found.clear else ", which may be chance"
    return f"{found.difference:+.{digits}f} ({found.low:+.{digits}f} to {found.high:+.{digits}f}){verdict}"


def _examples(pairs: Sequence[Pair], written: Sequence[str]) -> Section:
    n = min(N_EXAMPLES, len(pairs))
    # Evenly spread, and none chosen for how it came out.
    places = [place * len(pairs) // n for place in range(n)]
    rows = [[_cut(pairs[n][0]), written[n], pairs[n][1].split(REFERENCE)[0]] for n in places]
    return Section("Examples", ["Evenly spread over the texts, not chosen."], ("read", "written", "reference"), rows)


def _cut(text: str) -> str:
    text = text.replace(TURN, " ‖ ")
    return text if len(text) <= MAX_LETTERS else f"{text[:MAX_LETTERS]}… ({len(text) - MAX_LETTERS:,} more characters)"


def _limits(plan: Laid) -> Iterator[str]:
    room, manner, facts = plan.setup.shape.max_len - 2, plan.manner, plan.facts
    if manner.long == "refuse":
        left = f"; {facts['n_long']:,} of those it was to learn from were left out for it" if facts["n_long"] else ""
        yield f"It reads {room:,} tokens of a text, and refuses longer ones{left}."
    else:
        cut = f"; {facts['n_cut']:,} of those it learned from are longer" if facts["n_cut"] else ""
        yield f"It reads {room:,} tokens of a text, of a longer one the {manner.long} part alone{cut}."
    yield f"It writes {manner.most:,} tokens at most."
    if manner.turns:
        yield f"It reads the last {manner.turns} turns, and knows nothing of what was said before them."
    for found in facts["findings"]:
        if found["kind"] == "leaked_pairs":
            where = f"{found['count']:,} in {Path(found['examples'][0]['file']).name}"
            yield f"Held-out texts that stand in its training text: {where}; scores there are too high."
