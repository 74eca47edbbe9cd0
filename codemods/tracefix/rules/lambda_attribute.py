"""Keep a lambda in an attribute: `self.norm = lambda x: x`.

What it does
    Writes nn.Identity() for a lambda that gives back what it gets, a function of the file for one that
    needs nothing else, and a method for one that uses self or variables of __init__, which are kept
    in attributes.

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
from tracefix.facts.lambda_attributes import KeptLambda, kept_lambdas
from tracefix.facts.project import ClassInfo
from tracefix.facts.spelling import layer_name
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, before, remove, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="lambda-attribute",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"exists as an attribute on the Python module", r"Lambda aren't supported"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Lambdas in attributes that forward reads."""
    for kept in sorted(kept_lambdas(facts), key=lambda k: facts.unit.span(k.function)):
        yield Hit(
            kept.function, f"TorchScript cannot compile the lambda self.{kept.attribute}", kept
        )


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A layer, a function or a method that does the same."""
    kept = hit.detail
    assert isinstance(kept, KeptLambda)
    if not kept.is_plain:
        return Refusal("its parameters are starred or have defaults that are computed")
    identity = layer_name("Identity", facts.unit)
    if kept.is_identity and identity is not None:
        return Change("use nn.Identity", (replace(kept.function, f"{identity}()"),))
    if any(isinstance(n, ast.Lambda | ast.NamedExpr | ast.Yield) for n in walk(kept.function.body)):
        return Refusal("it has functions or assignments of its own")
    return _as_method(kept, facts) if kept.free else _as_function(kept, facts)


def _as_function(kept: KeptLambda, facts: Facts) -> Change:
    name = facts.fresh(f"_{kept.attribute.strip('_')}")
    top = facts.unit.top_level(kept.function)
    definition = f"def {name}({_signature(kept)}):\n    return {_value(kept)}\n"
    edits = (before(top, definition, value=kept.function.body), replace(kept.function, name))
    return Change("write a function", edits)


def _as_method(kept: KeptLambda, facts: Facts) -> Change | Refusal:
    used = sorted(kept.free - {"self"})
    if not kept.is_alone:
        return Refusal(f"it uses {', '.join(used) or 'self'}, and not every instance has it")
    if "self" not in {a.arg for a in kept.owner.methods["__init__"].args.args}:
        return Refusal("__init__ has no plain self")
    if is_inherited(kept.owner, kept.attribute, facts):
        return Refusal(f"a relative of the class has a {kept.attribute} too")
    listed = f"self, {_signature(kept)}".rstrip(", ")
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
    return Change("write a method", tuple(edits))


def _signature(kept: KeptLambda) -> str:
    return ast.unparse(kept.function.args).replace("{", "{{").replace("}", "}}")


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
