"""A project's config files (YAML, JSON) as what its constructors are given.

A file speaks of a class where it has all the settings that the class reads of a parameter, or a
value for each parameter that the constructor has to be given.
"""

from __future__ import annotations

import importlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tracefix.facts import ClassInfo, Project
from tracefix.facts.binders import parameters
from tracefix.model import Source
from tracefix.verify.hints import Build, Hints, Uses
from tracefix.verify.recipe import Argument

SUFFIXES = (".json", ".yaml", ".yml")
_DEEPEST, _LONGEST = 5, 4000  # of a value that is told, and its characters
_LEAST = 2  # settings that have to fit
_OF_DICTS = frozenset(dir(dict))

Settings = Mapping[str, Any]


def configs(files: Iterable[Source]) -> tuple[Settings, ...]:
    """The mappings in some files, the outermost first; those that cannot be read have none."""
    found: list[Settings] = []
    for file in files:
        if file.path.endswith(SUFFIXES):
            found += _mappings(_read(file))
    return tuple(found)


def configured(
    project: Project, info: ClassInfo, hints: Hints, known: tuple[Settings, ...]
) -> Iterator[Build]:
    """What the known settings say of a class's constructor."""
    required, taken = _parameters(project, info)
    for settings in known:
        for name, uses in hints.construct.items():
            text = _object(uses, settings)
            if text is not None:
                yield (Argument(text, name),)
        named = [name for name in taken if name in settings]
        if len(named) >= _LEAST and set(required) <= set(named):
            told = [(name, _told(settings[name], "")) for name in named]
            if all(text is not None for _, text in told):
                yield tuple(Argument(text or "", name) for name, text in told)


def _object(uses: Uses, settings: Settings) -> str | None:
    """The settings as text where all that a class reads of a parameter is among them."""
    attributes = [path for path in uses.attributes if path.partition(".")[0] not in _OF_DICTS]
    paths = {*attributes, *uses.keys}
    if len(paths) < _LEAST or not all(_has(settings, path.split(".")) for path in paths):
        return None
    return _told(settings, "Settings" if attributes else "")


def _has(settings: object, path: list[str]) -> bool:
    if not path:
        return True
    if not isinstance(settings, dict):  # what is read of a value itself: "lower", "items"
        return hasattr(settings, path[0])
    return path[0] in settings and _has(settings[path[0]], path[1:])


def _parameters(project: Project, info: ClassInfo) -> tuple[list[str], list[str]]:
    """The names that a constructor has to be given, and all that it takes."""
    constructor = project.find_method(info, "__init__")
    if constructor is None:
        return [], []
    args = constructor[1].args
    positional = [each.arg for each in (*args.posonlyargs, *args.args)][1:]
    required = positional[: len(positional) - len(args.defaults)]
    keywords = zip(args.kwonlyargs, args.kw_defaults, strict=True)
    starred = {each.arg for each in (args.vararg, args.kwarg) if each is not None}
    taken = [each.arg for each in parameters(constructor[1])[1:] if each.arg not in starred]
    return [*required, *(each.arg for each, default in keywords if default is None)], taken


def _read(file: Source) -> object:
    try:
        if file.path.endswith(".json"):
            return json.loads(file.text)
        return importlib.import_module("yaml").safe_load(file.text)
    except ImportError:
        return None
    except Exception:  # a parser's own kinds: the file is none that it reads
        return None


def _mappings(value: object, depth: int = 0) -> Iterator[Settings]:
    if isinstance(value, dict) and depth < _DEEPEST:
        if all(isinstance(name, str) for name in value):
            yield value
        for inner in value.values():
            yield from _mappings(inner, depth + 1)


def _told(value: object, kind: str, depth: int = 0) -> str | None:
    """A value as text, mappings made by `kind`; None where it is no plain one, or too long."""
    if value is None or isinstance(value, bool | int | str):
        text: str | None = repr(value)
    elif isinstance(value, float):
        text = repr(value) if value - value == 0 else None
    elif depth >= _DEEPEST:
        return None
    elif isinstance(value, list):
        text = _joined("[{}]", [_told(item, kind, depth + 1) for item in value[:_LONGEST]])
    elif isinstance(value, dict):
        told = [_pair(name, _told(item, kind, depth + 1)) for name, item in value.items()]
        text = _joined(f"{kind}({{{{{{}}}}}})" if kind else "{{{}}}", told)
    else:
        return None
    return text if text is not None and len(text) <= _LONGEST else None


def _pair(name: object, text: str | None) -> str | None:
    return None if text is None else f"{name!r}: {text}"


def _joined(form: str, items: list[str | None]) -> str | None:
    known = [item for item in items if item is not None]
    return form.format(", ".join(known)) if len(known) == len(items) else None
