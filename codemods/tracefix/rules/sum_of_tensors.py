"""Add up tensors with sum().

What it does
    Writes `a + b + c` for a list that is written out, `x.sum(0)` for a tensor, and a loop in front
    of the statement for a list of tensors.

Why TorchScript rejects it
    Its sum() adds numbers. Of a tensor it adds all elements, where Python adds along the first
    dimension: that compiles and gives another result.

Example
    import torch
    from torch import nn


    class Mix(nn.Module):
        def forward(self, x):
            return sum([torch.tanh(x * n) for n in range(3)]) / sum([x.mean(), 1.0])

Use instead
    import torch
    from torch import nn


    class Mix(nn.Module):
        def forward(self, x):
            terms = [torch.tanh(x * n) for n in range(3)]
            total = terms[0]
            for term in terms[1:]:
                total = total + term
            return total / (x.mean() + 1.0)

When it is refused
    Where a start value is given, where a list is spread with a star, and where the sum is not worked
    out each time that its statement runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.hoisting import why_not_hoisted
from tracefix.facts.rejected_arguments import rejected_arguments
from tracefix.model import Outcome, Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="sum-of-tensors",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,  # of no tensors at all, the sum was 0
    answers=(r"aten::sum", r"\bsum\b"),
)

_LOOP = """\
{total} = {terms}[0]
for {term} in {terms}[1:]:
    {total} = {total} + {term}
"""


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of Python's sum() on what is, or holds, tensors."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) == "sum" and call.args:
            if _holds_tensors(call.args[0], facts):
                # Python goes through a tensor row by row, and a trace through as many as it had.
                spread = _is_tensor(call.args[0], facts)
                yield _hit(call, RULE.blocks if spread else frozenset({Target.SCRIPT}))


def answer(outcome: Outcome, facts: Facts) -> Iterator[Hit]:
    """The call of sum() that torch says is given tensors."""
    for rejected in rejected_arguments(outcome, facts):
        call = facts.unit.parents[rejected.node]
        if rejected.given == "List[Tensor]" and isinstance(call, ast.Call):
            if facts.unit.resolve(call.func) == "sum":
                yield _hit(call, frozenset({Target.SCRIPT}))
                return


def _hit(call: ast.Call, blocks: frozenset[Target]) -> Hit:
    return Hit(call, "Python's sum() of tensors is another one in TorchScript", blocks=blocks)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The sum, written out."""
    call = hit.node
    assert isinstance(call, ast.Call)
    if len(call.args) != 1 or call.keywords:
        return Refusal("it starts with a value of its own")
    terms = call.args[0]
    if isinstance(terms, ast.List | ast.Tuple) and terms.elts:
        return _written_out(call, terms)
    if _is_tensor(terms, facts):
        return Change("sum over the first dimension", (replace(call, "{x}.sum(0)", x=terms),))
    reason = why_not_hoisted(call, facts.unit)
    return Refusal(reason) if reason is not None else _looped(call, terms, facts)


def _is_tensor(terms: ast.expr, facts: Facts) -> bool:
    """Whether it is a tensor here: `loss = sum(loss)` makes one of the list of that name."""
    if not facts.types.is_tensor(terms) or not isinstance(terms, ast.Name):
        return facts.types.is_tensor(terms)
    given = facts.flow_at(terms).reads.get(terms, frozenset())
    return not any(_is_list(facts.unit.parents.get(d), facts) for d in given)


def _is_list(statement: ast.AST | None, facts: Facts) -> bool:
    value = statement.value if isinstance(statement, ast.Assign | ast.AnnAssign) else None
    if isinstance(value, ast.Call):
        return facts.unit.resolve(value.func) == "list"
    return isinstance(value, ast.List | ast.ListComp)


def _written_out(call: ast.Call, terms: ast.List | ast.Tuple) -> Change | Refusal:
    if any(isinstance(term, ast.Starred) for term in terms.elts):
        return Refusal("it spreads a list")
    holes: dict[str, Hole] = {f"term{n}": term for n, term in enumerate(terms.elts)}
    return Change("add them", (replace(call, " + ".join(f"{{{h}}}" for h in holes), **holes),))


def _looped(call: ast.Call, terms: ast.expr, facts: Facts) -> Change:
    total, term = facts.fresh("total"), facts.fresh("term")
    statement = facts.unit.statement(call)
    edit = replace(call, total)
    if isinstance(terms, ast.Name):
        loop = before(statement, _LOOP, total=total, term=term, terms=terms.id)
        return Change("add them in a loop", (loop, edit))
    name = facts.fresh("terms")
    made = f"{name} = {_as_list(terms)}\n"
    loop = before(statement, made + _LOOP, total=total, term=term, terms=name)
    return Change("add them in a loop", (loop, edit))


def _as_list(terms: ast.expr) -> str:
    """The list itself; of a generator the list that it fills."""
    if isinstance(terms, ast.GeneratorExp):
        return f"[{ast.unparse(terms)[1:-1]}]"
    return ast.unparse(terms)


def _holds_tensors(terms: ast.expr, facts: Facts) -> bool:
    """Whether tensors are what is added; numbers are TorchScript's to add."""
    if isinstance(terms, ast.List | ast.Tuple):
        return any(facts.types.is_tensor(term) for term in terms.elts)
    if isinstance(terms, ast.GeneratorExp):
        return facts.types.is_tensor(terms.elt)
    return facts.types.of(terms) in ("Tensor", "List[Tensor]")
