"""The shape of a Transformer as one frozen value, readable and writable as JSON."""

from collections.abc import Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Self, TypeVar, get_args, get_origin, get_type_hints

from heedful.errors import OptionError, suggest

Record = TypeVar("Record")

Norm = Literal["layer", "rms"]
Order = Literal["pre", "post"]
Positions = Literal["sinusoidal", "learned", "rotary", "relative", "none"]
Activation = Literal["relu", "gelu", "relu2", "swiglu", "gelu_tanh", "silu", "geglu_tanh"]
Tie = Literal["all", "input", "output", "none"]
Output = Literal["linear", "biased", "transformed"]

# Those of which one half of the inner width opens the gate for the other.
GATED: tuple[Activation, ...] = ("swiglu", "geglu_tanh")


@dataclass(frozen=True)
class Described:
    """An architecture of any family: plain values, to JSON and back."""

    def to_json(self) -> dict[str, Any]:
        """A dict of plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`.

        Raises:
            OptionError: an unknown or missing key, or a value that does not fit.
        """
        return read_record(cls, values, "the architecture")


@dataclass(frozen=True)
class Stretch:
    """Rotary positions made for longer texts than a model was trained on: slow turns become slower, fast ones stay.

    A pair of axes turns `trained / wavelength` times over the first training's window. One that turns less than `low`
    times is slowed down by `factor`, one that turns more than `high` times is left as it is, and between them the
    share of the old rate grows evenly.

    Args:
        factor: of the longest wavelengths.
        low: turns.
        high: turns.
        trained: tokens of that window.
    Source:
        Llama 3, arXiv:2407.21783, section 3.4, and its published code.
    """

    factor: float
    low: float
    high: float
    trained: int

    def __post_init__(self) -> None:
        check_types(self)
        if not (self.factor >= 1 and 0 < self.low < self.high and self.trained >= 1):
            raise OptionError(
                f"a stretch needs factor >= 1, 0 < low < high and trained >= 1: got factor={self.factor}, "
                f"low={self.low}, high={self.high}, trained={self.trained}; try 8, 1, 4 and 8192"
            )


@dataclass(frozen=True)
class Architecture(Described):
    """One class of model serves every family: the numbers of layers decide its form.

    Both stacks: the encoder-decoder of 2017. Only an encoder: BERT's form. Only a decoder: GPT's. The defaults are
    those of the paper's base model.

    Args:
        vocab_size: entries of the joint vocabulary.
        d_model: width of the residual stream.
        n_encoder_layers: 0 leaves the encoder out.
        n_decoder_layers: 0 leaves the decoder out.
        n_heads: query heads; must divide d_model where head_width is None.
        n_kv_heads: key/value heads, a divisor of n_heads; None is n_heads (arXiv:2305.13245).
        d_ff: inner width of the feed-forward network.
        activation: "swiglu" and "geglu_tanh" have a gate and so three matrices (arXiv:2002.05202); "relu2" is
            arXiv:2109.08668; "gelu" is exact and "gelu_tanh" its approximation by a tanh (arXiv:1606.08415).
        dropout: probability, on embeddings and on what each sublayer adds to the residual stream.
        norm: "layer" (arXiv:1607.06450) or "rms" (arXiv:1910.07467).
        order: "post" normalises after the addition, as in the paper; "pre" before the sublayer (arXiv:2002.04745).
        encoder_positions: how the encoder knows positions; "rotary" is arXiv:2104.09864; "relative" adds a learned bias
            to the scores, shared by the layers (arXiv:1910.10683, section 2.1).
        decoder_positions: the same for the decoder.
        window: encoder and decoder self-attention sees keys no further than this many positions; None sees all.
        bias: whether projections and layer norms have biases.
        tie: "all" shares one matrix between source, target and output (arXiv:1608.05859); "input" between source and
            target; "output" between target (or the only) tokens and output; "none" shares nothing.
        scale_embeddings: multiply embeddings by the square root of d_model (section 3.4 of the paper).
        max_len: the longest sequence, in tokens.
        head_width: d_head where it is not d_model / n_heads.
        norm_eps: what a norm adds to the variance; None is 1e-5 for "layer" and 1e-6 for "rms".
        norm_embeddings: whether embeddings are normalised before the first layer.
        n_kinds: types of token that the encoder tells apart by a vector each (arXiv:1810.04805, figure 2); 0: none.
        scale_attention: whether scores are divided by the square root of d_head (section 3.2.1 of the paper).
        rotary_base: of the wavelengths of "rotary" positions.
        rotary_stretch: makes the long ones of these wavelengths longer; None leaves them as they are.
        relative_buckets: of distances for "relative" positions, each with a learned number for each head.
        relative_distance: from this one on, distances share the last bucket.
        output: what makes logits of the last layer: "linear" one product; "biased" with a bias; "transformed" with one
            and a layer before it (dense, activation, norm), as where masked words are guessed (arXiv:1810.04805).
        pooler: whether the encoder ends in a layer that makes one vector of its first position (arXiv:1810.04805).
    """

    vocab_size: int
    d_model: int = 512
    n_encoder_layers: int = 6
    n_decoder_layers: int = 6
    n_heads: int = 8
    n_kv_heads: int | None = None
    d_ff: int = 2048
    activation: Activation = "relu"
    dropout: float = 0.1
    norm: Norm = "layer"
    order: Order = "post"
    encoder_positions: Positions = "sinusoidal"
    decoder_positions: Positions = "sinusoidal"
    window: int | None = None
    bias: bool = True
    tie: Tie = "all"
    scale_embeddings: bool = True
    max_len: int = 1024
    head_width: int | None = None
    norm_eps: float | None = None
    norm_embeddings: bool = False
    n_kinds: int = 0
    scale_attention: bool = True
    rotary_base: float = 10000.0
    rotary_stretch: Stretch | None = None
    relative_buckets: int = 32
    relative_distance: int = 128
    output: Output = "linear"
    pooler: bool = False

    def __post_init__(self) -> None:
        check_types(self)
        check_counts(self, "vocab_size", "d_model", "n_heads", "d_ff", "max_len")
        check_dropout(self.dropout)
        if min(self.n_encoder_layers, self.n_decoder_layers) < 0 or self.n_encoder_layers + self.n_decoder_layers == 0:
            raise OptionError(
                f"a model needs layers: got n_encoder_layers={self.n_encoder_layers}, "
                f"n_decoder_layers={self.n_decoder_layers}; give at least one of them 1 or more"
            )
        self._check_heads()
        self._check_positions()
        if self.output == "transformed" and self.activation in GATED:
            raise OptionError(f"output='transformed' has no gate: got activation={self.activation!r}; try 'gelu'")
        if self.window is not None and self.window < 1:
            raise OptionError(f"window must be at least 1, or None for full attention: got {self.window}")
        if self.norm_eps is not None and not 0 < self.norm_eps < 1:
            raise OptionError(f"norm_eps is a small number above 0: got {self.norm_eps}; try 1e-5")
        reads_only = [name for name in ("n_kinds", "pooler") if getattr(self, name)]
        if self.n_kinds < 0 or (reads_only and not self.n_encoder_layers):
            raise OptionError(
                f"n_kinds and pooler belong to an encoder: got n_kinds={self.n_kinds}, pooler={self.pooler}, "
                f"n_encoder_layers={self.n_encoder_layers}"
            )

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """The inverse of `to_json`.

        Raises:
            OptionError: an unknown or missing key, or a value that does not fit.
        """
        found = values.get("rotary_stretch")
        stretch = read_record(Stretch, found, "rotary_stretch") if isinstance(found, dict) else found
        return super().from_json({**values, "rotary_stretch": stretch})

    def _check_heads(self) -> None:
        if self.head_width is not None:
            check_counts(self, "head_width")
        elif self.d_model % self.n_heads:
            heads = [n for n in (2, 4, 8, 12, 16) if self.d_model % n == 0] or [1]
            raise OptionError(
                f"n_heads must divide d_model: got n_heads={self.n_heads}, d_model={self.d_model}; "
                f"try {' or '.join(map(str, heads))}"
            )
        if self.n_kv_heads is not None and (self.n_kv_heads < 1 or self.n_heads % self.n_kv_heads):
            raise OptionError(
                f"n_kv_heads must divide n_heads: got n_kv_heads={self.n_kv_heads}, n_heads={self.n_heads}"
            )

    def _check_positions(self) -> None:
        if "rotary" in (self.encoder_positions, self.decoder_positions):
            if self.d_head % 2:
                of = "d_model/n_heads" if self.head_width is None else "head_width"
                raise OptionError(f"rotary positions need an even d_head: got {of}={self.d_head}; change n_heads")
            if not self.rotary_base > 1:
                raise OptionError(f"rotary_base must be above 1: got {self.rotary_base}; try 10000")
        # The encoder halves them for both directions, and half of those are for one distance each.
        if self.relative_buckets < 4 or self.relative_buckets % 4:
            raise OptionError(f"relative_buckets must be a multiple of 4: got {self.relative_buckets}; try 32")
        if self.relative_distance <= self.relative_buckets // 2:
            raise OptionError(
                f"relative_distance must exceed half of relative_buckets={self.relative_buckets}: got "
                f"{self.relative_distance}; try {4 * self.relative_buckets}"
            )

    @property
    def d_head(self) -> int:
        """Width of one head."""
        return self.d_model // self.n_heads if self.head_width is None else self.head_width

    @property
    def eps(self) -> float:
        """What a norm adds to the variance."""
        usual = 1e-6 if self.norm == "rms" else 1e-5
        return usual if self.norm_eps is None else self.norm_eps


def check_counts(record: Any, *names: str) -> None:
    """Refuse a record in which one of these is below 1.

    Raises:
        OptionError: names it.
    """
    for name in names:
        if getattr(record, name) < 1:
            raise OptionError(f"{name} must be at least 1: got {getattr(record, name)}")


def check_dropout(dropout: float) -> None:
    """Refuse what is no probability of dropping.

    Raises:
        OptionError: it is not in [0, 1).
    """
    if not 0 <= dropout < 1:
        raise OptionError(f"dropout is a probability in [0, 1): got {dropout}")


def check_types(record: Any) -> None:
    """Refuse a dataclass of plain values in which one is not of its declared type.

    Raises:
        OptionError: names the field and, for a choice, the nearest right one.
    """
    for name, hint in get_type_hints(type(record)).items():
        value = getattr(record, name)
        if _fits(value, hint):
            continue
        if get_origin(hint) is Literal:
            raise OptionError(f"{name}={value!r} is not known{suggest(str(value), get_args(hint))}")
        raise OptionError(f"{name} must be {hint.__name__ if isinstance(hint, type) else hint}: got {value!r}")


def read_record(kind: type[Record], values: Mapping[str, Any], what: str) -> Record:
    """A dataclass of plain values from JSON.

    Args:
        kind: a dataclass.
        values: by field.
        what: the thing that it is, for messages.
    Raises:
        OptionError: an unknown or missing key.
    """
    known = {item.name: item for item in fields(kind)}  # type: ignore[arg-type]
    for key in values:
        if key not in known:
            raise OptionError(f"unknown key {key!r} in {what}{suggest(key, known)}")
    for name, item in known.items():
        if name not in values and item.default is MISSING:
            raise OptionError(f"{what} needs the key {name!r}")
    return kind(**values)


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is Literal:
        return value in get_args(hint)
    if get_origin(hint) is UnionType:
        return any(_fits(value, option) for option in get_args(hint))
    # By type, not isinstance: True is no number of heads.
    return type(value) is hint or (hint is float and type(value) is int) or (hint is Path and isinstance(value, Path))
