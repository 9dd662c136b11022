"""A whole contest with players that need no time, and what is refused before anything is measured."""

import json
from dataclasses import replace

import pytest
import torch

from bench import inference, peers, rivals
from bench.command import run
from bench.inference import app, base_contest, entries_of, small_contest, words_of
from bench.rivals import Absent, Setting, Turn
from heedful.data import phrasebook
from heedful.data.tokenizer import EOS, SPECIALS, Tokenizer
from heedful.errors import OptionError
from heedful.model.transformer import Transformer
from heedful.numerics import Numerics

SETTINGS = [
    Setting("heedful int8", "2 hands", "heedful", "int8", {"seconds": 1.0}),
    Setting("CTranslate2 int8", "1 of 2", "CTranslate2", "int8", {"seconds": 2.0}, rows=(16, 64)),
    Setting("CTranslate2 float32", "2 of 1", "CTranslate2", "float32", {"seconds": 4.0}, rows=(16,), alone=False),
    Setting("transformers float32", "eager", "transformers", "float32", {"seconds": None}),
    Setting("transformers float32", "sdpa", "transformers", "float32", {"seconds": None}),
]


class Player:
    """Takes as long as its setting says, and keeps what it was asked."""

    log: list[str] = []

    def __init__(self, setting, setup):
        if setting.options["seconds"] is None:
            raise Absent("No module named 'transformers'")
        self.setting, self.setup = setting, setup

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def many(self, width, rows):
        self.log.append(f"{self.setting.library} {width} {rows}")
        slower = 2.0 if rows == 64 else 1.0
        return Turn([slower * self.setting.options["seconds"]], [source[:-1] for source in self.setup["sources"]])

    def alone(self, width):
        self.log.append(f"{self.setting.library} {width} alone")
        return Turn([self.setting.options["seconds"] / 100] * 3, [[4]] * 3)

    def memory(self):
        return 5_000_000


@pytest.fixture(scope="module")
def tokenizer():
    pairs = phrasebook.generate(300)
    return Tokenizer.train((side for pair in pairs for side in (pair.chinese, pair.english)), 300, [])


@pytest.fixture
def fake(monkeypatch, tokenizer):
    """No process, no product, no training."""
    shape = replace(peers.small(), vocab_size=tokenizer.vocab_size, d_model=16, n_heads=2, d_ff=32)
    monkeypatch.setattr(inference, "Player", Player)
    monkeypatch.setattr(inference, "trained", lambda *_: (Transformer(shape), tokenizer))
    monkeypatch.setattr(inference, "prepared", lambda contest, *_: ({"sources": contest.sources, "alone": 4}, SETTINGS))
    monkeypatch.setattr(inference, "peaks", lambda _: {"float32": 1e12, "bfloat16": 2e12, "int8": 4e12})
    monkeypatch.setattr(inference.numerics, "choose", lambda _: Numerics("cpu", "bfloat16", "default", 1))
    Player.log = []


def test_a_contest_from_beginning_to_end(fake, tmp_path, capsys):
    files = ["--json", str(tmp_path / "a.json"), "--chart", str(tmp_path / "a.svg")]
    assert run(app, ["--model", str(tmp_path / "m"), "--sentences", "6", "--rounds", "2", *files]) == 0
    said = capsys.readouterr()
    assert said.err.count("transformers float32 is left out where it cannot run: No module named 'transformers'") == 1
    assert said.out.count("2.00x") == 4  # ours, at once and alone, with a beam and greedily
    found = json.loads((tmp_path / "a.json").read_text())
    ours = found["rows"][0]
    assert (ours["system"], ours["width"], ours["sentences"]) == ("heedful int8", 5, 6.0)
    assert (ours["p50"], ours["memory"]) == (0.01, 5_000_000)
    assert ours["ratios"] == {"CTranslate2": 2.0, "CTranslate2 int8": 2.0, "CTranslate2 float32": 4.0}
    assert ours["alone_ratios"] == {"CTranslate2": 2.0, "CTranslate2 int8": 2.0}
    assert 0 <= ours["bleu"] < 5
    assert found["rows"][1]["setting"] == "1 of 2, batches of 16"
    assert all(len(turn["seconds"]) == 2 for turn in found["turns"])
    assert found["machine"]["cores"] >= 1
    assert (tmp_path / "a.svg").read_text().startswith("<svg")


def test_all_of_a_discipline_take_turns_and_the_next_round_goes_back(fake, tmp_path):
    assert run(app, ["--model", str(tmp_path), "--sentences", "2", "--rounds", "2"]) == 0
    first, second = Player.log[-24:-12], Player.log[-12:]
    assert first[:4] == ["heedful 5 0", "CTranslate2 5 16", "CTranslate2 5 64", "CTranslate2 5 16"]
    assert first[-2:] == ["heedful 1 alone", "CTranslate2 1 alone"]
    assert second == first[::-1]


def test_a_setting_takes_part_where_it_can():
    found = [(entry.width, entry.alone, entry.rows) for entry in entries_of(SETTINGS[1])]
    assert found == [(5, False, 16), (5, False, 64), (5, True, 1), (1, False, 16), (1, False, 64), (1, True, 1)]
    assert not any(entry.alone for entry in entries_of(SETTINGS[2]))


def test_references_give_bleu(fake, tokenizer, tmp_path):
    test, reference = tmp_path / "test", tmp_path / "reference"
    test.write_text("one\ntwo\n")
    reference.write_text("the cat sat on the mat\nno dog was there at all\n")
    contest = small_contest(tmp_path, (None, None), (test, reference), 9, 1)
    assert contest.sources == [[*tokenizer.encode(line), EOS] for line in ("one", "two")]
    answers = [tokenizer.encode(line) for line in reference.read_text().splitlines()]
    assert contest.bleu(answers) == pytest.approx(100)
    assert small_contest(tmp_path, (None, None), (test, None), 9, 1).bleu is None


def test_every_row_of_the_table_has_a_name_of_its_own(tokenizer):
    words = words_of(tokenizer)
    assert len(words) == len(set(words)) == peers.VOCABULARY
    assert words[: len(SPECIALS)] == list(SPECIALS)


def test_the_base_model_writes_as_much_as_it_reads(monkeypatch):
    monkeypatch.setattr(inference, "base", lambda n: replace(peers.small(), vocab_size=64, d_model=16, n_heads=2))
    monkeypatch.setattr(inference, "BASE_VOCABULARY", 64)
    contest = base_contest(3)
    assert [len(source) for source in contest.sources] == [15, 15, 15]
    assert all(source[-1] == EOS and min(source[:-1]) >= len(SPECIALS) for source in contest.sources)
    assert contest.limits.max_len(15) == contest.limits.min_len == 15
    assert len(contest.words) == 64
    again = base_contest(3)
    assert all(torch.equal(a, b) for a, b in zip(contest.model.parameters(), again.model.parameters(), strict=True))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name it with --model"),
        (["--shape", "base", "--model", "m"], "leave out --model"),
        (["--model", "m", "--reference", "r"], "give both"),
        (["--model", "m", "--rounds", "0"], "at least 1"),
        (["--model", "m", "--cores", "9999"], "--cores at most"),
        (["--model", "m", "--json", "no/such/folder.json"], "create no/such first"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, said, capsys):
    assert run(app, arguments) == 2
    assert said in capsys.readouterr().err


def test_fewer_references_than_sentences_are_refused(fake, tmp_path, capsys):
    (tmp_path / "test").write_text("one\ntwo\n")
    (tmp_path / "reference").write_text("eins\n")
    files = ["--test", str(tmp_path / "test"), "--reference", str(tmp_path / "reference")]
    assert run(app, ["--model", str(tmp_path), *files]) == 2
    assert "got 2 and 1" in capsys.readouterr().err


def test_systems_are_chosen_by_the_beginnings_of_their_names():
    settings = rivals.heedful(Numerics("cpu", "bfloat16", "default", 2))
    names = {setting.system for setting in settings}
    assert inference.chosen(settings, ()) == settings
    found = {setting.system for setting in inference.chosen(settings, ("heedful int8",))}
    assert found == {name for name in names if name.startswith("heedful int8")} != set()
    with pytest.raises(OptionError, match="--only names none of the systems"):
        inference.chosen(settings, ("CTranslate2",))
