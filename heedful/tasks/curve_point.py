"""What one size of a learning curve came to: its dev score, its losses on training and dev text, its cost."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from heedful.data.text import ParallelText
from heedful.evaluation.overfitting import Look, Overfitting, judge
from heedful.evaluation.translation import Figure
from heedful.numerics import applied
from heedful.run.directory import RunDirectory
from heedful.run.facts import read_scores
from heedful.tasks.curve_plan import Portion
from heedful.tasks.evidence import SEARCH, evaluate_pairs
from heedful.tasks.models import n_parameters
from heedful.tasks.preparation import MAX_TOKENS, Prepared, prepare
from heedful.tasks.rehearsal import Rehearsal
from heedful.tasks.request import TranslationOptions
from heedful.tasks.translator import Translator
from heedful.training.log import Journal


@dataclass(frozen=True)
class Score:
    """BLEU of one direction on the dev set.

    Args:
        source: language code.
        target: language code.
        bleu: cased, with its 95% interval and its signature.
        n_sentences: of the dev set.
    """

    source: str
    target: str
    bleu: Figure
    n_sentences: int


@dataclass(frozen=True)
class Point:
    """A size that was trained.

    Args:
        name: "1/8", or "all".
        path: its run.
        pairs: of its text.
        parameters: of the model that so many pairs get.
        scores: on dev, for each direction.
        train_nll: nats a token on training pairs that all sizes have, without dropout and regularisation.
        dev_nll: the same on dev. Vocabularies differ from size to size, and so does what a token is.
        train_nll_per_character: the same in nats a character, which is comparable between sizes.
        dev_nll_per_character: on dev.
        overfitting: what the losses say.
        steps: updates.
        epochs: passes over its pairs.
        best_step: the step whose weights were kept.
        seconds: of training, evaluations included.
    """

    name: str
    path: Path
    pairs: int
    parameters: int
    scores: list[Score]
    train_nll: float
    dev_nll: float
    train_nll_per_character: float
    dev_nll_per_character: float
    overfitting: Overfitting
    steps: int
    epochs: float
    best_step: int
    seconds: float

    @property
    def gap(self) -> float:
        """Dev loss minus training loss, nats a token."""
        return self.dev_nll - self.train_nll

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return {**asdict(self), "path": str(self.path), "gap": self.gap}


def measure(portion: Portion, asked: TranslationOptions, sample: ParallelText) -> Point:
    """Measure the finished run of a size.

    Args:
        portion: the size.
        asked: what its run was asked for.
        sample: training pairs to measure the loss on.
    Raises:
        RunError: the run is missing, unfinished or damaged.
    """
    run = RunDirectory.open(asked.out)
    translator = Translator.load(run.path, asked.device)
    prepared = prepare(asked.sources(), run.begun, asked.seed)
    learned = [pair for pair in sample.pairs() if _was_read(pair, prepared)]
    losses = [_loss(translator, replace(prepared, dev=pairs)) for pairs in (learned, prepared.dev)]
    (train_nll, train_per_character), (dev_nll, dev_per_character) = losses
    rows = Journal(run.metrics).rows()
    looks = looks_of(rows)
    return Point(
        name=portion.name,
        path=run.path,
        pairs=portion.pairs,
        parameters=n_parameters(translator.model),
        scores=_dev_scores(run, translator, prepared),
        train_nll=train_nll,
        dev_nll=dev_nll,
        train_nll_per_character=train_per_character,
        dev_nll_per_character=dev_per_character,
        overfitting=judge(looks, train_nll, dev_nll),
        steps=int(rows[-1]["step"]),
        epochs=float(rows[-1]["epoch"]),
        best_step=max(looks, key=lambda look: look.score).step,
        seconds=float(rows[-1]["elapsed_seconds"]),
    )


def looks_of(rows: Sequence[Mapping[str, Any]]) -> list[Look]:
    """The evaluations among the rows of metrics.jsonl, each with the training loss since the one before."""
    looks: list[Look] = []
    losses: list[float] = []
    for row in rows:
        if "dev_score" in row:
            mean = sum(losses) / len(losses) if losses else None
            looks.append(Look(int(row["step"]), float(row["dev_score"]), float(row["dev_nll"]), mean))
            losses = []
        elif isinstance(row.get("nll"), float):
            losses.append(row["nll"])
    return looks


def _was_read(pair: tuple[str, str], prepared: Prepared) -> bool:
    """Whether training saw a pair: it leaves out those that are too long."""
    return max(len(prepared.tokenizer.encode(side)) for side in pair) <= MAX_TOKENS


def _loss(translator: Translator, prepared: Prepared) -> tuple[float, float]:
    """Nats a token, and nats a character, on the dev pairs of `prepared`."""
    rehearsal = Rehearsal(prepared, translator.directions, translator.numerics)
    with applied(translator.numerics):
        nll = rehearsal.nll(translator)
    # The end of a sentence is a token, and a character too.
    texts = [text for _, references in rehearsal.sides for text in references]
    n_tokens = sum(len(prepared.tokenizer.encode(text)) + 1 for text in texts)
    return nll, nll * n_tokens / sum(len(text) + 1 for text in texts)


def _dev_scores(run: RunDirectory, translator: Translator, prepared: Prepared) -> list[Score]:
    """Of the whole dev set, by the search of the final scores; these are of dev where there is no test text."""
    if not prepared.test:
        known = read_scores(run.scores)
        return [Score(item.source, item.target, Figure(**item.figures["bleu"]), item.n_sentences) for item in known]
    scores = []
    for number, direction in enumerate(translator.directions):
        pairs = prepared.dev if number == 0 else [(target, source) for source, target in prepared.dev]
        found = evaluate_pairs(translator, pairs, direction, SEARCH)
        scores.append(Score(*direction, found.scores.bleu, len(pairs)))
    return scores
