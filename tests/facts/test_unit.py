"""What a name means in a file."""

from __future__ import annotations

import ast

from tracefix.facts import Unit
from tracefix.model import Source


def test_a_definition_takes_an_imported_name_over() -> None:
    unit = Unit.parse(
        Source.of(
            "from torch.nn import Linear\n"
            "class Linear(Linear):\n"
            "    def forward(self, x):\n"
            "        return super(Linear, self).forward(x)\n"
        )
    )
    names = [n for n in ast.walk(unit.tree) if isinstance(n, ast.Name) and n.id == "Linear"]
    assert [unit.resolve(n) for n in names] == ["torch.nn.Linear", "Linear"]
