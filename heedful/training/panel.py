"""The panel that people watch in a terminal while a model learns."""

import re
import time
from collections import Counter, deque
from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel as Frame
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from heedful.training.outlook import Curve, Outlook, Speed, duration, sparkline
from heedful.training.pace import Pace
from heedful.training.progress import Evaluation, Progress, Sample

# Redrawn a few times a second, and never for more than this share of the time.
EVERY_SECONDS = 0.25
SHARE = 0.004

# No wider than this many cells; and a margin, where a terminal echoes ^C without breaking the line.
WIDEST = 100
MARGIN = 4

# Lines of the panel that are not sentences, and those of a sentence.
FIXED_LINES = 9
LINES_EACH = 4

# Losses shown are a mean over about this many steps.
SMOOTHING = 20

WORDS = re.compile(r"[㐀-鿿]|[^\W㐀-鿿]+|[^\w\s]|\s+")


class Panel:
    """A live panel on stderr: how far, how good, how fast, and what a few sentences come out as now.

    Args:
        outlook: what is known before the first step.
        console: where to draw; a terminal.
    """

    def __init__(self, outlook: Outlook, console: Console) -> None:
        self._outlook = outlook
        self._console = console
        self._live: Live | None = None
        self._pace = Pace(EVERY_SECONDS, SHARE)
        self._speed = Speed(outlook)
        self._losses, self._scores = Curve(256), Curve(256)
        self._progress: Progress | None = None
        self._loss = 0.0
        self._found: Evaluation | None = None
        self._best: Evaluation | None = None
        self._samples: Sequence[Sample] = ()
        self._events: deque[str] = deque(maxlen=2)
        self._doing = ""
        self._is_closed = False

    def step(self, progress: Progress) -> None:
        """Take in a step; draw when it is time."""
        self._progress = progress
        self._speed.add(progress)
        self._losses.add(progress.loss)
        if progress.loss == progress.loss:
            weight = 1 / min(progress.step, SMOOTHING)
            self._loss += weight * (progress.loss - self._loss) if self._loss else progress.loss
        if self._pace.is_due:
            self._draw()

    def evaluating(self, step: int) -> None:
        """Say so: no step will be drawn for a while."""
        self._doing = "evaluating ..."
        self._draw()
        self._doing = ""

    def evaluation(self, step: int, found: Evaluation, best: bool) -> None:
        """Show the score and the sentences."""
        self._found = found
        self._scores.add(found.read)
        if best:
            self._best = found
        self.samples(found.samples or self._samples)

    def samples(self, samples: Sequence[Sample]) -> None:
        """Show the sentences."""
        self._samples = samples
        self._draw()

    def event(self, step: int, message: str) -> None:
        """Show it under the panel's other lines until newer ones come; below the panel, once that is closed."""
        text = f"step {step:,}: {message}" if step else message
        self._events.append(text)
        if self._is_closed:
            self._console.print(line(Text(text, style="dim")))
        else:
            self._draw()

    def close(self) -> None:
        """Draw the end, and leave it standing."""
        self._is_closed = True
        if self._live is not None:
            self._draw()
            self._live.stop()
            self._live = None

    def _draw(self) -> None:
        if self._progress is None:
            return
        begun = time.monotonic()
        if self._live is None:
            self._live = Live(console=self._console, auto_refresh=False, redirect_stdout=False)
            self._live.start()
        self._live.update(self.picture(self._progress), refresh=True)
        self._pace.done(time.monotonic() - begun)

    def picture(self, progress: Progress) -> RenderableType:
        """The whole panel as it stands."""
        parts: list[RenderableType] = [self._bar(progress), Text(), self._figures(progress)]
        room = max(1, (self._console.height - FIXED_LINES) // LINES_EACH)
        for sample in self._samples[:room]:
            parts += [Text(), *sentence(sample)]
        if self._events:
            parts.append(Text())
        parts += [line(Text(event, style="dim")) for event in self._events]
        return Frame(
            Group(*parts),
            title=Text(self._outlook.title, style="bold"),
            title_align="left",
            subtitle=Text(self._doing, style="yellow") if self._doing else None,
            subtitle_align="right",
            border_style="blue",
            padding=(0, 1),
            width=self._width,
        )

    @property
    def _width(self) -> int:
        return min(self._console.width - MARGIN, WIDEST)

    def _bar(self, progress: Progress) -> RenderableType:
        row = Table.grid(expand=True, padding=(0, 1))
        row.add_column(ratio=1)
        row.add_column(justify="right", no_wrap=True)
        row.add_column(justify="right", no_wrap=True)
        done = progress.step >= progress.steps
        left = "done" if done else f"{duration(self._speed.seconds_left(progress))} left"
        bar = ProgressBar(total=progress.steps, completed=progress.step, style="grey30", complete_style="green")
        row.add_row(bar, f"{progress.step / progress.steps:.0%}", Text(left, style="bold"))
        return row

    def _figures(self, progress: Progress) -> RenderableType:
        rows = Table.grid(expand=True, padding=(0, 2, 0, 0))
        rows.add_column(style="dim", no_wrap=True)
        rows.add_column(justify="right", no_wrap=True)
        rows.add_column(ratio=1, no_wrap=True)
        rows.add_column(justify="right", no_wrap=True)
        width = max(8, self._width - 72)
        share = self._speed.share_of_peak
        peak = "" if share is None else f"{share:.0%} of what this machine can compute"
        loss = Text(sparkline(self._losses.points, width), style="magenta")
        rows.add_row("loss", Text(f"{self._loss:.3f}", style="bold magenta"), loss, self._pace_line())
        if self._found is None:
            rows.add_row(self._outlook.score, Text("-", style="dim"), "", Text(peak, style="dim"))
        else:
            curve = Text(sparkline(self._scores.points, width), style="cyan")
            if self._best is not None and self._best.score > self._found.score:
                curve.append(f"  best {self._best.shown}", style="dim")
            score = Text(self._found.shown, style="bold cyan")
            rows.add_row(self._outlook.score, score, curve, Text(peak, style="dim"))
        where = f"step {progress.step:,} of {progress.steps:,}, epoch {progress.epoch:.1f}"
        rows.add_row("rate", f"{progress.rate:.2g}", "", Text(where, style="dim"))
        return rows

    def _pace_line(self) -> Text:
        return Text(f"{self._speed.tokens_per_second:,.0f} tokens/s", style="bold")


def sentence(sample: Sample) -> list[RenderableType]:
    """A source, what it comes out as, and what it should: words that are in both are green."""
    wanted = Text("  ").append(sample.reference, style="dim")
    return [line(Text("  ").append(sample.source)), line(Text("→ ").append(agreement(sample))), line(wanted)]


def agreement(sample: Sample) -> Text:
    """The model's words, those that the reference has too marked; a word is marked as often as it is there."""
    there = Counter(WORDS.findall(sample.reference))
    text = Text()
    for word in WORDS.findall(sample.now):
        known = there[word] > 0
        there[word] -= 1
        text.append(word, style="bold green" if known else "bold")
    return text


def line(text: Text) -> Text:
    """One line whatever its length, so that the panel keeps its height."""
    text.no_wrap, text.overflow = True, "ellipsis"
    return text
