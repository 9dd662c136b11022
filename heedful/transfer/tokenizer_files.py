"""The tokenizer of a model folder as the Hugging Face hub has it, made of whichever files are there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tokenizers
from tokenizers import AddedToken, decoders, models, normalizers, pre_tokenizers, processors

from heedful.data.foreign_tokenizer import ROLES, ForeignTokenizer
from heedful.errors import RunError
from heedful.run.disk import naming, read_json
from heedful.transfer.sentencepiece_model import read_sentencepiece, tokenizer_of

WHOLE = "tokenizer.json"
# Of other names the ids may be shifted.
SENTENCEPIECE = ("spiece.model", "tokenizer.model")
# What says which tokens are special, the later before the earlier.
SAID = ("tokenizer_config.json", "special_tokens_map.json")


@dataclass(frozen=True)
class Said:
    """What the files of a folder say beside the vocabulary.

    Args:
        values: by key; a special token is its text.
        flags: of tokens that are found in a text as they are: whether they take the spaces beside them.
        added: tokens that come to the vocabulary, with their ids.
    """

    values: dict[str, Any]
    flags: dict[str, AddedToken]
    added: list[tuple[int, str]]

    def token(self, name: str) -> AddedToken:
        """A special token."""
        return self.flags.get(name, AddedToken(name, special=True, normalized=False))

    def get(self, key: str, default: Any = None) -> Any:
        """The value of a key; `default` where it is not said."""
        return self.values.get(key, default)


@dataclass(frozen=True)
class Frame:
    """What stands around texts, as a family has it where no file says it.

    Args:
        single: around one text: roles of special tokens and "$A".
        pair: around two: "$B" too; ":1" behind what is of the second type.
        tokens: the special tokens by role.
    """

    single: str
    pair: str
    tokens: dict[str, str]


def read_tokenizer(folder: Path, config: Mapping[str, Any], frame: Frame) -> tuple[ForeignTokenizer, list[Path]]:
    """The tokenizer of a folder.

    Args:
        folder: of a model.
        config: its config.json.
        frame: of its family.
    Returns:
        The tokenizer, and the files that it was made of.
    Raises:
        RunError: there are no files of it, or one is damaged.
    """
    said, files = _said(folder)
    names = frame.tokens | {role: text for role in ROLES if (text := said.get(f"{role}_token"))}
    whole = folder / WHOLE
    if whole.is_file():
        found = ForeignTokenizer.load(whole, {})
        return _with_roles(found, names, config), [whole, *files]
    made, sources = _made(folder, said, names)
    known = made.get_vocab(with_added_tokens=True)
    added = {name for _, name in said.added}
    around = [names[role] for role in frame.single.split() if role in names]
    if missing := [name for name in around if name not in known and name not in added]:
        raise RunError(
            f"{sources[0]} has no {' and no '.join(map(repr, missing))}, between which this model reads every text: it "
            "is damaged, or another model's; fetch it again"
        )
    made.add_special_tokens([said.token(name) for name in dict.fromkeys(names.values()) if name in known])
    for token, name in said.added:
        entry = said.token(name)
        (made.add_special_tokens if entry.special else made.add_tokens)([entry])
        if made.token_to_id(name) != token:
            raise RunError(
                f"{folder / SAID[0]} gives {name!r} the id {token}, and the vocabulary {made.token_to_id(name)}: take "
                "all files from the same model"
            )
    made.post_processor = _around(made, frame, names)
    return _with_roles(ForeignTokenizer(made, {}), names, config), [*sources, *files]


def _said(folder: Path) -> tuple[Said, list[Path]]:
    """What the files say of special tokens, and these files."""
    values: dict[str, Any] = {}
    flags: dict[str, AddedToken] = {}
    files = [folder / name for name in SAID if (folder / name).is_file()]
    for path in files:
        found = read_json(path)
        if not isinstance(found, dict):
            raise RunError(f"{path} is damaged: expected keys and values; fetch it again")
        for key, value in found.items():
            if isinstance(value, dict) and "content" in value:
                flags[value["content"]] = _flagged(value)
                value = value["content"]
            values[key] = value
    added = values.get("added_tokens_decoder") or {}
    for entry in added.values():
        flags.setdefault(entry["content"], _flagged(entry))
    return Said(values, flags, sorted((int(token), entry["content"]) for token, entry in added.items())), files


def _flagged(entry: Mapping[str, Any]) -> AddedToken:
    """A token as a file describes it."""
    sides = {side: bool(entry.get(side)) for side in ("lstrip", "rstrip", "single_word", "normalized")}
    return AddedToken(entry["content"], special=entry.get("special", True), **sides)


def _made(folder: Path, said: Said, names: Mapping[str, str]) -> tuple[tokenizers.Tokenizer, list[Path]]:
    """A tokenizer of the first kind of files that is there."""
    words, vocabulary, merges = folder / "vocab.txt", folder / "vocab.json", folder / "merges.txt"
    source, target = folder / "source.spm", folder / "target.spm"
    pieces = [folder / name for name in SENTENCEPIECE if (folder / name).is_file()]
    if source.is_file() and vocabulary.is_file():
        return _two_languages(source, vocabulary), [source, vocabulary, *([target] if target.is_file() else [])]
    if vocabulary.is_file() and merges.is_file():
        return _bytes(vocabulary, merges, bool(said.get("add_prefix_space", False))), [vocabulary, merges]
    if pieces:
        return tokenizer_of(read_sentencepiece(pieces[0])), pieces[:1]
    if words.is_file():
        return _words(words, said, names["unk"]), [words]
    raise RunError(
        f"{folder} holds no tokenizer: expected {WHOLE}, vocab.txt, vocab.json with merges.txt or source.spm, or "
        f"{' or '.join(SENTENCEPIECE)}"
    )


def _lines(path: Path) -> list[str]:
    with naming(path, "read"):
        content = path.read_bytes()
    try:
        return content.decode().replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        raise RunError(f"{path} is damaged: it is no UTF-8 at byte {error.start:,}; fetch it again") from None


def _words(path: Path, said: Said, unknown: str) -> tokenizers.Tokenizer:
    """Pieces of words: arXiv:1609.08144, with the normalisation of BERT."""
    lines = _lines(path)
    vocabulary = {line.rstrip("\r"): token for token, line in enumerate(lines) if line or token < len(lines) - 1}
    if unknown not in vocabulary:
        raise RunError(f"{path} has no {unknown!r}: it is no vocabulary of this kind, or damaged; fetch it again")
    for name in ("tokenize_chinese_chars", "strip_accents", "do_lower_case"):
        if not isinstance(said.get(name), bool | None):
            raise RunError(f"{path.parent}: its tokenizer is damaged: {name} is true or false, got {said.get(name)!r}")
    inner = tokenizers.Tokenizer(models.WordPiece(vocabulary, unk_token=unknown))
    inner.normalizer = normalizers.BertNormalizer(
        handle_chinese_chars=said.get("tokenize_chinese_chars", True),
        strip_accents=said.get("strip_accents"),
        lowercase=said.get("do_lower_case", True),
    )
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.decoder = decoders.WordPiece()
    return inner


def _bytes(vocabulary: Path, merges: Path, prefixed: bool) -> tokenizers.Tokenizer:
    """Pairs of bytes, joined."""
    lines = _lines(merges)
    pairs = []
    for line in lines[1:] if lines[0].startswith("#version") else lines:
        left, _, right = line.partition(" ")
        if line and not right:
            raise RunError(f"{merges} is damaged: expected two pieces a line, got {line!r}; fetch it again")
        pairs += [(left, right)] if line else []
    try:
        inner = tokenizers.Tokenizer(models.BPE(vocab=read_json(vocabulary), merges=pairs))
    except Exception as error:  # noqa: BLE001 (the library raises nothing narrower)
        raise RunError(f"{vocabulary} and {merges.name} do not fit ({error}); fetch both again") from None
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefixed)
    inner.decoder = decoders.ByteLevel()
    return inner


def _two_languages(source: Path, vocabulary: Path) -> tokenizers.Tokenizer:
    """The pieces of the language that is read, with the ids of a vocabulary for both."""
    ids = read_json(vocabulary)
    if not isinstance(ids, dict) or sorted(ids.values()) != list(range(len(ids))):
        raise RunError(f"{vocabulary} is damaged: expected pieces with the ids from 0 on; fetch it again")
    inner = tokenizer_of(read_sentencepiece(source), ids)
    # Which language is wanted stands in front of a text, as in ">>fra<<".
    inner.add_special_tokens([name for name in ids if name.startswith(">>") and name.endswith("<<")])
    return inner


def _around(made: tokenizers.Tokenizer, frame: Frame, names: Mapping[str, str]) -> processors.PostProcessor:
    """The frame as the library has it."""
    known = made.get_vocab(with_added_tokens=True)
    used = {role: name for role, name in names.items() if name in known}

    def template(text: str) -> list[str]:
        parts = [part.partition(":") for part in text.split()]
        return [
            f"{role if role.startswith('$') else used[role]}:{kind or 0}"
            for role, _, kind in parts
            if role.startswith("$") or role in used
        ]

    tokens: Sequence[tuple[str, int]] = [(name, known[name]) for name in set(used.values())]
    return processors.Sequence(
        [
            *([processors.ByteLevel(trim_offsets=True)] if isinstance(made.decoder, decoders.ByteLevel) else []),
            processors.TemplateProcessing(template(frame.single), template(frame.pair), tokens),
        ]
    )


def _with_roles(found: ForeignTokenizer, names: Mapping[str, str], config: Mapping[str, Any]) -> ForeignTokenizer:
    """The same tokenizer, with the ids of its special tokens and the model's number of ids."""
    tokens = {}
    for role in ROLES:
        token = found.token(names[role]) if role in names else None
        if token is None and isinstance(config.get(f"{role}_token_id"), int):
            token = config[f"{role}_token_id"]
        if token is not None:
            tokens[role] = token
    return ForeignTokenizer.from_json(found.to_json(), tokens, config.get("vocab_size"))
