"""Names for new variables of one function."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Collection
from keyword import iskeyword

from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode, Unit


def fresh_local(
    name: str,
    function: FunctionNode,
    unit: Unit,
    taken: Collection[str] = (),
    apart_from: ast.AST | None = None,
) -> str:
    """`name`, or `name_2` ...: the first that means nothing yet where the function stands.

    What it means in `apart_from`, which goes away, does not count.
    """
    gone = set(walk(apart_from)) if apart_from is not None else ()
    inside = [n for n in walk(function) if n not in gone]
    used = {n.id for n in inside if isinstance(n, ast.Name)}
    used |= {n.arg for n in inside if isinstance(n, ast.arg)}
    used |= {*unit.imports, *unit.functions, *unit.classes, *unit.globals, *dir(builtins), *taken}
    candidate, number = name, 2
    while candidate in used or iskeyword(candidate):
        candidate, number = f"{name}_{number}", number + 1
    return candidate


def singular(name: str) -> str:
    """What to call one of `layers`, `conv_list`, `branches`."""
    bare = name.strip("_") if name.strip("_").isidentifier() else name
    if bare.endswith("_list"):
        return bare.removesuffix("_list")
    if bare.endswith("ies"):
        return f"{bare.removesuffix('ies')}y"
    if bare.endswith(("ches", "shes", "xes", "sses")):
        return bare.removesuffix("es")
    if bare.endswith("s") and not bare.endswith("ss") and len(bare) > 2:
        return bare.removesuffix("s")
    return bare


def one_of(sequence: ast.expr, otherwise: str) -> str:
    """What to call an element of `x.halves` or `halves`; `otherwise` where its name tells nothing."""
    last = sequence.attr if isinstance(sequence, ast.Attribute) else ast.unparse(sequence)
    return singular(last) if last.isidentifier() and singular(last) != last else otherwise


def name_given(value: ast.expr, unit: Unit) -> str | None:
    """`x` of `x = value`, where the statement gives nothing else a value."""
    statement = unit.parents[value]
    if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
        return None
    target = statement.targets[0]
    return target.id if isinstance(target, ast.Name) else None
