"""Spread a list of sizes with a star.

What it does
    Passes the sizes of `x.view(n, *x.shape[2:])`, `torch.zeros(*size)` and their like as one sequence,
    and joins the parts of `[*a, b]` and `(*a, b)` with `+`.

Why TorchScript rejects it
    A size is a List[int] there, and how many arguments a list makes is not known when the call is
    compiled: "cannot statically infer the expected size of a list in this context".

Example
    import torch
    from torch import nn


    class Fold(nn.Module):
        def forward(self, x):
            y = x.flatten(2).softmax(-1)
            return y.view(x.size(0), -1, *x.size()[2:])

Use instead
    import torch
    from torch import nn


    class Fold(nn.Module):
        def forward(self, x):
            y = x.flatten(2).softmax(-1)
            return y.view((x.size(0), -1) + x.size()[2:])

When it is refused
    Where the call has arguments from a dictionary too. A function that takes no sequence in place
    of its arguments is left alone, as is a tuple of known length, which may be spread; `starred-value` takes `q, k, v = a, *b`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tracefix.facts import Facts
from tracefix.facts.handed_out import shares
from tracefix.facts.sequences import Kind, kind_of
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="starred-sizes",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"cannot statically infer the expected size of a list",),
)
# Methods and functions that take `f(a, b)` and `f((a, b))` alike.
_METHODS = frozenset(
    {
        "view", "reshape", "expand", "repeat", "permute", "tile", "flip", "resize_", "new_zeros",
        "new_ones", "new_empty",
    }
)  # fmt: skip
_FUNCTIONS = frozenset({"zeros", "ones", "empty", "rand", "randn"})
_NAMES = tuple(f"_{n}" for n in range(64))
_Spread = ast.Call | ast.List | ast.Tuple


def find(facts: Facts) -> Iterator[Hit]:
    """Stars in sizes, and in the displays of lists and tuples."""
    for node in facts.in_forward(ast.Call, ast.List, ast.Tuple):
        assert isinstance(node, _Spread)
        starred = [part for part in _parts(node) if isinstance(part, ast.Starred)]
        if not starred or all(isinstance(star.value, ast.Tuple) for star in starred):
            continue
        if _takes_sizes(node, facts) if isinstance(node, ast.Call) else _is_value(node, facts):
            yield Hit(node, "a star spreads a list of unknown length")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """One sequence, joined of the parts."""
    node = hit.node
    assert isinstance(node, _Spread)
    if isinstance(node, ast.Call) and any(k.arg is None for k in node.keywords):
        return Refusal("the call takes arguments from a dictionary too")
    form, holes = _joined(node, facts)
    return Change("join the parts to one sequence", (_edit(node, form, holes),))


def _edit(node: _Spread, form: str, holes: dict[str, Hole]) -> Edit:
    if not isinstance(node, ast.Call):
        return replace(node, form, **holes)
    named = [f"{k.arg}={{{k.arg}_}}" for k in node.keywords]
    holes |= {f"{k.arg}_": k.value for k in node.keywords}
    return replace(node, f"{{func}}({', '.join([form, *named])})", func=node.func, **holes)


def _parts(node: _Spread) -> Sequence[ast.expr]:
    return node.args if isinstance(node, ast.Call) else node.elts


def _takes_sizes(call: ast.Call, facts: Facts) -> bool:
    module, _, name = (facts.unit.resolve(call.func) or "").rpartition(".")
    if module == "torch":
        return name in _FUNCTIONS
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in _METHODS:
        return False
    return facts.types.of(call.func.value) not in ("module", "ndarray")


def _is_value(node: ast.List | ast.Tuple, facts: Facts) -> bool:
    """Whether a display is read as one value: no target, no index, no annotation, not handed out."""
    above = facts.unit.parents[node]
    if isinstance(above, ast.Subscript) or (isinstance(above, ast.Assign) and shares(above)):
        return False
    return isinstance(node.ctx, ast.Load)


def _joined(node: _Spread, facts: Facts) -> tuple[str, dict[str, Hole]]:
    """The parts as a template's sum, with the nodes that fill it."""
    runs = list(_runs(_parts(node)))
    kind = _kind(node, runs, facts)
    copied = isinstance(node, ast.List) and len(runs) == 1  # `[*a]` is a new list
    terms: list[str] = []
    holes: dict[str, Hole] = {}
    for number, run in enumerate(runs):
        first = run[0]
        if isinstance(first, ast.Starred):
            term, parts = _spread(first.value, kind, facts, copied=copied)
        else:
            term, parts = _display(len(run), kind), dict(zip(_NAMES, run, strict=False))
        terms.append(term.replace("{", f"{{part{number}"))
        holes |= {f"part{number}{name}": part for name, part in parts.items()}
    return " + ".join(terms), holes


def _spread(
    value: ast.expr, kind: Kind | str, facts: Facts, *, copied: bool
) -> tuple[str, dict[str, Hole]]:
    """What a star spreads, as a term of the sum."""
    if isinstance(value, ast.GeneratorExp) and len(value.generators) == 1:
        loop = value.generators[0]
        if not loop.ifs and not loop.is_async and kind != "tuple":
            return "[{e} for {t} in {i}]", {"e": value.elt, "t": loop.target, "i": loop.iter}
    value = _unwrapped(value, facts)
    plain = kind_of(value, facts) == kind or (kind == "any" and _is_sequence(value, facts))
    if plain and not copied:
        return "{s}", {"s": value}
    return ("tuple({s})" if kind == "tuple" else "list({s})"), {"s": value}


def _runs(parts: Sequence[ast.expr]) -> Iterator[list[ast.expr]]:
    """Starred parts one by one, those between them together."""
    run: list[ast.expr] = []
    for part in parts:
        if isinstance(part, ast.Starred):
            if run:
                yield run
            yield [part]
            run = []
        else:
            run.append(part)
    if run:
        yield run


def _kind(node: _Spread, runs: list[list[ast.expr]], facts: Facts) -> Kind | str:
    """What all terms have to be; "any" for a single term that is passed as it is."""
    if isinstance(node, ast.List):
        return "list"
    if isinstance(node, ast.Tuple):
        return "tuple"
    if len(runs) == 1:
        return "any"
    starred = [r[0].value for r in runs if isinstance(r[0], ast.Starred)]
    kinds = {kind_of(_unwrapped(value, facts), facts) for value in starred}
    return "tuple" if kinds == {"tuple"} else "list"


def _is_sequence(value: ast.expr, facts: Facts) -> bool:
    if kind_of(value, facts) is not None:
        return True
    return str(facts.types.of(value)).startswith(("List[", "Tuple[", "torch.Size"))


def _unwrapped(value: ast.expr, facts: Facts) -> ast.expr:
    """What `tuple(size)` or `list(size)` goes through, which a star reads as well."""
    if isinstance(value, ast.Call) and len(value.args) == 1 and not value.keywords:
        inner = value.args[0]
        copied = facts.unit.resolve(value.func) in ("tuple", "list")
        if copied and kind_of(inner, facts) is not None:
            return inner
    return value


def _display(count: int, kind: Kind | str) -> str:
    """A tuple or list of some parts, as a template."""
    inner = ", ".join(f"{{{name}}}" for name in _NAMES[:count])
    if kind == "tuple":
        return f"({inner},)" if count == 1 else f"({inner})"
    return f"[{inner}]"
