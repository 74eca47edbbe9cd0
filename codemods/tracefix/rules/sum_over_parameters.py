"""Name the parameters that a sum over self.parameters() adds up.

What it does
    Writes the sum out, one term for each parameter of the class, where the text tells which these
    are. A term whose parameter an instance may lack is asked for None.

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
                unused = (self.weight.view(-1)[0] + (self.bias.view(-1)[0] if self.bias is not None else 0)) * 0.0
                return x.new_zeros([x.shape[0], self.weight.shape[0]]) + unused
            return nn.functional.linear(x, self.weight, self.bias)

When it is refused
    Where the class registers layers, or what may be one; where others derive from it; where it derives
    from more than nn.Module or one layer that has a weight and a bias.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

from tracefix.facts import ClassInfo, Facts
from tracefix.facts.own_parameters import OwnParameter, own_parameters
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, escaped, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="sum-over-parameters",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Yield aren't supported",),
)


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
    written = " + ".join(_term(added, parameter) for parameter in parameters)
    return Change("name the parameters", (replace(hit.node, escaped(written)),))


def _term(added: _Sum, parameter: OwnParameter) -> str:
    """The term of one parameter; 0, with which Python's sum() starts, where it is None."""
    term = ast.unparse(_Named(added.name, parameter.name).visit(deepcopy(added.term)))
    return (
        f"({term} if self.{parameter.name} is not None else 0)" if parameter.may_be_none else term
    )


class _Named(ast.NodeTransformer):
    """Puts an attribute of self where a name stands."""

    def __init__(self, name: str, attribute: str) -> None:
        self._name, self._attribute = name, attribute

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id != self._name:
            return node
        return ast.Attribute(ast.Name("self", ast.Load()), self._attribute, node.ctx)
