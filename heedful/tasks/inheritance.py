"""What a training begins with of other runs: who they are, their vocabulary, and what is laid down of their weights."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

from heedful.architecture import Architecture, Described
from heedful.data.codec import Codec
from heedful.data.tokenizer import Tokenizer
from heedful.errors import OptionError, RunError
from heedful.interface import Model
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json, write_json
from heedful.run.facts import Section
from heedful.run.manifest import check_manifest
from heedful.run.weights import load_tensors, save_tensors
from heedful.tasks.defaults import WINDOW, Shape
from heedful.tasks.models import FAMILIES
from heedful.tasks.preparation import Sources
from heedful.tasks.teacher import manifest_hash
from heedful.tasks.trunk import load_codec
from heedful.transfer.warm_start import Parent, WarmStart, put_into, warm_start, whole_shape

Vocabulary = Literal["kept", "new"]
VOCABULARIES: Sequence[Vocabulary] = ("kept", "new")
TENSORS, REPORT = "inherited.safetensors", "inherited.json"
# A classifier has its own name before those of the Transformer that its head stands on.
_WITHIN = "trunk."


@dataclass(frozen=True)
class Inheritance:
    """Trained runs that a new one begins with.

    Args:
        paths: their folders.
        parents: their models.
        model: name of the family.
        shape: of the new model, but for the size of its vocabulary.
        vocabulary: "kept", or "new" for one learned on the new text.
    """

    paths: Sequence[Path]
    parents: Sequence[Parent]
    model: str
    shape: Shape
    vocabulary: Vocabulary = "kept"

    @classmethod
    def open(cls, paths: Sequence[Path], vocabulary: str) -> Self:
        """Read them, every byte checked against its manifest.

        Args:
            paths: of one run, or of an encoder and a decoder.
            vocabulary: one of `VOCABULARIES`.
        Raises:
            RunError: one is missing, damaged, compressed, or its model reads no text.
            OptionError: they do not make one model, or their vocabularies cannot be kept.
        """
        opened = [_parent(path) for path in paths]
        parents = [parent for _, parent in opened]
        families = {family for family, _ in opened}
        if len(families) > 1:
            named = " and ".join(f"{parent.name} ({family})" for family, parent in opened)
            raise OptionError(f"--init: runs of two families make no model: got {named}; give two Transformers")
        shape = roomy(whole_shape(parents))
        chosen: Vocabulary = "new" if vocabulary == "new" else "kept"
        if chosen == "kept":
            _check_kept([parent.codec for parent in parents], parents)
        assert isinstance(shape, Shape), "a family has its shape"
        return cls(paths, parents, families.pop(), shape, chosen)

    def into(self, sources: Sources) -> Sources:
        """The same texts, cut with the tokenizer that is kept, for a model of this shape."""
        return replace(sources, tokenizer=self.tokenizer(sources.tags), shape=self.shape)

    def tokenizer(self, tags: Sequence[str]) -> Tokenizer | None:
        """The tokenizer that is kept, with a tag for each language to translate into; None where a new one is learned.

        Args:
            tags: codes of languages; empty in a model of one direction.
        """
        if self.vocabulary == "new":
            return None
        old = self.parents[0].codec
        assert isinstance(old, Tokenizer), "checked when it was opened"
        if old.languages == tuple(tags):
            return old
        return Tokenizer([old.piece(token) for token in range(old.n_plain, old.vocab_size)], old.merges, tags)

    def lay_down(self, place: Path, model: Model, codec: Codec) -> None:
        """Write the weights that a new model begins with, and what became of them.

        Args:
            place: `training/begun/` of the run.
            model: new.
            codec: its tokenizer.
        """
        tensors, report = warm_start(model, self.parents, codec)
        save_tensors(place / TENSORS, tensors)
        hashes = {str(path.resolve()): manifest_hash(path) for path in self.paths}
        write_json(place / REPORT, {"warm_start": report.to_json(), "manifests": hashes})


@dataclass(frozen=True)
class Inherited:
    """What a run began with.

    Args:
        warm_start: what became of the weights.
        manifests: SHA-256 of the manifest of each run, by its path.
    """

    warm_start: WarmStart
    manifests: dict[str, str]

    @property
    def start(self) -> str:
        """For the summary: "from tatoeba"."""
        return f"from {' and '.join(self.warm_start.parents)}"

    @property
    def section(self) -> Section:
        """For the card and the report."""
        said = [f"{sentence[0].upper()}{sentence[1:]}." for sentence in self.warm_start.describe()]
        rows = [[Path(path).name, value] for path, value in self.manifests.items()]
        return Section("What it began with", said, ("run", "SHA-256 of its manifest.json"), rows)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """What `Inheritance.lay_down` wrote."""
        return cls(WarmStart.from_json(values["warm_start"]), values["manifests"])


def roomy(shape: Described) -> Described:
    """The same shape with the window of a new model, where it was narrower and its positions go on by themselves.

    A model that learned from little text has a small window, and what it is trained for next may need more. Rotary,
    sinusoidal and relative positions are computed, and the new training teaches the distances that are new; a learned
    vector there is for each position or there is none, so such a window stays.

    Args:
        shape: of the model that is begun with.
    """
    if not isinstance(shape, Architecture) or "learned" in (shape.encoder_positions, shape.decoder_positions):
        return shape
    return replace(shape, max_len=max(shape.max_len, WINDOW))


def put_in(place: Path, model: Model) -> Inherited | None:
    """Let a model begin with what was laid down, if anything was.

    Args:
        place: `training/begun/` of the run.
        model: changed in place.
    """
    if (place / TENSORS).is_file():
        put_into(model, load_tensors(place / TENSORS))
    return stored(place)


def stored(place: Path) -> Inherited | None:
    """What a run began with; None of one from scratch.

    Args:
        place: `training/begun/` of the run.
    """
    return Inherited.from_json(read_json(place / REPORT)) if (place / REPORT).is_file() else None


def _parent(path: Path) -> tuple[str, Parent]:
    run = RunDirectory.open(path)
    check_manifest(run.path, [file.name for file in (run.config, run.weights, run.tokenizer) if file.is_file()])
    config = read_json(run.config)
    name = path.resolve().name
    if config.get("compression"):
        raise RunError(
            f"--init: {path} is compressed: what was rounded off cannot be trained; give the run that it was made of"
        )
    family = str(config.get("model"))
    if family not in FAMILIES or not run.tokenizer.is_file():
        raise RunError(
            f"--init: {path} is a {family!r} model for {config.get('task')!r}: expected one that reads or writes text "
            f"({', '.join(FAMILIES)})"
        )
    try:
        shape = FAMILIES[family].read(config["architecture"])
    except (KeyError, OptionError) as error:
        raise RunError(f"{run.config} describes no model ({error}): restore it from a copy") from error
    tensors = {key.removeprefix(_WITHIN): tensor for key, tensor in load_tensors(run.weights).items()}
    return family, Parent(name, shape, load_codec(run.tokenizer), tensors)


def _check_kept(codecs: Sequence[Codec], parents: Sequence[Parent]) -> None:
    if len({codec.to_json() for codec in codecs}) > 1:
        names = " and ".join(parent.name for parent in parents)
        raise OptionError(f"--init: {names} have two vocabularies, and a model has one: give --vocabulary new")
    if not isinstance(codecs[0], Tokenizer):
        raise OptionError(
            f"--init: the tokenizer of {parents[0].name} is another program's, and text is not laid out with it here: "
            "give --vocabulary new"
        )
