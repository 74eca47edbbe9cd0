"""Get a layer with getattr and a computed name.

What it does
    Finds `getattr(self, f"layer{i}")(x)`, or `self.__getattr__(...)`, also where the layer gets a local name first, and lets a
    method of its own look for the layer among the submodules.

Why TorchScript rejects it
    "getattr's second argument must be a string literal": each layer has a type of its own, so which
    one is meant must be known when the module is compiled. A loop over the submodules is unrolled,
    and their names are compared when the module runs.

Example
    import torch
    from torch import nn


    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            for i in range(3):
                setattr(self, f"layer{i}", nn.Linear(4, 4))

        def forward(self, x):
            for i in range(3):
                x = getattr(self, f"layer{i}")(x)
            return x

Use instead
    import torch
    from torch import nn


    class Stack(nn.Module):
        def __init__(self):
            super().__init__()
            for i in range(3):
                setattr(self, f"layer{i}", nn.Linear(4, 4))

        def _layer_named(self, name: str, x):
            for other, layer in self.named_children():
                if other == name:
                    return layer(x)
            raise AttributeError(name)

        def forward(self, x):
            for i in range(3):
                x = self._layer_named(f"layer{i}", x)
            return x

When it is refused
    Where the layer is handed on instead of called, where it is called with starred arguments, and
    where there is a default. That other submodules take the same arguments, and that none is
    held under two names, verification has to show.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.observed import spelled
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.spelling import imports_for, written
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="layer-by-name",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"getattr's second argument must be a string literal",),
)


@dataclass(frozen=True, eq=False)
class Got:
    """One `getattr(self, name)`, and the calls of the layer that it gives."""

    call: ast.Call
    function: FunctionNode
    local: ast.Assign | None  # `layer = getattr(self, name)`
    uses: tuple[ast.Call, ...]

    @property
    def name(self) -> ast.expr:
        return self.call.args[-1]


@dataclass(frozen=True)
class Signature:
    """What calls have in common that one method can serve."""

    owner: ast.ClassDef
    plain: int
    keywords: tuple[str, ...]
    types: tuple[str | None, ...]


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of getattr on self with a name that is no literal: the first of those alike in a class."""
    message = "which attribute is meant is not known before the module runs"
    groups: dict[Signature, list[Got]] = {}
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if not _is_computed(call, facts):
            continue
        got = _got(call, facts)
        signature = got if isinstance(got, Refusal) else _signature(got, facts)
        if isinstance(got, Refusal) or isinstance(signature, Refusal):
            yield Hit(call, message, signature)
        else:
            groups.setdefault(signature, []).append(got)
    for signature, group in groups.items():
        yield Hit(group[0].call, message, (signature, group))


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A method that looks for the layer, and calls of it."""
    if isinstance(hit.detail, Refusal):
        return hit.detail
    assert isinstance(hit.detail, tuple)
    signature, group = hit.detail
    method = facts.fresh("_layer_named")
    first = min((got.function for got in group), key=lambda f: f.lineno)
    edits: list[Edit] = [before(first, _definition(method, signature))]
    for got in group:
        edits += _calls(got, method, facts)
    imports = imports_for([t for t in signature.types if t is not None], facts.unit)
    return Change("look for the layer in a loop", tuple(edits), imports)


def _is_computed(call: ast.Call, facts: Facts) -> bool:
    """Whether a call is `getattr(self, name)`, or `self.__getattr__(name)`, with no literal."""
    asked = call.func
    if isinstance(asked, ast.Attribute) and is_self_attribute(asked, "__getattr__"):
        return len(call.args) == 1 and not isinstance(call.args[0], ast.Constant)
    if facts.unit.resolve(call.func) != "getattr" or len(call.args) < 2:
        return False
    of_self = isinstance(call.args[0], ast.Name) and call.args[0].id == "self"
    return of_self and not isinstance(call.args[1], ast.Constant)


def _calls(got: Got, method: str, facts: Facts) -> Iterator[Edit]:
    """The local name keeps the layer's name, and each call of the layer becomes one of the method."""
    name: Hole = got.name
    if got.local is not None:
        assert isinstance(got.local.targets[0], ast.Name)
        name = facts.fresh(f"{got.local.targets[0].id}_name")
        yield replace(got.local, f"{name} = {{value}}", value=got.name)
    for use in got.uses:
        values = [*use.args, *(k.value for k in use.keywords)]
        holes: dict[str, Hole] = {f"_{n}": value for n, value in enumerate(values)}
        given = ", ".join(["{name}", *(f"{{{hole}}}" for hole in holes)])
        yield replace(use, f"self.{method}({given})", name=name, **holes)


def _got(call: ast.Call, facts: Facts) -> Got | Refusal:
    """What becomes of the layer, where it is only called."""
    if len(call.args) > 2:
        return Refusal("there is a default")
    handed_on = Refusal("the layer is handed on, not called")
    function, above = facts.unit.function_of(call), facts.unit.parents[call]
    assert function is not None
    if isinstance(above, ast.Call) and above.func is call:
        return Got(call, function, None, (above,))
    if not isinstance(above, ast.Assign) or len(above.targets) != 1:
        return handed_on
    flow = facts.flow(function)
    uses: list[ast.Call] = []
    for reader in flow.readers(above.targets[0]):
        use = facts.unit.parents[reader]
        alone = flow.reads[reader] == {above.targets[0]}
        if not alone or not isinstance(use, ast.Call) or use.func is not reader:
            return handed_on
        uses.append(use)
    return Got(call, function, above, tuple(uses)) if uses else handed_on


def _signature(got: Got, facts: Facts) -> Signature | Refusal:
    owner = facts.unit.class_of(got.call)
    shapes = {(len(u.args), tuple(str(k.arg) for k in u.keywords)) for u in got.uses}
    starred = any(
        isinstance(n, ast.Starred) or (isinstance(n, ast.keyword) and n.arg is None)
        for use in got.uses
        for n in (*use.args, *use.keywords)
    )
    if starred or owner is None:
        return Refusal("the layer is called with starred arguments")
    if len(shapes) > 1:
        return Refusal("the layer is called in different ways")
    plain, keywords = shapes.pop()
    return Signature(owner, plain, keywords, tuple(_argument_types(got.uses, facts)))


def _argument_types(uses: tuple[ast.Call, ...], facts: Facts) -> list[str | None]:
    """The type to write for each argument; None where it is a Tensor, or nothing shows it."""
    found: list[str | None] = []
    for values in zip(*([*u.args, *(k.value for k in u.keywords)] for u in uses), strict=True):
        types = {facts.types.of(value) for value in values}
        seen = {"Size" if t == "torch.Size" else t for t in types if isinstance(t, str)}
        one = spelled(seen) if len(seen) == len(types) else None
        found.append(None if one in (None, "Tensor") else written(str(one), facts.unit))
    return found


def _definition(method: str, signature: Signature) -> str:
    """The method's source: `x` for the first argument, and keywords by their names."""
    plain = ["x", *(f"x_{n}" for n in range(2, signature.plain + 1))][: signature.plain]
    names = [*plain, *signature.keywords]
    typed = [
        name if type_ is None else f"{name}: {type_}"
        for name, type_ in zip(names, signature.types, strict=True)
    ]
    given = [*plain, *(f"{name}={name}" for name in signature.keywords)]
    return (
        f"def {method}({', '.join(['self', 'name: str', *typed])}):\n"
        "    for other, layer in self.named_children():\n"
        "        if other == name:\n"
        f"            return layer({', '.join(given)})\n"
        "    raise AttributeError(name)\n"
    )
