"""Start a variable with a value that nothing reads.

What it does
    Finds variables that start with a constant, an empty list or the like, and that every path gives
    another value in a branch or a loop before they are read. The start is left out.

Why TorchScript rejects it
    A variable keeps the type of its first value through branches and loops: "previously had type
    List[Tensor] but is now being assigned to a value of type Tensor".

Example
    import torch
    from torch import nn


    class Residual(nn.Module):
        def __init__(self, project: bool):
            super().__init__()
            self.project = project
            self.conv = nn.Conv1d(4, 4, 1)

        def forward(self, x):
            shortcut = []
            if self.project:
                shortcut = self.conv(x)
            else:
                shortcut = x
            return torch.relu(x + shortcut)

Use instead
    import torch
    from torch import nn


    class Residual(nn.Module):
        def __init__(self, project: bool):
            super().__init__()
            self.project = project
            self.conv = nn.Conv1d(4, 4, 1)

        def forward(self, x):
            if self.project:
                shortcut = self.conv(x)
            else:
                shortcut = x
            return torch.relu(x + shortcut)

When it is refused
    Never: a start that some path reads is other rules' matter.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, Unknown
from tracefix.facts.assignments import assigned_names, is_never_read
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, remove
from tracefix.rules import Rule

RULE = Rule(
    slug="value-never-read",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"previously had type .* but is now being assigned to a value of type",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """First values without effect, where branches or loops give all that are read."""
    for name in assigned_names(facts):
        start, *later = name.values
        statement = facts.unit.parents[start]
        if statement not in name.function.body or not _has_no_effect(name.values[start]):
            continue
        first = facts.types.of(name.values[start])
        nested = [t for t in later if name.is_nested(t, facts.unit)]
        unknown = isinstance(first, Unknown)  # []
        differ = any(unknown or facts.types.of(name.values[t]) != first for t in nested)
        if differ and is_never_read(start, name, facts):
            yield Hit(statement, f"nothing reads the first value of {name.name}")


def fix(hit: Hit, facts: Facts) -> Change:
    """The variable starts where it is given what is read."""
    assert isinstance(hit.node, ast.Assign)
    return Change("leave the first value out", (remove(hit.node),))


def _has_no_effect(value: ast.expr) -> bool:
    if isinstance(value, ast.List | ast.Tuple):
        return all(_has_no_effect(element) for element in value.elts)
    if isinstance(value, ast.Dict):
        return not value.keys
    return isinstance(value, ast.Constant | ast.Name)
