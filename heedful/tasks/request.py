"""What was asked for: the options of a translator's training, what they name, and what is wrong with them."""

from dataclasses import dataclass, replace
from pathlib import Path

from heedful.data.augment import Augmentation
from heedful.tasks.asked import Asked
from heedful.tasks.models import family
from heedful.tasks.preparation import Sources
from heedful.tasks.texts import Texts
from heedful.transfer.vectors import Layout


@dataclass(frozen=True)
class TranslationOptions(Asked, Texts):
    """What to learn from, and where to put the translator. Size, vocabulary, dropout and budget follow from the data.

    Args:
        both_directions: one model that translates both ways.
        augment: pairs to make from the text beside it: some of "words,numbers,tokens,casing,marks,joined", or "all".
        vectors: word vectors that the token embeddings begin with: GloVe text, word2vec text or binary, plain or gzip.
        model: "transformer"; or for comparison "rnn" (before attention), "rnn-attention" or "conv".
    """

    VERB = ("train", "translation")

    both_directions: bool = False
    augment: str = "none"
    vectors: Path | None = None
    model: str = "transformer"

    def check(self) -> None:
        """Refuse what no text can make right.

        Raises:
            OptionError: an unknown model, device or kind of pairs, a file named twice, several budgets or one of
                nothing, changes of no plan, a seed below 0, no evaluation.
            DataError: the file of vectors does not begin as one does.
        """
        family(self.model)
        if self.vectors is not None:
            Layout.of(self.vectors)
        Augmentation.named(self.augment)
        super().check()
        self.check_files()

    def sources(self) -> Sources:
        """The texts, with their languages, the directions to learn and the pairs to make.

        Raises:
            OptionError: a file is missing from a pair, or a language is not clear.
            DataError: a text cannot be read.
        """
        augmentation = None if self.augment == "none" else Augmentation.named(self.augment)
        return replace(super().sources(), both=self.both_directions, augmentation=augmentation, vectors=self.vectors)
