"""What was asked for: the options of a translator's training, what they name, and what is wrong with them."""

from dataclasses import dataclass, replace
from pathlib import Path

from heedful.data.augment import Augmentation
from heedful.errors import OptionError, suggest
from heedful.tasks.asked import Asked
from heedful.tasks.inheritance import VOCABULARIES
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
        init: a finished run to begin with, whose shape the model has then; or two, of an encoder and of a decoder.
        vocabulary: of `init`: "kept", or "new" for one learned on the text (token vectors move by name).
        model: "transformer"; or for comparison "rnn" (before attention), "rnn-attention" or "conv".
    """

    VERB = ("train", "translation")

    both_directions: bool = False
    augment: str = "none"
    vectors: Path | None = None
    init: tuple[Path, ...] = ()
    vocabulary: str = "kept"
    model: str = "transformer"

    def check(self) -> None:
        """Refuse what no text can make right.

        Raises:
            OptionError: an unknown model, device or kind of pairs, what `init` excludes, a file named twice, several
                budgets or one of nothing, changes of no plan, a seed below 0, no evaluation.
            DataError: the file of vectors does not begin as one does.
        """
        family(self.model)
        self._check_init()
        if self.vectors is not None:
            Layout.of(self.vectors)
        Augmentation.named(self.augment)
        super().check()
        self.check_files()

    def _check_init(self) -> None:
        if self.vocabulary not in VOCABULARIES:
            raise OptionError(f"--vocabulary {self.vocabulary!r} is not known{suggest(self.vocabulary, VOCABULARIES)}")
        if self.vocabulary == "new" and not self.init:
            raise OptionError("--vocabulary new is for a run named with --init: from scratch it is new anyway")
        if self.init and self.model != "transformer":
            raise OptionError(f"--model {self.model} and --init exclude each other: the model is that of the run")
        if self.init and self.vectors is not None:
            raise OptionError("--vectors and --init exclude each other: token vectors begin as one or as the other")

    def sources(self) -> Sources:
        """The texts, with their languages, the directions to learn and the pairs to make.

        Raises:
            OptionError: a file is missing from a pair, or a language is not clear.
            DataError: a text cannot be read.
        """
        augmentation = None if self.augment == "none" else Augmentation.named(self.augment)
        return replace(super().sources(), both=self.both_directions, augmentation=augmentation, vectors=self.vectors)
