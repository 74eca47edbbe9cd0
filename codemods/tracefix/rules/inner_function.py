"""Define a function inside of forward.

What it does
    Moves a function or a named lambda out of the function that defines it, to a method beside it
    (or a function, where it stands in one), and hands over what it read from around it.

Why TorchScript rejects it
    "function definitions aren't supported", "Lambda aren't supported": a compiled function has no
    closures.

Example
    import torch
    from torch import nn


    class Scale(nn.Module):
        def forward(self, x):
            top = x.max()

            def scaled(t):
                return t / top

            return scaled(x) + scaled(x * x)

Use instead
    import torch
    from torch import nn


    class Scale(nn.Module):
        def _scaled(self, top, t):
            return t / top

        def forward(self, x):
            top = x.max()

            return self._scaled(top, x) + self._scaled(top, x * x)

When it is refused
    Where the function is never called, or is handed on although it reads variables around it; where
    it calls itself, changes variables around it, yields, is decorated, or has starred parameters or
    computed defaults; and where its name, or that of a function which it calls, is bound twice or
    is one of these itself.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain, count

from tracefix.facts import ClassInfo, Facts, FunctionNode
from tracefix.facts.bindings import bindings
from tracefix.facts.inner_functions import Inner, inner_functions, is_method
from tracefix.facts.observed import spelled
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, before, remove, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="inner-function",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"function definitions aren't supported", r"Lambda aren't supported"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Functions that a function defines for itself."""
    for inner in inner_functions(facts):
        yield Hit(inner.statement, "TorchScript has no functions inside of functions", inner)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The function beside the one that it stood in, and its calls."""
    inner = hit.detail
    assert isinstance(inner, Inner)
    reason = _why_it_must_stay(inner, facts)
    if reason is not None:
        return Refusal(reason)
    method = is_method(inner.outer, facts)
    handed = _handed(inner, facts)
    name = _fresh(f"_{inner.name.strip('_') or 'inner'}", inner, facts)
    types = {n: _type_of(n, inner.outer, facts) for n in handed}
    own = {p.arg: _own_type(p, inner, facts) for p in inner.function.args.args}
    listed = [*(["self"] if method else []), *map(_parameter, types.items())]
    listed += [_with_default(p, own[p.arg], inner) for p in inner.function.args.args]
    edits: list[Edit] = [_definition(name, listed, inner), remove(inner.statement)]
    moved = f"self.{name}" if method else name
    edits += [_call(call, moved, handed) for call in inner.calls]
    edits += [replace(use, moved) for use in inner.other_uses]
    wanted = [t for t in (*types.values(), *own.values()) if t is not None]
    return Change("move the function out", tuple(edits), imports_for(wanted, facts.unit))


def _why_it_must_stay(inner: Inner, facts: Facts) -> str | None:
    function, args = inner.function, inner.function.args
    if not inner.calls:
        return f"{inner.name} is handed on, not called"
    if inner.other_uses and _handed(inner, facts):
        # What is handed on takes no further arguments, and sees the variables' later values.
        return f"{inner.name} is handed on, and reads variables around it"
    if len(list(bindings(inner.outer, inner.name))) + isinstance(function, FunctionNode) != 1:
        return f"{inner.name} is bound more than once"
    within = set(walk(function))
    if any(call in within for call in inner.calls):
        return f"{inner.name} calls itself"
    inside = (
        ast.Nonlocal,
        ast.Global,
        ast.Yield,
        ast.YieldFrom,
        ast.Await,
        ast.ClassDef,
        ast.NamedExpr,
    )
    if any(isinstance(n, inside) for n in within) or any(
        isinstance(n, FunctionNode | ast.Lambda) and n is not function for n in within
    ):
        return f"{inner.name} yields, defines something itself, or changes variables around it"
    if isinstance(function, FunctionNode) and function.decorator_list:
        return f"{inner.name} is decorated"
    if args.vararg or args.kwarg or args.kwonlyargs or args.posonlyargs:
        return f"{inner.name} has other than plain parameters"
    if not all(isinstance(d, ast.Constant) for d in args.defaults):
        return f"a default of {inner.name} is computed"
    if any(_is_shadowed(call, inner, facts) for call in inner.calls):
        return f"{inner.name} is called where a name that it reads means something else"
    if any(isinstance(a, ast.Starred) for call in inner.calls for a in call.args):
        return f"{inner.name} is called with starred arguments"
    if any(i.name in inner.free for i in inner_functions(facts) if i.outer is inner.outer):
        return f"{inner.name} calls another inner function"
    return None


def _handed(inner: Inner, facts: Facts) -> list[str]:
    """The variables around the function that its calls have to hand over."""
    method = is_method(inner.outer, facts)
    return [name for name in inner.free if not (method and name == "self")]


def _fresh(name: str, inner: Inner, facts: Facts) -> str:
    """`name`, or it with a number: the first that nothing beside the outer function has."""
    owner = facts.unit.class_of(inner.outer)
    if owner is None or not is_method(inner.outer, facts):
        return facts.fresh(name)
    info = ClassInfo(facts.unit, owner)
    family = (info, *facts.project.bases(info), *facts.project.derived(info))
    nodes = (n for member in family for n in walk(member.node))
    taken = {n.attr for n in nodes if isinstance(n, ast.Attribute)}
    taken.update(*(member.methods for member in family))
    numbered = (f"{name}_{n}" for n in count(2))
    return next(n for n in chain([name], numbered) if n not in taken)


def _is_shadowed(call: ast.Call, inner: Inner, facts: Facts) -> bool:
    """Whether a comprehension around a call binds a name that the function reads."""
    around = [a for a in facts.unit.ancestors(call) if hasattr(a, "generators")]
    bound = {
        n.id
        for a in around
        for g in a.generators
        for n in walk(g.target)
        if isinstance(n, ast.Name)
    }
    return not bound.isdisjoint(inner.free)


def _type_of(name: str, outer: FunctionNode, facts: Facts) -> str | None:
    """What to write for a variable; None for a Tensor, and where nothing shows it."""
    return _spelling(facts.types.of_local(outer, name), facts)


def _own_type(parameter: ast.arg, inner: Inner, facts: Facts) -> str | None:
    if parameter.annotation is not None:
        return facts.unit.text(parameter.annotation)
    if not isinstance(inner.function, FunctionNode):
        return None
    return _spelling(facts.types.of_local(inner.function, parameter.arg), facts)


def _spelling(type_: object, facts: Facts) -> str | None:
    if not isinstance(type_, str) or type_ == "Tensor":
        return None
    if type_.startswith("Optional["):
        return written(type_, facts.unit)
    known = spelled(["Size" if type_ == "torch.Size" else type_])
    return None if known in (None, "Tensor") else written(str(known), facts.unit)


def _parameter(item: tuple[str, str | None]) -> str:
    name, type_ = item
    return name if type_ is None else f"{name}: {type_}"


def _with_default(parameter: ast.arg, type_: str | None, inner: Inner) -> str:
    args = inner.function.args
    index = args.args.index(parameter) - (len(args.args) - len(args.defaults))
    text = _parameter((parameter.arg, type_))
    if index < 0:
        return text
    equal = "=" if type_ is None else " = "
    return f"{text}{equal}{ast.unparse(args.defaults[index])}"


def _definition(name: str, listed: list[str], inner: Inner) -> Edit:
    signature = ", ".join(listed).replace("{", "{{").replace("}", "}}")
    function = inner.function
    if isinstance(function, ast.Lambda):
        return before(
            inner.outer, f"def {name}({signature}):\n    return {{value}}\n", value=function.body
        )
    returns = f" -> {ast.unparse(function.returns)}" if function.returns is not None else ""
    template = f"def {name}({signature}){returns}:\n    {{body}}\n"
    return before(inner.outer, template, body=function.body)


def _call(call: ast.Call, name: str, handed: list[str]) -> Edit:
    holes: dict[str, Hole] = {f"_{n}": a for n, a in enumerate(call.args)}
    places = [*handed, *(f"{{{hole}}}" for hole in holes)]
    for number, keyword in enumerate(call.keywords):
        holes[f"named{number}"] = keyword.value
        places.append(f"{keyword.arg}={{named{number}}}" if keyword.arg else f"**{{named{number}}}")
    return replace(call, f"{name}({', '.join(places)})", **holes)
