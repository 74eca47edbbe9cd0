"""Count in an attribute of the module.

What it does
    Finds a Python number that forward moves on (`self.calls += 1`, a decaying factor, a flag that
    is set once) and makes it a buffer with `persistent=False`, so that checkpoints stay as they
    are: int64 for an int, float64 for a float, bool for a flag. Where the code needs a Python
    number, the buffer is read with `int()`; where a tensor serves, it stays a tensor. A factor is
    copied: autograd goes back through `x * calls` with what `calls` was then, while the next call
    moves the buffer on in place.

Why a trace is wrong
    A trace records tensors. The number is written into it as the constant that it was in the one
    recorded call, so that every call is the first one. TorchScript takes such an attribute as it is.

Example
    import torch
    from torch import nn


    class Warmup(nn.Module):
        def __init__(self):
            super().__init__()
            self.calls = 0

        def forward(self, x):
            self.calls += 1
            return x * self.calls

Use instead
    import torch
    from torch import nn


    class Warmup(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("calls", torch.tensor(0), persistent=False)

        def forward(self, x):
            self.calls += 1
            return x * self.calls.clone()

When it is refused
    Where the attribute is not defined once and unconditionally in __init__, changes its type, is
    read in another file or through its name as text, where code loops over all buffers, and for
    an update that has no form in place. A float buffer follows `model.half()` as every buffer does.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.buffer_reads import BufferReads, Form
from tracefix.facts.state import StateAttribute, Write
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule
from tracefix.rules.state_as_buffer import (
    definition_of,
    forbidden,
    outside_reads,
    state_of,
    torch_imports,
)

RULE = Rule(
    slug="counter-attribute",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.PROVEN,
)

_KINDS = ("int", "float", "bool")
_INITIAL = {
    "int": "torch.tensor({value})",
    "float": "torch.tensor({value}, dtype=torch.float64)",
    "bool": "torch.tensor({value})",
}
_READ = {Form.COPY: "{read}.clone()", Form.DOUBLE: "{read}.double()"}
# FloorDiv is none that TorchScript takes, and Div would make a float of an int.
_IN_PLACE = {
    "int": (ast.Add, ast.Sub, ast.Mult, ast.Mod),
    "float": (ast.Add, ast.Sub, ast.Mult, ast.Mod, ast.Div),
    "bool": (),
}


def find(facts: Facts) -> Iterator[Hit]:
    """Attributes that start as a number and that a call leaves changed for the next one."""
    state = state_of(facts)
    for attribute in state.moved:
        if not attribute.definitions or not _is_carried(attribute, facts):
            continue
        if all(state.type_of(w) in _KINDS for w in attribute.definitions):
            if all(state.type_of(w) in _KINDS for w in attribute.moves):
                message = (
                    f"forward moves the number self.{attribute.name}, which a trace keeps as it is"
                )
                yield Hit(attribute.moves[0].statement, message, attribute)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The attribute as a buffer: defined, moved and read as one."""
    attribute = hit.detail
    assert isinstance(attribute, StateAttribute)
    kind = _kind(attribute, facts)
    definition = definition_of(attribute, facts)
    for refusal in (kind, forbidden(attribute, facts), definition):
        if isinstance(refusal, Refusal):
            return refusal
    assert isinstance(definition, Write)
    assert isinstance(kind, str)
    assert definition.value is not None
    edits: list[Edit] = [
        replace(
            definition.statement,
            f'self.register_buffer("{attribute.name}", {_INITIAL[kind]}, persistent=False)',
            value=definition.value,
        )
    ]
    for write in (*attribute.moves, *attribute.others):
        moved = _moved(write, attribute, kind)
        if isinstance(moved, Refusal):
            return moved
        edits.extend(moved)
    reads = _reads(attribute, kind, facts)
    if isinstance(reads, Refusal):
        return reads
    title = f"keep self.{attribute.name} in a buffer"
    return Change(title, (*edits, *reads), torch_imports(facts))


def _is_carried(attribute: StateAttribute, facts: Facts) -> bool:
    """Whether what one call writes is read by the next: a count, or a flag that is asked."""
    if attribute.name == "training":
        return False  # train() and eval() own it
    own = [w for w in attribute.moves if _reads_itself(w, attribute)]
    flags = [w for w in attribute.moves if isinstance(w.value, ast.Constant) and _is_bool(w.value)]
    asked = any(facts.unit.function_of(r) in facts.reach.functions for r in attribute.reads)
    return bool(own) or bool(flags and asked)


def _is_bool(value: ast.Constant) -> bool:
    return isinstance(value.value, bool)


def _reads_itself(write: Write, attribute: StateAttribute) -> bool:
    if isinstance(write.statement, ast.AugAssign):
        return True
    return write.value is not None and any(n in attribute.reads for n in walk(write.value))


def _kind(attribute: StateAttribute, facts: Facts) -> str | Refusal:
    state = state_of(facts)
    writes = (*attribute.definitions, *attribute.moves, *attribute.others)
    types = [state.type_of(w) for w in writes]
    for write, type_ in zip(writes, types, strict=True):
        if type_ != types[0]:
            reason = f"self.{attribute.name} is of type {types[0]} at first and not so here"
            return Refusal(reason, facts.unit.span(write.statement))
    assert isinstance(types[0], str)
    return types[0]


def _moved(write: Write, attribute: StateAttribute, kind: str) -> list[Edit] | Refusal:
    """The edits that make an assignment write into the buffer."""
    statement, value = write.statement, write.value
    if isinstance(statement, ast.AugAssign):
        if isinstance(statement.op, _IN_PLACE[kind]):
            return []
        return Refusal(f"{ast.unparse(statement)} has no form in place that keeps its meaning")
    if value is None:
        return Refusal(f"self.{attribute.name} is assigned together with something else")
    if kind == "bool":
        if isinstance(value, ast.Constant):
            # Not fill_(True): that is no operator a trace could record.
            written = "fill_(1)" if value.value else "zero_()"
            return [replace(statement, f"self.{attribute.name}.{written}")]
        if isinstance(value, ast.UnaryOp) and value.operand in attribute.reads:
            return [replace(statement, f"self.{attribute.name}.logical_not_()")]
        return Refusal(f"{ast.unparse(statement)} has no form in place that keeps its meaning")
    if isinstance(value, ast.Constant) and value.value == 0:
        return [replace(statement, f"self.{attribute.name}.zero_()")]
    put = "copy_" if _is_own_arithmetic(value, attribute) else "fill_"
    return [replace(statement, f"self.{attribute.name}.{put}({{value}})", value=value)]


def _is_own_arithmetic(value: ast.expr, attribute: StateAttribute) -> bool:
    """Whether a value is arithmetic on the attribute, and so becomes a tensor with it."""
    if isinstance(value, ast.BinOp):
        return any(_is_own_arithmetic(e, attribute) for e in (value.left, value.right))
    if isinstance(value, ast.UnaryOp):
        return _is_own_arithmetic(value.operand, attribute)
    return value in attribute.reads


def _reads(attribute: StateAttribute, kind: str, facts: Facts) -> list[Edit] | Refusal:
    forms = BufferReads(facts.unit, facts.types, attribute)
    edits: list[Edit] = []
    for read in attribute.reads:
        form = forms.of_number(read, kind)
        if isinstance(facts.unit.parents[read], ast.UnaryOp) and _is_toggled(
            read, attribute, facts
        ):
            continue  # goes away with `self.flag = not self.flag`
        if form is not Form.BUFFER:
            edits.append(replace(read, _READ.get(form, f"{kind}({{read}})"), read=read))
    elsewhere = outside_reads(attribute, facts, f"{kind}({{read}})")
    return elsewhere if isinstance(elsewhere, Refusal) else [*edits, *elsewhere]


def _is_toggled(read: ast.Attribute, attribute: StateAttribute, facts: Facts) -> bool:
    around = facts.unit.parents[read]
    return any(w.value is around for w in attribute.moves) and isinstance(around, ast.UnaryOp)
