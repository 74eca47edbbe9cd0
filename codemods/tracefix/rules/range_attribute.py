"""Keep a range in an attribute.

What it does
    Finds attributes to which __init__ assigns a range, and which are only walked, counted, indexed or
    searched afterwards, and makes each a list of the same numbers.

Why TorchScript rejects it
    It takes lists, tuples and dicts for attributes: "failed to convert Python type: 'range'".

Example
    import torch
    from torch import nn


    class Sum(nn.Module):
        def __init__(self, n: int):
            super().__init__()
            self.others = range(1, n)

        def forward(self, x):
            y = x[0]
            for i in self.others:
                y = y + x[i]
            return y

Use instead
    import torch
    from torch import nn


    class Sum(nn.Module):
        def __init__(self, n: int):
            super().__init__()
            self.others = list(range(1, n))

        def forward(self, x):
            y = x[0]
            for i in self.others:
                y = y + x[i]
            return y

When it is refused
    Where the attribute is read as a range alone can be (`self.others.step`), sliced, or handed on,
    and where it may be assigned elsewhere.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import ClassInfo, Facts
from tracefix.facts.fixed_conditions import definitions, is_of_family, is_only_set_by_init
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.unit import Unit
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="range-attribute",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Python type: 'range'",),
)
_TAKES_ANY = frozenset(
    {"len", "enumerate", "zip", "list", "tuple", "sum", "max", "min", "reversed"}
)


def find(facts: Facts) -> Iterator[Hit]:
    """Ranges that __init__ assigns to attributes which forward reads."""
    read = {n.attr for n in facts.in_forward(ast.Attribute) if isinstance(n, ast.Attribute)}
    for owner in facts.unit.classes.values():
        info = ClassInfo(facts.unit, owner)
        for name in sorted(read):
            for node in definitions(name, info, facts):
                if _is_range(node.value, facts):
                    message = f"self.{name} is a range, which TorchScript does not hold"
                    yield Hit(node.value, message, (info, name))


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The same numbers as a list."""
    assert isinstance(hit.node, ast.expr)
    assert isinstance(hit.detail, tuple)
    info, name = hit.detail
    if not is_only_set_by_init(name, info, facts):
        return Refusal(f"self.{name} is not assigned by __init__ alone")
    for unit, read in _reads(name, info, facts):
        if not _is_list_enough(read, unit):
            return Refusal(
                f"line {read.lineno} reads {ast.unparse(read)}, and a range may be meant"
            )
    made = replace(hit.node, "list({range})", range=hit.node)
    return Change("make it a list", (made,))


def _is_range(value: ast.expr, facts: Facts) -> bool:
    return isinstance(value, ast.Call) and facts.unit.resolve(value.func) == "range"


def _reads(name: str, info: ClassInfo, facts: Facts) -> Iterator[tuple[Unit, ast.Attribute]]:
    """Where the attribute is read, or may be: on self in the class's family, or on something else."""
    for unit in facts.project.units.values():
        for node in walk(unit.tree):
            if not isinstance(node, ast.Attribute) or node.attr != name:
                continue
            own = not is_self_attribute(node) or is_of_family(unit.class_of(node), info, facts)
            if isinstance(node.ctx, ast.Load) and own:
                yield unit, node


def _is_list_enough(read: ast.Attribute, unit: Unit) -> bool:
    """Whether a list does the same here: walked, counted, searched, or one of it taken."""
    above = unit.parents.get(read)
    if isinstance(above, ast.For | ast.comprehension):
        return above.iter is read
    if isinstance(above, ast.Subscript):
        return above.value is read and not isinstance(above.slice, ast.Slice)
    if isinstance(above, ast.Compare):
        return above.left is not read and isinstance(above.ops[0], ast.In | ast.NotIn)
    return isinstance(above, ast.Call) and unit.resolve(above.func) in _TAKES_ANY
