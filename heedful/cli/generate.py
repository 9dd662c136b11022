"""`heedful generate`: a prompt in, its continuation out, word by word; or a text with gaps in, words for them out."""

import io
import json
import math
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from heedful.errors import DataError, OptionError

if TYPE_CHECKING:
    from heedful.tasks.language_model import LanguageModel

# A smaller probability is said to be below this one.
LEAST_SHOWN = 0.001


@dataclass(frozen=True)
class Taste:
    """How words are chosen.

    Args:
        temperature: below 1 bolder, above 1 wilder.
        top_k: only among so many of the likeliest tokens; 1 takes the likeliest every time.
        top_p: only among the likeliest tokens that together reach this probability.
        repetition_penalty: above 1, what stands in the text already becomes less likely.
        seed: of chance; the same one writes the same text.
    """

    temperature: float = 0.8
    top_k: int | None = None
    top_p: float | None = None
    repetition_penalty: float = 1.0
    seed: int = 1


def generate(
    run: Path,
    *,
    prompt: str | None = None,
    fill: str | None = None,
    taste: Annotated[Taste, Parameter(name="*")] = Taste(),
    max_tokens: int = 200,
    n: int | None = None,
    stop: Annotated[tuple[str, ...], Parameter(consume_multiple=False)] = (),
    device: str | None = None,
    as_json: Annotated[bool, Parameter(name="--json")] = False,
) -> None:
    """Go on with a text, or fill its gaps. Without --prompt and --fill the prompt is read from standard input.

    A prompt longer than the model's window is refused. What is written may be longer: when the window is full, its
    first half is forgotten, and how often is said at the end.

    Args:
        run: the run directory of a language model.
        prompt: the beginning of the text; may be empty.
        fill: a text with `<mask>` in the place of what is wanted.
        max_tokens: the most to write.
        n: texts to write, or words for each gap; 1 and 5 when left out.
        stop: a string that ends the text and is left out of it; may be given several times.
        device: cpu or cuda; chosen when not given.
        as_json: one JSON object a text, or a gap.
    """
    from heedful.decoding import Sampling
    from heedful.decoding.writing import Writing
    from heedful.tasks.language_model import LanguageModel
    from heedful.tasks.loading import load

    if n is not None and n < 1:
        raise OptionError(f"--n is at least 1: got {n}; leave it out for the usual number")
    if not 0 < taste.temperature < math.inf:
        raise OptionError(
            f"--temperature is a number above 0: got {taste.temperature:g}; --top-k 1 takes the likeliest every time"
        )
    if prompt is not None and fill is not None:
        raise OptionError("--prompt goes on with a text and --fill fills its gaps: give one of them")
    sampling = Sampling(taste.temperature, taste.top_k, taste.top_p, taste.seed, 1 if n is None else n)
    how = Writing(sampling, max_tokens, taste.repetition_penalty, stop)
    model = load(run, device)
    if not isinstance(model, LanguageModel):
        raise OptionError(f"{run} writes nothing on: expected a run of `heedful train language`, or an import")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    if fill is not None:
        show_fillings(model, fill, 5 if n is None else n, as_json)
        return
    text = read_prompt() if prompt is None else prompt
    if as_json:
        for passage in model.passages(text, how):
            print(json.dumps({"prompt": text, **passage.to_json()}, ensure_ascii=False), flush=True)
        return
    show_text(model, text, how)


def read_prompt() -> str:
    """Standard input, without the line end at its end.

    Raises:
        DataError: it is closed, or no UTF-8.
    """
    if sys.stdin is None:
        raise DataError("expected a prompt on standard input, and it is closed: give one by --prompt")
    if sys.stdin.isatty():
        print("Type the beginning of a text; Ctrl-D ends it.", file=sys.stderr)
    try:
        return sys.stdin.buffer.read().decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise DataError(
            f"standard input is not UTF-8: byte 0x{error.object[error.start]:02X} at offset {error.start:,}; convert it"
        ) from None


def show_text(model: "LanguageModel", prompt: str, how: Any) -> None:
    """Print texts with their prompt: one as it is written; several one behind the other, with a line between."""
    if how.sampling.n_best == 1:
        # The prompt too: it is shown when it has not been refused.
        unsaid = [prompt]

        def hear(_: int, said: str) -> None:
            sys.stdout.write("".join(unsaid) + said)
            sys.stdout.flush()
            unsaid.clear()

        slides = [passage.n_slides for passage in model.generate(prompt, how, hear)]
        sys.stdout.write("".join(unsaid) + "\n")
    else:
        slides = []
        for passage in model.passages(prompt, how):
            print("---\n" * bool(slides) + prompt + passage.text, flush=True)
            slides.append(passage.n_slides)
    sys.stdout.flush()
    for line in remarks(slides, model.model.max_len):
        print(f"heedful: {line}", file=sys.stderr)


def remarks(n_slides: Iterable[int], window: int) -> list[str]:
    """What people should know of texts that are longer than the window.

    Args:
        n_slides: of each, how often it was full.
        window: of the model, in tokens.
    """
    slides = max(n_slides)
    if not slides:
        return []
    times = "once" if slides == 1 else f"{slides:,} times"
    return [f"the window of {window:,} tokens was full {times}: its first half was forgotten, and writing went on"]


def show_fillings(model: "LanguageModel", text: str, k: int, as_json: bool) -> None:
    """Print what may stand in each gap, best first."""
    for gap, fillings in enumerate(model.fill(text, k), 1):
        if as_json:
            print(json.dumps({"gap": gap, "fillings": [one.to_json() for one in fillings]}, ensure_ascii=False))
            continue
        if gap > 1:
            print()
        for one in fillings:
            # What spans lines would break the table.
            said = (json.dumps(text, ensure_ascii=False) for text in (one.text, one.sequence))
            # A whole text, as a denoising model fills it in, is never likely.
            share = f"{one.probability:.1%}" if one.probability >= LEAST_SHOWN else f"<{LEAST_SHOWN:.1%}"
            print(f"{share:>6}", *said)
