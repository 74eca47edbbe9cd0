"""Keep a running sum or average in an attribute.

What it does
    Finds a tensor that forward replaces by something computed from it, as in
    `self.total = self.total + x.sum()`, held by a plain attribute or by a buffer, and a number
    that becomes such a tensor. The attribute
    becomes a buffer with `persistent=False` if it is none yet, and is written in place. What
    autograd or the caller keeps of it is copied, since the next call overwrites the buffer.

Why a trace is wrong
    A trace follows tensors and not attributes: that a new tensor is assigned is not recorded, and
    every call starts from what the recorded one found. Writing into a buffer is recorded. For a
    number that becomes a tensor, TorchScript fails too: "Expected float but got Tensor".

Example
    import torch
    from torch import nn


    class Mean(nn.Module):
        def __init__(self):
            super().__init__()
            self.mean = torch.zeros(4)

        def forward(self, x):
            self.mean = 0.9 * self.mean + 0.1 * x.mean(0)
            return x * self.mean

Use instead
    import torch
    from torch import nn


    class Mean(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", torch.zeros(4), persistent=False)

        def forward(self, x):
            self.mean.copy_(0.9 * self.mean + 0.1 * x.mean(0))
            return x * self.mean.clone()

When it is refused
    Where the new value is not the old one in arithmetic, since its shape may then be another;
    where a number becomes a tensor of more than one element; where the attribute is defined in
    several places, is used in another file or through its name as text, or where code loops over
    all buffers. The buffer follows `model.half()` as every buffer does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.facts import Facts
from tracefix.facts.bindings import only_assignment
from tracefix.facts.buffer_reads import BufferReads, Form
from tracefix.facts.state import StateAttribute, Write
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule
from tracefix.rules.state_as_buffer import (
    definition_of,
    forbidden,
    is_registered,
    outside_reads,
    state_of,
    torch_imports,
)

RULE = Rule(
    slug="tensor-state-attribute",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(r"Wrong type for attribute assignment\. Expected (int|float) but got Tensor",),
)

_NUMBERS = ("int", "float")
_REDUCTIONS = frozenset({"sum", "mean", "norm", "max", "min", "std", "var", "prod"})


@dataclass(frozen=True, eq=False)
class _Found:
    attribute: StateAttribute
    starts_as: str  # "number", "tensor" or "buffer"


def find(facts: Facts) -> Iterator[Hit]:
    """Attributes whose new tensor is computed from the old one."""
    state = state_of(facts)
    for attribute in state.moved:
        starts_as = _start(attribute, facts)
        if starts_as is None or any(state.type_of(w) != "Tensor" for w in attribute.moves):
            continue
        carried = [w for w in attribute.moves if _moves_itself(w, attribute)]
        replaced = [w for w in attribute.moves if not isinstance(w.statement, ast.AugAssign)]
        if not carried or (starts_as == "buffer" and not replaced):
            continue
        blocks = frozenset({Target.TRACE}) if starts_as != "number" else RULE.blocks
        message = (
            f"forward moves the tensor self.{attribute.name}, and a trace does not record that"
        )
        yield Hit(carried[0].statement, message, _Found(attribute, starts_as), blocks)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The attribute as a buffer, written in place."""
    found = hit.detail
    assert isinstance(found, _Found)
    attribute = found.attribute
    defined = _defined(found, facts)
    for refusal in (forbidden(attribute, facts), defined):
        if isinstance(refusal, Refusal):
            return refusal
    assert isinstance(defined, list)
    edits = defined
    for write in (*attribute.moves, *attribute.others):
        if isinstance(write.statement, ast.AugAssign):
            continue  # in place as it is
        if write.value is None or not _moves_itself(write, attribute):
            reason = f"{ast.unparse(write.statement)} need not keep the shape of what was there"
            return Refusal(reason, facts.unit.span(write.statement))
        edits.append(
            replace(write.statement, f"self.{attribute.name}.copy_({{value}})", value=write.value)
        )
    reads = _reads(attribute, facts)
    if isinstance(reads, Refusal):
        return reads
    return Change(f"keep self.{attribute.name} in a buffer", (*edits, *reads), torch_imports(facts))


def _start(attribute: StateAttribute, facts: Facts) -> str | None:
    """What the attribute is before forward has run."""
    if not attribute.definitions:
        return "buffer" if is_registered(attribute) else None
    types = {state_of(facts).type_of(w) for w in attribute.definitions}
    if types <= {*_NUMBERS}:
        return "number"
    made = [w.value for w in attribute.definitions]
    plain = all(isinstance(v, ast.Call) and not _is_parameter(v, facts) for v in made)
    return "tensor" if types == {"Tensor"} and plain else None


def _is_parameter(call: ast.Call, facts: Facts) -> bool:
    return (facts.unit.resolve(call.func) or "").endswith("Parameter")


def _defined(found: _Found, facts: Facts) -> list[Edit] | Refusal:
    """The edit of __init__ that makes the attribute a buffer."""
    if found.starts_as == "buffer":
        return []
    attribute = found.attribute
    definition = definition_of(attribute, facts)
    if isinstance(definition, Refusal):
        return definition
    assert definition.value is not None
    made = "{value}"
    if found.starts_as == "number":
        if not all(_adds_one_element(w, attribute, facts) for w in attribute.moves):
            return Refusal(f"self.{attribute.name} starts as a number and may become any shape")
        made = _first_tensor(definition.value, all(_counts(w) for w in attribute.moves))
    call = f'self.register_buffer("{attribute.name}", {made}, persistent=False)'
    return [replace(definition.statement, call, value=definition.value)]


def _first_tensor(value: ast.expr, counts: bool) -> str:
    """The tensor that adding to a number would have given, as source with a hole for the number."""
    if counts:
        return "torch.tensor({value})"
    if isinstance(value, ast.Constant) and isinstance(value.value, int):
        return f"torch.tensor({float(value.value)})"
    return "torch.tensor(float({value}))" if not _is_float(value) else "torch.tensor({value})"


def _is_float(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and isinstance(value.value, float)


def _moves_itself(write: Write, attribute: StateAttribute) -> bool:
    """Whether the new value is the old one in arithmetic, which keeps its shape or raises."""
    if isinstance(write.statement, ast.AugAssign):
        return True
    value = write.value
    if isinstance(value, ast.Name):
        given = only_assignment(write.function, value.id)
        value = given.value if given is not None else None
    return isinstance(value, ast.BinOp) and _is_arithmetic_on(value, attribute)


def _is_arithmetic_on(value: ast.expr, attribute: StateAttribute) -> bool:
    if isinstance(value, ast.BinOp) and not isinstance(value.op, ast.MatMult):
        return any(_is_arithmetic_on(e, attribute) for e in (value.left, value.right))
    return value in attribute.reads


def _adds_one_element(write: Write, attribute: StateAttribute, facts: Facts) -> bool:
    return write.value is not None and _is_single(write.value, attribute, facts)


def _is_single(value: ast.expr, attribute: StateAttribute, facts: Facts) -> bool:
    """Whether a value is a number or a tensor without dimensions, by what makes it."""
    if value in attribute.reads or facts.types.of(value) in (*_NUMBERS, "number", "bool"):
        return True
    if isinstance(value, ast.BinOp):
        return all(_is_single(e, attribute, facts) for e in (value.left, value.right))
    return _is_whole_reduction(value, facts)


def _is_whole_reduction(value: ast.expr, facts: Facts) -> bool:
    """`x.sum()`, `torch.sum(x)`, and what keeps their shape: `.detach()`, `.float()` ..."""
    if not isinstance(value, ast.Call) or value.keywords:
        return False
    resolved = facts.unit.resolve(value.func) or ""
    if resolved.startswith("torch.") and resolved.count(".") == 1:
        return len(value.args) == 1 and resolved.removeprefix("torch.") in _REDUCTIONS
    if not isinstance(value.func, ast.Attribute) or value.args:
        return False
    if value.func.attr in ("detach", "float", "double", "long", "abs", "sqrt"):
        return _is_whole_reduction(value.func.value, facts)
    return value.func.attr in _REDUCTIONS and facts.types.is_tensor(value.func.value)


def _counts(write: Write) -> bool:
    """`(x > 0).sum()`: an int64."""
    value = write.value
    return (
        isinstance(write.statement, ast.AugAssign)
        and isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr == "sum"
        and isinstance(value.func.value, ast.Compare)
    )


def _reads(attribute: StateAttribute, facts: Facts) -> list[Edit] | Refusal:
    """A copy wherever what is read must not change with the next call."""
    if all(isinstance(w.statement, ast.AugAssign) for w in attribute.moves):
        return []  # in place already: what was read changed before, too
    forms = BufferReads(facts.unit, facts.types, attribute)
    edits: list[Edit] = [
        replace(read, "{read}.clone()", read=read)
        for read in attribute.reads
        if forms.of_tensor(read) is Form.COPY
    ]
    elsewhere = outside_reads(attribute, facts, "{read}.clone()")
    return elsewhere if isinstance(elsewhere, Refusal) else [*edits, *elsewhere]
