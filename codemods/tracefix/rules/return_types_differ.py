"""Return a tensor on one path and a tuple on another.

What it does
    Writes that a function returns one or the other, where its return statements give values of
    different types: `-> Union[Tensor, Tuple[Tensor, Tensor]]`. Where there is one such statement and
    the annotation says another type, it writes the type that is returned.

Why TorchScript rejects it
    Without an annotation all return statements have to give the same type: "Previous return
    statement returned a value of type Tensor but this return statement returns a value of type
    Tuple[Tensor, Tensor]".

Example
    import torch
    from torch import Tensor, nn


    class Attention(nn.Module):
        def forward(self, x: Tensor, keep: bool = False):
            weights = torch.softmax(x, dim=-1)
            if keep:
                return x * weights, weights
            return x * weights

Use instead
    from typing import Tuple, Union

    import torch
    from torch import Tensor, nn


    class Attention(nn.Module):
        def forward(self, x: Tensor, keep: bool = False) -> Union[Tuple[Tensor, Tensor], Tensor]:
            weights = torch.softmax(x, dim=-1)
            if keep:
                return x * weights, weights
            return x * weights

When it is refused
    Where a type is not known, or is a class of the project's own. Where a flag that __init__ has
    settled decides what is returned, that is another rule's matter (see `fixed-condition`).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode, Unknown
from tracefix.facts.fixed_conditions import fixed_conditions
from tracefix.facts.returned_types import need_union, returned_types, together
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.tree import walk
from tracefix.model import Outcome, Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, annotate, replace
from tracefix.rules import Rule
from tracefix.rules.final_attribute import is_final

RULE = Rule(
    slug="return-types-differ",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"Previous return statement", r"Return value was annotated as having type"),
)

_TYPE = r"(\w[^\n]*?)(?: \(inferred\))?"
_END = r":? *(?:\n|$)"
_TOLD = (
    rf"returned a value of type {_TYPE} but this return statement returns a value of type "
    rf"{_TYPE}{_END}",
    rf"annotated as having type {_TYPE} but is actually of type {_TYPE}{_END}",
)


def find(facts: Facts) -> Iterator[Hit]:
    """Functions without a return type whose return statements are known to differ."""
    for function in facts.forward_functions:
        if function.returns is None and not _is_settled(function, facts):
            known = [t for t in returned_types(function, facts) if isinstance(t, str)]
            if len(set(known)) > 1 and need_union(together(known)):
                yield _hit(function, [])


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """The function in which torch has met two types."""
    told = next((m for pattern in _TOLD if (m := re.search(pattern, outcome.error))), None)
    here = [place.line for place in outcome.places if place.path == facts.unit.path]
    if told is None or not here:
        return
    around = [f for f in facts.forward_functions if f.lineno <= here[0] <= (f.end_lineno or 0)]
    if around and not _is_settled(around[-1], facts):
        yield _hit(around[-1], list(told.groups()))


def _hit(function: FunctionNode, told: list[str]) -> Hit:
    return Hit(function, "TorchScript takes what is returned first for all that is", told)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The types of all return statements as a Union."""
    function, told = hit.node, hit.detail
    assert isinstance(function, FunctionNode)
    assert isinstance(told, list)
    seen = returned_types(function, facts)
    unknown = [t for t in seen if isinstance(t, Unknown)]
    if unknown and not told:
        return Refusal(f"the type of what it returns is not known: {unknown[0].why}")
    types = together([*(t for t in seen if isinstance(t, str)), *told])
    odd = next((t for t in types if "__torch__" in t or re.search(r"\b(number|module)\b", t)), None)
    if odd is not None:
        return Refusal(f"it may return {odd}")
    if not need_union(types):
        return Refusal("the types of what it returns do not go together")
    if function.returns is not None and told and _returns_once(function):
        types = (told[-1],)  # the annotation was wrong
    joined = f"Union[{', '.join(types)}]" if len(types) > 1 else types[0]
    text = written(joined, facts.unit)
    edit: Edit = annotate(function, text)
    if function.returns is not None:
        edit = replace(function.returns, text)
    safety = Safety.PROVEN if unknown else None
    return Change("write what it returns", (edit,), imports_for([text], facts.unit), safety)


def _returns_once(function: FunctionNode) -> bool:
    return sum(isinstance(node, ast.Return) for node in walk(function)) == 1


def _is_settled(function: FunctionNode, facts: Facts) -> bool:
    """Whether a test that is the same in every call decides on what is returned."""
    return any(
        facts.unit.function_of(condition.branch) is function
        and any(isinstance(n, ast.Return) for n in walk(condition.branch))
        and not any(is_final(name, condition.owner) for name in condition.attributes)
        for condition in fixed_conditions(facts)
    )
