"""Make a tuple of a list or a size: `tuple(x.shape[2:])`.

What it does
    Leaves out the tuple() around a size, which is a tuple already, writes `(a, b)` for
    `tuple([a, b])`, and makes a list where a tuple is made of a generator, a range or another list.
    So do tuples that are written out and joined with one of a range.

Why TorchScript rejects it
    How long a tuple is belongs to its type, and how long a list is is not known when the call is
    compiled: "cannot statically infer the expected size of a list in this context", "range cannot
    be used as a tuple".

Example
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Pyramid(nn.Module):
        def forward(self, x):
            size = tuple(x.shape[2:])
            small = tuple(F.avg_pool2d(x, k) for k in (1, 2))
            return torch.stack(tuple(F.interpolate(s, size) for s in small))

Use instead
    import torch
    import torch.nn.functional as F
    from torch import nn


    class Pyramid(nn.Module):
        def forward(self, x):
            size = x.shape[2:]
            small = [F.avg_pool2d(x, k) for k in (1, 2)]
            return torch.stack([F.interpolate(s, size) for s in small])

When it is refused
    Where forward returns it: whoever calls it may count on a tuple. Where `+` joins it with a tuple
    that is not written out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.sequences import kind_of
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="tuple-of-list",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"cannot statically infer the expected size of a list", r"\btuple\(", r"^\W*range "),
    after=("list-returned-as-tuple",),  # a tuple is better than a list where both would do
)


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of tuple() on what TorchScript has as a list."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if len(call.args) != 1 or call.keywords or facts.unit.resolve(call.func) != "tuple":
            continue
        given = call.args[0]
        listed = isinstance(given, ast.GeneratorExp) or kind_of(given, facts) == "list"
        if listed or str(facts.types.of(given)).startswith(("torch.Size", "List[", "range")):
            yield Hit(call, "a tuple is made of a list of unknown length", given)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The size itself, or a list."""
    call, given = hit.node, hit.detail
    assert isinstance(call, ast.Call)
    assert isinstance(given, ast.expr)
    if isinstance(given, ast.List) and not any(isinstance(e, ast.Starred) for e in given.elts):
        return Change("write the tuple", (_displayed(call, given.elts),))
    whole, parts = _joined(call, facts)
    if any(not (isinstance(p, ast.Tuple) or _is_of_range(p, facts)) for p in parts):
        return Refusal("it is joined with another, which has to be a tuple too")
    if _is_returned(whole, facts):
        return Refusal("forward returns it, and whoever calls it may count on a tuple")
    if parts:
        return Change("make lists", tuple(_listed(part) for part in parts))
    if isinstance(given, ast.GeneratorExp) and len(given.generators) == 1:
        loop = given.generators[0]
        tests = "".join(f" if {{if{n}}}" for n in range(len(loop.ifs)))
        holes = {f"if{n}": test for n, test in enumerate(loop.ifs)}
        template = f"[{{element}} for {{target}} in {{over}}{tests}]"
        holes |= {"element": given.elt, "target": loop.target, "over": loop.iter}
        return Change("make a list", (replace(call, template, **holes),))
    if isinstance(given, ast.GeneratorExp):
        return Refusal("the generator has several loops")
    sized = facts.types.of(given) == "torch.Size"
    whole_list = not _is_of_range(call, facts) and _is_argument(call, facts)
    if sized or isinstance(given, ast.ListComp) or whole_list:
        return Change("leave out tuple()", (replace(call, "{given}", given=given),))
    return Change("make a list", (replace(call, "list({given})", given=given),))


def _joined(call: ast.Call, facts: Facts) -> tuple[ast.expr, list[ast.expr]]:
    """The sum that a call is a part of, with its parts; the call alone has none."""
    whole: ast.expr = call
    while isinstance(above := facts.unit.parents[whole], ast.BinOp):
        whole = above
    return whole, _terms(whole) if whole is not call else []


def _terms(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [*_terms(node.left), *_terms(node.right)]
    return [node]


def _is_of_range(node: ast.expr, facts: Facts) -> bool:
    """Whether an expression is `tuple(range(...))`."""
    if not isinstance(node, ast.Call) or len(node.args) != 1:
        return False
    return facts.unit.resolve(node.func) == "tuple" and facts.types.of(node.args[0]) == "range"


def _listed(part: ast.expr) -> Edit:
    """`[a, b]` for `(a, b)`, and `list(range(n))` for `tuple(range(n))`."""
    if isinstance(part, ast.Call):
        return replace(part.func, "list")
    assert isinstance(part, ast.Tuple)
    return _displayed(part, part.elts, "[]")


def _displayed(node: ast.expr, elements: list[ast.expr], brackets: str = "()") -> Edit:
    """`(a, b)` for `tuple([a, b])`."""
    names = [f"e{n}" for n in range(len(elements))]
    lone = "," if len(names) == 1 and brackets == "()" else ""
    inner = ", ".join(f"{{{name}}}" for name in names) + lone
    template = f"{brackets[0]}{inner}{brackets[1]}"
    return replace(node, template, **dict(zip(names, elements, strict=True)))


def _is_returned(call: ast.expr, facts: Facts) -> bool:
    """Whether it is what forward gives back, or an element of that."""
    function = facts.unit.function_of(call)
    holder = facts.unit.parents[call]
    while isinstance(holder, ast.Tuple | ast.List | ast.Dict):
        holder = facts.unit.parents[holder]
    return isinstance(holder, ast.Return) and function is not None and function.name == "forward"


def _is_argument(call: ast.Call, facts: Facts) -> bool:
    """Whether it is handed to a function of torch, which keeps nothing of it."""
    around = facts.unit.parents[call]
    if not isinstance(around, ast.Call) or call is around.func:
        return False
    return (facts.unit.resolve(around.func) or "").startswith("torch.")
