"""What a classifier stands on: a Transformer from scratch, or one that another run has trained."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from heedful.architecture import Architecture
from heedful.compression.prune import drop_layers
from heedful.data.codec import Codec
from heedful.data.foreign_tokenizer import ForeignTokenizer
from heedful.data.tokenizer import Tokenizer
from heedful.errors import OptionError, RunError
from heedful.model.heads import Reads
from heedful.model.transformer import Transformer
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.manifest import check_manifest
from heedful.run.weights import load_tensors
from heedful.tasks.models import weights_of
from heedful.training.options import TrainingOptions
from heedful.training.schedule import Trapezoid
from heedful.transfer.vocabulary import Kept, moved

Tells = TypeVar("Tells", covariant=True)

# A classifier of ours has its own name before those of its trunk.
_WITHIN = "trunk."
# Of a run that wrote; a trunk that reads has no use for them.
_UNREAD = ("output.", "transform.", "pooler.", "head.")


@dataclass(frozen=True)
class Size:
    """One row of the table.

    Args:
        examples: the row holds up to this many.
        vocab_size: pieces, at most.
        d_model: width; heads are 64 wide, and two at least.
        n_layers: of the encoder.
        dropout: probability.
        learning_rate: the peak.
        tokens: of a batch, padding counted.
        epochs: over the data when no budget is given.
    """

    examples: float
    vocab_size: int
    d_model: int
    n_layers: int
    dropout: float
    learning_rate: float
    tokens: int
    epochs: int


# From scratch. A few thousand texts teach words, and little of how they stand together: a wide or a deep model learns
# them by heart in a few epochs, so small data gets a narrow, shallow one under much dropout. Batches grow with the data
# because the number of updates would.
SIZES = (
    Size(3_000, 3000, 128, 2, 0.4, 1e-3, 1024, 30),
    Size(20_000, 6000, 128, 2, 0.4, 1e-3, 2048, 12),
    Size(100_000, 12000, 256, 3, 0.3, 7e-4, 4096, 6),
    Size(float("inf"), 16000, 384, 6, 0.1, 5e-4, 8192, 3),
)
# What was learned elsewhere is moved little: low rates, few epochs (arXiv:1810.04805, appendix A.3, with the higher
# rate that a narrower model bears).
TUNING = Size(float("inf"), 0, 0, 0, 0.1, 2e-4, 2048, 4)
# Tokens that a model from scratch reads at once; longer texts are read in windows.
WINDOW = 512


@dataclass(frozen=True)
class Trunk:
    """A Transformer that reads, before it is trained for something.

    Args:
        architecture: of the part that reads, and nothing else.
        reads: which part that is.
        tensors: its weights by name; None begins with chance.
        kept: what became of its token vectors under another tokenizer; None under its own.
    """

    architecture: Architecture
    reads: Reads
    tensors: dict[str, Tensor] | None = None
    kept: Kept | None = None

    @property
    def n_layers(self) -> int:
        """Layers that read."""
        shape = self.architecture
        return shape.n_encoder_layers if self.reads == "encoder" else shape.n_decoder_layers

    def build(self, seed: int) -> Transformer:
        """The model: of a trained trunk its weights, else random ones, the same for the same seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            model = Transformer(self.architecture)
        if self.tensors is not None:
            with torch.no_grad():
                for name, parameter in model.named_parameters():
                    parameter.copy_(self.tensors[name])
        return model

    def options(self, learning_rate: float, steps: int, seed: int) -> TrainingOptions:
        """Options for a training of so many updates: a short warm-up and a long way down.

        Args:
            learning_rate: the peak.
            steps: updates.
            seed: of everything random.
        """
        trained = self.tensors is not None
        return TrainingOptions(
            steps=steps,
            learning_rate=learning_rate,
            schedule=Trapezoid(warmup=0.1, cooldown=0.9),
            weight_decay=0.01 if trained else 0.1,
            betas=(0.9, 0.98),
            average=None if trained else 0.98,
            seed=seed,
        )


@dataclass(frozen=True)
class Given(Generic[Tells]):
    """What a student has of its teacher; it does not follow from the data.

    Args:
        trunk: some of the teacher's layers.
        codec: its tokenizer.
        tells: what it tells, or how it looks for answers.
    """

    trunk: Trunk
    codec: Codec
    tells: Tells


def size_for(n_examples: int) -> Size:
    """The row for so many examples to learn from."""
    return next(size for size in SIZES if n_examples <= size.examples)


def fresh(size: Size, vocab_size: int, paired: bool) -> Trunk:
    """An encoder of that size: norms before the sublayers, rotary positions.

    Args:
        size: row of the table.
        vocab_size: of the tokenizer.
        paired: whether it reads two texts, told apart.
    """
    architecture = Architecture(
        vocab_size=vocab_size,
        d_model=size.d_model,
        n_encoder_layers=size.n_layers,
        n_decoder_layers=0,
        n_heads=max(2, size.d_model // 64),
        d_ff=4 * size.d_model,
        dropout=size.dropout,
        order="pre",
        encoder_positions="rotary",
        max_len=WINDOW,
        n_kinds=2 if paired else 0,
    )
    return Trunk(architecture, "encoder")


def load_codec(path: Path) -> Codec:
    """The tokenizer of a run: ours, or the one that came with an imported model.

    Args:
        path: tokenizer.json.
    Raises:
        RunError: it is missing, damaged, or of an unknown kind.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RunError(f"cannot read the tokenizer {path} ({error}): restore it from a copy") from None
    return Tokenizer.load(path) if Tokenizer.wrote(text) else ForeignTokenizer.from_json(text, origin=str(path))


def borrow(path: Path) -> tuple[Trunk, Codec]:
    """The part of a trained run that reads, and its tokenizer: of a translator or a masked language model the encoder,
    of a causal one the decoder, of a classifier what its head stands on.

    Args:
        path: a finished run directory.
    Raises:
        RunError: it is no run, damaged, or its model is no Transformer with weights that can be trained.
    """
    run = RunDirectory.open(path)
    check_manifest(run.path, [file.name for file in (run.config, run.weights, run.tokenizer)])
    config = read_json(run.config)
    if config.get("model") != "transformer":
        raise RunError(f"{path} is a {config.get('model')!r} model: expected a Transformer; choose another run")
    if config.get("compression"):
        raise RunError(
            f"{path} is compressed: what was rounded off cannot be trained; give the run that it was made of"
        )
    whole = _described(run, config)
    reads: Reads = "encoder" if whole.n_encoder_layers else "decoder"
    part = replace(whole, tie="all", output="linear", pooler=False)
    part = replace(part, n_decoder_layers=0) if reads == "encoder" else part
    tensors = {name.removeprefix(_WITHIN): tensor for name, tensor in load_tensors(run.weights).items()}
    wanted = dict(Transformer(part).named_parameters())
    for name, parameter in wanted.items():
        if name not in tensors or tensors[name].shape != parameter.shape:
            raise RunError(f"{run.weights} has no {name} of the shape {tuple(parameter.shape)}; restore it from a copy")
    used = {name: tensors[name].float() for name in wanted}
    codec = load_codec(run.tokenizer)
    if codec.vocab_size > part.vocab_size:
        raise RunError(f"{run.tokenizer} does not fit {run.config}: restore both files from the same run")
    return Trunk(part, reads, used), codec


def _described(run: RunDirectory, config: dict[str, Any]) -> Architecture:
    try:
        return Architecture.from_json(config["architecture"])
    except (KeyError, OptionError) as error:
        raise RunError(f"{run.config} describes no Transformer ({error}): restore it from a copy") from error


def shallower(trunk: Trunk, kept: Sequence[int]) -> Trunk:
    """The same trunk with some of its layers.

    Args:
        trunk: trained.
        kept: their places from 0.
    """
    depth = trunk.n_layers
    dropped = [f"{trunk.reads}.{place}" for place in range(depth) if place not in kept]
    model = drop_layers(trunk.build(0), dropped)
    return Trunk(model.architecture, trunk.reads, weights_of(model), trunk.kept)


def unread(names: Iterable[str], trunk: Trunk) -> list[str]:
    """The weights of a run that its trunk has no place for, by the first part of their name.

    Args:
        names: of all weights of the run.
        trunk: taken from it.
    """
    used = trunk.tensors or {}
    left = {name.removeprefix(_WITHIN) for name in names} - set(used)
    return sorted({name.partition(".")[0] for name in left if not name.startswith(_UNREAD)})


def with_vocabulary(trunk: Trunk, old: Codec, new: Codec) -> Trunk:
    """The same trunk under another tokenizer.

    Args:
        trunk: trained.
        old: its tokenizer.
        new: instead of it.
    """
    assert trunk.tensors is not None, "one from scratch has nothing to keep"
    name = f"{trunk.reads}.embedding.tokens.weight"
    table, kept = moved(trunk.tensors[name][: old.vocab_size], old, new)
    architecture = replace(trunk.architecture, vocab_size=new.vocab_size)
    return Trunk(architecture, trunk.reads, {**trunk.tensors, name: table}, kept)
