"""Executes the shapes in docstrings: `query: (B, H, T, K)` is checked at every call made while the tests run.

Understood, at the start of what a docstring says about an argument, a field, or under `Returns:`

    (B, T, D)  (N*W, T)  (R, K/2)  ()  (..., V)     letters, numbers, arithmetic; "..." any, the same in one call
    (B, 1, 1, S) or (B, 1, T, S)                    one of several
    values (B, T)                                   an attribute of the argument
    N.                                              the argument is the number itself
    values (R, k) and indices (R, k)                what is returned is a tuple

A letter has one size in one call, the return value included. None fits always. Methods inherit the docstring of the
method that they override, so the waist's shapes hold for every family. A call that raises is not checked.
"""

import functools
import importlib.abc
import importlib.machinery
import inspect
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

LETTER = r"\b[A-Za-z]\b"
DIMENSION = rf"(?:\.\.\.|(?:{LETTER}|\d+)(?: ?[+*/-] ?(?:{LETTER}|\d+))*)"
SHAPE = rf"\((?:{DIMENSION}(?:, {DIMENSION})*,?)?\)"
START = re.compile(rf"(?:(?P<attribute>[a-z_-]+) )?(?P<shape>{SHAPE})|(?P<letter>[A-Z])(?=[.,;]|$)")
SEVERAL = re.compile(rf"(?:^|, |\band )(?:and )?(?:[\w-]+ ){{0,2}}({SHAPE})")


@dataclass(frozen=True)
class Promise:
    """What a docstring says of one value: one of these shapes, or that it is the size that a letter stands for."""

    place: str
    shapes: tuple[tuple[str, ...], ...] = ()
    attribute: str | None = None
    letter: str | None = None


def promises(doc: str) -> dict[str, list[Promise]]:
    """What a docstring promises, by argument; "return" for the value returned, one promise for each of a tuple."""
    found: dict[str, list[Promise]] = {}
    for section, block in re.findall(r"^(Args|Returns):\n((?: {4}.*\n?|\n)*)", inspect.cleandoc(doc), re.MULTILINE):
        for entry in re.split(r"^ {4}(?=\S)", block, flags=re.MULTILINE):
            names, text = entry.split(": ", 1) if section == "Args" and ": " in entry else ("return", entry)
            start = START.match(text)
            if start is None or (section == "Args") == (names == "return"):
                continue
            shapes = [start["shape"], *re.findall(rf"\bor ({SHAPE})", text)]
            written = tuple(tuple(re.findall(DIMENSION, shape)) for shape in shapes if shape)
            for name in names.split(", "):
                found[name] = [Promise(name, written, start["attribute"], start["letter"])]
            several = SEVERAL.findall(text) if section == "Returns" else []
            if len(several) > 1:
                found["return"] = [Promise("return", (tuple(re.findall(DIMENSION, shape)),)) for shape in several]
    return found


def fits(shape: tuple[int, ...], dimensions: tuple[str, ...], sizes: dict[str, Any]) -> bool:
    """Whether a shape is the one written, with the sizes known so far; learns the sizes that it settles."""
    if "..." in dimensions:
        at, free = dimensions.index("..."), len(shape) - len(dimensions) + 1
        if free < 0 or sizes.setdefault("...", shape[at : at + free]) != shape[at : at + free]:
            return False
        dimensions, shape = dimensions[:at] + dimensions[at + 1 :], shape[:at] + shape[at + free :]
    if len(shape) != len(dimensions):
        return False
    for dimension, size in sorted(zip(dimensions, shape, strict=True), key=lambda pair: len(pair[0])):
        known = all(letter in sizes for letter in re.findall(LETTER, dimension))
        # An expression of letters that nothing else settles is a name of its own: N*W rows in, N*W rows out.
        if size != (eval(dimension, {}, sizes) if known else sizes.setdefault(dimension, size)):
            return False
    return True


def ambiguous(pair: tuple[Promise, Any]) -> tuple[bool, bool]:
    """What to look at later, when others have settled more letters: expressions, and several shapes of one rank."""
    promise, shape = pair
    ranks = [len(dimensions) for dimensions in promise.shapes]
    return promise.letter is None and ranks.count(len(shape)) > 1, "*" in str(promise.shapes)


def check(where: str, kept: list[tuple[Promise, Any]], sizes: dict[str, Any]) -> None:
    """Compare what was promised with what came; learns the sizes.

    Raises:
        AssertionError: naming the function, the argument, the shape documented and the shape that came.
    """
    for promise, came in sorted(kept, key=ambiguous):
        shape, written = (came, promise.shapes) if promise.letter is None else ((came,), ((promise.letter,),))
        for dimensions in written:
            trial = dict(sizes)
            if fits(shape, dimensions, trial):
                sizes.update(trial)
                break
        else:
            choices = promise.letter or " or ".join(f"({', '.join(dimensions)})" for dimensions in written)
            known = ", ".join(f"{letter}={size}" for letter, size in sizes.items()) or "nothing else known"
            raise AssertionError(f"{where}: {promise.place} is documented as {choices}, got {came} with {known}")


def measure(promise: Promise, value: Any) -> Iterator[tuple[Promise, Any]]:
    """The promise with what it is about, when the value has it: a shape or a number."""
    if promise.letter is not None:
        if type(value) is int:
            yield promise, value
        return
    value = getattr(value, promise.attribute, None) if promise.attribute else value
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        yield promise, tuple(shape)


def checked(function: FunctionType, doc: str, where: str) -> Callable[..., Any] | None:
    """The function, with its shapes checked at each call; None when the docstring promises none."""
    promised = promises(doc)
    if not any(promise.shapes for several in promised.values() for promise in several):
        return None
    signature = inspect.signature(function)
    returned = promised.pop("return", [])
    # Decoding calls the same functions with the same shapes thousands of times.
    passed: set[tuple[tuple[int, Any], ...]] = set()

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            given = signature.bind(*args, **kwargs).arguments
        except TypeError:
            return function(*args, **kwargs)
        kept = [
            pair for name, value in given.items() for item in promised.get(name, []) for pair in measure(item, value)
        ]
        result = function(*args, **kwargs)
        several = result if len(returned) > 1 and isinstance(result, tuple) else (result,)
        pairs = zip(returned, several, strict=True) if len(several) == len(returned) else ()
        came = [pair for item, value in pairs for pair in measure(item, value)]
        seen = tuple((id(promise), shape) for promise, shape in (*kept, *came))
        if seen not in passed:
            sizes: dict[str, Any] = {}
            check(where, kept, sizes)
            check(where, came, sizes)
            passed.add(seen)
        return result

    return call


def watch(module: ModuleType) -> None:
    """Check the public functions, the methods and the constructors that a module defines, from now on."""
    for name, thing in list(vars(module).items()):
        if getattr(thing, "__module__", None) != module.__name__:
            continue
        if isinstance(thing, FunctionType) and not name.startswith("_"):
            replacement = checked(thing, thing.__doc__ or "", f"{module.__name__}.{name}")
            if replacement is not None:
                setattr(module, name, replacement)
        elif isinstance(thing, type):
            watch_class(thing)


def watch_class(kind: type) -> None:
    """The same for one class; its own docstring and those of its bases describe the constructor."""
    for name, member in list(vars(kind).items()):
        function = member.__func__ if isinstance(member, staticmethod | classmethod) else member
        if not isinstance(function, FunctionType) or (name.startswith("_") and name not in ("__init__", "__call__")):
            continue
        if name == "__init__":
            ours = [
                base
                for base in reversed(kind.__mro__)
                if base.__module__.split(".")[0] == kind.__module__.split(".")[0]
            ]
            doc = "\n".join(inspect.cleandoc(base.__doc__ or "") for base in ours)
        else:
            doc = inspect.getdoc(getattr(kind, name)) or ""
        replacement = checked(function, doc, f"{kind.__module__}.{kind.__qualname__}.{name}")
        if replacement is not None:
            setattr(kind, name, replacement if function is member else type(member)(replacement))


class Watcher(importlib.abc.MetaPathFinder):
    """Finds the modules of heedful as usual, and watches each as soon as it was imported."""

    def find_spec(
        self, name: str, path: Any, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """The usual answer, with the step after the import added."""
        spec = importlib.machinery.PathFinder.find_spec(name, path) if name.startswith("heedful.") else None
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module

            def execute_and_watch(module: ModuleType) -> None:
                execute(module)
                watch(module)

            spec.loader.exec_module = execute_and_watch
        return spec


def install() -> None:
    """Watch every module of heedful that is imported from now on."""
    loaded = [name for name in sys.modules if name.startswith("heedful.")]
    assert not loaded, f"imported before their shapes could be watched: {loaded}"
    sys.meta_path.insert(0, Watcher())
