"""duel.html: one page that sets the families side by side, in pictures; it loads nothing from anywhere."""

from collections.abc import Callable, Sequence

from heedful.run.charts import Series, escape, line_chart, number
from heedful.run.examples import Attention, attention_maps
from heedful.run.facts import amount, duration
from heedful.run.report import chart_card, page_head, score_row
from heedful.tasks.duel_plan import FAMILY_NAMES
from heedful.tasks.duel_point import Contestant
from heedful.tasks.duel_words import rate

# The end of a line has room for a short word.
_SHORT = {**FAMILY_NAMES, "rnn-attention": "RNN + att."}
# Table 1 of arXiv:1706.03762, and section 4 of it for convolutions with contiguous kernels of k tokens.
_PAPER = {
    "rnn": ("O(n)", "O(n)"),
    "rnn-attention": ("O(n)", "O(n)"),
    "conv": ("O(1)", "O(n/k)"),
    "transformer": ("O(1)", "O(1)"),
}


def duel_page(
    contestants: Sequence[Contestant], words: Sequence[str], direction: tuple[str, str], budget: str, shown: str
) -> str:
    """The whole page as HTML.

    Args:
        contestants: the best first.
        words: sentences on what came out.
        direction: languages from and into.
        budget: what was equal, as "10 minutes of training".
        shown: the sentence that all were asked to translate.
    """
    # In the charts every family keeps its colour, whoever wins.
    drawn = [each for name in FAMILY_NAMES for each in contestants if each.name == name]
    way = " → ".join(direction)
    seeds = "seed" if len(contestants[0].by_seed) == 1 else "seeds"
    sections = [
        ("What came out", _outcome(contestants, drawn, words)),
        ("The figures", _figures(contestants)),
        ("How they learned", _learning(drawn)),
        ("Long sentences", _lengths(drawn)),
        ("What must wait for what", _chains(contestants, drawn)),
        ("What they remember", _memory(drawn)),
        ("One sentence", _sentence(contestants, shown)),
    ]
    main = "".join(f"<section><h2>{title}</h2>{body}</section>" for title, body in sections)
    return f"""{page_head(f"Duel: {way}")}<body>
<div class="page">
<header>
<div class="over">duel, {escape(budget)} each</div>
<h1>{escape(way)}</h1>
<p class="lead">{escape(_list([FAMILY_NAMES[each.name] for each in drawn]))} learned from the same text, with the same
vocabulary, the same {seeds} and the same budget, each in a shape of its own. Optimiser, rates and regularisation are
those chosen for the Transformer.</p>
</header>
<main>{main}</main>
<footer>This page is one file; it loads nothing from anywhere and runs no program.</footer>
</div>
</body>
</html>
"""


def _list(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}"


def _outcome(contestants: Sequence[Contestant], drawn: Sequence[Contestant], words: Sequence[str]) -> str:
    """Scores as bars, to be seen before anything is read; below them what they say."""
    rows = []
    for each in contestants:
        bleu = each.scores.bleu
        figure = {"score": bleu.score, "low": bleu.low, "high": bleu.high}
        rows.append(score_row(_link(each), figure, f"s{drawn.index(each)}"))
    bars = (
        '<div class="card"><div class="scroll" tabindex="0" role="region" aria-label="Scores"><table class="scores">'
        '<thead><tr><th scope="col"></th><th scope="col" class="n">BLEU</th><th scope="col" class="bar">0 to 100</th>'
        f'<th scope="col">95% interval</th></tr></thead><tbody>{"".join(rows)}</tbody></table></div></div>'
    )
    said = "".join(f"<li>{escape(each)}</li>" for each in words)
    return f'<div class="stack">{bars}<div class="card"><ul>{said}</ul></div></div>'


def _link(contestant: Contestant) -> str:
    return f'<a href="{escape(contestant.path.name)}/report.html">{FAMILY_NAMES[contestant.name]}</a>'


def _figures(contestants: Sequence[Contestant]) -> str:
    champion = next(FAMILY_NAMES[each.name] for each in contestants if each.comparison is None)
    heads = (
        f"BLEU against the {champion}",
        "weights",
        "arithmetic",
        "updates",
        "time",
        "tokens/s",
        "sentences/s",
    )
    rows = []
    for each in contestants:
        against, apart = each.comparison, ""
        if against is not None:
            digits = against.digits(1)
            between = f"{against.low:+.{digits}f} to {against.high:+.{digits}f}"
            apart = (
                f'{against.difference:+.{digits}f} <span class="soft small">{between}, p = {against.p_in_words}</span>'
            )
        cells = [
            apart,
            amount(each.parameters),
            number(each.flops / 1e12) + " TFLOP",
            f"{each.steps:,}",
            duration(each.seconds),
            rate(each.tokens_per_second),
            rate(each.sentences_per_second),
        ]
        rows.append(_row(_link(each), cells))
    about = (
        "Tokens a second are of training, its evaluations included; sentences a second of translating by beam search. "
        "Minutes are turned into updates before the first one: beside other work they take longer."
    )
    return _about(about) + _table("The figures", ("", *heads), rows)


def _learning(drawn: Sequence[Contestant]) -> str:
    over_time = _lines(
        drawn, lambda each: ([look.seconds / 60 for look in each.looks], [look.bleu for look in each.looks])
    )
    over_tokens = _lines(
        drawn, lambda each: ([look.tokens / 1e6 for look in each.looks], [look.bleu for look in each.looks])
    )
    charts = chart_card(
        "Over the time", "greedy BLEU of some of dev", line_chart(over_time, "BLEU on dev", "minutes", "high")
    )
    charts += chart_card(
        "Over the text", "greedy BLEU of some of dev", line_chart(over_tokens, "BLEU on dev", "M tokens", "high")
    )
    about = (
        "On the left who is ahead at the same time; on the right who is after reading as much. Dots are looks at dev, "
        "and the open circle is the best of them; greedy, and of part of dev, so that the figures are not those above."
    )
    return f'{_about(about)}<div class="pair">{charts}</div>'


def _lengths(drawn: Sequence[Contestant]) -> str:
    groups = [[group for group in each.by_length if group.bleu is not None and group.bounds] for each in drawn]
    by_length = [
        Series(
            _SHORT[each.name],
            [float(group.bounds[0]) for group in parts if group.bounds],
            [group.bleu.score for group in parts if group.bleu],
            marks=True,
        )
        for each, parts in zip(drawn, groups, strict=True)
    ]
    speeds = _lines(drawn, lambda each: (each.growth.lengths, [v / 1000 for v in each.growth.tokens_per_second]))
    sizes = [float(length) for length in drawn[0].growth.lengths]
    charts = ""
    if all(len(series.xs) > 1 for series in by_length):
        unit = drawn[0].by_length[0].name.split()[-1]
        charts += chart_card("BLEU by length", f"{unit} of the source and more", line_chart(by_length, "BLEU", unit))
    charts += chart_card(
        "Speed of training", "thousand tokens a second", line_chart(speeds, "Speed of training", "tokens", sizes=sizes)
    )
    about = (
        "On the left each dot is a group of test sentences, at its shortest. On the right the speed of one forward and "
        "backward pass over made-up sentences, about 2,000 tokens at once, fewer than training reads."
    )
    return f'{_about(about)}<div class="pair">{charts}</div>'


def _chains(contestants: Sequence[Contestant], drawn: Sequence[Contestant]) -> str:
    lengths = contestants[0].growth.chained
    heads = ("", *(f"{length} tokens" for length in lengths), "paper", "encoder sees to a side", "longest path, paper")
    rows = []
    for each in contestants:
        growth, (waits, path) = each.growth, _PAPER[each.name]
        seen = "everything" if growth.reach >= lengths[-1] - 1 else f"{growth.reach} tokens"
        counts = [f"{count:,}" for count in growth.learning]
        rows.append(_row(FAMILY_NAMES[each.name], [*counts, waits, seen, path]))
    sizes = [float(length) for length in lengths]
    charts = "".join(
        chart_card(title, "products one after another", line_chart(series, title, "tokens", sizes=sizes))
        for title, series in (
            ("To read", _lines(drawn, lambda each: (each.growth.chained, each.growth.reading))),
            ("To learn", _lines(drawn, lambda each: (each.growth.chained, each.growth.learning))),
        )
    )
    about = (
        "The longest chain of matrix products of which each needs the one before, counted in the models that were "
        "trained: on the left to read a sentence, on the right and in the table to read it and to score its "
        "translation as training does. No number of processors makes it shorter. In the table also how table 1 of "
        "“Attention Is All You Need” has it grow with n tokens, and how long the path between two of them may be "
        "(table 1, and section 4 for kernels of k tokens)."
    )
    return f'{_about(about)}<div class="stack"><div class="pair">{charts}</div>{_table("Chains", heads, rows)}</div>'


def _memory(drawn: Sequence[Contestant]) -> str:
    copied = _lines(drawn, lambda each: (each.recall.lengths, [100 * share for share in each.recall.copied]))
    recalled = _lines(drawn, lambda each: (each.recall.places, [100 * share for share in each.recall.recalled]))
    charts = chart_card("Copied", "percent of the symbols", line_chart(copied, "Copied", "symbols"))
    charts += chart_card("Recalled", "percent of the symbols, by place", line_chart(recalled, "Recalled", "place"))
    about = (
        "Small models of each family, trained alike for a few hundred updates to write the random symbols that they "
        "read, an RNN's state being of fixed size. On the left the share that is right in short and long sequences; on "
        "the right in the longest ones, by place. It shows what is learned so soon, not what could be learned."
    )
    return f'{_about(about)}<div class="pair">{charts}</div>'


def _sentence(contestants: Sequence[Contestant], shown: str) -> str:
    said = [("read", shown), *((FAMILY_NAMES[each.name], each.shown) for each in contestants)]
    rows = [_row(name, [escape(text)], kind="") for name, text in said]
    blind = [FAMILY_NAMES[each.name] for each in contestants if each.shown and each.attention is None]
    about = "".join(_about(f"The decoder of the {name} does not look back at what it read.") for name in blind)
    maps = [
        Attention(each.attention.source, each.attention.target, each.attention.weights, FAMILY_NAMES[each.name])
        for each in contestants
        if each.attention is not None
    ]
    table = _table("One sentence", (), rows)
    return f'<div class="stack">{table}<div>{attention_maps(maps)}{about}</div></div>'


def _lines(
    drawn: Sequence[Contestant], points: Callable[[Contestant], tuple[Sequence[float], Sequence[float]]]
) -> list[Series]:
    return [Series(_SHORT[each.name], *points(each), marks=True) for each in drawn]


def _about(text: str) -> str:
    return f'<p class="about">{escape(text)}</p>'


def _table(label: str, heads: Sequence[str], rows: Sequence[str]) -> str:
    cells = "".join(f'<th scope="col" class="n">{head}</th>' for head in heads)
    return (
        f'<div class="card"><div class="scroll" tabindex="0" role="region" aria-label="{label}"><table>'
        f"{f'<thead><tr>{cells}</tr></thead>' if heads else ''}<tbody>{''.join(rows)}</tbody></table></div></div>"
    )


def _row(head: str, cells: Sequence[str], kind: str = "n") -> str:
    return f'<tr><th scope="row">{head}</th>' + "".join(f'<td class="{kind}">{cell}</td>' for cell in cells) + "</tr>"
