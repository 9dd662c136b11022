"""The main job on the embedded corpus: a Chinese-English translator, trained from nothing in minutes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from heedful.data import phrasebook
from heedful.errors import RunError
from heedful.evaluation.translation import corpus_bleu
from heedful.run.directory import RunDirectory
from heedful.run.disk import make_folder, write_atomic
from heedful.tasks.defaults import Size
from heedful.tasks.evidence import Published
from heedful.tasks.models import family
from heedful.tasks.request import TranslationOptions
from heedful.tasks.translation import train_translation
from heedful.training.outlook import Outlook
from heedful.training.progress import Display

PARTS: tuple[tuple[Literal["train", "dev", "test"], int], ...] = (("train", 40_000), ("dev", 400), ("test", 500))
MINUTES = 2.25
# Nothing against overfitting: the text is generated, and no sentence is seen more than twice. A
# vocabulary with nearly every word of the corpus in it: docs/experiments.md.
SIZE = Size(float("inf"), 6500, 128, 2, 2, 0.0, 5e-3, 2048, 3, smoothing=0.0, piece_dropout=0.0)


@dataclass(frozen=True)
class Demo:
    """What the demo leaves.

    Args:
        published: the trained run.
        test: pairs (Chinese, English) of compositions that training has not seen.
        word_by_word: BLEU of a dictionary on the same pairs, by direction.
    """

    published: Published
    test: list[tuple[str, str]]
    word_by_word: dict[tuple[str, str], float]


def write_corpus(folder: Path, seed: int = 1) -> dict[str, Path]:
    """Write train, dev and test as TSV, Chinese before English.

    Args:
        folder: is made.
        seed: of the draws.
    Returns:
        The files by part.
    Raises:
        RunError: such a file is there already and holds something else.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    make_folder(folder)
    files: dict[str, Path] = {}
    for part, n_pairs in PARTS:
        rows = (f"{pair.chinese}\t{pair.english}\n" for pair in phrasebook.generate(n_pairs, part, seed))
        files[part] = folder / f"{part}.zh-en.tsv"
        content = "".join(rows).encode()
        if files[part].exists() and files[part].read_bytes() != content:
            raise RunError(f"{files[part]} holds other text: nothing is written over; choose another --out")
        write_atomic(files[part], content)
    return files


def run_demo(out: Path, *, model: str = "transformer", watch: Callable[[Outlook], Display] | None = None) -> Demo:
    """Write the corpus, train, score.

    Args:
        out: the run directory; the corpus lies beside it, under the same name with "-text" behind it.
        model: family.
        watch: makes someone who watches.
    Raises:
        RunError: there is something already.
        OptionError: the model is not known.
    """
    family(model)
    RunDirectory(out).check_free()
    files = write_corpus(out.with_name(out.name + "-text"))
    options = TranslationOptions(
        out=out,
        tsv=files["train"],
        dev_tsv=files["dev"],
        test_tsv=files["test"],
        both_directions=True,
        model=model,
        minutes=MINUTES,
    )
    words = ["heedful", "demo", *([] if model == "transformer" else ["--model", model])]
    published = train_translation(options, watch=watch, size=SIZE, command=lambda _: words)
    pairs = list(phrasebook.generate(dict(PARTS)["test"], "test", 1))
    return Demo(published, [(pair.chinese, pair.english) for pair in pairs], _dictionary_scores(pairs))


def _dictionary_scores(pairs: Sequence[phrasebook.Pair]) -> dict[tuple[str, str], float]:
    """BLEU of translating word by word."""
    into_english = [phrasebook.word_by_word(pair, "en") for pair in pairs]
    into_chinese = [phrasebook.word_by_word(pair, "zh") for pair in pairs]
    return {
        ("zh", "en"): corpus_bleu(into_english, [pair.english for pair in pairs], "en"),
        ("en", "zh"): corpus_bleu(into_chinese, [pair.chinese for pair in pairs], "zh"),
    }


def free_folder(parent: Path, name: str) -> Path:
    """The name, or the next one with a number that is not taken: nothing is written over."""
    candidates = [parent / name, *(parent / f"{name}-{number}" for number in range(2, 10_000))]
    return next(path for path in candidates if not path.exists())
