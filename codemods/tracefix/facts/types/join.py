"""The types themselves, and what one covers several."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Unknown:
    """No single type, and why."""

    why: str


Type = str | Unknown
NUMBERS = ("bool", "int", "float")
PENDING = Unknown("it depends on itself")


def join(types: Iterable[Type]) -> Type:
    """The one type that covers all, or Unknown: None widens to Optional, bool and int to float."""
    known: list[str] = []
    for type_ in types:
        if type_ is PENDING:
            continue  # a name's own value says nothing about its type
        if isinstance(type_, Unknown):
            return type_
        if type_ not in known:
            known.append("None" if type_ == "NoneType" else type_)
    if not known:
        return Unknown("nothing is known of it")
    rest = [t for t in known if t != "None"]
    if not rest:
        return "None"
    single = rest[0] if len(rest) == 1 else _widest(rest)
    if isinstance(single, str) and "None" in known and not single.startswith("Optional["):
        return f"Optional[{single}]"
    return single


def _widest(types: list[str]) -> Type:
    if "Tensor" in types and all(t in (*NUMBERS, "number", "Tensor") for t in types):
        return Unknown("a Tensor on one path and a number on another")
    if all(t in NUMBERS for t in types):
        return "float" if "float" in types else "int"
    plain, *others = sorted(set(types), key=len)
    if others == [f"Optional[{plain}]"]:
        return others[0]
    return Unknown(f"{types[0]} on one path and {types[1]} on another")
