"""`heedful train translation`: zero further flags, a run with its evidence, stops that can be gone on from."""

import io
import json
import os
import signal
from types import SimpleNamespace

import pytest
from rich.console import Console

from heedful.cli.main import main
from heedful.cli.train import curve_table, how_to_generate
from heedful.run.manifest import check_manifest
from heedful.training.progress import Silent
from tests.cli.commands import refused, run
from tests.tasks import written
from tests.tasks.curves import points
from tests.tasks.tiny import ask, contents, flags, small
from tests.tasks.tiny_language import small as small_language


@pytest.fixture(autouse=True)
def _small():
    with small():
        yield


def test_two_files_in_a_translator_with_its_evidence_out(capsys, tiny, tmp_path):
    out = tmp_path / "runs" / "mine"
    words = ["--source", tiny.texts / "train.zh", "--target", tiny.texts / "train.en", "--out", out, "--epochs", 0.5]
    code, said, told = run(capsys, "train", "translation", *words)
    assert code == 0
    assert "zh → en" in said
    assert f"heedful translate {out} < in.txt > out.txt" in said
    # Progress is another's business.
    assert "dev BLEU" in told
    assert "dev BLEU" not in said
    check_manifest(out)
    assert (out / "report.html").is_file()
    assert len(json.loads((out / "scores.json").read_text())["scores"]) == 1


@pytest.mark.parametrize(
    ("verb", "first"),
    [
        ("translation", "--source"),
        ("classification", "--data"),
        ("answering", "--data"),
        ("text", "--source"),
        ("language", "--text"),
    ],
)
def test_the_help_begins_with_the_data(capsys, verb, first):
    out = run(capsys, "train", verb, "--help")[1]
    assert out.index(f" {first} ") < out.index(" --minutes ") < out.index(" --resume ") < out.index(" --replanned ")


class Stopper(Silent):
    """Asks to stop after the second step."""

    def step(self, progress):
        if progress.step == 2:
            os.kill(os.getpid(), signal.SIGTERM)


def test_a_stop_says_how_to_go_on_and_resume_does(capsys, tiny, tmp_path, monkeypatch):
    out = tmp_path / "x"
    options = ask(tiny.texts, out, steps=3, both_directions=False)
    with monkeypatch.context() as patched:
        patched.setattr("heedful.training.display.make_display", lambda outlook: Stopper())
        code, said, told = run(capsys, *flags(options))
    assert (code, said) == (128 + signal.SIGTERM, "")
    again = f"heedful train translation --out {out} --resume"
    assert told == f"heedful: stopped after step 2; everything is saved. Go on with: {again}\n"
    assert f"{out} is not empty: nothing is written over; go on with --resume" in refused(capsys, *flags(options))
    assert "begun with --steps 3: leave other options out" in refused(capsys, *again.split()[1:], "--steps", 9)
    code, said, told = run(capsys, *again.split()[1:])
    assert code == 0
    assert "going on after step 2" in told
    assert f"report     {out}/report.html" in said
    before = contents(out)
    assert "is finished: there is nothing to resume" in refused(capsys, *again.split()[1:])
    assert contents(out) == before


def test_an_interruption_before_the_beginning_leaves_a_place(capsys, tiny, tmp_path, monkeypatch):
    def stop(*arguments, **options):
        raise KeyboardInterrupt

    options = ask(tiny.texts, tmp_path / "x", steps=1, both_directions=False)
    with monkeypatch.context() as patched:
        patched.setattr("heedful.tasks.preparation.build_shards", stop)
        assert run(capsys, *flags(options)) == (130, "", "heedful: stopped; nothing is left half-written\n")
    assert run(capsys, *flags(options))[0] == 0


@pytest.fixture
def _few(monkeypatch):
    monkeypatch.setattr("heedful.tasks.curve_plan.MIN_PAIRS", 60)


@pytest.mark.usefixtures("_few")
def test_a_learning_curve_is_a_table_words_and_a_page(capsys, tiny, tmp_path, monkeypatch):
    out = tmp_path / "runs" / "curve"
    options = ask(tiny.texts, out, steps=6, both_directions=False)
    with monkeypatch.context() as patched:
        patched.setattr("heedful.training.display.make_display", lambda outlook: Stopper())
        code, said, told = run(capsys, *flags(options), "--learning-curve")
    assert (code, said) == (128 + signal.SIGTERM, "")
    assert f"Go on with: heedful train translation --out {out} --resume\n" in told
    assert "holds a learning curve: nothing is written over; go on with" in refused(
        capsys, *flags(options), "--learning-curve"
    )
    code, said, told = run(capsys, "train", "translation", "--out", out, "--resume")
    assert code == 0
    table, _, rest = said.partition("\nMore data\n")
    rows = [line.split()[:2] for line in table.splitlines()]
    assert rows == [["BLEU", "loss"], ["size", "pairs"], ["1/2", "60"], ["all", "120"]]
    assert "No forecast: it needs three sizes" in rest
    assert "\nOverfitting\n" in rest
    assert "Left out: 1/16 (7 pairs), 1/8 (15 pairs) and 1/4 (30 pairs)" in rest
    assert rest.endswith(f"page       {out}/learning-curve.html\nruns       in {out}: 1-2, all\n")
    assert "all of the data, 120 pairs" in told
    assert "is finished: there is nothing to resume" in refused(
        capsys, "train", "translation", "--out", out, "--resume", "--learning-curve"
    )


@pytest.mark.usefixtures("_few")
def test_a_learning_curve_as_json_is_one_object_on_one_line(capsys, tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x", steps=3, both_directions=False)
    code, said, _ = run(capsys, *flags(options), "--learning-curve", "--json")
    assert code == 0
    assert said.count("\n") == 1
    assert json.loads(said) == json.loads((tmp_path / "x" / "learning-curve.json").read_text(encoding="utf-8"))
    assert [point["pairs"] for point in json.loads(said)["points"]] == [60, 120]


def test_a_learning_curve_of_little_text_is_refused(capsys, tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x", both_directions=False)
    told = refused(capsys, *flags(options), "--learning-curve")
    assert "two sizes of at least 100 pairs, all of the data and half of it: got 120 pairs to learn from" in told
    assert "give 200 or more, or leave --learning-curve out" in told


def test_a_result_as_json(capsys, tiny, tmp_path):
    options = ask(tiny.texts, tmp_path / "x", steps=1, both_directions=False)
    code, said, _ = run(capsys, *flags(options), "--json")
    assert code == 0
    found = json.loads(said)
    assert found["path"] == str(tmp_path / "x")
    assert found["scores"] == json.loads((tmp_path / "x" / "scores.json").read_text())["scores"]
    assert found["result"]["step"] == 1


def test_help_names_every_flag(capsys):
    assert main(["train", "translation", "--help"]) == 0
    out = capsys.readouterr().out
    for flag in (
        "--out",
        "--source",
        "--dev-tsv",
        "--both-directions",
        "--minutes",
        "--resume",
        "--model",
        "--seed",
        "--learning-curve",
        "--json",
    ):
        assert flag in out
    assert "--no-" not in out


def test_train_alone_lists_what_can_be_trained(capsys):
    code, out, _ = run(capsys, "train")
    assert code == 0
    assert "translation" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["translaton"], "translation"),
        (["translation"], "--out"),
        (["translation", "--out", "x", "--sorce", "a"], "--sorce. Did you mean --source?"),
        (["translation", "--out", "x", "--steps", "many"], "many"),
        (["translation", "--out", "x"], "give the text to learn from: --source and --target, or --tsv"),
        (["translation", "--out", "x", "--tsv", "absent.tsv"], "there is no file absent.tsv"),
    ],
)
def test_mistakes_are_one_line_and_2(capsys, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    assert said in refused(capsys, "train", *words)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ways", [(("en", "de"),), (("zh", "en"), ("en", "zh"))])
def test_a_narrow_window_cuts_no_figure(ways):
    found = points([10, 20, 30], ways=ways)
    stream = io.StringIO()
    Console(file=stream, width=80).print(curve_table(SimpleNamespace(points=found)))
    said = stream.getvalue()
    assert "…" not in said
    assert max(map(len, said.split("\n"))) <= 80
    assert "29,000 " in said
    assert ("30.0 (28.7–31.3)" in said) == (len(ways) == 1)
    words = {"(28.7–31.3)", "1.90,", "2.10", "1.23M", "40.0", "100%", "weights", "epochs", "1:30", "min"}
    assert words <= set(said.split())


def test_a_text_in_a_language_model_with_its_evidence_out(capsys, languages, tmp_path):
    out = tmp_path / "runs" / "book"
    with small_language():
        words = ["--text", languages.text, "--out", out, "--steps", 3]
        code, said, told = run(capsys, "train", "language", *words, "--json")
    assert (code, "dev loss 5." in told or "dev loss 6." in told) == (0, True)
    found = json.loads(said)
    assert {"bits_per_character", "bits_per_byte", "perplexity", "nll"} == found["scores"][0]["figures"].keys()
    check_manifest(out)
    code, said, _ = run(capsys, "train", "language", "--out", out, "--resume")
    assert code == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "needs a text and, as --out, a new folder"),
        (["--out", "x"], "there is nothing to learn from"),
        (["--out", "x", "--text", "missing.txt"], "there is no file missing.txt"),
        (["--out", "x", "--text", "a.txt", "--objective", "gpt"], "gpt"),
    ],
)
def test_what_a_language_model_cannot_be_made_of(capsys, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text("words\n", encoding="utf-8")
    assert said in refused(capsys, "train", "language", *words)
    assert not (tmp_path / "x").exists()


def test_several_texts_behind_one_flag(capsys, languages, tmp_path):
    more = tmp_path / "more.txt"
    more.write_text("Something else.\n", encoding="utf-8")
    with small_language():
        words = ["--text", languages.text, more, "--dev-text", languages.pairs, "--out", tmp_path / "out", "--steps", 2]
        code, said, _ = run(capsys, "train", "language", *words)
    assert code == 0
    assert "bits a character" in said
    request = json.loads((tmp_path / "out" / "training" / "begun" / "request.json").read_text())
    assert request["options"]["text"] == [str(languages.text), str(more)]
    assert request["command"].startswith("heedful train language --text text.txt more.txt ")


def test_texts_in_a_writer_out_that_says_how_it_is_used(capsys, tmp_path):
    with written.small():
        for data, more, use in (
            (written.summaries(tmp_path), [], "summarize"),
            (written.dialogues(tmp_path), ["--turns", 2, "--source-column", "en"], "chat"),
        ):
            words = ["--data", data, *more, "--steps", 1, "--out", tmp_path / use]
            code, said, told = run(capsys, "train", "text", *words)
            assert code == 0, told
            assert f"heedful {use} {tmp_path / use}" in said
            assert "ROUGE-L" in said


def test_two_runs_are_named_behind_one_flag_or_two(capsys, tiny, tmp_path):
    texts = ["--source", tiny.texts / "train.zh", "--target", tiny.texts / "train.en", "--out", tmp_path / "x"]
    for words in (["--init", tiny.both, tiny.rnn], ["--init", tiny.both, "--init", tiny.rnn]):
        said = refused(capsys, "train", "translation", *texts, *words)
        assert "two families make no model: got both (transformer) and rnn (rnn)" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--target-column", "tarket"], "has no column 'tarket'; did you mean 'target'"),
        (["--long", "leeding"], "--long 'leeding' is not known; did you mean 'leading'"),
        (["--turns", "2"], "holds no list of turns"),
        (["--init", "nowhere"], "nowhere does not exist"),
    ],
)
def test_mistakes_about_texts_are_one_line_and_2(capsys, tmp_path, words, said):
    data = written.write_rows(tmp_path / "a.jsonl", [{"source": "a b", "target": "a"}] * 3)
    assert said in refused(capsys, "train", "text", "--data", data, "--out", tmp_path / "x", *words)
    assert not (tmp_path / "x").exists()


def test_the_line_that_uses_a_run_does_what_it_can(languages):
    assert (
        how_to_generate(languages.runs["preference"])
        == f'heedful generate {languages.runs["preference"]} --prompt "Once"'
    )
    assert how_to_generate(languages.runs["masked"]).endswith('--fill "the <mask> sat"')
