import pytest
import sacrebleu

from heedful.data.phrasebook import generate, word_by_word
from heedful.data.phrasebook.grammar import Pair


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return list(generate(1000, "test", seed=1))


def test_word_by_word_keeps_the_order_of_the_source(pairs: list[Pair]):
    pair = Pair("他昨天游泳了。", "He swam yesterday.", ("他", "昨天", "游", "泳", "了", "。"), ("He", "swam", "yesterday", "."), (), "")
    assert word_by_word(pair, "en").startswith("he yesterday swam")
    assert word_by_word(pair, "zh").startswith("他游昨天")


@pytest.mark.parametrize(("to", "tokenize"), [("en", "13a"), ("zh", "zh")])
def test_word_by_word_is_no_translation(pairs: list[Pair], to: str, tokenize: str):
    hypotheses = [word_by_word(pair, to) for pair in pairs]
    references = [pair.english if to == "en" else pair.chinese for pair in pairs]
    score = sacrebleu.corpus_bleu(hypotheses, [references], tokenize=tokenize).score
    assert 2 < score < 30
