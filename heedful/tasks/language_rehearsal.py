"""How a language model does while it learns: its loss on held-out text, and a few lines to watch."""

from collections.abc import Callable
from itertools import islice

import numpy as np

from heedful.data import chance
from heedful.data.tokenizer import EOS, MASK
from heedful.decoding import Sampling
from heedful.decoding.writing import Writing
from heedful.interface import Model
from heedful.numerics import applied
from heedful.tasks.language_kinds import Kind
from heedful.tasks.language_model import LanguageModel
from heedful.tasks.language_text import Laid
from heedful.tasks.models import snapshot
from heedful.training.progress import Evaluation, Sample

# Held-out tokens read at each evaluation: enough to tell better from worse, few enough to cost little of the time.
MOST_TOKENS = 32_768
N_WATCHED = 2
# Tokens of a line that people watch: given, and written.
GIVEN, WRITTEN = 12, 32
# Bolder than chance, so that what is watched looks like what is wanted.
WATCHED = Writing(Sampling(temperature=0.8), max_tokens=WRITTEN)


class LanguageRehearsal:
    """The held-out text.

    Args:
        laid: of the run.
        kind: what is learned.
    """

    def __init__(self, laid: Laid, kind: Kind) -> None:
        self.laid, self.kind = laid, kind
        lengths = np.diff(laid.dev.starts)
        longest = np.argsort(-lengths, kind="stable")[: max(1, len(lengths) // 2)]
        self.watched = sorted(islice(longest.tolist(), N_WATCHED))

    def model(self, model: Model) -> LanguageModel:
        """The model as it is now, in the dtype of decoding."""
        laid = self.laid
        return LanguageModel(snapshot(model, laid.numerics), laid.tokenizer, laid.numerics, self.kind.stacks)

    def evaluate(self, model: Model) -> Evaluation:
        """The loss on a part of the held-out text, always the same: its score is minus that, in nats.

        Args:
            model: with the weights that count.
        """
        now = self.model(model)
        with applied(self.laid.numerics):
            figures = self.kind.figures(now.model, self.laid.dev, self.laid.tokenizer, now.model.max_len, MOST_TOKENS)
        scores = {name: figure.score for name, figure in figures.items()}
        return Evaluation(-scores["nll"], scores, self._samples(now), is_loss=True)

    def glimpse(self, model: Model) -> list[Sample]:
        """The same lines as they come out now."""
        return self._samples(self.model(model))

    def _samples(self, now: LanguageModel) -> list[Sample]:
        show: Callable[[LanguageModel, np.ndarray], Sample] = _filled if self.kind.stacks[0] else _gone_on
        samples = []
        for index in self.watched:
            tokens = self.laid.dev.document(index)[1:-1][: GIVEN + WRITTEN]
            if len(tokens) > 2 and len(tokens) + 3 <= now.model.max_len:
                samples.append(show(now, tokens))
        return samples


def _gone_on(now: LanguageModel, tokens: np.ndarray) -> Sample:
    """The beginning of a text, how it goes on, and how the model goes on with it."""
    n_given = min(GIVEN, len(tokens) // 2)
    given, rest = now.tokenizer.decode(tokens[:n_given].tolist()), now.tokenizer.decode(tokens[n_given:].tolist())
    return Sample(given, rest, now.generate(given, WATCHED)[0].text)


def _filled(now: LanguageModel, tokens: np.ndarray) -> Sample:
    """A text without one of its tokens, the token, and what the model puts in its place."""
    tokenizer = now.tokenizer
    # No byte: half a character says nothing.
    places = [place for place, token in enumerate(tokens.tolist()) if token >= tokenizer.n_plain] or [0]
    place = places[chance.key(len(tokens), 0) % len(places)]
    begins, ends = tokenizer.decode(tokens[:place].tolist()), tokenizer.decode([EOS, *tokens[place + 1 :].tolist()])
    piece = tokenizer.pieces([int(tokens[place])])[0].replace("▁", " ")
    # `decode` leaves out the space of the first word that it is given.
    follows = tokenizer.pieces([int(tokens[place + 1])])[0][:1] if place + 1 < len(tokens) else ""
    text = begins + " " * piece.startswith(" ") + MASK + " " * (follows == "▁") + ends
    return Sample(text, piece.strip(), now.fill(text, 1)[0][0].text)
