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


def test_what_only_a_script_defines_is_no_class_of_the_file() -> None:
    text = "class A: ...\nif __name__ == '__main__':\n    class B: ...\nif A:\n    class C: ...\n"
    assert list(Unit.parse(Source.of(text)).classes) == ["A", "C"]
