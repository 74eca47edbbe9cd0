"""Name the parameters that a sum over self.parameters() adds up.

What it does
    Writes the sum out, one term for each parameter of the class, where the text tells which these
    are. A parameter that an instance may lack is asked for None, as a variable: TorchScript asks no
    attribute.

Why TorchScript rejects it
    "Yield aren't supported": parameters() is a generator.

Example
    import torch
    from torch import nn


    class Linear(nn.Linear):
        def forward(self, x):
            if x.numel() == 0 and self.training:
                unused = sum(p.view(-1)[0] for p in self.parameters()) * 0.0
                return x.new_zeros([x.shape[0], self.weight.shape[0]]) + unused
            return nn.functional.linear(x, self.weight, self.bias)

Use instead
    import torch
    from torch import nn


    class Linear(nn.Linear):
        def forward(self, x):
            if x.numel() == 0 and self.training:
                total = self.weight.view(-1)[0]
                bias = self.bias
                if bias is not None:
                    total = total + bias.view(-1)[0]
                unused = total * 0.0
                return x.new_zeros([x.shape[0], self.weight.shape[0]]) + unused
            return nn.functional.linear(x, self.weight, self.bias)

When it is refused
    Where the class registers layers, or what may be one; where others derive from it; where it derives
    from more than nn.Module or one layer that has a weight and a bias; where the sum stands in a test.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from tracefix.facts import ClassInfo, Facts
from tracefix.facts.local_names import fresh_local
from tracefix.facts.own_parameters import own_parameters
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, before, escaped, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="sum-over-parameters",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Yield aren't supported",),
)
_SIMPLE = ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Return | ast.Expr


@dataclass(frozen=True)
class _Sum:
    """`sum(term for name in self.parameters())`."""

    term: ast.expr
    name: str


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of sum() on a generator, or a list, over self.parameters()."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        if facts.unit.resolve(call.func) != "sum" or len(call.args) != 1 or call.keywords:
            continue
        found = _read(call.args[0])
        if found is not None:
            yield Hit(call, "TorchScript cannot go through parameters()", detail=found)


def _read(terms: ast.expr) -> _Sum | None:
    if not isinstance(terms, ast.GeneratorExp | ast.ListComp) or len(terms.generators) != 1:
        return None
    loop = terms.generators[0]
    if loop.ifs or not isinstance(loop.target, ast.Name):
        return None
    if ast.unparse(loop.iter) != "self.parameters()":
        return None
    return _Sum(terms.elt, loop.target.id)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The terms, in the order of the parameters."""
    added = hit.detail
    assert isinstance(added, _Sum)
    owner = facts.unit.class_of(hit.node)
    parameters = own_parameters(ClassInfo(facts.unit, owner), facts) if owner is not None else None
    if not parameters or parameters[0].may_be_none:
        return Refusal("the text does not tell all parameters of the class")
    if any(isinstance(node, ast.Lambda | ast.comprehension) for node in walk(added.term)):
        return Refusal("a term has names of its own")
    terms = [_term(added, f"self.{p.name}") for p in parameters if not p.may_be_none]
    unsure = [p.name for p in parameters if p.may_be_none]
    whole = " + ".join(terms)
    if not unsure:
        return Change("name the parameters", (replace(hit.node, escaped(whole)),))
    function, statement = facts.unit.function_of(hit.node), facts.unit.statement(hit.node)
    if function is None or not isinstance(statement, _SIMPLE):
        return Refusal("no statement can stand in front of it")
    total = fresh_local("total", function, facts.unit)
    lines = [f"{total} = {whole}"]
    for attribute in unsure:
        name = fresh_local(attribute, function, facts.unit)
        lines += [f"{name} = self.{attribute}", f"if {name} is not None:"]
        lines.append(f"    {total} = {total} + {_term(added, name)}")
    ahead = before(statement, escaped("\n".join(lines)))
    return Change("name the parameters", (ahead, replace(hit.node, total)))


def _term(added: _Sum, read: str) -> str:
    """The term of one parameter."""
    parameter = ast.parse(read, mode="eval").body
    return ast.unparse(_Named(added.name, parameter).visit(deepcopy(added.term)))


class _Named(ast.NodeTransformer):
    """Puts an expression where a name stands."""

    def __init__(self, name: str, instead: ast.expr) -> None:
        self._name, self._instead = name, instead

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._instead if node.id == self._name else node
