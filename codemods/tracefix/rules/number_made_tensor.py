"""Make a tensor of a size, `torch.tensor([h])`, and use it as the number that it was.

What it does
    Finds variables that hold a tensor made of one int, where everything that is computed with them
    ends as an int: in the list that `F.pad` is given, as the bound of a slice, in `int()`. The
    variable then holds the int itself. Whole numbers are added, multiplied and divided with `//`
    as whole tensors are.

Why TorchScript rejects it
    A padding is a List[int] there: "Expected a value of type 'List[int]' for argument 'pad' but
    instead found type 'List[Tensor]'". A trace takes it, and keeps the tensor as it was while it
    was recorded: it pads every image as the first one.

Example
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Up(nn.Module):
        def forward(self, x, skip):
            missing = torch.tensor([skip.size(3) - x.size(3)])
            x = F.pad(x, [missing // 2, missing - missing // 2])
            return torch.cat([skip, x], dim=1)

Use instead
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Up(nn.Module):
        def forward(self, x, skip):
            missing = skip.size(3) - x.size(3)
            x = F.pad(x, [missing // 2, missing - missing // 2])
            return torch.cat([skip, x], dim=1)

When it is refused
    Where a comment stands in the call. Variables of which anything else is read are no finding.
"""

from __future__ import annotations

from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.numbers_as_tensors import NumberAsTensor, numbers_as_tensors
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="number-made-tensor",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(
        r"'List\[int\]'.* but instead found type '(Tuple|List)\[[^']*Tensor",
        r"Arguments for call are not valid",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """The first of such variables in each function that forward reaches, with the others."""
    for function in facts.forward_functions:
        found = numbers_as_tensors(function, facts)
        if found:
            # Variables that are computed with each other change together.
            yield Hit(found[0].made, "what is used as a number was made a tensor", found)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The numbers without the tensors."""
    assert isinstance(hit.detail, list)
    found: list[NumberAsTensor] = hit.detail
    if any("#" in facts.unit.text(number.made) for number in found):
        return Refusal("a comment stands among the arguments")
    return Change("keep the number a number", tuple(_as_number(number) for number in found))


def _as_number(found: NumberAsTensor) -> Edit:
    # Without the call's brackets an expression over several lines needs its own.
    several = found.number.lineno != found.number.end_lineno
    return replace(found.made, "({number})" if several else "{number}", number=found.number)
