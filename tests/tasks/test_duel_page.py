from dataclasses import replace

from heedful.tasks.duel_page import duel_page
from tests.tasks.test_duel_words import ALL, CONV, RNN, TRANSFORMER


def page(contestants=ALL, words=("A sentence & more.",)):
    return duel_page(contestants, words, ("en", "de"), "2 minutes of training", "a <source>")


def test_every_family_is_shown_with_a_way_to_its_report():
    made = page()
    for name in ("RNN", "RNN + attention", "CNN", "Transformer"):
        assert f">{name}</a>" in made
    assert 'href="rnn-attention/report.html"' in made
    assert "duel, 2 minutes of training each" in made and "en → de" in made


def test_what_comes_from_texts_is_inert():
    made = page()
    assert "A sentence &amp; more." in made
    assert "a &lt;source&gt;" in made and "eine &lt;Übersetzung&gt;" in made
    assert "<script" not in made and "http" not in made.replace("http-equiv", "")


def test_a_family_keeps_its_colour_whoever_wins():
    forth, back = page([TRANSFORMER, RNN]), page([RNN, TRANSFORMER])
    assert [forth.count(f'class="line s{index}"') for index in range(3)] == [8, 8, 0]
    assert (
        forth.split("How they learned")[1].split("</section>")[0]
        == (back.split("How they learned")[1].split("</section>")[0])
    )


def test_the_first_to_be_seen_are_the_scores_in_the_colours_of_the_charts():
    first = page([TRANSFORMER, RNN]).split("What came out")[1].split("<li>")[0]
    best, last = (
        f'<tr class="s{colour}"><th scope="row"><a href="{name}/'
        for colour, name in ((1, TRANSFORMER.name), (0, RNN.name))
    )
    assert 0 < first.index(best) < first.index(last)
    assert f"left:{RNN.scores.bleu.low:.2f}%" in first


def test_who_looks_nowhere_is_named_and_who_wrote_nothing_is_not():
    assert "The decoder of the RNN does not look back" in page()
    assert "does not look back" not in page([TRANSFORMER, replace(CONV, attention=None, shown="")])


def test_what_a_chain_is_beside_what_the_paper_says():
    made = page()
    assert "<td>16</td>" in made.replace(' class="n"', "") and "O(n/k)" in made
    assert "4 tokens" in made and "everything" in made


def test_too_few_sentences_for_lengths_leave_that_chart_out():
    few = [
        replace(each, by_length=tuple(replace(group, bleu=None) for group in each.by_length))
        for each in (TRANSFORMER, CONV)
    ]
    assert "BLEU by length" not in page(few)
    assert "BLEU by length" in page()
