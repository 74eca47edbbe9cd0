"""Give sizes as ints, not as tensors.

What it does
    Finds a tensor among the ints of a size, `mask.expand((n, lengths.max()))`, or of a padding, and
    makes it an int. So does a number that was read with `.item()`.

Why TorchScript rejects it
    A size is a List[int] there: "Expected a value of type 'List[int]' ... but instead found type
    'Tuple[int, Tensor]'". Where the sizes are arguments of their own, it takes the tensor.

Example
    import torch
    from torch import nn


    class Mask(nn.Module):
        def forward(self, lengths):
            longest = lengths.max()
            steps = torch.arange(longest, device=lengths.device)
            return steps.expand((lengths.shape[0], longest)) < lengths.unsqueeze(1)

Use instead
    import torch
    from torch import nn


    class Mask(nn.Module):
        def forward(self, lengths):
            longest = lengths.max()
            steps = torch.arange(longest, device=lengths.device)
            return steps.expand((lengths.shape[0], int(longest))) < lengths.unsqueeze(1)

When it is refused
    Never. A tensor of real numbers, which is no size in Python either, still raises in both.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.numbers import is_number, to_convert
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="tensor-in-sizes",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"but instead found type '(Tuple|List|Union)\[[^']*Tensor",
        r"Arguments for call are not valid",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Tensors and numbers among the ints of a sequence that torch is given."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if not _is_torchs(call, facts):
            continue
        for given in (*call.args, *(keyword.value for keyword in call.keywords)):
            if isinstance(given, ast.Tuple | ast.List):
                yield from _among_ints(given, facts)


def fix(hit: Hit, facts: Facts) -> Change:
    """`int()` around the value, without a detour through `.item()`."""
    assert isinstance(hit.node, ast.expr)
    value = to_convert(hit.node, facts.unit)
    return Change("make it an int", (replace(hit.node, "int({n})", n=value),))


def _is_torchs(call: ast.Call, facts: Facts) -> bool:
    """Whether a call is of a function of torch, or of a tensor's method."""
    if isinstance(call.func, ast.Attribute) and facts.types.is_tensor(call.func.value):
        return True
    return (facts.unit.resolve(call.func) or "").startswith("torch.")


def _among_ints(display: ast.Tuple | ast.List, facts: Facts) -> Iterator[Hit]:
    others = [e for e in display.elts if not _is_from_tensor(e, facts)]
    if others and all(facts.types.of(e) == "int" for e in others):
        for element in display.elts:
            if element not in others:
                yield Hit(element, "a size that is read from a tensor is no int")


def _is_from_tensor(node: ast.expr, facts: Facts) -> bool:
    if is_number(node, facts.unit, facts.flow_at(node)):
        return True
    return facts.types.is_tensor(node) and not facts.is_assumed_tensor(node)
