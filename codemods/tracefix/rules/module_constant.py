"""Read a constant of the file in forward.

What it does
    Writes the number, text, list or set that a name of the file stands for where forward reads it
    (`membership-in-set` takes the set).

Why TorchScript rejects it
    It compiles functions and methods, not the file around them: a value that they close over is
    unknown to it, "python value of type 'float' cannot be used as a value".

Example
    import torch
    from torch import nn

    EPS = 1e-8


    class Normalized(nn.Module):
        def forward(self, x):
            return x / (x.norm(2, -1, keepdim=True) + EPS)

Use instead
    import torch
    from torch import nn

    EPS = 1e-8


    class Normalized(nn.Module):
        def forward(self, x):
            return x / (x.norm(2, -1, keepdim=True) + 1e-8)

When it is refused
    Where the name is given a value twice or from outside, or is None for a start, where the value
    is worked out when the file is loaded, and where a list or a set of that name may be changed. Switches
    that a method branches on are module-flag's.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.constants import constant, constant_text
from tracefix.facts.file_conditions import file_conditions
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="module-constant",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"python value of type '\w+' cannot be used as a value",),
)
_LONGEST = 60


def find(facts: Facts) -> Iterator[Hit]:
    """Names of the file's body that hold plain values and that forward reads."""
    switches = {n for c in file_conditions(facts) for n in walk(c.test)}
    for function in facts.forward_functions:
        for name, found in _reads(function, facts).items():
            reads = [read for read in found if read not in switches]
            if reads:
                yield Hit(reads[0], f"TorchScript does not see {name}", detail=reads)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The value in place of the name."""
    reads = hit.detail
    assert isinstance(reads, list)
    assert isinstance(hit.node, ast.Name)
    value = constant(hit.node.id, facts)
    if isinstance(value, ast.Constant) and value.value is None:
        return Refusal(f"{hit.node.id} is None until something is put there")
    if value is None:
        return Refusal(f"{hit.node.id} is not one literal value all the time")
    text = constant_text(value, facts)
    if len(text) > _LONGEST:
        return Refusal(f"the value of {hit.node.id} is too long to be written out")
    edits = tuple(replace(read, "{value}", value=text) for read in reads)
    # A switch is there to be thrown: that nobody does so, a run has to bear out.
    is_switch = isinstance(value, ast.Constant) and isinstance(value.value, bool)
    safety = Safety.PROVEN if is_switch else None
    return Change(f"write the value of {hit.node.id}", edits, safety=safety)


def _reads(function: FunctionNode, facts: Facts) -> dict[str, list[ast.Name]]:
    """The places that read each plain name of the file, without nested functions' own."""
    found: dict[str, list[ast.Name]] = {}
    for statement in function.body:
        for node in walk(statement):
            if not isinstance(node, ast.Name) or facts.unit.resolve(node) != node.id:
                continue
            if node.id in facts.unit.globals and _holds_a_value(node.id, facts):
                found.setdefault(node.id, []).append(node)
    return found


def _holds_a_value(name: str, facts: Facts) -> bool:
    """Whether the file gives a number, text, list or tuple to a name: no function, no tensor."""
    if constant(name, facts) is not None:
        return True
    type_ = str(facts.types.of(facts.unit.globals[name]))
    return type_ in _VALUES or type_.startswith(("List[", "Tuple["))


_VALUES = frozenset({"int", "float", "str", "bool", "None", "number"})
