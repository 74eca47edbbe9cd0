"""Call a method of the parent class.

What it does
    Gives the parent's method a second name, under which a subclass that overrides it still reaches
    it. Where the parent is a layer of torch.nn, writes what that layer's forward computes.

Why TorchScript rejects it
    It compiles the methods of one object and knows no `super()`: the call is read as that of a
    Tensor's method, or of a Python type.

Example
    import torch
    from torch import nn


    class Squared(nn.Module):
        def forward(self, x, target):
            return ((x - target) ** 2).sum()


    class Weighted(Squared):
        def forward(self, x, target):
            return 0.5 * super().forward(x, target)

Use instead
    import torch
    from torch import nn


    class Squared(nn.Module):
        def forward(self, x, target):
            return self._squared_forward(x, target)

        def _squared_forward(self, x, target):
            return ((x - target) ** 2).sum()


    class Weighted(Squared):
        def forward(self, x, target):
            return 0.5 * self._squared_forward(x, target)

When it is refused
    Where the parent's class lies in another file, is not known, or depends on the instance because
    some class inherits from several. Where its method is decorated or takes starred parameters.
    For layers whose forward is no single function, such as nn.LSTM.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.parents import ParentCall, definition, has_several_orders, parent_calls
from tracefix.facts.project import ClassInfo
from tracefix.facts.signatures import header_text, header_written
from tracefix.facts.spelling import functional
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, before, escaped, replace
from tracefix.rules import Rule
from tracefix.rules.layer_forms import FIRST, FORMS

RULE = Rule(
    slug="parent-method",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"'Tensor' object has no attribute or method",
        r"Python type cannot be used as a value",
        r"python value of type 'type' cannot be used as a value",
    ),
)
_STATISTICS = frozenset({"momentum", "track_running_stats"})


def find(facts: Facts) -> Iterator[Hit]:
    """Calls through `super()` or through the parent's name."""
    for call in parent_calls(facts):
        yield Hit(call.call, f"TorchScript cannot call a parent's {call.method}", detail=call)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The method under a name of its own, or the layer's computation."""
    call = hit.detail
    assert isinstance(call, ParentCall)
    if has_several_orders(call, facts):
        return Refusal("a class that inherits from several decides which method runs")
    found = definition(call, facts)
    if found is None:
        return Refusal(f"no class of the project defines the {call.method} that is called")
    if isinstance(found, str):
        return _as_function(call, found, facts)
    return _as_own_method(call, *found, facts)


# -- a class of the project


def _as_own_method(
    call: ParentCall, parent: ClassInfo, method: FunctionNode, facts: Facts
) -> Change | Refusal:
    if parent.unit is not facts.unit:
        return Refusal(f"{parent.node.name} lies in {parent.unit.path}")
    if method.decorator_list or method.args.vararg or method.args.kwarg:
        return Refusal(f"{parent.node.name}.{method.name} is decorated or takes starred parameters")
    if not method.args.args or method.args.args[0].arg != "self" or method.args.posonlyargs:
        return Refusal(f"{parent.node.name}.{method.name} does not start with a plain self")
    name = _delegate(method, parent)
    edits: list[Edit] = []
    if name is None:
        name = facts.fresh(f"_{_snake(parent.node.name)}_{method.name}")
        edits.append(_split(method, name, facts))
    edits.append(_call_of(call, name))
    return Change("give the parent's method a second name", tuple(edits))


def _delegate(method: FunctionNode, parent: ClassInfo) -> str | None:
    """The method to which `method` hands everything over, as this rule writes it."""
    body = method.body[1:] if ast.get_docstring(method, clean=False) else method.body
    if len(body) != 1 or not isinstance(body[0], ast.Return):
        return None
    value = body[0].value
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute):
        return None
    name = value.func.attr
    written = ast.unparse(value) == f"self.{name}({_passed_on(method)})"
    own = name.startswith("_") and name.endswith(f"_{method.name}") and name in parent.methods
    return name if written and own else None


def _split(method: FunctionNode, name: str, facts: Facts) -> Edit:
    """The method as one that calls its old body under a new name."""
    documented = ast.get_docstring(method, clean=False) is not None
    holes: dict[str, Hole] = {"body": method.body[1:] if documented else method.body}
    if documented:
        holes["page"] = [method.body[0]]
    template = (
        f"def {method.name}{escaped(header_text(method, facts.unit))}\n"
        + ("    {page}\n" if documented else "")
        + f"    return self.{name}({_passed_on(method)})\n\n"
        + f"def {name}{escaped(header_written(method))}\n    {{body}}\n"
    )
    return replace(method, template, **holes)


def _passed_on(method: FunctionNode) -> str:
    named = [f"{a.arg}={a.arg}" for a in method.args.kwonlyargs]
    return ", ".join([*(a.arg for a in method.args.args[1:]), *named])


def _call_of(call: ParentCall, name: str) -> Edit:
    """The call under the new name."""
    func = call.call.func
    if call.named is None:
        return replace(func, f"self.{name}")
    places = [f"{{_{n}}}" for n in range(len(call.arguments))]
    holes: dict[str, Hole] = {f"_{n}": a for n, a in enumerate(call.arguments)}
    for keyword in call.call.keywords:
        assert keyword.arg is not None
        places.append(f"{keyword.arg}={{{keyword.arg}}}")
        holes[keyword.arg] = keyword.value
    return replace(call.call, f"self.{name}({', '.join(places)})", **holes)


def _snake(name: str) -> str:
    """SquaredLoss as squared_loss."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


# -- a layer of torch.nn


def _as_function(call: ParentCall, parent: str, facts: Facts) -> Change | Refusal:
    kind = parent.rpartition(".")[2]
    if call.method != "forward" or (kind not in FORMS and kind not in FIRST):
        return Refusal(f"what {call.method} of nn.{kind} computes is not known as one function")
    form = FORMS.get(kind, "{out}")
    if call.call.keywords or len(call.arguments) != 1 + ("{y}" in form):
        return Refusal(f"{kind}.forward is called with other arguments than its inputs")
    if kind.startswith("BatchNorm") and _has_odd_statistics(facts):
        return Refusal("some batch norm here averages over all batches, or keeps no statistics")
    name, imports = functional(facts.unit)
    holes: dict[str, Hole] = {"F": name}
    holes |= dict(zip(("x", "y"), call.arguments, strict=False))
    edits: list[Edit] = []
    if kind in FIRST:
        statement = _simple_statement(call.call, facts)
        if statement is None:
            return Refusal("the call stands where no statement can come before it")
        if kind == "Sequential":
            holes["out"] = _fresh_in(statement, facts)
        edits.append(before(statement, FIRST[kind], **holes))
        if kind == "Sequential":
            del holes["x"]
    edits.append(replace(call.call, form, **holes))
    used = imports if "{F}" in form else ()
    return Change(f"write what nn.{kind} computes", tuple(edits), imports=used)


def _simple_statement(call: ast.Call, facts: Facts) -> ast.stmt | None:
    """The statement in which a call is always and once evaluated."""
    unsure = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp)
    for node in facts.unit.ancestors(call):
        if isinstance(node, unsure):
            return None
        if isinstance(node, ast.stmt):
            simple = isinstance(node, ast.Return | ast.Assign | ast.AugAssign | ast.Expr)
            return node if simple else None
    return None


def _fresh_in(statement: ast.stmt, facts: Facts) -> str:
    """A name for what the layers give that the function does not use."""
    function = facts.unit.function_of(statement)
    assert function is not None
    used = {n.id for n in walk(function) if isinstance(n, ast.Name)}
    return "out" if "out" not in used else facts.fresh("out")


def _has_odd_statistics(facts: Facts) -> bool:
    """Whether the project sets what the written-out batch norm does not look at."""
    for unit in facts.project.units.values():
        for node in walk(unit.tree):
            if isinstance(node, ast.keyword) and node.arg == "momentum":
                if isinstance(node.value, ast.Constant) and node.value.value is None:
                    return True
            if isinstance(node, ast.Attribute) and node.attr in _STATISTICS:
                if isinstance(node.ctx, ast.Store):
                    return True
    return False
