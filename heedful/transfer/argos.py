"""A translator as a package of Argos Translate, which LibreTranslate reads too: a zip with metadata, model and pieces.

Argos cuts a text into sentences with a program of its own, which it fetches when it is first used; that part is not in
the package. A package has one direction. Where a model has several, CTranslate2 puts the tag in front of every source.
"""

import io
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from heedful import __version__
from heedful.architecture import Architecture
from heedful.data.languages import english_name
from heedful.interface import Model
from heedful.run.disk import encode_json, naming, write_file
from heedful.transfer import ctranslate2
from heedful.transfer.foreign import Exported, Runtime, in_code, library
from heedful.transfer.sentencepiece import piece_names, sentencepiece_model

TITLE = "a package of Argos Translate"
QUANTIZATIONS = ctranslate2.QUANTIZATIONS
WEIGHTS = "*.argosmodel"
# How Argos Translate 1.11 looks for a translation; it does not ask the package.
BEAM, LENGTH_PENALTY, AT_ONCE = 4, 0.2, 32
# Where `Tokenizer` puts no space before the beginning of most texts.
_WITHOUT_SPACES = {"zh", "zho", "cmn", "yue", "ja", "jpn"}
# The oldest time that a zip can hold: the same model is the same package.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def need() -> None:
    """See that both libraries are here that write a package and run it.

    Raises:
        DependencyError: one is not installed.
    """
    ctranslate2.need()
    library("sentencepiece")


def check(model: Model) -> Architecture:
    """The architecture of a model that a package can hold.

    Raises:
        OptionError: it cannot; the message names the values.
    """
    return ctranslate2.check(model)


def package_name(direction: tuple[str, str]) -> str:
    """The file of a direction."""
    return f"translate-{direction[0]}_{direction[1]}.argosmodel"


def write(folder: Path, exported: Exported) -> None:
    """Write a package for each direction.

    Args:
        folder: exists, and is empty.
        exported: what is written.
    Raises:
        OptionError: CTranslate2 cannot express the model.
        DependencyError: it is not installed.
        RunError: the file system refused.
    """
    for direction in exported.directions:
        root = package_name(direction).removesuffix(".argosmodel")
        write_file(folder / package_name(direction), _zipped(root, _contents(folder, exported, direction)))


def _contents(folder: Path, exported: Exported, direction: tuple[str, str]) -> dict[str, bytes]:
    """The files of a package; the folder lends its disk."""
    source, target = direction
    metadata = {
        "package_version": "1.0",
        "argos_version": "1.9.0",
        "from_code": source,
        "from_name": english_name(source),
        "to_code": target,
        "to_name": english_name(target),
        "heedful_version": __version__,
    }
    files = {
        "metadata.json": encode_json(metadata),
        "README.md": f"# {source} → {target}\n\nExported by heedful {__version__}.\n".encode(),
        "sentencepiece.model": sentencepiece_model(
            exported.tokenizer, spaced=source.split("-")[0] not in _WITHOUT_SPACES
        ),
    }
    with naming(folder), tempfile.TemporaryDirectory(dir=folder) as scratch:
        names = piece_names(exported.tokenizer)
        ctranslate2.write_model(Path(scratch), exported.model, names, exported.quantization, exported.tag(target))
        return files | {f"model/{file.name}": file.read_bytes() for file in sorted(Path(scratch).iterdir())}


def run(folder: Path, exported: Exported, direction: tuple[str, str]) -> Runtime:
    """A package in the two libraries by which Argos Translate runs it, called as Argos calls them.

    Args:
        folder: holds what `write` wrote.
        exported: what was written.
        direction: languages from and into.
    """
    ids = {name: token for token, name in enumerate(piece_names(exported.tokenizer))}
    package = folder / package_name(direction)
    with naming(package, "read"), tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(package) as archive:
        archive.extractall(scratch)
        root = Path(scratch) / package.stem
        pieces = library("sentencepiece").SentencePieceProcessor(
            model_proto=(root / "sentencepiece.model").read_bytes()
        )
        translator = ctranslate2.need().Translator(str(root / "model"), inter_threads=1, intra_threads=exported.threads)

    def answer(texts: Sequence[str]) -> tuple[list[list[int]], list[str]]:
        results = translator.translate_batch(
            [pieces.encode(text, out_type=str) for text in texts],
            replace_unknowns=True,
            max_batch_size=AT_ONCE,
            beam_size=BEAM,
            length_penalty=LENGTH_PENALTY,
        )
        found = [each.hypotheses[0] for each in results]
        # Argos takes every underscore for a space, and takes one space away from the beginning.
        said = [pieces.decode_pieces(each).replace("▁", " ").replace("_", " ").removeprefix(" ") for each in found]
        return [[ids.get(name, -1) for name in each] for each in found], said

    return answer


def use(name: str, exported: Exported) -> str:
    """How to install the packages, in Markdown.

    Args:
        name: of the folder.
        exported: what was written.
    """
    source, target = exported.directions[0]
    packages = ", ".join(f"`{package_name(direction)}`" for direction in exported.directions)
    package = package_name((source, target))
    return f"""With `pip install argostranslate`, and this folder where you are, under the name `{name}`:

```python
import argostranslate.package
import argostranslate.translate

argostranslate.package.install_from_path({in_code(f"{name}/{package}")})
print(argostranslate.translate.translate("...", {in_code(source)}, {in_code(target)}))
```

The folder holds {packages}. LibreTranslate finds what is installed so. Argos Translate has its own ways with
every package: it cuts a text into sentences with a program that it fetches from the network when it is first used,
writes each underscore as a space, uses a beam of {BEAM} and a length penalty of {LENGTH_PENALTY}, and ends a
translation at 256 tokens.
"""


def _zipped(root: str, files: dict[str, bytes]) -> bytes:
    """A zip with one folder."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(f"{root}/{name}", _NO_TIME), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
