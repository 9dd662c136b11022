"""What decides the outcome of a training run, as one frozen value that its checkpoints carry."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, Self, get_args

from heedful.errors import OptionError, suggest
from heedful.training.route import Leg, Route, read_legs, write_legs
from heedful.training.schedule import InverseSquareRoot, Trapezoid, schedule_from_json, schedule_to_json

BadStepPolicy = Literal["skip", "stop", "rollback"]
Keep = Literal["best", "last"]

# Nothing of what a run computes or writes down depends on these, so a resumed run may have others.
HARMLESS = frozenset({"save_every", "save_every_seconds", "glimpse_every_seconds"})


@dataclass(frozen=True)
class Slower:
    """A part of a model that learns slower than the rest, or later.

    Args:
        prefix: of the names of its parameters.
        rate: share of the learning rate.
        begins: share of the run before which it stands still.
    """

    prefix: str
    rate: float = 1.0
    begins: float = 0.0


@dataclass(frozen=True)
class TrainingOptions:
    """How a model is trained. Two runs with equal options, data and number of threads end bit-equal.

    Args:
        steps: updates of the weights, bad ones included, as first planned.
        replanned: changes of that plan on the way, in their order.
        learning_rate: the peak; `schedule` says how it moves.
        orthogonal_rate: the peak for the matrices inside the layers, whose steps Muon makes orthogonal; None
            leaves them to AdamW like all others.
        schedule: a `Trapezoid` or an `InverseSquareRoot`.
        weight_decay: decoupled, on matrices alone: not on norms, biases and embeddings.
        decay_embeddings: decay the embedding tables too.
        betas: how slowly AdamW forgets the gradient and its square.
        epsilon: AdamW's smallest divisor.
        clip: the largest global norm of a gradient; None does not clip.
        average: decay of the running average of the weights, which is what gets evaluated and kept; None keeps none.
        accumulation: batches of the plan to one update.
        seed: of everything random.
        evaluate_every: steps; 0 evaluates at the end alone.
        patience: evaluations without a better score before training stops; None never stops early.
        keep: whether the result is the best evaluated weights or the last ones.
        log_every: steps summed up in one row of metrics.jsonl.
        save_every: steps between two checkpoints; 0 leaves it to `save_every_seconds`.
        save_every_seconds: between two checkpoints; stretched so that saving takes at most 1% of the time.
        glimpse_every_seconds: between two looks at how the sample sentences come out; stretched in the same way.
        on_bad_step: after a loss or gradient that is no number, or a spike of the loss: "skip" the step, "stop" the
            run, or "rollback" to the weights of the last anchor and go on behind the bad data.
        spike: robust standard deviations above the recent median that make a spike; None looks for NaN and Inf alone.
        max_bad_steps: bad steps in a row that stop the run under every policy.
        anchor_every: steps between two anchors of "rollback".
        slower: parts that learn slower or later; of several that name a parameter the first counts.
    """

    steps: int
    replanned: tuple[Leg, ...] = ()
    learning_rate: float = 2e-3
    orthogonal_rate: float | None = None
    schedule: Trapezoid | InverseSquareRoot = field(default_factory=Trapezoid)
    weight_decay: float = 0.1
    decay_embeddings: bool = False
    betas: tuple[float, float] = (0.9, 0.98)
    epsilon: float = 1e-9
    clip: float | None = 1.0
    average: float | None = 0.998
    accumulation: int = 1
    seed: int = 0
    evaluate_every: int = 0
    patience: int | None = None
    keep: Keep = "best"
    log_every: int = 10
    save_every: int = 0
    save_every_seconds: float = 60.0
    glimpse_every_seconds: float = 5.0
    on_bad_step: BadStepPolicy = "skip"
    spike: float | None = 10.0
    max_bad_steps: int = 10
    anchor_every: int = 100
    slower: tuple[Slower, ...] = ()

    def __post_init__(self) -> None:
        for name, choices in (("on_bad_step", get_args(BadStepPolicy)), ("keep", get_args(Keep))):
            value = getattr(self, name)
            if value not in choices:
                raise OptionError(f"{name}={value!r} is not known{suggest(str(value), choices)}")
        for name in ("steps", "accumulation", "log_every", "max_bad_steps", "anchor_every"):
            if getattr(self, name) < 1:
                raise OptionError(f"{name} must be at least 1: got {getattr(self, name)}")
        for name in ("evaluate_every", "save_every"):
            if getattr(self, name) < 0:
                raise OptionError(
                    f"{name} counts steps and cannot be negative: got {getattr(self, name)}; 0 turns it off"
                )
        for name in ("learning_rate", "orthogonal_rate", "epsilon", "clip", "spike", "patience"):
            if getattr(self, name) is not None and not getattr(self, name) > 0:
                raise OptionError(f"{name} must be above 0: got {getattr(self, name)}")
        for name, share in (("average", self.average or 0.0), ("betas", self.betas[0]), ("betas", self.betas[1])):
            if not 0 <= share < 1:
                raise OptionError(f"{name} must be in [0, 1): got {share}")
        if not self.weight_decay >= 0:
            raise OptionError(f"weight_decay cannot be negative: got {self.weight_decay}")
        self.route()

    def route(self) -> Route:
        """The first plan, and its changes.

        Raises:
            OptionError: a change lies where the run is over.
        """
        return Route([Leg(0, 0, self.steps, self.evaluate_every), *self.replanned])

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        schedule, legs = schedule_to_json(self.schedule), write_legs(self.replanned)
        written = {"schedule": schedule, "replanned": legs, "betas": list(self.betas)}
        return {**asdict(self), **written, "slower": [asdict(part) for part in self.slower]}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`.

        Raises:
            OptionError: a key that is not an option, or a value that cannot be.
        """
        known = [item.name for item in fields(cls)]
        for name in values:
            if name not in known:
                raise OptionError(f"training option {name!r} is not known{suggest(name, known)}")
        schedule, betas = schedule_from_json(values["schedule"]), tuple(values["betas"])
        # An older heedful wrote no changes.
        legs = read_legs(values.get("replanned", ""))
        slower = tuple(Slower(**part) for part in values.get("slower", ()))
        return cls(**{**values, "schedule": schedule, "replanned": legs, "betas": betas, "slower": slower})

    def differences(self, other: Self) -> dict[str, tuple[Any, Any]]:
        """The options that decide the outcome and are not the same in both, by name: (mine, the other's)."""
        mine, others = self.to_json(), other.to_json()
        return {
            name: (mine[name], others[name]) for name in mine if mine[name] != others[name] and name not in HARMLESS
        }
