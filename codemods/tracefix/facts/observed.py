"""From the types that a run has shown to one that TorchScript can be told."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracefix.facts.torch_types import arguments

_PLAIN = frozenset({"Tensor", "int", "float", "bool", "str", "device", "dtype"})
_GENERIC = re.compile(r"(Tuple|List|Dict)\[")


def spelled(seen: Iterable[str]) -> str | None:
    """The one type, in TorchScript's spelling, that covers all that was seen; None if there is none.

    `{"Tensor", "NoneType"}` gives "Optional[Tensor]", and so does "Optional[Tensor]" beside any of
    the two; a torch.Size is a List[int].
    """
    names = {_single(part) for name in seen for part in _without_optional(name)}
    if None in names:
        return None
    known = {name for name in names if name is not None}
    optional = "None" in known
    rest = sorted(known - {"None"})
    if not rest:
        return None  # None alone: of what it is an Optional, the run did not show
    joined = rest[0] if len(rest) == 1 else _joined(rest)
    if joined is None:
        return None
    return f"Optional[{joined}]" if optional else joined


def _without_optional(name: str) -> tuple[str, ...]:
    inner = name.removeprefix("Optional[")
    return (name,) if inner == name else (inner.removesuffix("]"), "NoneType")


def taken(seen: Iterable[str]) -> str | None:
    """The type of a parameter that was given all of that.

    What takes a List[int] is called with a tuple of ints too, in Python as in TorchScript, and may
    have one for a default: `{"Tuple[int, int]", "List[int]"}` gives "List[int]".
    """
    given = set(seen)
    return spelled(given) or spelled(map(_as_list, given))


def _as_list(name: str) -> str:
    """Of a tuple whose elements are all of one plain type, the list of that type."""
    elements = set(arguments(name)) if name.startswith("Tuple[") else set()
    return f"List[{elements.pop()}]" if len(elements) == 1 and elements <= _PLAIN else name


def _single(name: str) -> str | None:
    if name == "NoneType":
        return "None"
    if name == "Size":
        return "List[int]"
    if name in _PLAIN:
        return name
    if not _GENERIC.match(name) or "?" in name:
        return None
    parts = [_union(part) for part in arguments(name)]
    if any(part is None for part in parts):
        return None
    if "None" in parts and not name.startswith("Tuple["):
        return None  # of a list of None alone, the run did not show what else it may hold
    return f"{name.partition('[')[0]}[{', '.join(str(part) for part in parts)}]"


def _union(part: str) -> str | None:
    """An element's type: "Union[NoneType, Tensor]" is Optional[Tensor]."""
    if not part.startswith("Union["):
        return _single(part)
    return spelled(arguments(part))


def _joined(names: list[str]) -> str | None:
    """One type for several: numbers widen to float."""
    if set(names) <= {"int", "float", "bool"} and "bool" not in names:
        return "float"
    return None
