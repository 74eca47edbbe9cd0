"""Hand pack_padded_sequence its lengths as a list.

What it does
    Hands the tensor over that the list was read from: `lengths.tolist()` becomes `lengths.cpu()`, and
    so do `lengths.data.cpu().numpy()`, `list(lengths)` and a variable that holds nothing else.

Why it does not trace or script
    A trace keeps the numbers of the list, so that it takes no batch of another size and packs every
    batch by the lengths of the first. TorchScript does not know what the list holds. Eager mode makes
    a tensor of int64 on the CPU of whatever it is given.

Example
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence


    class Pack(nn.Module):
        def forward(self, x, lengths):
            return pack_padded_sequence(x, lengths.tolist(), batch_first=True).data

Use instead
    import torch
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence


    class Pack(nn.Module):
        def forward(self, x, lengths):
            return pack_padded_sequence(x, lengths.cpu(), batch_first=True).data

When it is refused
    Never; lists that are used for something else too, or that come from elsewhere, are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.devices import is_tensor_like
from tracefix.facts.packing import lengths_of
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="packed-lengths",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(r"type hint for result of tolist", r"attribute or method 'numpy'", r"lengths"),
)

_READING = frozenset({"tolist", "numpy"})
_ON_THE_WAY = frozenset({"cpu", "detach", *_READING})


def find(facts: Facts) -> Iterator[Hit]:
    """The lists that sequences are packed by, where they are read from a tensor."""
    for call in facts.in_forward(ast.Call):
        lengths = lengths_of(call, facts.unit)
        made = _made_as(lengths, facts) if lengths is not None else None
        if made is not None and _read_from(made, facts) is not None:
            yield Hit(made, "a trace packs by the lengths that it was recorded with")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The tensor itself."""
    assert isinstance(hit.node, ast.expr)
    tensor = _read_from(hit.node, facts)
    assert tensor is not None
    return Change("hand the tensor over", (replace(hit.node, "{x}.cpu()", x=tensor),))


def _made_as(lengths: ast.expr, facts: Facts) -> ast.expr | None:
    """The expression itself, or what a variable was given that is read for nothing else."""
    if not isinstance(lengths, ast.Name):
        return lengths
    flow = facts.flow_at(lengths)
    given = flow.reads.get(lengths, frozenset())
    if len(given) != 1:
        return None
    (target,) = given
    assignment = facts.unit.parents.get(target)
    plain = isinstance(assignment, ast.Assign) and assignment.targets == [target]
    if not plain or not all(_is_handed_over(reader, facts) for reader in flow.readers(target)):
        return None
    return assignment.value if isinstance(assignment, ast.Assign) else None


def _is_handed_over(name: ast.Name, facts: Facts) -> bool:
    above = facts.unit.parents[name]
    above = facts.unit.parents[above] if isinstance(above, ast.keyword) else above
    return lengths_of(above, facts.unit) is name


def _read_from(node: ast.expr, facts: Facts) -> ast.expr | None:
    """The tensor whose values an expression reads into Python: `n` of `n.data.cpu().numpy()`."""
    is_read = False
    if _is_list_of(node, facts):
        assert isinstance(node, ast.Call)
        node, is_read = node.args[0], True
    while True:
        if isinstance(node, ast.Attribute) and node.attr == "data":
            node = node.value
        elif _calls_on_the_way(node):
            assert isinstance(node, ast.Call)
            assert isinstance(node.func, ast.Attribute)
            is_read |= node.func.attr in _READING
            node = node.func.value
        else:
            return node if is_read and is_tensor_like(node, facts) else None


def _is_list_of(node: ast.expr, facts: Facts) -> bool:
    if not isinstance(node, ast.Call) or len(node.args) != 1 or node.keywords:
        return False
    return facts.unit.resolve(node.func) == "list" and not isinstance(node.args[0], ast.Starred)


def _calls_on_the_way(node: ast.expr) -> bool:
    if not isinstance(node, ast.Call) or node.args or node.keywords:
        return False
    return isinstance(node.func, ast.Attribute) and node.func.attr in _ON_THE_WAY
