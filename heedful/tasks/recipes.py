"""Recipes: known data, a model, its training, the score to expect and what it costs; a TOML file each.

They lie in `heedful/recipes/` and not beside the package, so that an installed heedful has them too; and they are no
code, as presets are: most of a recipe is origins, terms, commands and published figures.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from importlib import resources
from pathlib import Path
from typing import Any, Literal, Self

from heedful.architecture import Architecture, check_types, read_record
from heedful.errors import DataError, OptionError, suggest
from heedful.tasks.defaults import SIZES, Size, architecture_for, size_for
from heedful.training.options import TrainingOptions

FORMULA = (
    "FLOPs = tokens x 3 x weights of the matrix products (6 for each that a token meets, and it meets about half, the "
    "encoder's or the decoder's); hours = FLOPs / (peak of the machine x the share of it that is reached)"
)


@dataclass(frozen=True)
class Machine:
    """Something to train on.

    Args:
        name: what it is.
        peak: multiplications and additions a second in bfloat16, at most.
        share: of the peak that training is taken to reach.
        basis: where both are from.
    """

    name: str
    peak: float
    share: float
    basis: str


# docs/experiments.md: on these cores Multi30k's 3,249 updates in 19 minutes were 23% of the peak.
MACHINES = (
    Machine("two cores (AMD EPYC, Zen 4)", 4.3e11, 0.25, "the peak is measured, the share is that of Multi30k"),
    Machine(
        "one GPU (NVIDIA H100 or H200)", 9.89e14, 0.25, "the peak is the maker's, the share a guess for large models"
    ),
)


@dataclass(frozen=True)
class Data:
    """What a recipe trains on.

    Args:
        pairs: about how many there are to learn from.
        origin: where they come from, and what is held out.
        licence: on what terms.
        preparing: commands that fetch the files and name them as `files` does.
        files: names by option of `heedful train translation`: "source", "dev_target" ...; each may be gzip, with .gz.
    """

    pairs: int
    origin: str
    licence: str
    preparing: str
    files: Mapping[str, str]

    def find(self, folder: Path, recipe: str) -> dict[str, Path]:
        """The files in a folder, by option.

        Raises:
            DataError: some are missing; the message says what goes where.
        """
        if not folder.is_dir():
            raise DataError(f"{folder} is not a folder: give one that holds {', '.join(self.files.values())}")
        places = {
            option: next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)
            for option, name in self.files.items()
        }
        missing = [self.files[option] for option, path in places.items() if path is None]
        if missing:
            raise DataError(
                f"{folder} lacks {', '.join(missing)} (each may have .gz behind it): put them there; "
                f"`heedful recipe {recipe}` says where they come from and how to make them"
            )
        return {option: path for option, path in places.items() if path is not None}


@dataclass(frozen=True)
class Batches:
    """What a model reads at once.

    Args:
        tokens_per_batch: padded source and target tokens to an update.
        smoothing: of the labels.
        piece_dropout: probability of leaving out a merge.
    """

    tokens_per_batch: int
    smoothing: float
    piece_dropout: float

    def __post_init__(self) -> None:
        check_types(self)


@dataclass(frozen=True)
class Expected:
    """A published figure to compare with.

    Args:
        kind: "literature" as the papers count it, or "sacrebleu" as `heedful evaluate` does.
        figure: what is counted, and on which form of the text.
        test: on which sentences.
        score: None is not known.
        source: who published it.
    """

    kind: Literal["literature", "sacrebleu"]
    figure: str
    test: str
    score: float | None = None
    source: str = ""

    def __post_init__(self) -> None:
        check_types(self)


@dataclass(frozen=True)
class Measured:
    """What heedful came to with a recipe.

    Args:
        bleu: cased, sacreBLEU 13a; the mean where there are several seeds.
        bleu_lowercase: the same lower-cased.
        test: on which sentences.
        n_seeds: runs that this is the mean of.
        minutes: of training, each.
        machine: on what.
        date: when.
    """

    bleu: float
    bleu_lowercase: float
    test: str
    n_seeds: int
    minutes: float
    machine: str
    date: str

    def __post_init__(self) -> None:
        check_types(self)


@dataclass(frozen=True)
class Cost:
    """What a recipe takes, by FORMULA: an estimate.

    Args:
        steps: updates.
        tokens: source and target, padding counted.
        flops: floating-point operations.
        hours: on each of MACHINES, by name; where the budget is a time, on the first alone.
    """

    steps: int
    tokens: float
    flops: float
    hours: Mapping[str, float]


@dataclass(frozen=True)
class Recipe:
    """Known data and what to do with it. Either everything is said (`model`, `batches`, `training`), or nothing is.

    Args:
        name: of its file.
        title: in words.
        languages: from and into.
        data: what it trains on.
        expected: published figures, one of each kind.
        published_cost: what training took those who published.
        minutes: budget where nothing else is said: the table of defaults chooses, as for anyone's own files.
        model: its vocabulary is an upper limit.
        batches: what it reads at once.
        training: how it learns.
        measured: what heedful came to with it.
    """

    name: str
    title: str
    languages: tuple[str, str]
    data: Data
    expected: tuple[Expected, ...]
    published_cost: str
    minutes: float | None = None
    model: Architecture | None = None
    batches: Batches | None = None
    training: TrainingOptions | None = None
    measured: tuple[Measured, ...] = ()

    def __post_init__(self) -> None:
        said = [part is not None for part in (self.model, self.batches, self.training)]
        if any(said) != all(said) or all(said) == (self.minutes is not None):
            raise OptionError(f"recipe {self.name}: give [model], [batches] and [training], or minutes instead of all")

    @classmethod
    def read(cls, name: str, text: str) -> Self:
        """Read the TOML of a recipe.

        Raises:
            OptionError: a key that is unknown or missing, or a value that does not fit.
        """
        what = f"the recipe {name}"
        try:
            return cls._read(name, tomllib.loads(text), what)
        except KeyError as error:
            raise OptionError(f"{what} needs {error}") from None

    @classmethod
    def _read(cls, name: str, values: dict[str, Any], what: str) -> Self:
        parts: dict[str, Any] = {
            "name": name,
            "languages": tuple(values["languages"]),
            "data": read_record(Data, values["data"], what),
            "expected": tuple(read_record(Expected, item, what) for item in values["expected"]),
            "measured": tuple(read_record(Measured, item, what) for item in values.pop("measured", ())),
            "published_cost": values.pop("cost")["published"],
        }
        if "model" in values:
            # TOML has no null.
            chosen = {key: None if value == "none" else value for key, value in values["training"].items()}
            parts["model"] = Architecture.from_json(values["model"])
            parts["batches"] = read_record(Batches, values["batches"], what)
            parts["training"] = TrainingOptions.from_json(chosen)
        return read_record(cls, {**values, **parts}, what)

    @property
    def size(self) -> Size:
        """The same as a row of the table of defaults, or the row that fits the data."""
        if self.model is None or self.batches is None or self.training is None:
            return size_for(self.data.pairs)
        shape = {name: getattr(self.model, name) for name in ("vocab_size", "d_model", "dropout")}
        layers = {name: getattr(self.model, name) for name in ("n_encoder_layers", "n_decoder_layers")}
        rate = self.training.learning_rate
        return replace(SIZES[-1], **shape, **layers, **asdict(self.batches), learning_rate=rate)

    def cost(self) -> Cost:
        """What it takes, estimated."""
        size = self.size
        shape = self.model or architecture_for(size, size.vocab_size)
        if self.training is not None:
            tokens = float(self.training.steps * self.training.accumulation * size.tokens_per_batch)
        else:
            # What the first machine does in these minutes.
            tokens = 60 * (self.minutes or 0.0) * MACHINES[0].peak * MACHINES[0].share / flops_per_token(shape)
        flops = tokens * flops_per_token(shape)
        machines = MACHINES if self.training is not None else MACHINES[:1]
        hours = {machine.name: flops / (machine.peak * machine.share) / 3600 for machine in machines}
        return Cost(round(tokens / size.tokens_per_batch), tokens, flops, hours)

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values, with the cost."""
        values = asdict(self)
        if self.training is not None:
            values["training"] = self.training.to_json()
        return {**values, "cost": {**asdict(self.cost()), "formula": FORMULA, "measured": False}}


def recipe_names() -> list[str]:
    """The recipes that there are."""
    files = resources.files("heedful").joinpath("recipes").iterdir()
    return sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml"))


def load_recipe(name: str) -> Recipe:
    """Read a recipe.

    Raises:
        OptionError: there is none of that name.
    """
    names = recipe_names()
    if name not in names:
        raise OptionError(f"there is no recipe {name!r}{suggest(name, names)}")
    file = resources.files("heedful").joinpath("recipes", f"{name}.toml")
    return Recipe.read(name, file.read_text(encoding="utf-8"))


def flops_per_token(shape: Architecture) -> float:
    """Arithmetic of training for a source or target token: what `tasks.setup` counts in a model, without the model.

    Args:
        shape: an encoder-decoder.
    """
    narrow = shape.d_head * (shape.n_kv_heads or shape.n_heads)
    attention = 2 * shape.d_model * (shape.d_model + narrow)
    forward = (3 if shape.activation == "swiglu" else 2) * shape.d_model * shape.d_ff
    encoder = shape.n_encoder_layers * (attention + forward)
    decoder = shape.n_decoder_layers * (2 * attention + forward)
    return 3.0 * (encoder + decoder + shape.d_model * shape.vocab_size)
