"""How a file would write a type: `Optional[Tensor]` or `Optional[torch.Tensor]`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tracefix.facts.unit import Unit

_NAMELESS = re.compile(r"\b(module|function|method|builtin_function_or_method|callable|type)\b")
_GENERICS = ("Optional", "List", "Tuple", "Dict", "Callable", "Any", "Union")


def has_name(type_: str) -> bool:
    """Whether a type can be written: there is no name for those of layers and functions."""
    return _NAMELESS.search(type_) is None


def written(type_: str, unit: Unit) -> str:
    """TorchScript's spelling of a type with the names that the file has for it.

    Raises ValueError for one that has none.
    """
    if not has_name(type_):
        raise ValueError(f"there is no annotation for {type_}")
    text = re.sub(r"\bNoneType\b", "None", type_)  # as torch's messages have it
    text = re.sub(r"(?<![\w.])Tensor\b", _tensor(unit), text)
    text = re.sub(r"(?<![\w.])(device|dtype)\b", r"torch.\1", text)
    for generic in _GENERICS:
        name = _name_of(f"typing.{generic}", unit)
        # Where names are taken from typing, another one is taken with them.
        if name is not None and not (name == f"typing.{generic}" and _takes_from_typing(unit)):
            text = re.sub(rf"(?<![\w.]){generic}\b", name, text)
    return text


def imports_for(types: Iterable[str], unit: Unit) -> tuple[str, ...]:
    """The imports that written types need and the file lacks."""
    used = {word for text in types for word in re.findall(r"(?<![\w.])\w+", text)}
    wanted = [f"from typing import {g}" for g in _GENERICS if g in used]
    if "torch" in used and unit.imports.get("torch") != "torch":
        wanted.append("import torch")
    return tuple(wanted)


def functional(unit: Unit) -> tuple[str, tuple[str, ...]]:
    """What the file calls torch.nn.functional, and the import that it needs for that."""
    name = _name_of("torch.nn.functional", unit)
    if name is not None:
        return name, ()
    if "F" not in unit.names:
        return "F", ("import torch.nn.functional as F",)
    needed = () if unit.imports_for_all.get("torch") == "torch" else ("import torch",)
    return "torch.nn.functional", needed


def layer_name(kind: str, unit: Unit) -> str | None:
    """What the file calls a layer of torch.nn, such as "nn.Identity"; None where it imports none."""
    return _name_of(f"torch.nn.{kind}", unit)


def _takes_from_typing(unit: Unit) -> bool:
    return any(origin.startswith("typing.") for origin in unit.imports.values())


def _tensor(unit: Unit) -> str:
    return _name_of("torch.Tensor", unit) or "torch.Tensor"


def _name_of(full: str, unit: Unit) -> str | None:
    """The name that the module's imports have for something everywhere, or None."""
    module, _, last = full.rpartition(".")
    for name, origin in unit.imports_for_all.items():
        if origin == full:
            return name
    for name, origin in unit.imports_for_all.items():
        if origin == module:
            return f"{name}.{last}"
    return None
