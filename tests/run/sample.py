"""A finished run's facts, evidence and folder, with everything in them that tends to break pages."""

import json
import shlex
from dataclasses import replace

import numpy as np
import torch

from heedful.run.directory import RunDirectory
from heedful.run.examples import Attention, Sentence
from heedful.run.facts import DataFile, Facts, ScoreSet, Usage, write_scores
from heedful.run.manifest import write_manifest
from heedful.run.report import Evidence
from heedful.run.weights import save_tensors

NASTY = "<script>alert('x')</script> \"&amp;' \x00\x1b \u202e evil \ud800 | `code` ]( 你好 مرحبا"


def figure(
    score, spread=1.0, signature="nrefs:1|bs:1000|seed:12345|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0"
):
    return {"score": score, "low": score - spread, "high": score + spread, "signature": signature}


def score_set(source="zh", target="en", score=93.41):
    figures = {"bleu": figure(score), "bleu_lowercase": figure(score), "chrf": figure(95.2), "ter": figure(104.0)}
    return ScoreSet(source, target, "held-out test", 1000, "beam 5", figures, {"RNN <last> state": 71.25})


def facts(name="runs/zh-en", text="plain"):
    return Facts(
        name=name,
        task="translation",
        directions=(("zh", "en"), ("en", "zh")),
        model="transformer",
        architecture={"d_model": 128, "note": text},
        n_parameters=3_141_592,
        data=(DataFile("train source", f"{text}.zh", 5_123_456, "ab" * 32),),
        n_pairs={"train": 60_000, "dev": 1000},
        scores=(score_set(), score_set("en", "zh", 91.0)),
        usage=Usage(f"heedful translate {shlex.quote(name)}", f"model = heedful.load({json.dumps(name)})"),
        machine={"processor": "AMD EPYC, 2 cores", "computing": text},
        versions={"heedful": "0.1.0", "torch": "2.13.0"},
        seed=7,
        steps=14_000,
        seconds=690.0,
        command=f"heedful train translation --source {text}",
        date="2026-11-20",
        limits=(f"It does not know {text}.",),
        caveats=("Like all of its kind it errs.",),
    )


def metrics(n_rows=60):
    rows = []
    for index in range(1, n_rows + 1):
        place = {"step": 10 * index, "epoch": index / 9, "tokens": index * 4096, "elapsed_seconds": 11.0 * index}
        rows.append(
            {**place, "rate": 0.002 / index, "loss": 1 + 8 / index, "nll": 8 / index, "tokens_per_second": 24_500.0}
        )
        if index % 10 == 0:
            rows.append({**place, "dev_score": 50.0, "dev_bleu": 50.0 + index / 2, "dev_nll": 9 / index})
    return rows


def evidence(text="plain"):
    sentence = Sentence(text, text, f"{text} more", 42.4, "zh", "en")
    weights = np.array([[0.9, 0.05, 0.0], [0.1, 0.2, 0.7]])
    maps = [Attention(["我", "喜欢", text], [text, "like"], weights, f"zh → en {text}")]
    finding = {
        "title": f"Repeated {text}",
        "severity": "warning",
        "count": 1312,
        "advice": text,
        "examples": [{"file": f"data/{text}.zh", "line": 12, "what": text}],
    }
    return Evidence(metrics(), [sentence], [sentence], maps, [finding], ((text, "12.5 minutes", text),))


def finished_run(path):
    """A small whole run directory; returns it with the tensors in it."""
    run = RunDirectory.create(path)
    generator = torch.Generator().manual_seed(1)
    tensors = {
        "embedding": torch.randn(10, 4, generator=generator),
        "layer.weight": torch.randn(4, 4, generator=generator),
        "layer.bias": torch.zeros(4),
    }
    save_tensors(run.weights, tensors)
    config = {
        "heedful": "0.1.0",
        "task": "translation",
        "model": "transformer",
        "directions": [["zh", "en"], ["en", "zh"]],
    }
    run.config.write_text(json.dumps(config))
    run.tokenizer.write_text(json.dumps({"vocab": ["a", "b", "词"]}, ensure_ascii=False), encoding="utf-8")
    run.generation.write_text('{"width": 5}')
    sets = [replace(score_set(), data="test"), replace(score_set("en", "zh", 91.0), data="dev, by which it was chosen")]
    write_scores(run.scores, sets)
    run.card.write_text("# card")
    run.report.write_text("<!DOCTYPE html>")
    write_manifest(path)
    return run, tensors
