"""torch's message about an argument leads to the argument as it was written."""

from __future__ import annotations

from tracefix.facts import analyse
from tracefix.facts.rejected_arguments import rejected_arguments
from tracefix.model import Outcome, Place, Source

TEXT = """\
import torch
from torch import nn


class Scale(nn.Module):
    def forward(self, x, factor: int):
        return self.by(self.by(x, 2), factor)

    def by(self, x, amount: float = 1.0):
        return torch.dropout(x, amount, True) + self.by(amount=factor, x=x)
"""
OWN = (
    "by(__torch__.module.Scale self, Tensor x, float amount=1.) -> Tensor:\n"
    "Expected a value of type 'float' for argument 'amount' but instead found type 'int'."
)


def _rejected(error: str, line: int, column: int) -> list[tuple[str, int, str, str]]:
    facts = analyse([Source.of(TEXT)])[0]["module.py"]
    outcome = Outcome("compile", False, error, (Place("module.py", line, column),))
    found = rejected_arguments(outcome, facts)
    return [(facts.unit.text(r.node), r.node.lineno, r.wanted, r.given) for r in found]


def test_a_method_is_counted_without_self() -> None:
    assert _rejected(OWN, 7, 23) == [("2", 7, "float", "int")]


def test_the_outer_call_of_the_same_line_by_its_column() -> None:
    assert _rejected(OWN, 7, 15) == [("factor", 7, "float", "int")]


def test_where_the_column_is_of_another_text_every_call_of_that_name() -> None:
    assert [r[0] for r in _rejected(OWN, 7, 0)] == ["factor", "2"]


def test_a_keyword_argument() -> None:
    assert _rejected(OWN, 10, 48) == [("factor", 10, "float", "int")]


def test_a_function_of_torch_that_has_variants() -> None:
    error = (
        "Arguments for call are not valid.\nThe following variants are available:\n"
        "  aten::dropout(Tensor input, float p, bool train) -> Tensor:\n"
        "  Expected a value of type 'float' for argument 'p' but instead found type "
        "'Tensor (inferred)'.\n"
        "  aten::dropout.out(Tensor input, str p) -> Tensor:\n"
        "  Expected a value of type 'str' for argument 'p' but instead found type 'Tensor'.\n"
    )
    assert _rejected(error, 10, 15) == [
        ("amount", 10, "float", "Tensor"),
        ("amount", 10, "str", "Tensor"),
    ]


def test_a_place_in_another_file_is_none_of_this_one() -> None:
    facts = analyse([Source.of(TEXT)])[0]["module.py"]
    outcome = Outcome("compile", False, OWN, (Place("other.py", 7, 15),))
    assert list(rejected_arguments(outcome, facts)) == []
