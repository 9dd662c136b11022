import pytest
import sacrebleu

from heedful.data.phrasebook import generate, word_by_word
from heedful.data.phrasebook.grammar import Pair


@pytest.fixture(scope="module")
def pairs() -> list[Pair]:
    return list(generate(600, "test", seed=1))


def test_word_by_word_keeps_the_order_of_the_source(pairs: list[Pair]):
    chinese, english = ("他", "明天", "会", "休息", "。"), ("He", "will", "rest", "tomorrow", ".")
    pair = Pair("".join(chinese), "He will rest tomorrow.", chinese, english, (), "")
    english_text, chinese_text = word_by_word(pair, "en"), word_by_word(pair, "zh")
    assert english_text.index("he") < english_text.index("tomorrow") < english_text.index("rest")
    assert chinese_text.index("他") < chinese_text.index("休息") < chinese_text.index("明天")


@pytest.mark.parametrize(("to", "tokenize"), [("en", "13a"), ("zh", "zh")])
def test_word_by_word_is_no_translation(pairs: list[Pair], to: str, tokenize: str):
    hypotheses = [word_by_word(pair, to) for pair in pairs]
    references = [pair.english if to == "en" else pair.chinese for pair in pairs]
    score = sacrebleu.corpus_bleu(hypotheses, [references], tokenize=tokenize).score
    assert 2 < score < 30
