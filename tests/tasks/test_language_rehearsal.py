"""What is watched while a model learns."""

import pytest

from heedful.data.tokenizer import MASK
from heedful.tasks.language_kinds import Causal, Masked
from heedful.tasks.language_rehearsal import LanguageRehearsal
from heedful.tasks.language_text import Laid


@pytest.mark.parametrize(("name", "kind"), [("causal", Causal()), ("masked", Masked())])
def test_the_score_is_minus_the_loss_and_samples_are_of_held_out_text(languages, name, kind):
    laid = Laid.open(languages.runs[name] / "training" / "begun")
    rehearsal = LanguageRehearsal(laid, kind)
    model = laid.build(1).eval()
    found = rehearsal.evaluate(model)
    assert found.score == -found.figures["nll"]
    assert found.figures == rehearsal.evaluate(model).figures
    held = [laid.dev.text(index, laid.tokenizer) for index in range(laid.dev.n_documents)]
    for sample in rehearsal.glimpse(model):
        whole = sample.source.replace(MASK, sample.reference) if name == "masked" else sample.source + sample.reference
        assert any(text.replace("\n", "").startswith(whole.replace("\n", "")[:8]) for text in held)


def test_the_gap_that_is_watched_holds_the_word_that_was_there(languages):
    laid = Laid.open(languages.runs["masked"] / "training" / "begun")
    samples = LanguageRehearsal(laid, Masked()).glimpse(laid.build(1).eval())
    for sample in samples:
        assert sample.source.count(MASK) == 1
        assert sample.reference
