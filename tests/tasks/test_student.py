"""From a classifier, a tagger or a model that answers to a student with fewer layers: whole, stopped, refused."""

import json
import shutil
from dataclasses import replace

import pytest
import torch

from heedful.compression.hidden import Imitation
from heedful.errors import DataError, OptionError, QualityError, RunError
from heedful.run.directory import RunDirectory
from heedful.run.disk import read_json
from heedful.run.facts import read_scores
from heedful.run.manifest import write_manifest
from heedful.run.receipt import read_receipt
from heedful.run.weights import load_tensors
from heedful.tasks import loading
from heedful.tasks.classification import train_classifier
from heedful.tasks.classification_request import ClassificationOptions
from heedful.tasks.student import StudentTask, train_student
from heedful.tasks.student_evidence import Standing
from heedful.tasks.student_request import StudentOptions
from heedful.tasks.task import train_task
from heedful.tasks.verification import verify_run
from heedful.training.interruption import Interrupted
from tests.tasks.labelled import ask, table_of, train_small, weather, write
from tests.tasks.squads import small, squad
from tests.tasks.squads import train_small as train_answering

KINDS = ["one", "pairs", "many", "number", "tags", "answering"]


@pytest.fixture(scope="module")
def teachers(tmp_path_factory):
    """A teacher of each kind with its data and held-out examples, made when it is first asked for."""
    folder, made = tmp_path_factory.mktemp("teachers"), {}

    def teacher(kind):
        if kind not in made:
            if kind == "answering":
                path, data = train_answering(folder).path, folder / "answering.json"
                dev = folder / "dev.json"
                dev.write_text(json.dumps(squad(30)))
            else:
                data = table_of(kind, folder / "data")
                path = train_small(ask(data, folder / kind)).path
                dev = shutil.copy(table_of(kind, folder / "held", 30), folder / f"dev-{kind}{data.suffix}")
            made[kind] = path, data, dev
        return made[kind]

    return teacher


def asked(teacher, out, **changes):
    path, data, dev = teacher
    usual = {"data": (data,), "dev_data": dev, "steps": 2, "accept_loss": True}
    return StudentOptions(teacher=path, out=out, **{**usual, **changes})


def learn(options):
    with small():
        return train_student(options)


@pytest.mark.parametrize("kind", KINDS)
def test_a_student_of_every_kind_is_whole_and_smaller_and_its_figures_can_be_made_again(teachers, kind, tmp_path):
    teacher = teachers(kind)
    path = learn(asked(teacher, tmp_path / "s")).path
    found = verify_run(path)
    assert not found.failures
    figures = [check for check in found.checks if check.kind == "figure"]
    assert {check.said for check in figures} == {"the same to the last digit"}
    mine, its = (read_json(RunDirectory(run).config) for run in (path, teacher[0]))
    assert (mine["architecture"]["n_encoder_layers"], its["architecture"]["n_encoder_layers"]) == (1, 2)
    (scores,) = read_scores(RunDirectory(path).scores)
    standing = Standing.stored(RunDirectory(path))
    assert standing.student.figures == scores.figures
    assert standing.student.n_bytes < standing.teacher.n_bytes
    assert f"{teacher[0].name}, its teacher" in scores.baselines


def test_it_begins_with_the_teachers_layers_head_and_words(teachers, tmp_path):
    path, data, dev = teachers("one")
    task, options = StudentTask("classification"), asked(teachers("one"), tmp_path / "s")
    place = tmp_path / "begun"
    place.mkdir()
    task.lay_down(place, options)
    course = task.course(task.open(place, options), options)
    teacher = loading.load(path)
    mine, its = course.model.state_dict(), load_tensors(RunDirectory(path).weights)
    last = "trunk.encoder.blocks.{}.attention.query.weight"
    assert torch.equal(mine[last.format(0)], its[last.format(1)])
    assert torch.equal(mine["trunk.encoder.embedding.tokens.weight"], its["trunk.encoder.embedding.tokens.weight"])
    assert torch.equal(mine["head.output.weight"], teacher.reading.model.head.output.weight.float())
    assert isinstance(course.objective, Imitation)
    assert (place / "tokenizer.json").read_text() == RunDirectory(path).tokenizer.read_text()


def test_labels_that_its_data_lack_are_still_told(teachers, tmp_path):
    """The labels are the teacher's, in its order, and not those of the table."""
    rows = [("a sunny lovely day", "good"), ("a grey awful day", "bad"), ("a cloudy day", "so-so")]
    data = write(tmp_path / "three.tsv", [(f"{text} in week {n}", label) for n in range(20) for text, label in rows])
    path = train_small(ask(data, tmp_path / "t")).path
    made = learn(asked((path, *teachers("one")[1:]), tmp_path / "s")).path
    assert loading.load(made).scheme.labels == ("bad", "good", "so-so")


def test_a_student_is_like_its_teacher_after_its_lessons(teachers, tmp_path):
    """Of a teacher that is right, the student becomes right without seeing a true label that it minds."""
    data, dev = table_of("one", tmp_path), write(tmp_path / "dev.tsv", weather(40, 5))
    teacher = train_small(ask(data, tmp_path / "t", steps=60)).path
    wrong = write(
        tmp_path / "wrong.tsv", [(text, "bad" if n % 2 else "good") for n, (text, _) in enumerate(weather(60))]
    )
    options = asked((teacher, wrong, dev), tmp_path / "s", share=1.0, steps=40)
    standing = Standing.stored(RunDirectory(learn(options).path))
    assert standing.alike > 0.9
    assert standing.student.figures["accuracy"]["score"] > 85


def test_the_card_says_whose_student_it_is_and_the_command_makes_it_again(teachers, tmp_path):
    run = RunDirectory(learn(asked(teachers("one"), tmp_path / "s", temperature=2.0)).path)
    card = run.card.read_text()
    assert "It is a student of one (sha256 of its manifest: " in card
    assert "## Beside its teacher" in card
    assert "beside what is true: what it tells (share 0.5, temperature 2), and the states of its layers" in card
    assert read_receipt(run.path).command == (
        "heedful distill one --data one.tsv --dev-data dev-one.tsv --out s --steps 2 --temperature 2.0 --accept-loss"
    )


def test_a_student_that_loses_too_much_is_not_written_unless_that_is_accepted(teachers, tmp_path, monkeypatch):
    monkeypatch.setattr(Standing, "within", lambda self, allowed_loss: False)
    with pytest.raises(
        QualityError, match=r"more than the 3 points .*: `heedful distill .*one --out .*--resume --accept"
    ):
        learn(asked(teachers("one"), tmp_path / "s", accept_loss=False))
    with pytest.raises(RunError, match=r"is not finished.*heedful distill .*one --out"):
        RunDirectory.open(tmp_path / "s")
    again = StudentOptions(teacher=teachers("one")[0], out=tmp_path / "s", resume=True, accept_loss=True)
    with pytest.raises(OptionError, match="nan"):
        learn(replace(again, allowed_loss=float("nan")))
    run = RunDirectory(learn(again).path)
    assert "The loss was accepted with --accept-loss." in run.card.read_text()
    assert read_receipt(run.path).command.endswith("--accept-loss")
    assert not [path for path in run.training.iterdir() if path.name.startswith(".")]


def stopped(options):
    class Stopped(StudentTask):
        def course(self, plan, options):
            def stop(model):
                raise Interrupted(0, options.out, 2)

            return replace(super().course(plan, options), evaluate=stop)

    with small(), pytest.raises(Interrupted):
        train_task(Stopped("classification"), options)


def test_resumed_it_ends_bit_equal_and_with_no_other_teacher(teachers, tmp_path):
    learn(asked(teachers("one"), tmp_path / "a"))
    stopped(asked(teachers("one"), tmp_path / "b"))
    with pytest.raises(RunError, match=r"go on with: heedful distill .*one --out .*b --resume"):
        train_classifier(ClassificationOptions(out=tmp_path / "b", resume=True))
    with pytest.raises(RunError, match=r"go on with: heedful distill .*one --out .*b --resume"):
        learn(StudentOptions(teacher=teachers("pairs")[0], out=tmp_path / "b", resume=True))
    with pytest.raises(OptionError, match="this run was begun without --layers"):
        learn(StudentOptions(teacher=teachers("one")[0], out=tmp_path / "b", layers=1, resume=True))
    learn(StudentOptions(teacher=teachers("one")[0], out=tmp_path / "b", resume=True))
    one, two = (load_tensors(RunDirectory(tmp_path / name).weights) for name in "ab")
    assert all(torch.equal(one[name], two[name]) for name in one)


def test_another_teacher_in_the_place_of_the_first_is_noticed(teachers, tmp_path):
    path, *rest = teachers("one")
    copy = shutil.copytree(path, tmp_path / "t")
    stopped(asked((copy, *rest), tmp_path / "s"))
    RunDirectory(copy).card.write_text("another")
    write_manifest(copy)
    with pytest.raises(RunError, match="is not the teacher that this run began with"):
        learn(StudentOptions(teacher=copy, out=tmp_path / "s", resume=True))


def test_what_is_refused_leaves_nothing(teachers, tiny, tmp_path):
    out = tmp_path / "s"

    def refused(error, said, kind="one", teacher=None, **changes):
        known = teachers(kind) if teacher is None else (teacher, *teachers(kind)[1:])
        with pytest.raises(error, match=said):
            learn(asked(known, out, **changes))
        assert not out.exists()

    refused(OptionError, "--layers must be below the 2 of the teacher: got 2; the usual half is 1", layers=2)
    refused(OptionError, "is a run of 'translation', which has no students", teacher=tiny.both)
    refused(RunError, "does not exist", teacher=tmp_path / "nobody")
    refused(OptionError, "a table to learn from is one file: got 2", data=(tmp_path / "a", tmp_path / "b"))
    refused(OptionError, "softens probabilities, and the teacher tells a number", "number", temperature=2.0)
    strange = write(tmp_path / "strange.tsv", [*weather(30), ("a day of frogs", "goood"), ("more frogs", "goood")])
    refused(DataError, r"strange\.tsv:31: the label 'goood' does not occur in what the teacher", data=(strange,))
    refused(DataError, r"strange\.tsv:31: the label 'goood' does not occur in", dev_data=strange)
    refused(
        DataError,
        r"pairs\.tsv:\d+: the label .* does not occur in what the teacher learned",
        data=(teachers("pairs")[1],),
    )
    student = learn(asked(teachers("one"), tmp_path / "one")).path
    refused(OptionError, "has one layer: no student has fewer", teacher=student)
    copy = shutil.copytree(teachers("one")[0], tmp_path / "int8")
    config = read_json(RunDirectory(copy).config)
    RunDirectory(copy).config.write_text(json.dumps({**config, "compression": {"dtype": "int8"}}))
    refused(RunError, "config.json|is compressed", teacher=copy)
