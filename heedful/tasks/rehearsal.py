"""How a translator does while it learns: scored on held-out pairs, and a few sentences to watch."""

from collections.abc import Sequence

import torch

from heedful.data.batch import collate, encoder_input
from heedful.data.split import evenly
from heedful.decoding import Greedy
from heedful.evaluation.translation import corpus_bleu
from heedful.interface import Model
from heedful.numerics import Numerics
from heedful.tasks.models import snapshot
from heedful.tasks.preparation import Prepared
from heedful.tasks.translator import Direction, Translator
from heedful.training.objectives import TeacherForcing
from heedful.training.progress import Evaluation, Sample

# Enough for a BLEU that tells better from worse, few enough to cost little of the time.
MAX_SCORED = 400
MAX_WATCHED = 4
ROWS_AT_ONCE = 64


class Rehearsal:
    """The dev set in all directions.

    Args:
        prepared: of the run.
        directions: pairs of languages.
        numerics: how to compute here.
    """

    def __init__(self, prepared: Prepared, directions: Sequence[Direction], numerics: Numerics) -> None:
        self.prepared, self.directions, self.numerics = prepared, list(directions), numerics
        chosen = evenly(prepared.dev, MAX_SCORED // len(self.directions))
        forth = list(zip(*chosen, strict=True))
        self.sides = [forth, forth[::-1]][: len(self.directions)]
        self.n_watched = MAX_WATCHED // len(self.directions)

    def translator(self, model: Model) -> Translator:
        """The model as it is now, in the dtype of decoding."""
        return Translator(snapshot(model, self.numerics), self.prepared.tokenizer, self.directions, self.numerics)

    def evaluate(self, model: Model) -> Evaluation:
        """BLEU of greedy translations, and the negative log-likelihood of a true token, nats.

        Args:
            model: with the weights that count.
        """
        figures: dict[str, float] = {}
        samples: list[Sample] = []
        translator = self.translator(model)
        for direction, (sources, references) in zip(self.directions, self.sides, strict=True):
            found = translator.answer(sources, to=direction[1], search=Greedy()).texts
            name = "bleu" if len(self.directions) == 1 else f"bleu_{'_'.join(direction)}"
            figures[name] = corpus_bleu(found, references, direction[1])
            samples += [Sample(*row) for row in zip(sources, references, found, strict=True)][: self.n_watched]
        mean = sum(figures.values()) / len(figures)
        return Evaluation(mean, {**figures, "bleu": mean, "nll": self.nll(translator)}, samples)

    def glimpse(self, model: Model) -> list[Sample]:
        """The first few sentences as they come out now."""
        translator, n = self.translator(model), self.n_watched
        samples: list[Sample] = []
        for direction, (sources, references) in zip(self.directions, self.sides, strict=True):
            found = translator.answer(sources[:n], to=direction[1], search=Greedy()).texts
            samples += [Sample(*row) for row in zip(sources[:n], references[:n], found, strict=True)]
        return samples

    @torch.inference_mode()
    def nll(self, translator: Translator) -> float:
        """Mean negative log-likelihood of the true tokens of the dev set, in nats."""
        tokenizer = self.prepared.tokenizer
        total = count = 0.0
        for direction, (sources, references) in zip(self.directions, self.sides, strict=True):
            tag = translator.tag(direction)
            rows = [
                (encoder_input(tokenizer.encode(source), tag), tokenizer.encode(reference))
                for source, reference in zip(sources, references, strict=True)
            ]
            found = surprise(translator.model, rows)
            total, count = total + found[0], count + found[1]
        return total / count


@torch.inference_mode()
def surprise(model: Model, rows: Sequence[tuple[list[int], list[int]]]) -> tuple[float, float]:
    """The negative log-likelihood of all true tokens, in nats, and how many they are.

    Args:
        model: in evaluation mode.
        rows: what the encoder reads, and the pieces that are true.
    """
    objective, device = TeacherForcing(smoothing=0.0), next(model.parameters()).device
    total = count = 0.0
    ordered = sorted(rows, key=lambda row: len(row[0]))
    for first in range(0, len(ordered), ROWS_AT_ONCE):
        batch = collate(*zip(*ordered[first : first + ROWS_AT_ONCE], strict=True))
        loss = objective(model, batch.to(device))
        total += float(loss.figures["nll"][0])
        count += float(loss.count)
    return total, count
