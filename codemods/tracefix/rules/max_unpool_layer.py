"""Undo max pooling with nn.MaxUnpool2d.

What it does
    Writes a subclass that says what its sizes are once the layer is made, pairs of ints, and uses that.

Why TorchScript rejects it
    The layer declares its sizes as an int or a tuple, and TorchScript, which cannot hand on what may be
    either, stops with an internal error: "isIntList() INTERNAL ASSERT FAILED".

Example
    import torch
    from torch import nn


    class Coder(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = nn.MaxPool2d(2, return_indices=True)
            self.unpool = nn.MaxUnpool2d(2)

        def forward(self, x):
            x, indices = self.pool(x)
            return self.unpool(x, indices)

Use instead
    from typing import Tuple

    import torch
    from torch import nn


    class _MaxUnpool2d(nn.MaxUnpool2d):
        kernel_size: Tuple[int, int]
        stride: Tuple[int, int]
        padding: Tuple[int, int]


    class Coder(nn.Module):
        def __init__(self):
            super().__init__()
            self.pool = nn.MaxPool2d(2, return_indices=True)
            self.unpool = _MaxUnpool2d(2)

        def forward(self, x):
            x, indices = self.pool(x)
            return self.unpool(x, indices)

When it is refused
    Never; subclasses of the layer are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, before, escaped, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="max-unpool-layer",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Expected IntList but got Int",),
)

_CLASS = """class {name}({layer}):
    kernel_size: {pair}
    stride: {pair}
    padding: {pair}
"""


def find(facts: Facts) -> Iterator[Hit]:
    """All places of a file that make the layer, which one class serves."""
    made = [
        n
        for n in walk(facts.unit.tree)
        if isinstance(n, ast.Call) and facts.unit.resolve(n.func) == "torch.nn.MaxUnpool2d"
    ]
    if made:
        made.sort(key=lambda n: facts.unit.span(n))
        message = "nn.MaxUnpool2d does not say what its sizes are"
        yield Hit(_imported_by(made[0], facts), message, made)


def _imported_by(made: ast.Call, facts: Facts) -> ast.AST:
    """The import that the layer's name comes from: every class of the file may be concerned."""
    name = ast.unparse(made.func).partition(".")[0]
    for statement in facts.unit.tree.body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            names = (a.asname or a.name.partition(".")[0] for a in statement.names)
            if name in names:
                return statement
    return made


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A class of the file in its place."""
    made = hit.detail
    assert isinstance(made, list)
    name = facts.fresh("_MaxUnpool2d")
    pair = written("Tuple[int, int]", facts.unit)
    layer = ast.unparse(made[0].func)
    text = _CLASS.format(name=name, layer=layer, pair=pair)
    edits: list[Edit] = [before(facts.unit.top_level(made[0]), escaped(text))]
    edits += [replace(call.func, name) for call in made]
    imports = imports_for([pair], facts.unit)
    return Change("write a class that says what its sizes are", tuple(edits), imports)
