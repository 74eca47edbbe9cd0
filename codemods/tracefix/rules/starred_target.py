"""Take the rest of a size with a star: `b, *rest = x.shape`.

What it does
    Takes the parts of a size or list one by one where a starred name takes the rest: the first ones
    and the last ones by index, the rest as a list of the slice between them. A rest that nothing
    reads is left out.

Why TorchScript rejects it
    A size is a List[int] there, whose length is not known when the assignment is compiled: "cannot
    statically infer the expected size of a list in this context". What it takes for a Tensor "cannot
    be used as a tuple", and a trace expects as many parts of it as the recorded run had.

Example
    import torch
    from torch import nn


    class Tokens(nn.Module):
        def forward(self, x):
            n, *_, width = x.shape
            return x.reshape(n, -1, width)

Use instead
    import torch
    from torch import nn


    class Tokens(nn.Module):
        def forward(self, x):
            n = x.shape[0]
            width = x.shape[-1]
            return x.reshape(n, -1, width)

When it is refused
    Where a target is not a plain name, or is the one that is taken apart, and where the rest of a
    tensor is read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tracefix.facts import Facts
from tracefix.facts.tree import walk
from tracefix.model import Outcome, Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="starred-target",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"cannot statically infer the expected size of a list",
        r"Tensor (\(inferred\) )?cannot be used as a tuple",
    ),
)

_MESSAGE = "a star takes a rest of unknown length"


def find(facts: Facts) -> Iterator[Hit]:
    """Assignments that take a size or list apart, with a star among the targets."""
    for node, targets in _starred(facts):
        if facts.types.of(node.value) == "Tensor":
            # A trace takes it apart into as many as the recorded run's had.
            yield Hit(node, _MESSAGE, targets, frozenset({Target.SCRIPT, Target.TRACE}))
        elif _is_listed(node.value, facts):
            yield Hit(node, _MESSAGE, targets)


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """The assignment at which torch says so: an index takes a tuple apart as well as a tensor."""
    at = outcome.place
    for node, targets in _starred(facts):
        if at is not None and (node.value.lineno, facts.unit.path) == (at.line, at.path):
            yield Hit(node, _MESSAGE, targets)


def _starred(facts: Facts) -> Iterator[tuple[ast.Assign, list[ast.expr]]]:
    for node in facts.in_forward(ast.Assign):
        assert isinstance(node, ast.Assign)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Tuple | ast.List):
            continue
        if any(isinstance(part, ast.Starred) for part in target.elts):
            yield node, target.elts


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """One assignment for the parts before the star, one for the rest, one for those behind."""
    assert isinstance(hit.node, ast.Assign)
    assert isinstance(hit.detail, list)
    targets = [t.value if isinstance(t, ast.Starred) else t for t in hit.detail]
    names = [t for t in targets if isinstance(t, ast.Name)]
    if len(names) < len(targets):
        return Refusal("a target is not a plain name")
    value = hit.node.value
    at = next(n for n, t in enumerate(hit.detail) if isinstance(t, ast.Starred))
    used = _is_read(names[at], facts)
    if used and not _is_listed(value, facts):
        return Refusal(f"{names[at].id} is read, and {ast.unparse(value)} is no list")
    lines = list(_taken(names, at, "{value}", used=used))
    if len(lines) > 1 and not _is_plain(value):
        whole = facts.fresh("sizes" if _is_listed(value, facts) else "parts")
        lines = [f"{whole} = {{value}}", *_taken(names, at, whole, used=used)]
    elif len(lines) > 1 and _names_in(value) & {n.id for n in names}:
        return Refusal(f"{ast.unparse(value)} is given another value by the assignment itself")
    return Change("take the parts by index", (replace(hit.node, "\n".join(lines), value=value),))


def _taken(names: Sequence[ast.Name], star: int, whole: str, *, used: bool) -> Iterator[str]:
    first, last = [n.id for n in names[:star]], [n.id for n in names[star + 1 :]]
    if len(first) == 1:
        yield f"{first[0]} = {whole}[0]"
    elif first:
        yield f"{', '.join(first)} = {whole}[:{len(first)}]"
    if used:
        start, end = len(first) or "", f"-{len(last)}" if last else ""
        yield f"{names[star].id} = list({whole}[{start}:{end}])"
    if len(last) == 1:
        yield f"{last[0]} = {whole}[-1]"
    elif last:
        yield f"{', '.join(last)} = {whole}[-{len(last)}:]"


def _names_in(value: ast.expr) -> set[str]:
    return {n.id for n in walk(value) if isinstance(n, ast.Name)}


def _is_listed(value: ast.expr, facts: Facts) -> bool:
    """Whether the rest of a value is a list to TorchScript too, as that of a tensor is not."""
    return str(facts.types.of(value)).startswith(("torch.Size", "List["))


def _is_plain(value: ast.expr) -> bool:
    """Whether evaluating an expression again gives the same, at no cost: `x.shape`, `sizes`."""
    if isinstance(value, ast.Call):
        sized = isinstance(value.func, ast.Attribute) and value.func.attr == "size"
        return sized and not value.args and not value.keywords and _is_plain(value.func)
    if isinstance(value, ast.Attribute):
        return _is_plain(value.value)
    return isinstance(value, ast.Name)


def _is_read(name: ast.Name, facts: Facts) -> bool:
    return any(name in given for given in facts.flow_at(name).reads.values())
