"""English word forms: plurals, verb forms, comparison, articles, ordinals, and the spaces around punctuation."""

from collections.abc import Sequence

VOWELS = "aeiou"
_SILENT_H = ("hour", "honest")
_CONSONANT_SOUND = ("uni", "use", "euro", "one", "ukulele")  # vowel letters that begin with a consonant sound
_SUFFIXES = (".", ",", "?", "!", "'s", "'")


def article(following: str) -> str:
    """ "a" or "an", by the sound of the word that follows."""
    word = following.lower()
    if word.startswith(_SILENT_H):
        return "an"
    return "an" if word[0] in VOWELS and not word.startswith(_CONSONANT_SOUND) else "a"


def plural(noun: str) -> str:
    """The regular plural of a noun; of several words, the last is inflected."""
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2] not in VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def third_person(verb: str) -> str:
    """The regular form after he, she and it."""
    if verb in ("do", "go"):
        return verb + "es"
    return "has" if verb == "have" else plural(verb)


def _doubles(word: str) -> bool:
    """Whether a short stressed syllable doubles its last consonant: stop, stopped; big, bigger."""
    if len(word) < 3 or word[-1] in VOWELS + "wxy" or word[-2] not in VOWELS or word[-3] in VOWELS:
        return False
    return sum(letter in VOWELS for letter in word) == 1


def past(verb: str) -> str:
    """The regular past tense and past participle."""
    if verb.endswith("e"):
        return verb + "d"
    if verb.endswith("y") and verb[-2] not in VOWELS:
        return verb[:-1] + "ied"
    return (verb + verb[-1] if _doubles(verb) else verb) + "ed"


def gerund(verb: str) -> str:
    """The form in -ing."""
    if verb.endswith("ie"):
        return verb[:-2] + "ying"
    if verb.endswith("e") and not verb.endswith(("ee", "ye")) and len(verb) > 2:
        return verb[:-1] + "ing"
    return (verb + verb[-1] if _doubles(verb) or verb in ("forget", "begin") else verb) + "ing"


def compare(adjective: str, ending: str) -> tuple[str, ...]:
    """The comparative (ending "er") or superlative ("est") of an adjective that has no form of its own."""
    vowels = VOWELS + "y"
    syllables = sum(b in vowels and a not in vowels for a, b in zip(" " + adjective, adjective, strict=False))
    if adjective.endswith("e") and syllables > 1 and not adjective.endswith("le"):
        syllables -= 1
    if " " in adjective or syllables > 1 and not (adjective.endswith("y") and syllables == 2):
        return ("more" if ending == "er" else "most", *adjective.split())
    if adjective.endswith("y") and adjective[-2] not in VOWELS:
        return (adjective[:-1] + "i" + ending,)
    if adjective.endswith("e"):
        return (adjective + ending[1:],)
    return ((adjective + adjective[-1] if _doubles(adjective) else adjective) + ending,)


def be(agreement: str) -> str:
    """The present of "be" for "I", "he" or "they"."""
    return {"I": "am", "he": "is"}.get(agreement, "are")


def was(agreement: str) -> str:
    """The past of "be"."""
    return "were" if agreement == "they" else "was"


def do(agreement: str) -> str:
    """The present of "do"."""
    return "does" if agreement == "he" else "do"


def have(agreement: str) -> str:
    """The present of "have"."""
    return "has" if agreement == "he" else "have"


def agree(verb: str, agreement: str) -> str:
    """The present of a regular verb."""
    return third_person(verb) if agreement == "he" else verb


def detokenize(words: Sequence[str]) -> str:
    """Words joined by spaces, none before punctuation or a possessive."""
    parts: list[str] = []
    for word in words:
        if parts and word not in _SUFFIXES:
            parts.append(" ")
        parts.append(word)
    return "".join(parts)
