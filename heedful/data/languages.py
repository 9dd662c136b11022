"""Scripts and languages: which script a character belongs to, and which language a file or a text seems to be in."""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from itertools import groupby, islice
from pathlib import Path

from heedful.errors import OptionError

# Where each script's letters begin, by Unicode block; None where letters of no single script follow.
_BLOCKS: tuple[tuple[int, str | None], ...] = (
    (0x0000, "Latin"), (0x0250, "Latin"), (0x02B0, None), (0x0370, "Greek"), (0x0400, "Cyrillic"),
    (0x0530, "Armenian"), (0x0590, "Hebrew"), (0x0600, "Arabic"), (0x0700, "Syriac"), (0x0750, "Arabic"),
    (0x0780, "Thaana"), (0x07C0, "Nko"), (0x0800, None), (0x08A0, "Arabic"), (0x0900, "Devanagari"),
    (0x0980, "Bengali"), (0x0A00, "Gurmukhi"), (0x0A80, "Gujarati"), (0x0B00, "Oriya"), (0x0B80, "Tamil"),
    (0x0C00, "Telugu"), (0x0C80, "Kannada"), (0x0D00, "Malayalam"), (0x0D80, "Sinhala"), (0x0E00, "Thai"),
    (0x0E80, "Lao"), (0x0F00, "Tibetan"), (0x1000, "Myanmar"), (0x10A0, "Georgian"), (0x1100, "Hangul"),
    (0x1200, "Ethiopic"), (0x13A0, "Cherokee"), (0x1400, None), (0x1780, "Khmer"), (0x1800, "Mongolian"),
    (0x18B0, None), (0x1C80, "Cyrillic"), (0x1C90, "Georgian"), (0x1CC0, None), (0x1D00, "Latin"), (0x1DC0, None),
    (0x1E00, "Latin"), (0x1F00, "Greek"), (0x2000, None), (0x2C60, "Latin"), (0x2C80, None), (0x2D00, "Georgian"),
    (0x2D30, "Tifinagh"), (0x2D80, "Ethiopic"), (0x2DE0, "Cyrillic"), (0x2E00, None), (0x2E80, "Han"), (0x2FE0, None),
    (0x3005, "Han"), (0x3008, None), (0x3040, "Kana"), (0x3100, None), (0x3130, "Hangul"), (0x3190, None),
    (0x31F0, "Kana"), (0x3200, None), (0x3400, "Han"), (0x4DC0, None), (0x4E00, "Han"), (0xA000, "Yi"), (0xA4D0, None),
    (0xA640, "Cyrillic"), (0xA6A0, None), (0xA720, "Latin"), (0xA800, None), (0xA960, "Hangul"), (0xA980, None),
    (0xAB30, "Latin"), (0xAB70, None), (0xAC00, "Hangul"), (0xD800, None), (0xF900, "Han"), (0xFB00, "Latin"),
    (0xFB10, None), (0xFB1D, "Hebrew"), (0xFB50, "Arabic"), (0xFE00, None), (0xFE70, "Arabic"), (0xFEFF, None),
    (0xFF21, "Latin"), (0xFF5B, None), (0xFF66, "Kana"), (0xFFA0, "Hangul"), (0xFFDD, None), (0x20000, "Han"),
    (0x32000, None),
)  # fmt: skip
_STARTS = [start for start, _ in _BLOCKS]
# Written without spaces: their length is counted in characters.
UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U00031fff"
)
UNSPACED_SCRIPTS = frozenset({"Han", "Kana", "Thai", "Lao", "Myanmar", "Khmer"})
_DENSE = UNSPACED_SCRIPTS | {"Hangul"}
_UNITS = re.compile(rf"[{UNSPACED}]|[^\s{UNSPACED}]+")

# ISO 639-1.
CODES = frozenset(
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz "
    "ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik "
    "io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml "
    "mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd "
    "se sg si sk sl sm sn so sq sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi "
    "vo wa wo xh yi yo za zh zu".split()
)

# A language whose script nearly names it.
_BY_SCRIPT = {
    "Han": "zh", "Kana": "ja", "Hangul": "ko", "Greek": "el", "Hebrew": "he", "Thai": "th", "Armenian": "hy",
    "Georgian": "ka", "Bengali": "bn", "Gurmukhi": "pa", "Gujarati": "gu", "Oriya": "or", "Tamil": "ta", "Telugu": "te",
    "Kannada": "kn", "Malayalam": "ml", "Sinhala": "si", "Lao": "lo", "Tibetan": "bo", "Myanmar": "my", "Khmer": "km",
    "Ethiopic": "am", "Thaana": "dv", "Yi": "ii",
}  # fmt: skip
# Frequent short words that tell languages of one script apart.
_SMALL_WORDS = {
    "en": "the of and to in is that it was for with you are he be this have not on at she they",
    "de": "der die das und ist ein eine nicht ich zu den mit sich auf für von dem es wir sie",
    "fr": "le la les des et est un une dans que qui pas je il pour sur nous vous ce elle du au",
    "es": "el la los las y es un una en que de no se por con para su lo como está muy del",
    "it": "il lo la gli e è un una di che non per con sono si della nel mi ho più questo",
    "pt": "o os as e é um uma de que não em para com se do da no na eu ele você muito",
    "nl": "de het een en is van niet ik dat op te zijn met voor hij ze je er maar aan",
    "sv": "och att det är en ett som på jag inte för med den av har till han hon vi",
    "da": "og at det er en et som på jeg ikke for med den af har til han hun vi der",
    "nb": "og å det er en et som på jeg ikke for med den av har til han hun vi ble",
    "fi": "ja on ei se että oli hän minä en mutta kun niin ovat joka olen tämä mitä",
    "pl": "i w nie na się z do to jest że jak a po co ale tak za od czy ten",
    "cs": "a v se na je že to s z do jsem ale jak tak by co za si ten byl",
    "tr": "ve bir bu da de için ne o ben değil çok mi var ile gibi daha ama sen",
    "hu": "a az és nem egy hogy is van ez volt de meg csak mint már ha azt én",
    "ro": "și în de la a este nu un o pe cu că să mai din pentru ce sunt se",
    "id": "yang dan di itu dengan untuk tidak ini dari dalam akan pada ke saya ada dia kamu",
    "vi": "và của là không có một tôi cho được này đã trong với người những anh cô ở",
    "ru": "и в не на я что он с как это по но она к у из за мы вы так",
    "uk": "і в не на я що він з як це та до вона у але за ми ви є від",
    "bg": "и в не на се да е че за от си ще ми го по съм като са той",
    "ar": "في من على أن إلى هذا لا ما التي كان هو مع عن لم هل أنا هذه",
    "fa": "و در به از که این را با است آن برای من یک ما می او تو نیست",
    "hi": "है के में की और से का को नहीं यह मैं हैं पर एक वह हो भी था",
}
# What people write instead of a code: a country, or the English name.
_MISNAMED = {
    "cn": "zh", "jp": "ja", "kr": "ko", "cz": "cs", "gr": "el", "dk": "da", "ua": "uk", "us": "en", "gb": "en",
    "ir": "fa", "vn": "vi", "chinese": "zh", "japanese": "ja", "korean": "ko", "czech": "cs", "greek": "el",
    "danish": "da", "ukrainian": "uk", "english": "en", "german": "de", "french": "fr", "spanish": "es",
    "italian": "it", "portuguese": "pt", "russian": "ru", "arabic": "ar", "dutch": "nl", "polish": "pl",
    "swedish": "sv", "turkish": "tr", "hindi": "hi", "vietnamese": "vi",
}  # fmt: skip
# So many times the small words of its own language speak for another one.
CLEARLY = 2
# A name, a title, the label of a button.
FEW_WORDS = 4
_MARKS = ".,;:!?\"'()[]«»„“”‘’…–—।؟،¿¡"
_SMALL_WORD_LANGUAGES: dict[str, list[str]] = {}
for _language, _words in _SMALL_WORDS.items():
    for _word in _words.split():
        _SMALL_WORD_LANGUAGES.setdefault(_word, []).append(_language)


@lru_cache(maxsize=1 << 14)
def script_of(letter: str) -> str | None:
    """The script of a character; None for digits, marks, symbols and white space. Hiragana and Katakana are "Kana"."""
    if not letter.isalpha():
        return None
    return _BLOCKS[bisect_right(_STARTS, ord(letter)) - 1][1]


def main_script(text: str) -> str | None:
    """The script of most of a text; None without letters. Japanese mixes two: "Kana" wins over "Han".

    A word counts as much as a character of a script that needs few: one long name in Latin letters does not make a
    Chinese sentence another one.
    """
    if text.isascii():
        return "Latin" if any(map(str.isalpha, text)) else None
    counts: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for script, run in groupby(text, script_of):
        if script is not None:
            length = sum(1 for _ in run)
            letters[script] += length
            counts[script] += length if script in _DENSE else 1
    if not counts:
        return None
    if counts["Kana"]:
        counts["Kana"] += counts.pop("Han", 0)
    return max(counts, key=lambda script: (counts[script], letters[script], script))


def count_units(text: str) -> int:
    """The length of a text in words; in characters where its script has no spaces."""
    return len(text.split()) if text.isascii() else len(_UNITS.findall(text))


def languages_of_name(path: Path) -> tuple[str, ...]:
    """The language codes in a file's name: ("de",) of train.de.gz, ("en", "zh") of train.en-zh.tsv, () of notes.txt."""
    for part in reversed(Path(path).name.lower().split(".")):
        codes = tuple(part.split("-"))
        if all(code in CODES for code in codes) and len(codes) <= 2:
            return codes
        if len(codes) == 2 and codes[0] in CODES and re.fullmatch("cn|tw|hk|hans|hant|br|us|gb|latn|cyrl", codes[1]):
            return codes[:1]
    return ()


def read_code(code: str, flag: str) -> str:
    """A language code with its language in lower case: "zh" of ZH, "pt-BR" of pt-BR, and any three letters.

    Args:
        code: as somebody typed it.
        flag: where, for the message.
    Raises:
        OptionError: it is no code, or two letters that are not in ISO 639-1.
    """
    language = re.split("[-_]", code)[0].lower()
    well_formed = re.fullmatch(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*", code)
    if not well_formed or (len(language) == 2 and language not in CODES):
        meant = _MISNAMED.get(language)
        hint = f"did you mean {meant!r}?" if meant else "ISO 639 lists them"
        raise OptionError(f"{flag} is a language code such as 'en', 'zh' or 'pt-BR': got {code!r}; {hint}")
    return language + code[len(language) :]


def english_name(code: str) -> str:
    """What English speakers call a language, for labels: "German" of de; the code itself of one that is rarer here."""
    names = {known: name.title() for name, known in _MISNAMED.items() if len(name) > 2}
    return names.get(code, code)


def language_of_text(texts: Iterable[str], max_lines: int = 2000) -> str | None:
    """The language that a text seems to be in; None when neither script nor small words decide.

    Args:
        texts: lines, of which the first `max_lines` are read.
        max_lines: enough for any text of one language.
    """
    lines = list(islice(texts, max_lines))
    scripts = Counter(map(main_script, lines))
    del scripts[None]
    if not scripts:
        return None
    script = max(scripts, key=lambda name: scripts[name])
    if scripts["Kana"] > 0.2 * scripts.total():
        return "ja"
    if script in _BY_SCRIPT:
        return _BY_SCRIPT[script]
    (first, most), (_, next_most) = (_votes(lines).most_common(2) + [("", 0)] * 2)[:2]
    return first if most >= 5 and most > 1.1 * next_most else None


def same_language(one: str, other: str) -> bool:
    """Whether two codes mean one language for us: zh-CN and zh, no and nb."""
    return _plain(one) == _plain(other)


@lru_cache(maxsize=256)
def script_of_language(code: str) -> str | None:
    """The script that a language is written in: "Han" of zh, "Latin" of de; None for one that we do not know."""
    by_language = {language: script for script, language in _BY_SCRIPT.items()}
    return by_language.get(_plain(code)) or main_script(_SMALL_WORDS.get(_plain(code), ""))


def spoken_among(texts: Iterable[str], codes: Iterable[str], max_lines: int = 2000) -> str | None:
    """Which of some languages a text is in; None when neither its script nor its small words leave one.

    Args:
        texts: lines, of which the first `max_lines` are read.
        codes: the languages to choose from.
        max_lines: enough for any text of one language.
    """
    lines, known = list(islice(texts, max_lines)), list(dict.fromkeys(codes))
    script = main_script("\n".join(lines))
    if script is None:
        return None
    # One whose script we do not know may be in any.
    fitting = [code for code in known if script_of_language(code) in (script, None)]
    if script == "Han" and not fitting:
        # A few lines of Japanese may have no kana.
        fitting = [code for code in known if script_of_language(code) == "Kana"]
    strange = [code for code in fitting if _plain(code) not in _SMALL_WORDS]
    if len(fitting) > 1 and strange:
        # Of these no word is known: a text that is clearly in another is in none of them.
        guess = language_of_text(lines)
        fitting = [code for code in fitting if guess and same_language(code, guess)] or (strange if guess else [])
    elif len(fitting) > 1:
        votes = _votes(lines)
        most = max(votes[_plain(code)] for code in fitting)
        fitting = [code for code in fitting if votes[_plain(code)] == most]
    return fitting[0] if len(fitting) == 1 else None


def seems_other(texts: Iterable[str], code: str, other: str | None = None) -> str | None:
    """What a text seems to be in when it cannot well be in a language: "the Han script", or the code of another.

    Args:
        texts: lines, of which the first 2000 are read.
        code: the language that it should be in.
        other: one that it might be in by mistake, so that less has to speak for it.
    Returns:
        None when nothing speaks against the language.
    """
    lines = list(islice(texts, 2000))
    script, expected = main_script("\n".join(lines)), script_of_language(code)
    if script and expected and script != expected and {script, expected} != {"Han", "Kana"}:
        return f"the {script} script"
    guess = language_of_text(lines)
    if guess is None or same_language(guess, code):
        return None
    if other and same_language(guess, other):
        return repr(other)
    votes = _votes(lines)
    return repr(guess) if _plain(code) in _SMALL_WORDS and votes[guess] > CLEARLY * votes[_plain(code)] else None


def is_other_script(line: str, code: str) -> bool:
    """Whether a line is clearly in another script than a language; a few words in Latin letters are in every text."""
    script, expected = main_script(line), script_of_language(code)
    if script is None or expected is None or script == expected or {script, expected} == {"Han", "Kana"}:
        return False
    return script != "Latin" or count_units(line) > FEW_WORDS


def _votes(texts: Iterable[str]) -> Counter[str]:
    """How many small words of each language a text has."""
    votes: Counter[str] = Counter()
    for text in texts:
        for word in text.lower().split():
            votes.update(_SMALL_WORD_LANGUAGES.get(word.strip(_MARKS), ()))
    return votes


def _plain(code: str) -> str:
    """A code without region, and one for both kinds of Norwegian."""
    base = re.split(r"[-_]", code.lower())[0]
    return {"no": "nb", "nn": "nb"}.get(base, base)
