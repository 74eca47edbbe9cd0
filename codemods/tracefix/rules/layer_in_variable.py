"""Pick a layer by a variable and give it a name: `layer = self.layers[i]`.

What it does
    Writes the pick where the layer is used, so that `layer-by-index` can look for the layer there.
    A list of layers that has a second name, `layers = self.layers`, is treated alike.

Why TorchScript rejects it
    It picks layers by literals alone, and a layer is no value that a variable could hold.

Example
    import torch
    from torch import nn


    class Back(nn.Module):
        def __init__(self):
            super().__init__()
            self.convs = nn.ModuleList([nn.Conv2d(2, 2, 1) for _ in range(4)])

        def forward(self, x):
            for i in range(3):
                conv = self.convs[3 - i]
                x = torch.relu(conv(x))
            return x

Use instead
    import torch
    from torch import nn


    class Back(nn.Module):
        def __init__(self):
            super().__init__()
            self.convs = nn.ModuleList([nn.Conv2d(2, 2, 1) for _ in range(4)])

        def forward(self, x):
            for i in range(3):
                x = torch.relu(self.convs[3 - i](x))
            return x

When it is refused
    Where the layer is handed on, compared or kept, where the name may mean another layer too, and
    where what the index is made of may have changed when the layer is used.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.layer_lists import container_of
from tracefix.facts.layer_picks import is_fixed
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, remove, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="layer-in-variable",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Expected integer literal for index", r"Unable to extract string literal index"),
    after=("counted-layer-loop",),  # a loop over the layers reads better
)
_PURE = (
    ast.Name, ast.Constant, ast.Attribute, ast.BinOp, ast.UnaryOp, ast.Compare, ast.JoinedStr,
    ast.FormattedValue, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop,
)  # fmt: skip


def find(facts: Facts) -> Iterator[Hit]:
    """Assignments of such layers to a name."""
    for node in facts.in_forward(ast.Assign):
        assert isinstance(node, ast.Assign)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Name):
            continue
        reads = facts.flow_at(node).readers(target)
        if _is_variable_pick(node.value, facts) or (
            container_of(node.value, facts) and any(_picks(read, facts) for read in reads)
        ):
            shown = ast.unparse(node.value)
            yield Hit(node, f"no variable of TorchScript holds {shown}", reads)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The pick in the place of the name."""
    statement, reads = hit.node, hit.detail
    assert isinstance(statement, ast.Assign)
    assert isinstance(reads, list)
    target = statement.targets[0]
    assert isinstance(target, ast.Name)
    flow = facts.flow_at(statement)
    if any(flow.reads[read] != {target} for read in reads):
        return Refusal(f"{target.id} may be something else")
    is_layer = container_of(statement.value, facts) is None
    if is_layer and not all(_is_used(read, facts) for read in reads):
        return Refusal(f"{target.id} is handed on as a value")
    if any(facts.unit.function_of(read) is not facts.unit.function_of(statement) for read in reads):
        return Refusal(f"a function inside reads {target.id}")
    moved = _moved(statement, facts)
    if moved is not None:
        return Refusal(f"{moved} may have changed when the layer is used")
    if len(facts.unit.block_of(statement)) == 1:
        return Refusal("nothing else stands in its block")
    text = ast.unparse(statement.value)
    edits: list[Edit] = [remove(statement), *(replace(read, text) for read in reads)]
    return Change("pick the layer where it is used", tuple(edits))


def _is_variable_pick(value: ast.expr, facts: Facts) -> bool:
    """Whether a value is `self.layers[i]`, of one level or more, with an index that is no literal."""
    keys: list[ast.expr] = []
    while isinstance(value, ast.Subscript):
        keys.append(value.slice)
        value = value.value
    if any(isinstance(key, ast.Slice | ast.Tuple) for key in keys) or all(map(is_fixed, keys)):
        return False
    if container_of(value, facts) is None:
        return False
    return all(isinstance(n, _PURE) for key in keys for n in walk(key))


def _picks(read: ast.Name, facts: Facts) -> bool:
    above = facts.unit.parents[read]
    if not isinstance(above, ast.Subscript) or above.value is not read:
        return False
    return not isinstance(above.slice, ast.Slice) and not is_fixed(above.slice)


def _is_used(read: ast.Name, facts: Facts) -> bool:
    """Whether a layer is called here, or something that hangs on it read."""
    above = facts.unit.parents[read]
    if isinstance(above, ast.Attribute):
        return isinstance(above.ctx, ast.Load)
    return isinstance(above, ast.Call) and above.func is read


def _moved(statement: ast.Assign, facts: Facts) -> str | None:
    """A name of the index, or an attribute of it, that the function binds behind the statement."""
    function = facts.unit.function_of(statement)
    assert function is not None
    used = {n.id for n in walk(statement.value) if isinstance(n, ast.Name)}
    used |= {n.attr for n in walk(statement.value) if isinstance(n, ast.Attribute)}
    around = [a for a in facts.unit.ancestors(statement) if isinstance(a, ast.For | ast.While)]
    within = walk(around[0]) if around else walk(function)
    heads = set(walk(around[0].target)) if around and isinstance(around[0], ast.For) else set()
    for node in within:
        name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", None)
        stores = isinstance(getattr(node, "ctx", None), ast.Store | ast.Del)
        behind = getattr(node, "lineno", 0) > statement.lineno
        if name in used and stores and behind and node not in heads:
            return str(name)
    return None
