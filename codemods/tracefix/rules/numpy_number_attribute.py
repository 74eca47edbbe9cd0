"""Keep a number of numpy's in an attribute.

What it does
    Finds attributes in which runs have shown a numpy.int64, a numpy.float32 or another number of
    numpy's that is none of Python's, and makes it one where __init__ assigns it.

Why TorchScript rejects it
    It takes Python's numbers for attributes: "failed to convert Python type: 'numpy.int64' to a
    TorchScript type".

Example
    import numpy as np
    from torch import nn


    class Scale(nn.Module):
        def __init__(self, shape):
            super().__init__()
            self.count = np.prod(shape)

        def forward(self, x):
            return x / self.count

Use instead
    import numpy as np
    from torch import nn


    class Scale(nn.Module):
        def __init__(self, shape):
            super().__init__()
            self.count = int(np.prod(shape))

        def forward(self, x):
            return x / self.count

When it is refused
    Where runs have shown several types. Without a run nothing is found, but for np.prod and its like.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import ClassInfo, Facts
from tracefix.facts.instances import held
from tracefix.facts.reach import is_self_attribute
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="numpy-number-attribute",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Python type: 'numpy\.(u?int|float|bool)",),
)
_KINDS = {
    **{f"{sign}int{bits}": "int" for sign in ("", "u") for bits in (8, 16, 32, 64)},
    **{f"float{bits}": "float" for bits in (16, 32)},  # float64 is a float of Python's
    "bool_": "bool",
}
_COUNTING = frozenset({"numpy.prod", "numpy.product"})


def find(facts: Facts) -> Iterator[Hit]:
    """Assignments in __init__ of what forward reads and runs have shown to be numpy's."""
    read = {n.attr for n in facts.in_forward(ast.Attribute) if isinstance(n, ast.Attribute)}
    for owner in facts.unit.classes.values():
        info = ClassInfo(facts.unit, owner)
        for name in sorted(read):
            for node in facts.unit.attribute_binders(owner, name):
                if not isinstance(node, ast.Assign) or not _is_init(node, facts):
                    continue
                if not is_self_attribute(node.targets[0], name) or len(node.targets) > 1:
                    continue
                seen = held(info, name, facts) or _by_call(node.value, facts)
                if seen & _KINDS.keys() and not _is_converted(node.value, facts):
                    yield Hit(node.value, f"self.{name} is a number of numpy's", seen)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The same number as Python's."""
    assert isinstance(hit.node, ast.expr)
    assert isinstance(hit.detail, frozenset)
    kinds = {_KINDS.get(type_, type_) for type_ in hit.detail}
    if len(kinds) > 1:
        return Refusal(f"runs have shown {' and '.join(sorted(hit.detail))}")
    kind = kinds.pop()
    return Change(f"make it {kind}()", (replace(hit.node, f"{kind}({{value}})", value=hit.node),))


def _is_init(node: ast.AST, facts: Facts) -> bool:
    function = facts.unit.function_of(node)
    return function is not None and function.name == "__init__"


def _by_call(value: ast.expr, facts: Facts) -> frozenset[str]:
    """What a product of numpy's gives for sizes, where nothing ran."""
    counted = isinstance(value, ast.Call) and facts.unit.resolve(value.func) in _COUNTING
    return frozenset({"int64"}) if counted else frozenset()


def _is_converted(value: ast.expr, facts: Facts) -> bool:
    return isinstance(value, ast.Call) and facts.unit.resolve(value.func) in _KINDS.values()
