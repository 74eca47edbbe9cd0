"""Take the rest of a size with a star: `b, *rest = x.shape`.

What it does
    Takes the parts of a size or list one by one where a starred name takes the rest: the first ones
    and the last ones by index, the rest as a list of the slice between them. A rest that nothing
    reads is left out.

Why TorchScript rejects it
    A size is a List[int] there, whose length is not known when the assignment is compiled: "cannot
    statically infer the expected size of a list in this context".

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
    Where a target is not a plain name, or is the one that is taken apart.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="starred-target",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"cannot statically infer the expected size of a list",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Assignments that take a size or list apart, with a star among the targets."""
    for node in facts.in_forward(ast.Assign):
        assert isinstance(node, ast.Assign)
        target = node.targets[0]
        if len(node.targets) > 1 or not isinstance(target, ast.Tuple | ast.List):
            continue
        if any(isinstance(part, ast.Starred) for part in target.elts):
            if str(facts.types.of(node.value)).startswith(("torch.Size", "List[")):
                yield Hit(node, "a star takes a rest of unknown length", target.elts)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """One assignment for the parts before the star, one for the rest, one for those behind."""
    assert isinstance(hit.node, ast.Assign)
    assert isinstance(hit.detail, list)
    targets = [t.value if isinstance(t, ast.Starred) else t for t in hit.detail]
    names = [t for t in targets if isinstance(t, ast.Name)]
    if len(names) < len(targets):
        return Refusal("a target is not a plain name")
    value = hit.node.value
    whole, lines = "{value}", list[str]()
    if not _is_plain(value):
        whole = facts.fresh("sizes")
        lines.append(f"{whole} = {{value}}")
    elif {n.id for n in ast.walk(value) if isinstance(n, ast.Name)} & {n.id for n in names}:
        return Refusal(f"{ast.unparse(value)} is given another value by the assignment itself")
    at = next(n for n, t in enumerate(hit.detail) if isinstance(t, ast.Starred))
    lines += _taken(names, at, whole, used=_is_read(names[at], facts))
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
