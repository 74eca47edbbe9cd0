"""The types that a run really had, of the project's own functions and modules."""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import CodeType, FrameType
from typing import Any, TypeVar

import torch

from tracefix.model import Observed
from tracefix.verify.worker.inputs import FORWARD
from tracefix.verify.worker.places import Places

_K = TypeVar("_K", bound=Hashable)
_Seen = defaultdict[_K, set[str]]

_CALLS_OF_ONE = 50  # of one function; its types rarely change after that
_DEEPEST = 4
_LONGEST = 16
_CONSTANTS = (type(None), bool, int, float, str)


class Observer:
    """Collects types while it watches; `observed` gives them."""

    def __init__(self, places: Places) -> None:
        self._places = places
        self._calls: dict[CodeType, int] = {}
        self._parameters: _Seen[tuple[str, str, str]] = defaultdict(set)
        self._locals: _Seen[tuple[str, str, str]] = defaultdict(set)
        self._returns: _Seen[tuple[str, str]] = defaultdict(set)
        self._attributes: _Seen[tuple[str, str]] = defaultdict(set)
        self._values: _Seen[tuple[str, str]] = defaultdict(set)
        self._classes: _Seen[str] = defaultdict(set)
        self._methods: _Seen[str] = defaultdict(set)

    @contextmanager
    def watching(self, model: Any, method: str) -> Iterator[None]:
        """Within: every call of a function of the project is noted. `method` is what is called."""
        self._look_at(model)
        owner = _name_of(type(model), self._places)
        if method != FORWARD and owner is not None:
            self._methods[owner].add(method)
        sys.setprofile(self._profile)
        try:
            yield
        finally:
            sys.setprofile(None)
            self._look_at(model)

    def observed(self) -> Observed:
        """All types seen so far."""
        return Observed(
            _frozen(self._parameters),
            _frozen(self._locals),
            _frozen(self._returns),
            _frozen(self._attributes),
            _frozen(self._values),
            _frozen(self._classes),
            _frozen(self._methods),
        )

    def _profile(self, frame: FrameType, event: str, value: Any) -> None:
        code = frame.f_code
        if event not in ("call", "return") or not self._places.inside(code.co_filename):
            return
        calls = self._calls.get(code, 0)
        if calls > _CALLS_OF_ONE or code.co_name.startswith("<"):
            return
        self._calls[code] = calls + (event == "call")
        function = (self._places.path(code.co_filename), _qualname(frame))
        if event == "return":
            self._note(self._locals, function, frame.f_locals, frame.f_locals.keys())
            self._returns[function].add(type_name(value))
            return
        flags = bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)  # *args, **kwargs
        count = code.co_argcount + code.co_kwonlyargcount + flags
        self._note(self._parameters, function, frame.f_locals, code.co_varnames[:count])

    def _note(
        self,
        seen: _Seen[tuple[str, str, str]],
        function: tuple[str, str],
        values: Mapping[str, Any],
        names: Iterable[str],
    ) -> None:
        for name in names:
            if name in values and name != "self":
                seen[(*function, name)].add(type_name(values[name]))

    def _look_at(self, model: Any) -> None:
        if not isinstance(model, torch.nn.Module):
            return
        for module in model.modules():
            self._classes[type(module).__qualname__] |= _traits(type(module))
            owner = _name_of(type(module), self._places)
            if owner is None:
                continue
            for name, value in _attributes(module):
                self._attributes[owner, name].add(type_name(value))
                if type(value) in _CONSTANTS:
                    self._values[owner, name].add(repr(value))


def type_name(value: Any, depth: int = 0) -> str:
    """The type of `value` in TorchScript's terms, or its class's name where it has none."""
    if isinstance(value, torch.Tensor):
        return "Tensor"
    if isinstance(value, torch.Size):
        return "Size"
    if depth < _DEEPEST:
        if type(value) is tuple:
            items = ", ".join(type_name(item, depth + 1) for item in value[:_LONGEST])
            return f"Tuple[{items}]" if value else "Tuple[()]"
        if type(value) is list:
            return f"List[{_union(value, depth)}]"
        if isinstance(value, dict):
            keys, items = _union(value.keys(), depth), _union(value.values(), depth)
            return f"Dict[{keys}, {items}]"
    return type(value).__qualname__


def _union(values: Iterable[Any], depth: int) -> str:
    names = sorted(
        {type_name(item, depth + 1) for item, _ in zip(values, range(_LONGEST), strict=False)}
    )
    if not names:
        return "?"
    return names[0] if len(names) == 1 else f"Union[{', '.join(names)}]"


def _traits(cls: type) -> set[str]:
    """Whether a module's class decides on its own truth, as containers do by their length."""
    return (
        {"module", "sized"} if hasattr(cls, "__len__") or hasattr(cls, "__bool__") else {"module"}
    )


def _attributes(module: torch.nn.Module) -> Iterator[tuple[str, Any]]:
    for name, value in vars(module).items():
        if name in ("_parameters", "_buffers", "_modules"):
            yield from value.items()
        elif not name.startswith(("_forward_", "_backward_", "_state_dict_", "_load_state_dict_")):
            yield name, value


def _qualname(frame: FrameType) -> str:
    code = frame.f_code
    if hasattr(code, "co_qualname"):  # Python 3.11
        return code.co_qualname.replace(".<locals>", "")  # as Unit.qualname says it
    owner = frame.f_locals.get("self")
    for base in type(owner).__mro__ if owner is not None else ():
        function = base.__dict__.get(code.co_name)
        if getattr(function, "__code__", None) is code:
            return f"{base.__qualname__}.{code.co_name}"
    return code.co_name


def _name_of(cls: type, places: Places) -> str | None:
    """A class of the project's, as "path::qualname"."""
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if not isinstance(file, str) or not places.inside(os.path.abspath(file)):
        return None
    return f"{places.path(os.path.abspath(file))}::{cls.__qualname__}"


def _frozen(seen: Mapping[_K, set[str]]) -> dict[_K, frozenset[str]]:
    return {key: frozenset(types) for key, types in seen.items()}
