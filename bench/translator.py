"""The translator that decoders are compared on: trained here, kept, and asked by heedful and by `generate()` alike."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file

from bench import peers
from bench.training import heedful_step
from heedful import numerics
from heedful.architecture import Architecture
from heedful.crew import crew_for
from heedful.data.sampler import BatchPlan, Sampling
from heedful.data.tokenizer import BOS, EOS, PAD, Tokenizer
from heedful.decoding import Beam, Greedy, Limits, decode
from heedful.interface import Model, Searcher
from heedful.model.transformer import Transformer

LIMITS = Limits(max_ratio=2.0, max_extra=10, loop_repeats=0)
Answers = list[list[int]]


def trained(folder: Path, source: Path | None, target: Path | None, steps: int) -> tuple[Transformer, Tokenizer]:
    """The model in the folder, or a new one, trained and put there."""
    weights, words = folder / "model.safetensors", folder / "tokenizer.json"
    if not weights.exists():
        folder.mkdir(parents=True, exist_ok=True)
        model = Transformer(peers.small())
        corpus, tokenizer = peers.corpus(source, target)
        plan = BatchPlan(corpus, sampling=Sampling(4096, regularise=False))
        machine = numerics.choose("cpu")
        learn = heedful_step(model, machine, 0.01)
        with numerics.applied(machine):
            for step, (_, _, batch) in zip(range(steps), plan.stream(), strict=False):
                learn(batch)
                if step % 50 == 0:
                    print(f"training: step {step} of {steps}", flush=True)
        words.write_text(tokenizer.to_json())
        save_file({name: tensor.detach() for name, tensor in model.named_parameters()}, weights)
    return loaded(peers.small(), weights), Tokenizer.load(words)


def loaded(shape: Architecture, weights: Path) -> Transformer:
    """A model in float32 with the weights of a file, ready to answer."""
    tensors = load_file(weights)
    model = Transformer(shape)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.copy_(tensors[name])
    return model.eval()


def found(
    model: Model,
    sources: Answers,
    width: int,
    machine: numerics.Numerics,
    limits: Limits = LIMITS,
    searcher: Searcher | None = None,
) -> Answers:
    """What heedful answers. No length penalty, because other libraries divide by other functions of the length.

    Args:
        model: in the dtype of `machine`.
        sources: token ids, end of sentence included.
        width: of the beam; 1 takes the likeliest token at every step.
        machine: how to compute.
        limits: of the answers.
        searcher: the same model, rewritten.
    """
    search = Beam(width, length_penalty=0.0) if width > 1 else Greedy()
    crew = crew_for(machine)
    with numerics.applied(machine):
        decoded = decode(model, sources, search, bos=BOS, eos=EOS, pad=PAD, limits=limits, crew=crew, searcher=searcher)
    return [hypotheses[0].tokens for hypotheses in decoded.hypotheses]


def generated(model: Any, sources: Answers, width: int, rows: int, limits: Limits = LIMITS) -> Answers:
    """What `generate()` answers to batches of sentences of like length.

    Args:
        model: a MarianMTModel.
        sources: token ids, end of sentence included.
        width: of the beam; 1 takes the likeliest token at every step.
        rows: sentences of a batch.
        limits: of the answers; the longest source of a batch decides for all of it.
    """
    order = sorted(range(len(sources)), key=lambda index: len(sources[index]))
    answers: Answers = [[] for _ in sources]
    for first in range(0, len(order), rows):
        chosen = order[first : first + rows]
        longest = max(len(sources[index]) for index in chosen)
        ids = torch.full((len(chosen), longest), PAD)
        for row, index in enumerate(chosen):
            ids[row, : len(sources[index])] = torch.tensor(sources[index])
        with torch.inference_mode():
            out = model.generate(
                input_ids=ids,
                attention_mask=(ids != PAD).long(),
                num_beams=width,
                do_sample=False,
                early_stopping=False,
                length_penalty=0.0,
                min_new_tokens=limits.min_len if limits.min_len > 1 else None,
                max_new_tokens=limits.max_len(longest),
                bad_words_ids=[[BOS]],
            )
        for row, index in zip(out.tolist(), chosen, strict=True):
            answers[index] = _written(row[1:])
    return answers


def _written(ids: Sequence[int]) -> list[int]:
    """Up to the end of sentence."""
    return list(ids[: ids.index(EOS)]) if EOS in ids else [token for token in ids if token != PAD]
