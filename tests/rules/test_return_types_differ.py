"""torch's error names the types that the text alone does not show."""

from __future__ import annotations

import pytest

from tracefix.facts import analyse
from tracefix.model import Outcome, Place, Source
from tracefix.rewrite.change import Change
from tracefix.rules.return_types_differ import answer, fix

TEXT = """\
from torch import Tensor, nn


class Part(nn.Module):
    def forward(self, x, both: bool = False){returns}:
        if both:
            return x, self.other(x)
        return x
"""
PLAIN = (
    "Previous return statement returned a value of type Tuple[Tensor, Tensor] but this return "
    "statement returns a value of type Tensor (inferred):\n  File"
)
ANNOTATED = (
    "Return value was annotated as having type Union[Tensor, Tuple[Tensor, Tensor]] but is "
    "actually of type Tuple[Tensor, Optional[Tensor]]:\n  File"
)


@pytest.mark.parametrize(
    ("returns", "error", "written"),
    [
        ("", PLAIN, "Union[Tensor, Tuple[Tensor, Tensor]]"),
        (" -> Tensor", ANNOTATED, "Union[Tensor, Tuple[Tensor, Optional[Tensor]]]"),
        ("", "Something else", None),
    ],
)
def test_what_torch_has_met_is_written(returns: str, error: str, written: str | None) -> None:
    facts = analyse([Source.of(TEXT.format(returns=returns))])[0]["module.py"]
    outcome = Outcome("compile", False, error, (Place("module.py", 8, 8),))
    cures = [fix(hit, facts) for hit in answer(outcome, facts)]
    found = [c.edits[0].template for c in cures if isinstance(c, Change)]
    assert found == ([] if written is None else [written])


def test_a_wrong_annotation_of_one_return_is_corrected() -> None:
    text = TEXT.format(returns=" -> Tensor").replace("        return x\n", "        x = x + 1\n")
    facts = analyse([Source.of(text)])[0]["module.py"]
    error = (
        "Return value was annotated as having type Tensor but is actually of type "
        "Tuple[Tensor, Tensor]:\n  File"
    )
    outcome = Outcome("compile", False, error, (Place("module.py", 7, 8),))
    cures = [fix(hit, facts) for hit in answer(outcome, facts)]
    assert [c.edits[0].template for c in cures if isinstance(c, Change)] == [
        "Tuple[Tensor, Tensor]"
    ]
