"""What a run hands to the modules below it, told as recipes of examples for their classes."""

from __future__ import annotations

import contextlib
import inspect
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any

import torch

from tracefix.model import Subject
from tracefix.verify.recipe import Argument, Recipe
from tracefix.verify.worker.making.telling import Untold, told
from tracefix.verify.worker.places import Places


class Recorder:
    """Collects recipes while it watches a model being built and run."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._built: dict[int, tuple[Any, tuple[Argument, ...] | None]] = {}  # by the module's id
        self._texts: dict[int, tuple[str, str]] = {}  # their text, and in which module it holds
        self._found: dict[Subject, list[Recipe]] = {}

    def recipes(self) -> dict[Subject, Recipe]:
        """The first recipe that could be told of each class below the one that ran."""
        return {subject: recipes[0] for subject, recipes in self._found.items() if recipes}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Within: modules that are built or called are noted."""
        before = sys.getprofile()
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            sys.setprofile(before)

    def _profile(self, frame: FrameType, event: str, value: Any) -> None:
        name = frame.f_code.co_name
        if event != "call" or name not in ("__init__", "forward"):
            return
        module = frame.f_locals.get("self")
        if not isinstance(module, torch.nn.Module):
            return
        # What is raised here would be raised in the user's code: a value may refuse to be looked at.
        with contextlib.suppress(Exception):
            if name == "__init__" and id(module) not in self._built:
                self._note_built(module, frame)
            elif name == "forward" and id(module) in self._built:
                self._note_called(module, frame)

    def _note_built(self, module: torch.nn.Module, frame: FrameType) -> None:
        given = self._arguments(module, frame, by_name=True)
        self._built[id(module)] = (module, given)  # kept alive, so that its id stays its own
        try:
            name = told(type(module), _home(module), self._texts)
        except Untold:
            return
        if given is not None:
            inside = ", ".join(map(str, given))
            self._texts[id(module)] = (f"{name}({inside})", _home(module))

    def _note_called(self, module: torch.nn.Module, frame: FrameType) -> None:
        subject = self._subject(type(module))
        known = self._found.setdefault(subject, []) if subject is not None else None
        _, construct = self._built[id(module)]
        if known is None or known or construct is None:
            return
        inputs = self._arguments(module, frame, by_name=False)
        if inputs is not None:
            known.append(Recipe("recorded", construct, inputs))

    def _arguments(
        self, module: torch.nn.Module, frame: FrameType, by_name: bool
    ) -> tuple[Argument, ...] | None:
        """A call's arguments as text; None where one of them cannot be told."""
        defaults = _defaults(frame)
        found: list[Argument] = []
        names, starred, keywords = _parameters(frame.f_code)
        try:
            for name in names:
                value = frame.f_locals.get(name, self)  # a cell's is not there yet
                if name in defaults and defaults[name] is value:
                    by_name = True  # what follows cannot be told by its position
                    continue
                found.append(Argument(told(value, _home(module), self._texts), name, by_name))
            if starred and frame.f_locals[starred]:
                values = frame.f_locals[starred]
                found = [Argument(each.text, each.name, False) for each in found]
                found += [
                    Argument(told(v, _home(module), self._texts), starred, False) for v in values
                ]
            for name, value in (frame.f_locals[keywords] if keywords else {}).items():
                found.append(Argument(told(value, _home(module), self._texts), name))
        except Untold:
            return None
        return tuple(found)

    def _subject(self, found: type) -> Subject | None:
        file = getattr(sys.modules.get(found.__module__), "__file__", None)
        if not isinstance(file, str) or not self._places.inside(os.path.abspath(file)):
            return None
        return Subject(self._places.path(os.path.abspath(file)), found.__qualname__)


def _home(module: torch.nn.Module) -> str:
    """The module whose names may be used to tell of this one; torch's own need none."""
    name = type(module).__module__
    return "" if name.startswith("torch.") else name


def _parameters(code: CodeType) -> tuple[tuple[str, ...], str, str]:
    """The names of a function's plain parameters after self, of `*args` and of `**kwargs`."""
    count = code.co_argcount + code.co_kwonlyargcount
    names = list(code.co_varnames)
    plain, rest = tuple(names[1:count]), names[count:]
    starred = rest.pop(0) if code.co_flags & inspect.CO_VARARGS else ""
    keywords = rest.pop(0) if code.co_flags & inspect.CO_VARKEYWORDS else ""
    return plain, starred, keywords


def _defaults(frame: FrameType) -> Mapping[str, Any]:
    """The defaults of the method that a frame runs."""
    owner = frame.f_locals["self"]
    for base in type(owner).__mro__:
        function = base.__dict__.get(frame.f_code.co_name)
        if getattr(function, "__code__", None) is frame.f_code:
            signature = inspect.signature(function)  # type: ignore[arg-type]
            listed = signature.parameters.values()
            return {p.name: p.default for p in listed if p.default is not p.empty}
    return {}
