"""Language models of a few thousand weights, trained for a few steps on a few dozen documents."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

from heedful.tasks import language_text
from heedful.tasks.evidence import Published
from heedful.tasks.language import train_language
from heedful.tasks.language_defaults import LanguageSize
from heedful.tasks.language_request import LanguageOptions
from heedful.training import plan

SIZE = LanguageSize(float("inf"), 16, 1, 0.1, 1e-2, 24, 8, 2)
WORDS = ("the cat", "a dog", "my friend", "the old man", "no one", "the queen")
VERBS = ("saw", "likes", "never met", "wrote to")


def documents() -> list[str]:
    """Forty-eight short texts, no two alike."""
    return [
        f"{one.capitalize()} {verb} {other}.\nThen {other} laughed, and {one} went home."
        for verb in VERBS
        for number, one in enumerate(WORDS)
        for other in (WORDS[(number + 1) % len(WORDS)], WORDS[(number + 2) % len(WORDS)])
    ]


def write_text(folder: Path) -> Path:
    """All of them in one file."""
    path = folder / "text.txt"
    path.write_text("\n\n".join(documents()) + "\n", encoding="utf-8")
    return path


def write_preferences(folder: Path) -> Path:
    """Thirty prompts, of which the one answer laughs."""
    path = folder / "pairs.tsv"
    rows = [f"{one.capitalize()} {verb}\t laughed.\t went home.\n" for one in WORDS for verb in (*VERBS, "and")]
    path.write_text("".join(rows), encoding="utf-8")
    return path


@contextmanager
def small() -> Iterator[None]:
    """Inside the block models are tiny, whatever the text."""
    with (
        patch.object(language_text, "language_size", lambda n_tokens: SIZE),
        patch.object(language_text, "vocabulary_for", lambda n_bytes: 340),
        patch.object(plan, "LEAST_APART", 2),
    ):
        yield


def train(options: LanguageOptions, **changes: object) -> Published:
    """A tiny model, in four steps."""
    with small():
        return train_language(replace(options, steps=4, **changes))  # type: ignore[arg-type]


@dataclass(frozen=True)
class TinyLanguages:
    """What is made once a session and only read.

    Args:
        text: the file learned from.
        pairs: preferences.
        runs: by objective ("causal", "masked", "spans", "infilling", "preference").
        published: what training answered, by the same names.
    """

    text: Path
    pairs: Path
    runs: dict[str, Path]
    published: dict[str, Published]


def make(folder: Path) -> TinyLanguages:
    """All of them."""
    text, pairs = write_text(folder), write_preferences(folder)
    given = {
        "causal": LanguageOptions(out=folder / "causal", text=(text,)),
        "masked": LanguageOptions(out=folder / "masked", text=(text,), objective="masked"),
        "spans": LanguageOptions(out=folder / "spans", text=(text,), objective="denoising"),
        "infilling": LanguageOptions(out=folder / "infilling", text=(text,), objective="denoising", noise="infilling"),
        "preference": LanguageOptions(
            out=folder / "preference", objective="preference", init=folder / "causal", preferences=pairs
        ),
    }
    published = {name: train(options) for name, options in given.items()}
    return TinyLanguages(text, pairs, {name: one.path for name, one in published.items()}, published)
