"""`heedful demo`: the main job on the embedded corpus, from nothing to a prompt to type into."""

import shlex
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from heedful.cli.console import output_console
from heedful.data import phrasebook
from heedful.errors import HeedfulError, LengthError
from heedful.interpretation.attention_maps import words_of
from heedful.interpretation.render import heat_map
from heedful.tasks.translator import Translator

N_SHOWN = 4
TRY = "我妈妈昨天在超市买了三个苹果。"


def demo(*, out: Path | None = None, model: str = "transformer") -> int | None:
    """Train a Chinese-English translator on the embedded corpus, score it, and try it: in less than three minutes.

    Args:
        out: the run directory to write; runs/demo, or the next name that is free, when left out.
        model: transformer; or rnn, rnn-attention or conv, to see what the same text and time come to without it.
    """
    from heedful.cli.outcome import scores_table
    from heedful.cli.stopping import until_stopped
    from heedful.tasks.demo import free_folder, run_demo
    from heedful.training.display import make_display

    console = output_console(120)
    place = out or free_folder(Path("runs"), "demo")
    sizes = phrasebook.lexicon_size()
    print(
        f"A corpus of {min(sizes.values()):,} words a side and {len(phrasebook.patterns())} sentence patterns; the "
        "test has combinations of words that training never sees.",
        file=sys.stderr,
    )
    made = until_stopped(place, lambda: run_demo(place, model=model, watch=make_display))
    if isinstance(made, int):
        return made
    translator = Translator.load(place)
    console.rule("scores on combinations of words never seen in training")
    console.print(scores_table(made.published))
    for (source, target), bleu in made.word_by_word.items():
        console.print(f"[dim]a dictionary, word by word, {source} → {target}: {bleu:.1f} BLEU[/]")
    console.rule("translations")
    show_translations(console, translator, made.test)
    console.rule("where it looked (percent), one row for each word written")
    show_attention(console, translator)
    console.rule("what now")
    lines = [
        f"report         {place / 'report.html'}",
        "your own text  heedful train translation --source FILE --target FILE --out runs/mine",
        f"any time       heedful translate {shlex.quote(str(place))} --to en < in.txt",
    ]
    console.print(*lines, sep="\n", markup=False, soft_wrap=True)
    if sys.stdin.isatty() and sys.stdout.isatty():
        converse(console, translator)
    return None


def show_translations(console: Console, translator: Translator, test: list[tuple[str, str]]) -> None:
    """A few sentences of the test each way; what differs from the reference is said."""
    chosen = test[: 2 * N_SHOWN]
    halves = (("en", chosen[:N_SHOWN]), ("zh", [(target, source) for source, target in chosen[N_SHOWN:]]))
    for to, pairs in halves:
        found = translator.translate([source for source, _ in pairs], to=to)
        for (source, reference), text in zip(pairs, found, strict=True):
            right = text == reference
            console.print(Text.assemble(("✓ " if right else "✗ ", "green" if right else "red"), source, "  →  ", text))
            if not right:
                console.print(Text(f"    expected {reference}", style="dim"))


def show_attention(console: Console, translator: Translator) -> None:
    """The heat map of one sentence."""
    answer = translator.translate([TRY], to="en")[0]
    found = translator.attention(TRY, answer, "en")
    if found is not None:
        console.print(heat_map(found.merged(words_of(found.source), words_of(found.target))))


def converse(console: Console, translator: Translator) -> None:
    """Translate what is typed, until an empty line; words that the corpus does not have are marked."""
    console.print("\nType a sentence in Chinese or English about people, food, weather, time ...; an empty line ends.")
    while True:
        try:
            typed = console.input("[bold]> [/]").strip()
        except (EOFError, KeyboardInterrupt):
            console.print()
            return
        if not typed:
            return
        try:
            source, to = translator.direction([typed], None)
            (answer,) = translator.translate([typed], to=to)
        except LengthError as error:
            console.print(f"  {error}", style="dim", markup=False)
            continue
        except HeedfulError:
            console.print("  that is neither Chinese nor English", style="dim")
            continue
        strange = phrasebook.unknown(typed, "zh" if source == "zh" else "en")
        if strange:
            marked = Text(typed)
            for start, end in strange:
                marked.stylize("bold red underline", start, end)
            console.print(Text("  not in the corpus: ", style="dim") + marked)
        console.print(f"  {answer}", markup=False)
