"""Every command, flag, call, file and link in the pages is real, and both languages show the same."""

import re
import shlex
import tomllib
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import pytest
from cyclopts import App, CycloptsError, MissingArgumentError

from heedful import pipelines
from heedful.cli import main
from heedful.tasks import loading
from heedful.tasks.translator import Translator
from tests.docs.pages import BOTH, PAGES, ROOT, code_blocks, files, levels, links, read, spans, tables

READMES = ["README.md", "README.zh.md"]
# Flags of every verb, or of none.
EVERYWHERE = {"--debug", "--help", "--version"}
APP = main.build()
TRAIN = [APP["train"][name] for name in ("translation", "language", "classification", "answering", "text")]


def commands(code: str) -> list[list[str]]:
    """The calls of heedful in a line of a shell: what stands behind its name, redirections left out."""
    parts = [re.split(r" [<>|] ", part)[0].strip() for part in re.split(r"&&|;", code)]
    return [shlex.split(part)[1:] for part in parts if part.startswith("heedful ")]


def verb_of(tokens: list[str]) -> App:
    """The parser of the verb that the tokens begin with."""
    app = APP
    for token in tokens:
        if token.startswith("-") or token not in app:
            break
        app = app[token]
    return app


def flags_of(app: App) -> set[str]:
    if app.default_command is None:
        return set()
    return {name for argument in app.assemble_argument_collection() for name in argument.names}


def check(tokens: list[str], whole: bool) -> None:
    """The command line is understood; one that is only mentioned may lack arguments."""
    if "--help" in tokens:
        assert tokens[0] in ("--help", "VERB", *main.VERBS)
        return
    try:
        APP.parse_args([token for token in tokens if token != "--debug"], exit_on_error=False, print_error=False)
    except MissingArgumentError:
        assert not whole, f"heedful {shlex.join(tokens)} lacks an argument"


@pytest.mark.parametrize("page", PAGES)
def test_every_command_is_understood(page):
    text = read(page)
    for line in "\n".join(code_blocks(text)).splitlines():
        for tokens in commands(line):
            check(tokens, whole=True)
    for span in spans(text):
        for tokens in commands(span) if span.startswith("heedful ") else []:
            check(tokens, whole=False)


def test_the_pages_have_commands():
    for page in READMES:
        assert len([1 for block in code_blocks(read(page)) for line in block.splitlines() if commands(line)]) >= 4
        assert len([1 for span in spans(read(page)) if span.startswith("heedful ")]) >= 9


@pytest.mark.parametrize("page", PAGES)
def test_every_flag_exists(page):
    known = EVERYWHERE.union(*(flags_of(APP[name]) for name in main.VERBS), *map(flags_of, TRAIN))
    assert len(known) > 20
    for span in spans(read(page)):
        if span.startswith("--"):
            assert shlex.split(span)[0] in known, f"{page}: {span}"


@pytest.mark.parametrize("page", READMES)
def test_the_table_of_verbs(page):
    (rows,) = (table[1:] for table in tables(read(page)) if "`heedful demo`" in table[1])
    named = [shlex.split(spans(row[0])[0])[1:] for row in rows]
    # Training has a row for each task, one below the other.
    verbs = [verb for verb, _ in groupby(tokens[0] for tokens in named)]
    assert len(verbs) == len(set(verbs))
    assert set(verbs) == set(main.VERBS)
    for tokens, row in zip(named, rows, strict=True):
        flags = {span.split()[0] for span in spans(row[1]) if span.startswith("--")}
        assert flags <= flags_of(verb_of(tokens)), row
    # Flags that are explained below "your own text" are those of training.
    for rows in (table[1:] for table in tables(read(page)) if "`--both-directions`" in str(table)):
        flags = {span.split()[0] for row in rows for span in spans(row[0])}
        assert flags <= flags_of(APP["train"]["translation"])


@pytest.mark.parametrize("page", READMES)
def test_the_python_snippet_runs_and_answers_as_it_says(page, monkeypatch):
    (snippet,) = re.findall(r"```python\n(.*?)```", read(page), re.DOTALL)

    def load(path, device):
        assert path == "runs/mine"
        translator = Translator.__new__(Translator)
        translator.answer = lambda texts, **_: SimpleNamespace(texts=[f"<{text}>" for text in texts])
        return translator

    monkeypatch.setattr(Translator, "load", load)
    monkeypatch.setattr(loading, "task_of", lambda path: "translation")
    values: dict = {}
    lines = [line for line in snippet.splitlines() if line]
    exec("\n".join(line for line in lines if "=" in line.partition("#")[0] or line.startswith("import")), values)
    listed, answered = (eval(line, values) for line in lines if line.startswith(("translator.", "translate(")))
    assert listed == ["<The weather is fine today.>"]
    assert answered == [{"translation_text": "<The weather is fine today.>"}]
    assert "translation" in pipelines.PIPELINES
    assert '[{"translation_text": "..."}]' in lines[-1]


def test_both_readmes_show_the_same():
    english, chinese = map(read, READMES)
    assert code_blocks(english) == code_blocks(chinese)
    assert [s for s in spans(english) if s.startswith("heedful")] == [
        s for s in spans(chinese) if s.startswith("heedful")
    ]
    assert sorted(spans(english)) == sorted(spans(chinese))
    assert english.count("@@FIGURES@@") == chinese.count("@@FIGURES@@")


@pytest.mark.parametrize("name", BOTH)
def test_both_languages_have_the_same_sections_and_tables(name):
    english, chinese = read(f"{name}.md"), read(f"{name}.zh.md")
    assert levels(english) == levels(chinese)
    shapes = [[[len(row) for row in table] for table in tables(text)] for text in (english, chinese)]
    assert shapes[0] == shapes[1]


@pytest.mark.parametrize("name", BOTH)
def test_each_language_leads_to_the_other(name):
    english, chinese = f"{name}.md", f"{name}.zh.md"
    for page, other in ((english, chinese), (chinese, english)):
        assert Path(other).name in links("\n".join(read(page).split("\n")[:12]))


@pytest.mark.parametrize("page", PAGES)
def test_links_and_files_exist(page):
    text = read(page)
    for target in links(text):
        assert ((ROOT / page).parent / target).exists(), f"{page} links to {target}"
    for path in files(text):
        assert (ROOT / path).exists(), f"{page} names {path}"


def test_pages_named_in_the_code_exist():
    for path in sorted((ROOT / "heedful").rglob("*.py")):
        for page in re.findall(r"docs/[\w./-]+\.md", path.read_text(encoding="utf-8")):
            assert (ROOT / page).exists(), f"{path} names {page}"


@pytest.mark.parametrize("page", PAGES)
def test_every_target_of_make_exists(page):
    targets = set(re.findall(r"^([\w-]+(?: [\w-]+)*):", read("Makefile"), re.MULTILINE))
    known = {name for line in targets for name in line.split()}
    code = [line.split() for block in code_blocks(read(page)) for line in block.splitlines()]
    for words in [*code, *(span.split() for span in spans(read(page)))]:
        if words[:1] == ["make"] and len(words) > 1:
            assert words[1] in known, f"{page}: make {words[1]}"


@pytest.mark.parametrize("page", READMES)
def test_torch_is_capped_as_in_the_package(page):
    wanted = tomllib.loads(read("pyproject.toml"))["project"]["dependencies"]
    (cap,) = re.findall(r"torch>=[\d.]+,<([\d.]+)", " ".join(wanted))
    assert f'"torch<{cap}"' in read(page)


def test_the_guard_itself():
    assert commands("cd x && heedful translate runs/a --beam 1 < in.txt > out.txt") == [
        ["translate", "runs/a", "--beam", "1"]
    ]
    for wrong in (["transalte", "runs/a"], ["translate", "runs/a", "--bean", "1"], ["evaluate", "runs/a", "more"]):
        with pytest.raises(CycloptsError):
            check(wrong, whole=False)
    with pytest.raises(AssertionError, match="lacks"):
        check(["train", "translation"], whole=True)
    assert code_blocks("a\n\n    b  # c\n    d\n\n```python\ne\n```\n") == ["e\n", "b\nd\n"]
    assert tables("| a | b |\n|---|---|\n| c | d |\n") == [[["a", "b"], ["c", "d"]]]
    assert links("[a](b.md#c) [d](https://e.f) [g](#h)") == ["b.md"]
    assert files("see docs/a.md, https://x.y/heedful/heedful and `heedful/b.py`.") == {"docs/a.md", "heedful/b.py"}
