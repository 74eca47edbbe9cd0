"""Keep a lambda in an attribute: `self.norm = lambda x: x`.

What it does
    Writes nn.Identity() for a lambda that gives back what it gets, a function of the file for one that
    needs nothing else, and a method for one that uses self or variables of __init__, which are kept
    in attributes. So it does where the lambda is given for a parameter that is kept, or
    is its default.

Why TorchScript rejects it
    It compiles functions from their source, and has no lambdas: "This function exists as an attribute
    on the Python module, but we failed to compile it".

Example
    import torch
    from torch import nn


    class Block(nn.Module):
        def __init__(self, dim, normed: bool = False):
            super().__init__()
            self.norm = nn.LayerNorm(dim) if normed else lambda x: x
            self.act = lambda x: x.clamp(0.0, 6.0)

        def forward(self, x):
            return self.act(self.norm(x))

Use instead
    import torch
    from torch import nn


    def _act(x):
        return x.clamp(0.0, 6.0)


    class Block(nn.Module):
        def __init__(self, dim, normed: bool = False):
            super().__init__()
            self.norm = nn.LayerNorm(dim) if normed else nn.Identity()
            self.act = _act

        def forward(self, x):
            return self.act(self.norm(x))

When it is refused
    Where a lambda that uses self, or variables of __init__, is not what every instance has, where such
    a variable is bound again behind it, and where its parameters are starred or have defaults that are
    computed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.init_values import holder_of, is_free, is_settled
from tracefix.facts.lambda_attributes import (
    KeptLambda,
    argument_types,
    kept_lambdas,
    parameter_names,
)
from tracefix.facts.project import ClassInfo
from tracefix.facts.spelling import imports_for, layer_name, written
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, before, escaped, remove, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="lambda-attribute",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"exists as an attribute on the Python module", r"Lambda aren't supported"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Lambdas in attributes that forward reads."""
    for kept in facts.once(_found):
        yield Hit(
            kept.function, f"TorchScript cannot compile the lambda self.{kept.attribute}", kept
        )


def _found(facts: Facts) -> list[KeptLambda]:
    """Each once, in text order."""
    found = {kept.function: kept for kept in kept_lambdas(facts)}
    return sorted(found.values(), key=lambda k: facts.unit.span(k.function))


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A layer, a function or a method that does the same."""
    kept = hit.detail
    assert isinstance(kept, KeptLambda)
    if not kept.is_plain:
        return Refusal("its parameters are starred or have defaults that are computed")
    identity = layer_name("Identity", facts.unit)
    is_given = isinstance(kept.assignment.value, ast.Name)
    if kept.is_identity and identity is not None and not is_given:
        return Change("use nn.Identity", (replace(kept.function, f"{identity}()"),))
    if any(isinstance(n, ast.Lambda | ast.NamedExpr | ast.Yield) for n in walk(kept.function.body)):
        return Refusal("it has functions or assignments of its own")
    return _as_method(kept, facts) if kept.free else _as_function(kept, facts)


def _as_function(kept: KeptLambda, facts: Facts) -> Change:
    """A function of the file; one that does the same serves again."""
    signature = _signature(kept, facts)
    there = facts.unit.functions.get(_stem(kept))
    top = facts.unit.top_level(kept.function)
    if there is not None and there.lineno < top.lineno and _is_same(there, signature, kept):
        return Change("use a function", (replace(kept.function, there.name),))
    name, first = facts.once(_functions)[_meaning(kept, facts)]
    definition = f"def {name}({signature}):\n    return {_value(first)}\n"
    place = facts.unit.top_level(first.function)
    edits = (before(place, definition, value=first.function.body), replace(kept.function, name))
    return Change("write a function", edits, imports_for([signature], facts.unit))


def _functions(facts: Facts) -> dict[tuple[str, str, str], tuple[str, KeptLambda]]:
    """A name for each function that lambdas may become, and the first of those that are the same."""
    found: dict[tuple[str, str, str], tuple[str, KeptLambda]] = {}
    taken = set(facts.unit.names)
    for kept in facts.once(_found):
        meaning = _meaning(kept, facts) if kept.is_plain else None
        if meaning is None or meaning in found:
            continue
        name, number = _stem(kept), 2
        while name in taken:
            name, number = f"{_stem(kept)}_{number}", number + 1
        taken.add(name)
        found[meaning] = name, kept
    return found


def _meaning(kept: KeptLambda, facts: Facts) -> tuple[str, str, str]:
    return _stem(kept), _signature(kept, facts), ast.unparse(kept.function.body)


def _stem(kept: KeptLambda) -> str:
    return f"_{kept.attribute.strip('_')}"


def _is_same(function: FunctionNode, signature: str, kept: KeptLambda) -> bool:
    """Whether a function has this signature, and gives what a lambda does."""
    says = ast.parse(f"def {function.name}({signature}):\n    return 0").body[0]
    assert isinstance(says, ast.FunctionDef)
    given = function.body[0]
    return (
        ast.unparse(function.args) == ast.unparse(says.args)
        and len(function.body) == 1
        and isinstance(given, ast.Return)
        and given.value is not None
        and ast.unparse(given.value) == ast.unparse(kept.function.body)
    )


def _as_method(kept: KeptLambda, facts: Facts) -> Change | Refusal:
    used = sorted(kept.free - {"self"})
    if not kept.is_alone:
        return Refusal(f"it uses {', '.join(used) or 'self'}, and not every instance has it")
    if "self" not in {a.arg for a in kept.owner.methods["__init__"].args.args}:
        return Refusal("__init__ has no plain self")
    if is_inherited(kept.owner, kept.attribute, facts):
        return Refusal(f"a relative of the class has a {kept.attribute} too")
    signature = _signature(kept, facts)
    listed = f"self, {signature}".rstrip(", ")
    definition = f"def {kept.attribute}({listed}):\n    return {_value(kept)}\n"
    body = kept.owner.node.body
    behind = body[body.index(kept.owner.methods["__init__"]) + 1 :]
    if not behind:
        return Refusal("no method follows __init__")
    first: Edit = remove(kept.assignment)
    settings, edits = list[str](), list[Edit]()
    for name in used:
        place = holder_of(name, kept.owner, facts)
        if place is None:
            place = f"{kept.attribute}_{name}"  # a name that nn.Module has not taken
            if not is_free(place, kept.owner, facts):
                return Refusal(f"it uses {name}, and {place} is taken")
            if not is_settled(name, kept.owner, kept.assignment):
                return Refusal(f"it uses {name}, which __init__ binds again")
            settings.append(f"self.{place} = {name}")
        reads = (n for n in walk(kept.function.body) if isinstance(n, ast.Name) and n.id == name)
        edits += [replace(read, f"self.{place}") for read in reads]
    if settings:
        first = replace(kept.assignment, "\n".join(settings))
    edits += [first, before(behind[0], definition, value=kept.function.body)]
    return Change("write a method", tuple(edits), imports_for([signature], facts.unit))


def _signature(kept: KeptLambda, facts: Facts) -> str:
    """Its parameters, with the types of those that get no tensor."""
    types, args = argument_types(kept, facts), kept.function.args
    first = len(args.args) - len(args.defaults)
    listed = []
    for number, name in enumerate(parameter_names(kept.function)):
        text = f"{name}: {written(types[name], facts.unit)}" if name in types else name
        equal = " = " if name in types else "="
        default = "" if number < first else f"{equal}{ast.unparse(args.defaults[number - first])}"
        listed.append(escaped(f"{text}{default}"))
    return ", ".join(listed)


def _value(kept: KeptLambda) -> str:
    """The hole for what it gives, in parentheses where that is more than a line."""
    body = kept.function.body
    return "{value}" if body.lineno == body.end_lineno else "({value})"


def is_inherited(owner: ClassInfo, name: str, facts: Facts) -> bool:
    """Whether a base or a subclass has an attribute or method of that name."""
    for other in (*facts.project.bases(owner), *facts.project.derived(owner)):
        if _has(other, name):
            return True
    return any(_has_in_body(owner, name))


def _has(info: ClassInfo, name: str) -> bool:
    return name in info.methods or bool(info.unit.attribute_binders(info.node, name))


def _has_in_body(info: ClassInfo, name: str) -> Iterator[bool]:
    """Annotations or values of the class's own body under that name."""
    for statement in info.node.body:
        names = (n.id for n in walk(statement) if isinstance(n, ast.Name))
        if isinstance(statement, ast.Assign | ast.AnnAssign):
            yield name in names
    yield name in info.methods
