"""Import where the file does, not while the module runs.

What it does
    Moves an import out of what forward runs to the top of the file, or takes it out where the file
    imports the same there already.

Why TorchScript rejects it
    "import statements aren't supported".

Example
    import torch
    from torch import nn


    class Scale(nn.Module):
        def forward(self, x):
            import math

            return x / math.sqrt(x.size(1))

Use instead
    import math

    import torch
    from torch import nn


    class Scale(nn.Module):
        def forward(self, x):
            return x / math.sqrt(x.size(1))

When it is refused
    Where what is imported is neither Python's own nor a part of torch that comes with it: an import
    may be late because the package is not always there, or because two files import each other.
    Where the file uses the name for something else.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping

from tracefix.facts import Facts
from tracefix.facts.imports import imported
from tracefix.facts.unit import Unit
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, remove
from tracefix.rules import Rule

RULE = Rule(
    slug="import-in-forward",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"import statements aren't supported",),
)

# Loaded by `import torch` itself.
_WITH_TORCH = ("torch.nn", "torch.autograd", "torch.cuda.amp", "torch.fft", "torch.linalg")


def find(facts: Facts) -> Iterator[Hit]:
    """Imports inside of what forward runs."""
    for node in facts.in_forward(ast.Import, ast.ImportFrom):
        yield Hit(node, "TorchScript imports nothing while it runs")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The import at the top of the file, where all who read the name find it."""
    statement, unit = hit.node, facts.unit
    assert isinstance(statement, ast.Import | ast.ImportFrom)
    above = _of_file(unit)
    late = imported(ast.Module([statement], []))
    missing = {name: what for name, what in late.items() if above.get(name) != what}
    if not missing:
        return Change("read the file's own import", (remove(statement),))
    for name, what in missing.items():
        if not _comes_with_python_or_torch(what):
            return Refusal(f"{what} may be imported late on purpose")
        if name in above or name in unit.functions or name in unit.classes or name in unit.globals:
            return Refusal(f"{name} is something else in this file")
    if isinstance(statement, ast.ImportFrom) and any(a.asname for a in statement.names):
        return Refusal("what is imported from a module gets another name")
    return Change("import it at the top", (remove(statement),), tuple(_written(statement)))


def _of_file(unit: Unit) -> Mapping[str, str]:
    """What the names stand for that the file's own body imports."""
    own = [s for s in unit.tree.body if isinstance(s, ast.Import | ast.ImportFrom)]
    return imported(ast.Module(list(own), []))


def _comes_with_python_or_torch(what: str) -> bool:
    package = what.partition(".")[0]
    return package in sys.stdlib_module_names or what.startswith(_WITH_TORCH) or what == "torch"


def _written(statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """One statement for each name that a statement imports."""
    for alias in statement.names:
        if isinstance(statement, ast.Import):
            yield ast.unparse(ast.Import([alias]))
        else:
            yield ast.unparse(ast.ImportFrom(statement.module, [alias], statement.level))
