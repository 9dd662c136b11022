"""Tune a language model by pairs of answers of which people prefer one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from heedful.architecture import Architecture
from heedful.data import chance
from heedful.data.column import Column
from heedful.data.preferences import Preference, PreferencePlan, read_preferences
from heedful.data.text import identity
from heedful.data.tokenizer import Tokenizer
from heedful.decoding import Sampling
from heedful.decoding.writing import Writing
from heedful.errors import DataError, OptionError
from heedful.evaluation.language import choice_figures
from heedful.interface import Model
from heedful.numerics import Numerics, applied, choose
from heedful.run.directory import REQUEST, RunDirectory
from heedful.run.disk import read_json, write_atomic, write_json
from heedful.run.facts import DataFile, ScoreSet, Usage
from heedful.run.weights import save_tensors
from heedful.tasks.artefact import Outcome
from heedful.tasks.course import Course
from heedful.tasks.evidence import Tell, unwatched
from heedful.tasks.language_defaults import preference_options
from heedful.tasks.language_model import LanguageModel
from heedful.tasks.language_request import LanguageOptions
from heedful.tasks.language_text import LAID, START, Begun, built
from heedful.tasks.models import snapshot
from heedful.tasks.preparation import READY
from heedful.training.loop import TrainingResult
from heedful.training.options import TrainingOptions
from heedful.training.preference import DirectPreference, answer_log_probabilities
from heedful.training.progress import Evaluation, Sample

# Fewer pairs than this say nothing when a tenth of them is held out.
FEWEST, MOST_HELD = 20, 1000
ROWS, EPOCHS = 16, 3
PAIRS, REFERENCE = "pairs.json", "reference"
WATCHED = Writing(Sampling(temperature=0.8), max_tokens=40)
CAVEATS = (
    "It was tuned towards what these pairs prefer and nothing else: it may have grown worse elsewhere.",
    "It repeats whatever prejudice its pairs and its first training text hold.",
)


@dataclass(frozen=True)
class Paired:
    """What was laid down, in memory.

    Args:
        tokenizer: of the model.
        pairs: to learn from.
        held: held out.
        reference: (n_pairs, 2), then of those held out, log-probabilities of the answers under the first model.
        architecture: of the model, without dropout: what is compared is probabilities, not luck.
        numerics: how to compute.
        files: that were read.
        language: code; empty where it is not known.
        begun_with: the name of the run that it begins with.
        folder: where all this is.
    """

    tokenizer: Tokenizer
    pairs: Sequence[Preference]
    held: Sequence[Preference]
    reference: np.ndarray
    architecture: Architecture
    numerics: Numerics
    files: Sequence[DataFile]
    language: str
    begun_with: str
    folder: Path

    def plan(self, seed: int) -> PreferencePlan:
        """The pairs to learn from."""
        known = self.reference[: len(self.pairs)]
        return PreferencePlan(self.pairs, self.tokenizer, self.architecture.max_len, ROWS, seed, known)

    @property
    def held_plan(self) -> PreferencePlan:
        """Those held out."""
        known = self.reference[len(self.pairs) :]
        return PreferencePlan(self.held, self.tokenizer, self.architecture.max_len, ROWS, 0, known)


class PreferenceTask:
    """A language model that is to prefer what people do."""

    @property
    def name(self) -> str:
        """See Task."""
        return "language"

    def lay_down(self, place: Path, options: LanguageOptions) -> None:
        """See Task."""
        assert options.init is not None, "checked by the options"
        assert options.preferences is not None, "checked by the options"
        begun, numerics = Begun.read(options.init), choose(options.device)
        shape = replace(begun.architecture, dropout=0.0)
        if shape.n_encoder_layers or not shape.n_decoder_layers:
            raise OptionError(f"preferences need a model that goes on with a text: {options.init} fills gaps")
        learn, held = part(list(read_preferences(options.preferences)), options.preferences, options.seed)
        save_tensors(place / START, begun.tensors)
        # As training computes it, so that at its first step nothing has gained.
        model = snapshot(built(shape, numerics, place / START, 0), numerics)
        plan = PreferencePlan([*learn, *held], begun.tokenizer, shape.max_len, ROWS, 0)
        with Column(place / REFERENCE, "d") as column:
            column.write(np.concatenate([known.reshape(-1) for known in references(model, plan, numerics)]))
        write_atomic(place / "tokenizer.json", begun.tokenizer.to_json().encode())
        write_json(place / READY, {"dev": [(pair.prompt, pair.chosen) for pair in held], "test": []})
        write_json(place / PAIRS, {"train": [asdict(pair) for pair in learn], "dev": [asdict(pair) for pair in held]})
        write_json(place / LAID, {
            "architecture": shape.to_json(),
            "numerics": numerics.to_json(),
            "files": [asdict(DataFile.read("train preferences", options.preferences))],
            "language": str(begun.config.get("language", "")),
            "begun_with": options.init.resolve().name,
        })  # fmt: skip

    def open(self, place: Path, options: LanguageOptions) -> Paired:
        """See Task."""
        stored, pairs = read_json(place / LAID), read_json(place / PAIRS)
        return Paired(
            Tokenizer.load(place / "tokenizer.json"),
            [Preference(**pair) for pair in pairs["train"]],
            [Preference(**pair) for pair in pairs["dev"]],
            np.load(place / f"{REFERENCE}.npy").reshape(-1, 2),
            Architecture.from_json(stored["architecture"]),
            Numerics.from_json(stored["numerics"]),
            [DataFile(**file) for file in stored["files"]],
            stored["language"],
            stored["begun_with"],
            place,
        )

    def course(self, plan: Paired, options: LanguageOptions) -> Course:
        """See Task."""
        objective = DirectPreference(options.beta)

        def rates(steps: int) -> TrainingOptions:
            return preference_options(plan.architecture.d_model, steps, options.seed)

        def evaluate(model: Model) -> Evaluation:
            now = snapshot(model, plan.numerics)
            margins = held_gains(now, plan, objective)
            loss = float(np.logaddexp(0, -options.beta * margins).mean())
            figures = {"preference_loss": loss, "accuracy": 100 * float((margins > 0).mean())}
            return Evaluation(-loss, figures, glimpse(model), is_loss=True)

        def glimpse(model: Model) -> list[Sample]:
            now = LanguageModel(snapshot(model, plan.numerics), plan.tokenizer, plan.numerics, (False, True))
            return [Sample(one.prompt, one.chosen, now.generate(one.prompt, WATCHED)[0].text) for one in plan.held[:2]]

        opening = [f"preferences: {len(plan.pairs):,} pairs to learn from, {len(plan.held):,} held out"]
        model = built(plan.architecture, plan.numerics, plan.folder / START, options.seed)
        return Course(
            model, objective, plan.plan(options.seed), plan.numerics, rates, EPOCHS, evaluate, glimpse, opening
        )

    def config(self, plan: Paired) -> Mapping[str, Any]:
        """See Task."""
        return {
            "model": "transformer",
            "architecture": plan.architecture.to_json(),
            "numerics": plan.numerics.to_json(),
            "objective": "preference",
            "language": plan.language,
        }

    def title(self, plan: Paired) -> tuple[str, str]:
        """See Task."""
        return f"preferences {plan.language}".strip(), "dev loss"

    def conclude(
        self, run: RunDirectory, plan: Paired, course: Course, result: TrainingResult, tell: Tell
    ) -> tuple[Outcome, str | None, Mapping[str, Any] | None]:
        """See Task."""
        assert isinstance(course.objective, DirectPreference), "as this task made it"
        data = "held-out preferences"
        values = choices(snapshot(course.model, plan.numerics), plan, course.objective)
        scores = ScoreSet(plan.language, "", data, len(plan.held), "", values)
        name = run.path.resolve().name
        code = f'import heedful\n\nheedful.pipeline("text-generation", "{name}")("Once")'
        outcome = Outcome(
            [scores],
            {data: [(pair.prompt, pair.chosen) for pair in plan.held]},
            plan.files,
            {"train": len(plan.pairs), "dev": len(plan.held)},
            "pairs of answers",
            [plan.language] if plan.language else [],
            Usage(f'heedful generate {name} --prompt "Once"', code),
            ("minus the loss", data),
            caveats=CAVEATS,
            start=f"from {plan.begun_with}",
        )
        return outcome, plan.tokenizer.to_json(), None


@dataclass(frozen=True)
class Preferring:
    """A finished run whose figures can be made anew as long as what it began with is there.

    Args:
        tuned: the run, loaded.
        begun: its `training/begun/`, with both answers of each pair and what the first model makes of them.
    """

    tuned: LanguageModel
    begun: Path

    def figures(self, pairs: Sequence[tuple[str, str]], tell: Tell = unwatched) -> Mapping[str, Mapping[str, Any]]:
        """Every figure on the pairs that were held out; none on others, of which the first model has said nothing.

        Args:
            pairs: (prompt, chosen answer).
            tell: is told what is done.
        """
        options = LanguageOptions.from_json(read_json(self.begun / REQUEST)["options"])
        plan = PreferenceTask().open(self.begun, options)
        if list(pairs) != [(pair.prompt, pair.chosen) for pair in plan.held]:
            return {}
        tell("reading held-out preferences", 0, 0)
        return choices(self.tuned.model, plan, DirectPreference(options.beta))

    def readings(self, path: Path) -> list[list[tuple[str, str]]]:
        """None: which pairs of a file were held out is told by what training began with."""
        return []


def measurable(loaded: Any, begun: Path | None) -> Any:
    """A loaded run as what makes its figures anew: one that was tuned by preferences needs what it began with.

    Args:
        loaded: a run of any task.
        begun: its `training/begun/`; None where it is gone or damaged.
    """
    tuned = isinstance(loaded, LanguageModel) and loaded.objective == "preference"
    return Preferring(loaded, begun) if tuned and begun is not None else loaded


def choices(model: Model, plan: Paired, objective: DirectPreference) -> dict[str, dict[str, Any]]:
    """Every figure on the pairs that were held out.

    Args:
        model: in evaluation mode.
        plan: with the pairs.
        objective: what was minimised.
    """
    margins = held_gains(model, plan, objective)
    figures = choice_figures((margins > 0).astype(np.float64), f"gained against:{plan.begun_with}")
    return {name: figure.to_json() for name, figure in figures.items()}


def part(pairs: Sequence[Preference], path: Path, seed: int) -> tuple[list[Preference], list[Preference]]:
    """The pairs to learn from and those held out, a tenth; no prompt is in both.

    Args:
        pairs: all.
        path: their file, for messages.
        seed: another one holds out others.
    Raises:
        DataError: they are too few, or nearly all of one prompt.
    """
    if len(pairs) < FEWEST:
        raise DataError(f"{path} holds {len(pairs)} pairs: expected {FEWEST} or more, of which a tenth is held out")
    marks = np.array([identity(pair.prompt) for pair in pairs], np.uint64)
    # Pairs without any prompt have nothing in common.
    marks = np.where(marks == 0, chance.draw(1, np.arange(len(pairs))), marks)
    groups, member = np.unique(marks, return_inverse=True)
    sizes = np.bincount(member)
    wanted = min(max(2, len(pairs) // 10), MOST_HELD)
    order = np.argsort(chance.draw(chance.key(seed), groups), kind="stable")
    order = order[sizes[order] <= wanted]
    chosen = order[np.cumsum(sizes[order]) <= wanted]
    held = np.isin(member, chosen)
    if not held.any():
        raise DataError(f"{path}: nearly all pairs have one prompt, so that none can be held out; give more prompts")
    return [pair for pair, out in zip(pairs, held, strict=True) if not out], [
        pair for pair, out in zip(pairs, held, strict=True) if out
    ]


@torch.inference_mode()
def references(model: Model, plan: PreferencePlan, numerics: Numerics) -> Iterator[np.ndarray]:
    """The log-probabilities of both answers of each pair, in order: (n, 2) at a time.

    Args:
        model: that training begins with, in evaluation mode.
        plan: of the pairs.
        numerics: how to compute.
    """
    with applied(numerics):
        for pairs in np.array_split(np.arange(plan.n_pairs), -(-plan.n_pairs // ROWS)):
            batch = plan.answers(pairs).to(torch.device(numerics.device))
            yield answer_log_probabilities(model, batch).double().cpu().numpy().reshape(2, -1).T


@torch.inference_mode()
def held_gains(model: Model, plan: Paired, objective: DirectPreference) -> np.ndarray:
    """What each chosen answer that was held out gained over the rejected one: (n,) nats.

    Args:
        model: in evaluation mode.
        plan: with the pairs.
        objective: what was minimised.
    """
    held = plan.held_plan
    found = []
    with applied(plan.numerics):
        for pairs in np.array_split(np.arange(held.n_pairs), -(-held.n_pairs // ROWS)):
            batch = held.answers(pairs).to(torch.device(plan.numerics.device))
            found.append(objective.gains(model, batch).double().cpu().numpy())
    return np.concatenate(found)
