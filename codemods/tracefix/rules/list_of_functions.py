"""Keep a list of lambdas: `self.steps = [lambda x: x, lambda x: x ** 2]`.

What it does
    Writes a method of the same name that asks which of the functions is meant, and does what it does.

Why TorchScript rejects it
    An attribute can hold one function, and no list of them: "failed to convert Python type: 'list'".

Example
    import torch
    from torch import nn


    class Power(nn.Module):
        def __init__(self, n: int = 2):
            super().__init__()
            self.n = n
            self.powers = [lambda x: x * 0 + 1, lambda x: x, lambda x: x * x]

        def forward(self, x):
            return self.powers[self.n](x)

Use instead
    import torch
    from torch import nn


    class Power(nn.Module):
        def __init__(self, n: int = 2):
            super().__init__()
            self.n = n

        def powers(self, n: int, x):
            if n == 0 or n == -3:
                return x * 0 + 1
            if n == 1 or n == -2:
                return x
            if n == 2 or n == -1:
                return x * x
            raise IndexError("list index out of range")

        def forward(self, x):
            return self.powers(self.n, x)

When it is refused
    Where the list is used in any other way than to call one of its functions, where the functions take
    different parameters or read variables of __init__, and where the index is not known as an int.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.function_lists import FunctionList, function_lists
from tracefix.facts.lambda_attributes import parameter_names
from tracefix.facts.literals import literal_int
from tracefix.facts.nonnegative import is_nonnegative
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, Replace, before, remove, replace
from tracefix.rules import Rule
from tracefix.rules.lambda_attribute import is_inherited

RULE = Rule(
    slug="list-of-functions",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"failed to convert Python type: '(list|tuple)'",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Such lists in attributes from which forward calls a function."""
    for kept in function_lists(facts):
        yield Hit(
            kept.assignment, f"TorchScript has no list of functions self.{kept.attribute}", kept
        )


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A method that asks for the index."""
    kept = hit.detail
    assert isinstance(kept, FunctionList)
    reason = _obstacle(kept, facts)
    if reason is not None:
        return Refusal(reason)
    body = kept.owner.node.body
    following = body[body.index(kept.owner.methods["__init__"]) + 1 :]
    if not following:
        return Refusal("no method follows __init__")
    parameters = parameter_names(kept.functions[0])
    n = _index_name(kept)
    counted = all(is_nonnegative(kept.index(call), facts) for call in kept.calls)
    lines = [f"def {kept.attribute}({', '.join(['self', f'{n}: int', *parameters])}):"]
    holes: dict[str, Hole] = {}
    for place, function in enumerate(kept.functions):
        behind = "" if counted else f" or {n} == {place - len(kept.functions)}"
        one_line = function.body.lineno == function.body.end_lineno
        value = f"{{value{place}}}" if one_line else f"({{value{place}}})"
        lines += [f"    if {n} == {place}{behind}:", f"        return {value}"]
        holes[f"value{place}"] = function.body
    kind = "tuple" if isinstance(kept.assignment.value, ast.Tuple) else "list"
    lines.append(f'    raise IndexError("{kind} index out of range")\n')
    method = before(following[0], "\n".join(lines), **holes)
    calls = (_called(call, kept) for call in kept.calls)
    return Change("write a method", (remove(kept.assignment), method, *calls))


def _obstacle(kept: FunctionList, facts: Facts) -> str | None:
    if kept.other_uses:
        return "it is used in other ways than to call one of its functions"
    if kept.free - {"self"}:
        return f"a function reads {', '.join(sorted(kept.free - {'self'}))} of __init__"
    names = {tuple(parameter_names(f)) for f in kept.functions}
    plain = all(ast.unparse(f.args) == ", ".join(parameter_names(f)) for f in kept.functions)
    if len(names) > 1 or not plain:
        return "its functions take different parameters, or starred ones, or have defaults"
    inside = (n for f in kept.functions for n in walk(f.body))
    if any(isinstance(n, ast.Lambda | ast.NamedExpr | ast.Yield) for n in inside):
        return "it has functions or assignments of its own"
    if is_inherited(kept.owner, kept.attribute, facts):
        return f"a relative of the class has a {kept.attribute} too"
    for call in kept.calls:
        index = kept.index(call)
        if literal_int(index) is None and facts.types.of(index) != "int":
            return f"{ast.unparse(index)} is not known as an int"
        if any(isinstance(a, ast.Starred) for a in call.args):
            return "it is called with starred arguments"
    return None


def _index_name(kept: FunctionList) -> str:
    """What to call the index: nothing that the functions read."""
    taken = {n.id for f in kept.functions for n in walk(f) if isinstance(n, ast.Name)}
    taken |= set(parameter_names(kept.functions[0]))
    return next(name for name in ("n", "index", "which", "number_of_function") if name not in taken)


def _called(call: ast.Call, kept: FunctionList) -> Replace:
    """`self.steps(n, x)` for `self.steps[n](x)`."""
    holes: dict[str, Hole] = {"index": kept.index(call)}
    places = ["{index}"]
    for number, argument in enumerate(call.args):
        holes[f"given{number}"] = argument
        places.append(f"{{given{number}}}")
    for keyword in call.keywords:
        holes[f"named_{keyword.arg}"] = keyword.value
        places.append(f"{keyword.arg}={{named_{keyword.arg}}}")
    return replace(call, f"self.{kept.attribute}({', '.join(places)})", **holes)
