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
    loops = f"no word {LOOP_OF_ONE} times running, no phrase {LOOP} times, unless the source has it too"
    something, another = (
        "the output has more than spaces",
        "the output is another text, case and outer marks left aside",
    )
    none_differs = "no sentence differs from its translation"
    looping, empty = ([_probe(text, judge) for text in filled] for judge in (_judge_loop, _judge_empty))
    copied = [_probe(text, _judge_copy) for text in other]
    return [
        Series("repetition", "no words again and again", loops, looping, ""),
        Series("empty", "something is answered", something, empty, ""),
        Series("copied", "the source is not handed back", another, copied, none_differs),
    ]


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
