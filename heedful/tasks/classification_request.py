"""What a classifier's training can be asked for; its flags."""

from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from heedful.data.labelled import BETWEEN, KINDS, Named
from heedful.errors import OptionError, suggest
from heedful.model.heads import Over
from heedful.tasks.asked import Asked
from heedful.tasks.tuning import Tuning

VOCABULARIES = ("kept", "new")
POOLS = tuple(over for over in get_args(Over) if over != "each")


@dataclass(frozen=True)
class LabelledFiles:
    """The table to learn from, its held-out parts, and how it is read.

    Args:
        data: examples to learn from, a text and its label to a row: .tsv, .csv, .jsonl, or .conll for tagged words;
            plain or gzip.
        dev_data: held-out examples to choose the best weights by; a tenth of `data`, without shared texts, otherwise.
        test_data: held-out examples for the final scores; otherwise held out too, where `dev_data` is not named.
        text: name or number of the column with the text.
        pair: the same of a second text, where two are compared.
        label: the same of the label.
        kind: what is told of a text: "one" label, "many" (any number of them), a "number", or "tags" (one a word).
        between: what separates the labels of a text in one cell.
    """

    data: Path | None = None
    dev_data: Path | None = None
    test_data: Path | None = None
    text: str | None = None
    pair: str | None = None
    label: str | None = None
    kind: str | None = None
    between: str = BETWEEN


@dataclass(frozen=True)
class ClassificationOptions(Asked, LabelledFiles):
    """What to learn, and from what. Columns, labels, size and budget follow from the data where they are not named.

    Args:
        init: a finished run to begin with: a language model, a translator, another classifier, an imported model.
        vocabulary: of `init`: "kept", or "new" for one learned on `data` (vectors move by the names of tokens).
        tune: what of the model learns: "all", "head", "top:2" (upper layers), "gradual" (from the head down),
            "decay:0.8" (lower layers slower) or "lora:8" (small corrections of that rank).
        pool: what a text is told by: its "first" token, the "mean" of all, or the "last"; the mean, and the last of a
            model that reads from left to right.
    """

    VERB = ("train", "classification")

    init: Path | None = None
    vocabulary: str = "kept"
    tune: str = "all"
    pool: str | None = None

    @property
    def named(self) -> Named:
        """How its files are read."""
        return Named(self.text, self.pair, self.label, self.kind, self.between)

    def check(self) -> None:
        """Refuse what no data can make right.

        Raises:
            OptionError: as of every training; no data, a file named twice, or a value that is not known.
        """
        super().check()
        if self.data is None:
            raise OptionError("name the examples to learn from: --data train.tsv")
        given = [path.resolve() for path in (self.data, self.dev_data, self.test_data) if path is not None]
        if len(set(given)) < len(given):
            raise OptionError("--data, --dev-data and --test-data must be different files: scores would be too high")
        for flag, value, known in (
            ("--kind", self.kind, KINDS),
            ("--pool", self.pool, POOLS),
            ("--vocabulary", self.vocabulary, VOCABULARIES),
        ):
            if value is not None and value not in known:
                raise OptionError(f"{flag} {value!r} is not known{suggest(value, known)}")
        if not self.between:
            raise OptionError("--between is what separates labels: got nothing; leave it out for '|'")
        Tuning.named(self.tune)
        if self.init is None and self.tune not in ("all", "gradual") and not self.tune.startswith("decay"):
            raise OptionError(
                f"--tune {self.tune} keeps weights as they are, and none were trained: name a run with --init"
            )
        if self.init is None and self.vocabulary == "new":
            raise OptionError("--vocabulary new is for a run named with --init: from scratch it is new anyway")
