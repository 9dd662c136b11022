"""What has no translation: names, codes, placeholders, e-mail addresses, URLs; they must come out as they went in."""

import re
from collections.abc import Sequence
from functools import partial
from typing import Literal

from heedful.evaluation.behaviour.probe import Judgement, Material, Probe, Series
from heedful.evaluation.behaviour.writing import ending, is_spaced

TOKENS = (
    "QX-4711", "anna.muster@example.org", "ZB90210", "{name}", "report_v2.pdf", "#4F2A", "k.o7@mail.example.net",
    "AC/12-B", "%(count)d", "R2-T7",
)  # fmt: skip
URLS = (
    "https://example.org/a/b?id=42", "www.example.com", "http://test.example/k_9.html", "https://docs.example.net/",
    "example.org/~anna",
)  # fmt: skip
# No language has them as words.
INVENTED = ("Zorvath", "Quillabee", "Mirtodan", "Velkanor", "Bexholm", "Tamsiquo")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LATIN = "A-Za-zÀ-ɏ"
# A word with a capital in it: Berlin, iPhone.
_NAME = re.compile(rf"(?<![{_LATIN}])(?=[{_LATIN}]*[A-ZÀ-Þ])[{_LATIN}]{{2,}}(?:['’-][{_LATIN}]+)*")
Place = Literal["before", "behind", "end"]
PLACES: tuple[Place, ...] = ("before", "behind", "end")


def token_series(material: Material) -> list[Series]:
    """Names of real sentences and invented ones in their place; codes and addresses; URLs."""
    no_names = "no sentence with a name that stands unchanged in its translation"
    names = _names(material)
    name, token = (f"the {what} stands in the output, letter by letter" for what in ("name", "token"))
    return [
        Series("names", "names of real sentences are kept", name, _kept(material, names), no_names),
        Series("names_changed", "names that it never saw are kept", name, _changed(material, names), no_names),
        Series("tokens", "codes, addresses and placeholders are kept", token, _put_in(material, TOKENS), ""),
        Series("urls", "URLs are kept", token, _put_in(material, URLS), ""),
    ]


def insert(text: str, token: str, place: Place) -> str:
    """A sentence with a token in it: before a colon, in brackets behind it, or as its last word."""
    body, mark, closing = ending(text)
    if is_spaced([text]):
        put = {"before": f"{token}: {body}", "behind": f"{body} ({token})", "end": f"{body} {token}"}
    else:
        put = {"before": f"{token}：{body}", "behind": f"{body}（{token}）", "end": f"{body}{token}"}
    return put[place] + mark + closing


def _judge(token: str, outputs: Sequence[str]) -> Judgement:
    return Judgement("" if token in outputs[-1] else f"lost {token}")


def _put_in(material: Material, tokens: Sequence[str]) -> list[Probe]:
    """Each token by itself, then one in each of some sentences."""
    probes = [Probe((token,), partial(_judge, token)) for token in tokens]
    for source, _ in material.plain:
        token = material.choose(f"token {len(tokens)}", source, tokens)
        place = material.choose(f"place {len(tokens)}", source, PLACES)
        probes.append(Probe((insert(source, token, place),), partial(_judge, token)))
    return probes[: material.n_probes]


def _names(material: Material) -> list[tuple[str, str]]:
    """Sentences with a name: the same word with a capital on both sides, never seen with a small letter."""
    small = {word for pair in material.pairs for text in pair for word in _WORD.findall(text) if word[0].islower()}
    found = []
    for source, reference in material.pairs:
        there = set(_NAME.findall(reference))
        names = [name for name in _NAME.findall(source) if name in there and name.lower() not in small]
        if names:
            found.append((source, names[0]))
    return found


def _kept(material: Material, names: Sequence[tuple[str, str]]) -> list[Probe]:
    return [Probe((source,), partial(_judge, name)) for source, name in material.draw("names", names)]


def _changed(material: Material, names: Sequence[tuple[str, str]]) -> list[Probe]:
    probes = []
    for source, old in material.draw("names changed", names):
        new = material.choose("name", source, INVENTED)
        probes.append(Probe((_exchanged(source, old, new),), partial(_judge, new)))
    return probes


def _exchanged(text: str, old: str, new: str) -> str:
    return _NAME.sub(lambda found: new if found[0] == old else found[0], text)
