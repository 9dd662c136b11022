"""Examples say what is true of a text; those that nothing can be made of are refused with their line."""

import pytest

from heedful.data.labelled import (
    Example,
    Examples,
    Named,
    check_known,
    check_training,
    findings,
    hold_out,
    names_of,
)
from heedful.data.text import identity
from heedful.errors import DataError, OptionError


def put(folder, name, text):
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def examples(items, kind="one", paired=False, path="a.tsv"):
    from pathlib import Path

    return Examples(Path(path), kind, paired, tuple(Example(*item, n) for n, item in enumerate(items, 1)), "")


@pytest.mark.parametrize(
    ("text", "kind", "truths"),
    [
        ("text\tlabel\na b\tx\nc\t y \n", "one", ["x", "y"]),
        ("text\tlabel\na\t1\nb\t2\n", "one", ["1", "2"]),
        ("text\tlabel\na\tx|y\nb\t\nc\ty|x|y\n", "many", ["x|y", "", "x|y"]),
        ("text\tlabel\n" + "".join(f"t{n}\t{n / 4}\n" for n in range(14)), "number", None),
    ],
)
def test_kinds_follow_from_the_labels(tmp_path, text, kind, truths):
    found = Named().read(put(tmp_path, "a.tsv", text))
    assert found.kind == kind
    assert truths is None or [item.truth for item in found.items] == truths


def test_kinds_of_json(tmp_path):
    many = put(tmp_path, "a.jsonl", '{"text": "a", "labels": ["x", "y"]}\n{"text": "b", "labels": []}\n')
    assert [item.truth for item in Named().read(many).items] == ["x|y", ""]
    tags = put(tmp_path, "b.jsonl", '{"tokens": ["a", "b"], "ner_tags": ["O", "B-X"]}\n')
    assert Named().read(tags).items[0] == Example("a b", "O B-X", 1)
    whole = put(tmp_path, "c.jsonl", '{"text": "a", "label": 1}\n{"text": "b", "label": true}\n')
    assert [item.truth for item in Named().read(whole).items] == ["1", "true"]


def test_a_kind_that_is_named_is_taken(tmp_path):
    path = put(tmp_path, "a.tsv", "text\tstars\na\t1\nb\t5\n")
    assert [item.truth for item in Named(kind="number").read(path).items] == ["1.0", "5.0"]
    with pytest.raises(OptionError, match="kind 'numbr' is not known; did you mean 'number'"):
        Named(kind="numbr").read(path)
    other = put(tmp_path, "b.tsv", "text\tlabel\na\tx;y\n")
    assert Named(kind="many", between=";").read(other).items[0].truth == "x|y"


@pytest.mark.parametrize(
    ("text", "kind", "said"),
    [
        ("text\tlabel\na\tx\n  \tx\n", None, r"a\.tsv:3 has an empty text"),
        ("text\tlabel\na\tx\nb\t\n", None, r"a\.tsv:3 has no label"),
        ("text\tlabel\na\t1\nb\tmany\n", "number", r"a\.tsv:3: 'many' is no number"),
        ("text\tlabel\na\t1\nb\tnan\n", "number", r"a\.tsv:3: 'nan' is no number"),
        ("text\tlabel\na b\tO O\nb\tO O\n", "tags", r"a\.tsv:3: expected a tag for each word: got 1 words and 2 tags"),
        ("sentence1\tsentence2\tlabel\na\t\tx\n", None, r"a\.tsv:2 has an empty text"),
    ],
)
def test_rows_that_say_nothing(tmp_path, text, kind, said):
    with pytest.raises(DataError, match=said):
        Named(kind=kind).read(put(tmp_path, "a.tsv", text))


@pytest.mark.parametrize("label", ["1e999", "-1e999", "NaN"])
def test_what_is_no_number_is_no_label(tmp_path, label):
    path = put(tmp_path, "a.jsonl", '{"text": "a", "label": 1.0}\n{"text": "b", "label": ' + label + "}\n")
    with pytest.raises(DataError, match=r"a\.jsonl:2 has no label"):
        Named(kind="one").read(path)


def test_white_space_is_single_and_columns_are_told(tmp_path):
    found = Named().read(put(tmp_path, "a.jsonl", '{"text": "a\\n b\\tc", "label": "x"}\n'))
    assert found.items[0].text == "a b c"
    assert found.columns == "the label is 'label', the text 'text'"


def test_names():
    assert names_of("a b", "one") == ["a b"]
    assert names_of("a|b c", "many") == ["a", "b c"]
    assert names_of("", "many") == []
    assert names_of("O B-X", "tags") == ["O", "B-X"]
    assert names_of("1.5", "number") == []


FAIR = [(f"text {n}", "xy"[n % 2]) for n in range(40)]


@pytest.mark.parametrize(
    ("items", "kind", "said"),
    [
        (FAIR[:10], "one", "holds 10 examples: expected 20 at least"),
        ([(text, "x") for text, _ in FAIR], "one", "every example has the label 'x'"),
        ([*FAIR, ("odd", "z")], "one", r"a\.tsv:41: the label 'z' occurs once"),
        ([(text, text) for text, _ in FAIR], "one", "40 different labels in 40 rows: that is no label"),
        ([(text, "1.0") for text, _ in FAIR], "number", "every example has the same number"),
    ],
)
def test_what_no_classifier_can_be_made_of(items, kind, said):
    with pytest.raises(DataError, match=said):
        check_training(examples(items, kind))
    check_training(examples(FAIR))


def test_held_out_examples_must_be_of_the_same_kind():
    check_known(examples(FAIR), ["x", "y"], False, "train.tsv")
    with pytest.raises(DataError, match=r"a\.tsv:1: the label 'x' does not occur in train\.tsv, so it cannot be told"):
        check_known(examples(FAIR), ["y"], False, "train.tsv")
    with pytest.raises(DataError, match="must have two texts in each row, as train"):
        check_known(examples(FAIR), ["x", "y"], True, "train.tsv")


def test_what_is_wrong_is_found_with_its_line():
    train = examples([*FAIR, ("Text  3", "x"), ("text 4", "x")])
    held = examples([("TEXT 7", "x"), ("new", "y")], path="dev.tsv")
    torn, known, repeated = findings(train, {"dev": held})
    assert (torn["title"], torn["count"], torn["severity"]) == ("Texts with two labels", 1, "warning")
    assert torn["examples"] == [{"file": "a.tsv", "line": 41, "what": "is line 4 again"}]
    assert (known["title"], known["share"]) == ("dev rows in the training text", 0.5)
    assert known["examples"][0]["what"] == "is line 8 of a.tsv, the training text"
    assert (repeated["title"], repeated["count"]) == ("Repeated texts", 1)
    assert not list(findings(examples(FAIR), {}))


def test_every_label_has_its_share_and_no_text_stands_in_two_parts():
    items = [(f"text {n % 380}", "x" if n % 380 < 300 else "y") for n in range(400)]
    parts = hold_out(examples(items), ["dev", "test"], 1)
    assert {name: len(part) for name, part in parts.items()}["train"] == 400 - 80
    for name in ("dev", "test"):
        share = sum(item.truth == "y" for item in parts[name]) / len(parts[name])
        assert share == pytest.approx(80 / 400, abs=0.04)
    seen = [{identity(item.text) for item in part} for part in parts.values()]
    assert not (seen[0] & seen[1] or seen[0] & seen[2] or seen[1] & seen[2])


def test_parts_follow_from_the_seed_and_from_what_texts_say():
    parts = hold_out(examples(FAIR * 5), ["dev"], 1)
    assert parts == hold_out(examples(FAIR * 5), ["dev"], 1)
    assert parts["dev"] != hold_out(examples(FAIR * 5), ["dev"], 2)["dev"]


def test_rare_labels_stay_to_be_learned():
    items = [(f"text {n}", f"rare {n // 2}") for n in range(20)] + [(f"more {n}", "common") for n in range(180)]
    held = hold_out(examples(items), ["dev"], 1)["dev"]
    assert {item.truth for item in held} == {"common"}


def test_numbers_and_tags_are_held_out_by_chance():
    items = [(f"text {n}", f"{n}.5") for n in range(100)]
    assert len(hold_out(examples(items, "number"), ["dev"], 1)["dev"]) == 10


def test_another_file_is_read_as_this_one(tmp_path):
    """Of a few rows nothing could be guessed: the label would be whatever repeats least."""
    train = Named().read(put(tmp_path, "a.tsv", "".join(f"text {n}\t{'xy'[n % 2]}\n" for n in range(9))))
    assert train.named == Named("1", None, "2", "one", "|")
    few = put(tmp_path, "b.tsv", "same\tx\nsame\ty\n")
    assert [item.truth for item in train.named.read_like(few).items] == ["x", "y"]
    headed = put(tmp_path, "c.tsv", "label\ttext\nx\tsame\n")
    assert Named("sentence", None, "label", "one").read_like(headed).items[0] == Example("same", "x", 2)


def test_a_label_that_is_a_number_is_no_name_of_a_column(tmp_path):
    found = Named(label="1").read(put(tmp_path, "a.tsv", "1\ta\n0\tb\n"))
    assert [item.truth for item in found.items] == ["1", "0"]


def test_a_file_sorted_by_label_whose_beginning_was_cut_off(tmp_path):
    """Every label is the same and every text another: the label is not the text, though that has more to tell."""
    text = "".join(f"1\t文本 {n} {'|' * (n % 2)}\n" for n in range(40))
    found = Named().read(put(tmp_path, "a.tsv", text))
    assert found.columns == "the label is column 1, the text column 2"
    with pytest.raises(DataError, match="every example has the label '1'"):
        check_training(found)


def test_texts_that_hold_the_mark_between_labels_are_no_labels(tmp_path):
    text = "".join(f"text {n}\tsaid | number {n}\n" for n in range(40))
    with pytest.raises(DataError, match="that is no label; name the right column"):
        check_training(Named(text="1", label="2").read(put(tmp_path, "a.tsv", text)))


def test_a_text_of_many_rows_is_not_held_out():
    items = [("the same", "x")] * 100 + [(f"text {n}", "x") for n in range(100)]
    assert all(item.text != "the same" for item in hold_out(examples(items), ["dev"], 1)["dev"])
