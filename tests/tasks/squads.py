"""A tiny SQuAD: boxes of a colour that hold things, and questions about them."""

import itertools
import json
from contextlib import contextmanager
from unittest.mock import patch

from heedful.tasks import trunk
from heedful.tasks.answering import train_answerer
from heedful.tasks.answering_request import AnsweringOptions
from heedful.tasks.trunk import Size
from heedful.training import plan

COLOURS = ("red", "blue", "green", "white", "black", "yellow")
THINGS = ("seven coins", "a map", "three pens", "old letters", "one ring", "salt")


def paragraph(first, second, number, refused=False):
    """Two boxes, a question about one of them, and one about a box that is not there.

    Args:
        first: colour and thing of the first box.
        second: of the second.
        number: makes the text different from others.
        refused: whether the second question is asked.
    """
    context = f"Room {number}. The {first[0]} box holds {first[1]}. The {second[0]} box holds {second[1]}."
    colour, thing = (first, second)[number % 2]
    asked = {"id": f"q{number}", "question": f"What does the {colour} box hold?"}
    qas = [{**asked, "answers": [{"text": thing, "answer_start": context.index(thing)}]}]
    if refused:
        missing = next(colour for colour in COLOURS if colour not in (first[0], second[0]))
        question = f"What does the {missing} box hold?"
        qas.append({"id": f"n{number}", "question": question, "answers": [], "is_impossible": True})
    return {"context": context, "qas": qas}


def squad(n, refused=False):
    """SQuAD's JSON with so many paragraphs.

    Args:
        n: at most 900.
        refused: whether half of the questions are answered by nothing.
    """
    boxes = list(itertools.product(COLOURS, THINGS))
    pairs = [(one, other) for one in boxes for other in boxes if one[0] != other[0] and one[1] != other[1]]
    step = len(pairs) // n
    paragraphs = [paragraph(*pairs[place * step], place, refused) for place in range(n)]
    return {"version": "1.1", "data": [{"title": "boxes", "paragraphs": paragraphs}]}


def write_squad(path, n=60, refused=False):
    """The same in a file.

    Args:
        path: of the file.
        n: paragraphs.
        refused: whether half of the questions are answered by nothing.
    Returns:
        The path.
    """
    path.write_text(json.dumps(squad(n, refused)))
    return path


SMALL = Size(float("inf"), 500, 16, 2, 0.0, 1e-2, 400, 4)


@contextmanager
def small():
    """Inside the block everything is small: the model, its window, the looks at dev."""
    with (
        patch.object(trunk, "SIZES", (SMALL,)),
        patch.object(trunk, "WINDOW", 48),
        patch.multiple(plan, N_EVALUATIONS=2, LEAST_APART=1),
    ):
        yield


def train_small(folder, refused=False, **changes):
    """A run trained for a few steps on 40 paragraphs.

    Args:
        folder: for its data and itself.
        refused: whether half of the questions are answered by nothing.
        changes: options.
    Returns:
        What training answered.
    """
    name = "refusing" if refused else "answering"
    data = write_squad(folder / f"{name}.json", 40, refused)
    with small():
        return train_answerer(AnsweringOptions(**{"out": folder / name, "data": (data,), "steps": 4, **changes}))
