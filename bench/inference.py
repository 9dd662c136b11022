"""Finished translators side by side: heedful, CTranslate2 in every setting, and `generate()` of transformers, one run.

    python -m bench.inference --model FOLDER [--source FILE --target FILE] [--test FILE --reference FILE]
    python -m bench.inference --shape base

The same weights and the same sentences. The first call trains a small model of the form of 2017 for a few minutes and
keeps it in FOLDER; the base model has random weights and writes as many tokens as it reads, so that it has speed and no
quality. Each system lives in a process of its own. All of its settings are tried once, on a part of the sentences; the
best few then take turns for some rounds, at once and one sentence at a time, with a beam and greedily. Medians are
quoted, and ratios within a round to the best of CTranslate2 in that round. No length penalty, because each divides by
another function of the length.

The floor is the time of the useful products at the rate that the cores multiply at in the type of each system, measured
in the same run. Memory is the most that a process held since its model was ready.
"""

import json
import platform
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Literal

import torch
from cyclopts import Parameter
from sacrebleu.metrics.bleu import BLEU
from safetensors.torch import save_file

from bench import command, peers, rivals
from bench.floor import peaks
from bench.rivals import Absent, Player, Setting
from bench.standing import Entry, Row, Text, chart, comparison, finalists, settings_in_words, standing, table
from bench.translator import LIMITS, Answers, trained
from heedful import numerics
from heedful.architecture import Architecture
from heedful.cli.console import output_console
from heedful.data import phrasebook
from heedful.data.text import read_lines
from heedful.data.tokenizer import EOS, SPECIALS, Tokenizer
from heedful.decoding import Limits
from heedful.errors import DependencyError, OptionError, RunError
from heedful.model.presets import base
from heedful.model.transformer import Transformer
from heedful.run.disk import write_atomic, write_json

WIDTHS = (5, 1)
# Sentences that are timed one by one.
ALONE = 100
# Settings are tried on one sentence of so many.
TRIAL_SHARE = 4
# Settings of each system that go on to the rounds, in each discipline.
FINALISTS = 2
# Of the base model: its vocabulary, and the tokens of every source and every answer.
BASE_VOCABULARY, BASE_TOKENS = 32_000, 15
PACKAGES = ("heedful", "torch", "ctranslate2", "transformers")


@dataclass(frozen=True)
class Contest:
    """What everyone translates, and with what.

    Args:
        model: its weights.
        words: V names of its tokens.
        sources: token ids, end of sentence included.
        limits: of the answers.
        bleu: of all answers; None without references.
    """

    model: Transformer
    words: Sequence[str]
    sources: Answers
    limits: Limits
    bleu: Callable[[Sequence[Sequence[int]]], float] | None = None

    @property
    def shape(self) -> Architecture:
        """Of the model."""
        return self.model.architecture


def small_contest(
    folder: Path,
    training: tuple[Path | None, Path | None],
    testing: tuple[Path | None, Path | None],
    n: int,
    steps: int,
) -> Contest:
    """The trained model on real sentences.

    Args:
        folder: of the model.
        training: two files of text; without them the embedded corpus.
        testing: sentences, and their translations where BLEU is wanted; without both the embedded corpus.
        n: sentences at most.
        steps: updates of the training.
    Raises:
        OptionError: fewer references than sentences, or no sentence.
    """
    test, reference = testing
    if test is None:
        pairs = list(phrasebook.generate(n, "test"))
        lines, references = [pair.chinese for pair in pairs], [pair.english for pair in pairs]
    else:
        lines = list(islice(read_lines(test), n))
        references = list(islice(read_lines(reference), n)) if reference else []
    if not lines or (references and len(references) != len(lines)):
        raise OptionError(f"expected a translation for each sentence: got {len(lines)} and {len(references)} of them")
    model, tokenizer = trained(folder, *training, steps)

    def bleu(answers: Sequence[Sequence[int]]) -> float:
        written = [tokenizer.decode(list(answer)) for answer in answers]
        return float(BLEU().corpus_score(written, [references]).score)

    sources = [[*tokenizer.encode(line), EOS] for line in lines]
    return Contest(model, words_of(tokenizer), sources, LIMITS, bleu if references else None)


def words_of(tokenizer: Tokenizer) -> list[str]:
    """A name for every row of the small model's table; a short text gives fewer pieces than it has rows."""
    names = [tokenizer.piece(token) for token in range(tokenizer.vocab_size)]
    return names + [f"<unused {token}>" for token in range(len(names), peers.VOCABULARY)]


def base_contest(n: int) -> Contest:
    """The base model with random weights, on random sources: each answer has as many tokens as its source."""
    torch.manual_seed(1)
    model = Transformer(base(BASE_VOCABULARY)).eval()
    draw = random.Random(1)
    sources = [
        [*(draw.randrange(len(SPECIALS), BASE_VOCABULARY) for _ in range(BASE_TOKENS - 1)), EOS] for _ in range(n)
    ]
    words = [*SPECIALS, *(f"w{token}" for token in range(len(SPECIALS), BASE_VOCABULARY))]
    return Contest(model, words, sources, replace(LIMITS, max_ratio=0.0, max_extra=BASE_TOKENS, min_len=BASE_TOKENS))


def prepared(contest: Contest, folder: Path, machine: numerics.Numerics) -> tuple[dict[str, Any], list[Setting]]:
    """What all processes are told, and who takes part; files that they read are put into a folder."""
    weights, words = folder / "model.safetensors", folder / "words.json"
    save_file({name: tensor.detach().clone() for name, tensor in contest.model.named_parameters()}, weights)
    words.write_text(json.dumps(contest.words))
    setup = {
        "model": {"weights": str(weights), "shape": contest.shape.to_json()},
        "sources": contest.sources,
        "limits": asdict(contest.limits),
        "alone": ALONE,
        "widths": WIDTHS,
    }
    settings = rivals.heedful(machine)
    try:
        settings += rivals.ctranslate2(machine.threads, _converted(contest, folder), words)
    except DependencyError as error:
        say(f"CTranslate2 is left out: {error}")
    return setup, settings + rivals.generate(machine)


def _converted(contest: Contest, folder: Path) -> dict[str, Path]:
    """The model as CTranslate2 has it, by type."""
    from heedful.transfer.ctranslate2 import write_model

    found = {dtype: folder / dtype for dtype in ("float32", "int8")}
    for dtype, place in found.items():
        place.mkdir()
        write_model(place, contest.model, contest.words, dtype)
    return found


def say(line: str) -> None:
    """Tell those who wait."""
    print(line, file=sys.stderr, flush=True)


def play(player: Player, entry: Entry) -> float:
    """One turn.

    Returns:
        seconds of all of its calls.
    """
    entry.turns.append(player.alone(entry.width) if entry.alone else player.many(entry.width, entry.rows))
    return sum(entry.turns[-1].seconds)


def tried(settings: Sequence[Setting], setup: dict[str, Any]) -> list[Entry]:
    """Every setting in every discipline once, on a part of the sentences. Who cannot take part is named, once for each
    reason."""
    setup = {**setup, "sources": setup["sources"][::TRIAL_SHARE], "alone": max(1, setup["alone"] // TRIAL_SHARE)}
    found: list[Entry] = []
    complaints: set[str] = set()
    for setting in settings:
        entries = list(entries_of(setting))
        try:
            with Player(setting, setup) as player:
                for entry in entries:
                    entry.trial = play(player, entry)
                    entry.turns.clear()
        except Absent as reason:
            complaint = f"{setting.system} is left out where it cannot run: {reason}"
            if complaint not in complaints:
                say(complaint)
            complaints.add(complaint)
            continue
        found += entries
        say(f"tried: {setting.system}, {setting.name}")
    return found


def entries_of(setting: Setting) -> Iterator[Entry]:
    """Its disciplines."""
    for width in WIDTHS:
        yield from (Entry(setting, width, False, rows) for rows in setting.rows)
        if setting.alone:
            yield Entry(setting, width, True, 1)


def rounds_of(
    entries: Sequence[Entry], setup: dict[str, Any], n: int, machine: numerics.Numerics
) -> tuple[dict[str, float], dict[str, int]]:
    """Let all take turns, those of a discipline one behind the other, every other round in the opposite order.

    Returns:
        what a core multiplies in a second, the median of the rounds, by type; and the memory of each process, by key.
    """
    order = sorted(entries, key=lambda entry: (entry.alone, -entry.width))
    rates: list[dict[str, float]] = []
    with ExitStack() as stack:
        settings = {entry.setting.key: entry.setting for entry in entries}
        players = {key: stack.enter_context(Player(setting, setup)) for key, setting in settings.items()}
        for turn in range(n):
            rates.append(peaks(machine))
            for entry in order if turn % 2 == 0 else reversed(order):
                play(players[entry.setting.key], entry)
            say(f"round {turn + 1} of {n}")
        memory = {key: player.memory() for key, player in players.items()}
    return {name: statistics.median(rate[name] for rate in rates) for name in rates[0]}, memory


def record(rows: Sequence[Row], entries: Sequence[Entry], text: Text) -> dict[str, Any]:
    """All that was measured, as plain values."""
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "none"
    turns = [
        {
            "setting": entry.setting.key,
            "rows": entry.rows,
            "environment": dict(entry.setting.environment),
            "width": entry.width,
            "alone": entry.alone,
            "trial_seconds": entry.trial,
            "seconds": [list(turn.seconds) for turn in entry.turns],
        }
        for entry in entries
    ]
    return {
        "machine": {"processor": platform.processor() or platform.machine(), "cores": text.cores},
        "packages": found,
        "peak_flops_of_a_core": dict(text.peaks),
        "architecture": text.shape.to_json(),
        "sentences": len(text.n_sources),
        "rows": [asdict(row) for row in rows],
        "turns": turns,
    }


app = command.make_app()


@app.default
def main(
    *,
    model: Path | None = None,
    shape: Literal["small", "base"] = "small",
    source: Path | None = None,
    target: Path | None = None,
    test: Path | None = None,
    reference: Path | None = None,
    sentences: int = 1000,
    rounds: int = 3,
    steps: int = 900,
    cores: int | None = None,
    only: tuple[str, ...] = (),
    as_json: Annotated[Path | None, Parameter(name="--json")] = None,
    as_chart: Annotated[Path | None, Parameter(name="--chart")] = None,
) -> None:
    """Measure.

    Args:
        model: folder of the small model; trained when it is not there yet.
        shape: small, trained; or base, random.
        source: text to train on; the embedded corpus when not given.
        target: its translation.
        test: sentences to translate; those of the embedded corpus when not given.
        reference: their translations, for BLEU.
        sentences: how many of them, at most.
        rounds: turns that each system takes.
        steps: updates of the training.
        cores: that may be used; all when not given.
        only: who takes part, given as often as wanted: the beginning of a system's name, or of its name and that of a
            setting as "CTranslate2 int8, 2 of 1"; all when not given.
        as_json: file for all figures.
        as_chart: file for a picture, as speed.svg.
    """
    files = (source, target, test, reference)
    if shape == "base" and (model is not None or any(files)):
        raise OptionError("--shape base has weights and sentences at random: leave out --model and all files of text")
    if shape == "small" and model is None:
        raise OptionError("the small model is kept in a folder: name it with --model")
    if reference is not None and test is None:
        raise OptionError("--reference holds the translations of --test: give both")
    if min(sentences, rounds, steps) < 1 or not 1 <= (cores or 1) <= numerics.available_cores():
        raise OptionError(
            f"--sentences, --rounds and --steps are at least 1, and --cores at most {numerics.available_cores()}: got "
            f"{sentences}, {rounds}, {steps} and {cores}"
        )
    for path in (as_json, as_chart):
        if path is not None and not path.parent.is_dir():
            raise RunError(f"cannot write {path}: create {path.parent} first")
    if model is None:
        contest = base_contest(sentences)
    else:
        contest = small_contest(model, (source, target), (test, reference), sentences, steps)
    machine = replace(numerics.choose("cpu"), threads=cores or numerics.available_cores())
    with tempfile.TemporaryDirectory(prefix="heedful-bench-") as folder:
        setup, settings = prepared(contest, Path(folder), machine)
        entries = finalists(tried(chosen(settings, only), setup), FINALISTS)
        rates, memory = rounds_of(entries, setup, rounds, machine)
    lengths = [len(ids) for ids in contest.sources]
    text = Text(contest.shape, lengths, int(shape == "small"), contest.bleu, rates, machine.threads)
    rows = standing(entries, text, memory)
    show(rows, text)
    if as_json is not None:
        write_json(as_json, record(rows, entries, text))
    if as_chart is not None:
        write_atomic(as_chart, chart(rows).encode())


def chosen(settings: Sequence[Setting], only: Sequence[str]) -> list[Setting]:
    """Those whose name begins so.

    Raises:
        OptionError: there is none.
    """
    for name in only:
        if not any(setting.key.startswith(name) for setting in settings):
            systems = ", ".join(dict.fromkeys(setting.system for setting in settings))
            raise OptionError(f"--only names none of the systems: got {name!r}; there are {systems}")
    return [setting for setting in settings if setting.key.startswith(tuple(only) or "")]


def show(rows: Sequence[Row], text: Text) -> None:
    """Print the table, the settings that it quotes, and the peaks that its floors are made of."""
    console = output_console()
    console.print(table(rows), "", comparison(rows), "", *settings_in_words(rows), sep="\n")
    said = ", ".join(f"{name} {rate / 1e9:,.0f}" for name, rate in text.peaks.items())
    console.print(f"GFLOP/s of a core: {said}; {text.cores} cores, {len(text.n_sources):,} sentences")


if __name__ == "__main__":
    sys.exit(command.run(app))
