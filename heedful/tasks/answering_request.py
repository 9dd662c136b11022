"""What the training of a model that answers questions can be asked for; its flags."""

from dataclasses import dataclass
from pathlib import Path

from heedful.errors import OptionError
from heedful.tasks.asked import Asked


@dataclass(frozen=True)
class QuestionFiles:
    """The questions to learn from, and their held-out parts.

    Args:
        data: questions with their contexts and answers: SQuAD's JSON, or an object to a line; plain or gzip; several
            files are read as one.
        dev_data: held-out questions to choose the best weights by; a tenth of `data`, without shared contexts,
            otherwise.
        test_data: held-out questions for the final scores; otherwise held out too, where `dev_data` is not named.
    """

    data: tuple[Path, ...] = ()
    dev_data: Path | None = None
    test_data: Path | None = None


@dataclass(frozen=True)
class AnsweringOptions(Asked, QuestionFiles):
    """What to learn from, and what from. Size, window, length of answers and budget follow from the data.

    Args:
        init: a finished run to begin with, whose model has an encoder: a masked language model, a translator, a
            classifier, an imported model.
    """

    VERB = ("train", "answering")

    init: Path | None = None

    @property
    def held_files(self) -> dict[str, Path]:
        """The held-out files that were named, by their use."""
        files = {"dev": self.dev_data, "test": self.test_data}
        return {role: path for role, path in files.items() if path is not None}

    def check(self) -> None:
        """Refuse what no data can make right.

        Raises:
            OptionError: as of every training; no data, or a file named twice.
        """
        super().check()
        if not self.data:
            raise OptionError("name the questions to learn from: --data train.json")
        given = [path.resolve() for path in (*self.data, *self.held_files.values())]
        if len(set(given)) < len(given):
            raise OptionError("--data, --dev-data and --test-data must be different files: scores would be too high")
