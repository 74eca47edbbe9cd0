"""The parameters of a function that is written for calls: their names, and their types."""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from tracefix.facts import Facts
from tracefix.facts.observed import spelled
from tracefix.facts.spelling import written
from tracefix.model import Refusal

_NO_VALUES = ("module", "callable", "method", "range")


@dataclass(frozen=True)
class Parameter:
    """One of them, as it stands in a signature."""

    name: str
    type_: str | None  # None: left out, a Tensor to TorchScript

    def __str__(self) -> str:
        return self.name if self.type_ is None else f"{self.name}: {self.type_}"


def parameters_for(
    calls: Sequence[ast.Call], taken: Collection[str], facts: Facts
) -> list[Parameter] | Refusal:
    """One parameter for each argument of calls that are of one shape."""
    call, used = calls[0], set(taken)
    found: list[Parameter] = []
    for place, value in enumerate(_values(call)):
        keyword = call.keywords[place - len(call.args)].arg if place >= len(call.args) else None
        plain = value.id if isinstance(value, ast.Name) else "x"
        name = _untaken(keyword or plain, used)
        used.add(name)
        type_ = _type_of([_values(c)[place] for c in calls], facts)
        if isinstance(type_, Refusal):
            return type_
        found.append(Parameter(name, type_))
    return found


def handed_on(call: ast.Call, parameters: Sequence[Parameter]) -> list[str]:
    """The arguments of a call of the same shape that hands the parameters on."""
    names = [p.name for p in parameters]
    plain = names[: len(call.args)]
    named = zip(call.keywords, names[len(plain) :], strict=True)
    return [*plain, *(f"{k.arg}={n}" for k, n in named)]


def _values(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(k.value for k in call.keywords)]


def _untaken(name: str, taken: set[str]) -> str:
    number, candidate = 2, name
    while candidate in taken:
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def _type_of(values: Sequence[ast.expr], facts: Facts) -> str | Refusal | None:
    """The type to write for one argument; None where it is a Tensor, or nothing shows it."""
    seen: set[str] = set()
    for value in values:
        type_ = facts.types.of(value)
        if not isinstance(type_, str):
            return None
        if type_ in _NO_VALUES:
            return Refusal(f"{ast.unparse(value)} is a {type_}, which no method can be handed")
        seen.add("Size" if type_ == "torch.Size" else type_)
    if seen == {"Tensor"}:
        return None
    single = seen.pop() if len(seen) == 1 else None
    if single is not None and single.startswith("Optional["):
        return written(single, facts.unit)
    type_text = spelled({single} if single else seen)
    return None if type_text in (None, "Tensor") else written(str(type_text), facts.unit)
