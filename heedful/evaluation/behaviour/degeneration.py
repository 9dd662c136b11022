"""What goes wrong with any input: loops, nothing at all, the source handed back."""

from collections.abc import Callable, Iterable

from heedful.evaluation.behaviour.probe import Judgement, Material, Probe, Series
from heedful.evaluation.behaviour.writing import bare, units

# So many times the same words one behind the other are a loop; a single word may be said thrice.
LOOP, LOOP_OF_ONE = 3, 4
MAX_GRAM = 8


def degeneration_series(material: Material, texts: Iterable[str]) -> list[Series]:
    """Judges everything that was translated for the other checks, so that rare failures have a chance to show.

    Args:
        material: which sentences have a translation unlike themselves.
        texts: all that was translated.
    """
    filled = [text for text in texts if text.strip()]
    other = [source for source, reference in material.plain if bare(source) != bare(reference)]
    return [
        Series("repetition", "no words again and again", [_probe(text, _judge_loop) for text in filled], ""),
        Series("empty", "something is answered", [_probe(text, _judge_empty) for text in filled], ""),
        Series(
            "copied", "the source is not handed back", [_probe(text, _judge_copy) for text in other],
            "no sentence differs from its translation",
        ),
    ]  # fmt: skip


def find_loop(text: str) -> str:
    """The words that a text says again and again, one behind the other; "" when it does not."""
    words = [bare(unit) or unit for unit in units(text)]
    for size in range(1, MAX_GRAM + 1):
        times = LOOP_OF_ONE if size == 1 else LOOP
        run = 0
        for at in range(size, len(words)):
            run = run + 1 if words[at] == words[at - size] else 0
            if run >= size * (times - 1):
                return " ".join(words[at - size + 1 : at + 1])
    return ""


def _probe(text: str, judge: Callable[[str, str], Judgement]) -> Probe:
    return Probe((text,), lambda outputs: judge(text, outputs[-1]))


def _judge_loop(text: str, output: str) -> Judgement:
    loop = find_loop(output)
    # What repeats itself may be translated so.
    return Judgement(f"says {loop!r} again and again" if loop and not find_loop(text) else "")


def _judge_empty(text: str, output: str) -> Judgement:
    return Judgement("" if output.strip() else "nothing is answered")


def _judge_copy(text: str, output: str) -> Judgement:
    return Judgement("the output is the source" if bare(text) == bare(output) else "")
