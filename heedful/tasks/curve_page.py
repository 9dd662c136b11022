"""learning-curve.html: one page that shows a learning curve and says what it means; it loads nothing from anywhere."""

from collections.abc import Mapping, Sequence

from heedful.run.charts import Series, escape, line_chart
from heedful.run.facts import amount, duration
from heedful.run.report import chart_card, page_head
from heedful.tasks.curve_point import Point
from heedful.tasks.curve_words import Prospect

_TITLES = {"more data": "What more data would bring", "overfitting": "Whether it overfits", "made": "How it was made"}


def curve_page(points: Sequence[Point], prospects: Sequence[Prospect], words: Mapping[str, Sequence[str]]) -> str:
    """The whole page as HTML.

    Args:
        points: what each size came to, the smallest first.
        prospects: forecasts for each direction.
        words: sentences on "more data", on "overfitting" and on how it was "made".
    """
    title = ", ".join(f"{item.source} → {item.target}" for item in prospects)
    sections = "".join(_said(_TITLES[name], sentences) for name, sentences in words.items())
    about = (
        "To the right stand the pairs of sentences learned from, each time twice as many. Dots are measured; the lines "
        "without dots are the ends of the range of the forecast."
    )
    return f"""{page_head(f"Learning curve: {title}")}<body>
<div class="page">
<header>
<div class="over">learning curve</div>
<h1>{escape(title)}</h1>
<p class="lead">The same training on a part of the data, on twice as much, ... on all {points[-1].pairs:,} pairs.</p>
</header>
<main>
<section><h2>The curve</h2><p class="about">{about}</p><div class="pair">{_charts(points, prospects)}</div></section>
<section><h2>The figures</h2>{_table(points)}</section>
{sections}
</main>
<footer>This page is one file; it loads nothing from anywhere and runs no program.</footer>
</div>
</body>
</html>
"""


def _charts(points: Sequence[Point], prospects: Sequence[Prospect]) -> str:
    """BLEU of each direction with its forecast, and both losses, over the pairs that were learned from."""
    measured = [float(point.pairs) for point in points]
    last = points[-1].pairs
    charts = []
    for number, prospect in enumerate(prospects):
        lines = [Series("measured", measured, [point.scores[number].bleu.score for point in points], marks=True)]
        forecasts = prospect.curve.forecasts if prospect.curve else []
        ahead = [float(last), *(float(forecast.pairs) for forecast in forecasts)]
        if forecasts:
            lines.append(Series("high", ahead, [prospect.now, *(forecast.high for forecast in forecasts)]))
            lines.append(Series("low", ahead, [prospect.now, *(forecast.low for forecast in forecasts)]))
        direction = f"{prospect.source} → {prospect.target}"
        sizes = [*measured, *ahead[1:]]
        charts.append(chart_card("BLEU", direction, line_chart(lines, f"BLEU {direction}", "pairs", sizes=sizes)))
    losses = [
        Series("train", measured, [point.train_nll for point in points], marks=True),
        Series("dev", measured, [point.dev_nll for point in points], marks=True),
    ]
    about = "nats a token, each size in its own vocabulary"
    charts.append(chart_card("Loss", about, line_chart(losses, "Loss", "pairs", sizes=measured)))
    return "".join(charts)


def _table(points: Sequence[Point]) -> str:
    """A row for each size, its name a link to the report of its run."""
    directions = "".join(
        f'<th scope="col" class="n">BLEU {escape(f"{score.source} → {score.target}")}</th>'
        for score in points[0].scores
    )
    others = ("train loss", "dev loss", "parameters", "epochs", "best after", "time")
    heads = directions + "".join(f'<th scope="col" class="n">{name}</th>' for name in others)
    return (
        '<div class="card"><div class="scroll" tabindex="0" role="region" aria-label="The figures"><table><thead><tr>'
        f'<th scope="col">size</th><th scope="col" class="n">pairs</th>{heads}</tr></thead>'
        f"<tbody>{''.join(_row(point) for point in points)}</tbody></table></div></div>"
    )


def _row(point: Point) -> str:
    cells = [f"{point.pairs:,}"]
    cells += [
        f'{score.bleu.score:.1f} <span class="soft small">{score.bleu.low:.1f} – {score.bleu.high:.1f}</span>'
        for score in point.scores
    ]
    cells += [f"{point.train_nll:.2f}", f"{point.dev_nll:.2f}"]
    cells += [amount(point.parameters), f"{point.epochs:.1f}", f"{point.best_step / point.steps:.0%}"]
    cells.append(duration(point.seconds))
    link = f'<a href="{escape(point.path.name)}/report.html">{escape(point.name)}</a>'
    return f'<tr><th scope="row">{link}</th>' + "".join(f'<td class="n">{cell}</td>' for cell in cells) + "</tr>"


def _said(title: str, sentences: Sequence[str]) -> str:
    lines = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<section><h2>{title}</h2><div class="card"><ul>{lines}</ul></div></section>'
