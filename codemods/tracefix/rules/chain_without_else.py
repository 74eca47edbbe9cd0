"""Leave the last case of a chain without an else: `elif reduction == 2:`.

What it does
    Makes the last `elif` of a chain its `else`, where one of the tests always holds: the last says
    the opposite of one before, or the tests go through all values that a variable can have.

Why TorchScript rejects it
    It does not see that one of the tests holds. What is returned may then be None, and what is
    assigned may be undefined: "is not defined in the false branch", "Expected a value of type
    'Tensor' ... but instead found type 'Optional[Tensor]'".

Example
    import torch.nn.functional as F
    from torch import nn


    class Reduce(nn.Module):
        def forward(self, x, reduction: str):
            how = F._Reduction.get_enum(reduction)
            if how == 0:
                return x
            elif how == 1:
                return x.mean()
            elif how == 2:
                return x.sum()

Use instead
    import torch.nn.functional as F
    from torch import nn


    class Reduce(nn.Module):
        def forward(self, x, reduction: str):
            how = F._Reduction.get_enum(reduction)
            if how == 0:
                return x
            elif how == 1:
                return x.mean()
            else:
                return x.sum()

When it is refused
    Where the last test holds a comment. Chains whose tests call something or leave a case open (of
    `<` and `>=` neither may hold) are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.complete_chains import CompleteChain, complete_chains
from tracefix.facts.tree import walk
from tracefix.model import Safety, Target
from tracefix.rewrite.change import Change, Hit, last_case
from tracefix.rules import Rule

RULE = Rule(
    slug="chain-without-else",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    answers=(r"Optional\[", r"NoneType", r"is not defined in the"),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Complete chains behind which a function ends, or a variable is read."""
    for chain in complete_chains(facts):
        if _ends_its_function(chain, facts) or _defines(chain, facts):
            message = "one of the tests always holds, which TorchScript does not see"
            yield Hit(chain.links[-1], message)


def fix(hit: Hit, facts: Facts) -> Change:
    """An `else` for the last test."""
    assert isinstance(hit.node, ast.If)
    return Change("make the last case the else", (last_case(hit.node),))


def _ends_its_function(chain: CompleteChain, facts: Facts) -> bool:
    """Whether a function returns values from the chain and ends with it."""
    function = facts.unit.function_of(chain.links[0])
    if not isinstance(function, FunctionNode) or chain.links[0] is not function.body[-1]:
        return False
    return any(isinstance(n, ast.Return) and n.value for s in chain.arms for n in walk(s))


def _defines(chain: CompleteChain, facts: Facts) -> bool:
    """Whether a variable that the chain gives a value is read where it may have none."""
    bound = {n for s in chain.arms for n in walk(s) if isinstance(n, ast.Name)}
    flow = facts.flow_at(chain.links[0])
    return any(flow.maybe_unbound(n) and flow.reads[n] & bound for n in flow.reads)
