"""Loop as often as the data says.

What it does
    Finds loops and comprehensions whose count, or whose condition, depends on a tensor's values
    or shape, on state that forward moves, or on a random draw. The loop, with the numbers that
    are computed for it or by it, moves into a function that a trace keeps as code. What it reads
    of self becomes an argument, and a layer's call the function that the layer calls. A method, or
    the forward of a module of the file, leaves its body to a function that both can call. Where a
    method is given how often to loop, the call of it moves.

Why a trace is wrong
    Tracing runs the loop and records its steps one after the other: as many as the first input
    took, for all inputs. torch warns of some of these, not of `range(x.size(1))`.
    A function under `torch.jit.script_if_tracing` is plain Python in eager mode, and compiled,
    with its control flow, where a trace calls it.

Example
    import torch
    from torch import nn


    class Walk(nn.Module):
        def forward(self, x):
            for i in range(x.size(1)):
                x = x + i
            return x

Use instead
    import torch
    from torch import nn


    @torch.jit.script_if_tracing
    def _walk_loop(x: torch.Tensor) -> torch.Tensor:
        \"\"\"Kept as code by a trace, which would record the steps of one run.

        A trace knows tensors by identity: view_as gives another than was taken.
        \"\"\"
        for i in range(x.size(1)):
            x = x + i
        return x.view_as(x)


    class Walk(nn.Module):
        def forward(self, x):
            return _walk_loop(x)

When it is refused
    Where a layer that it calls has no function with the same parameters (an LSTM, a GRU that is
    given no state, an attention layer), or something may be hooked to it; where it assigns to self; where what it gives is no tensor up to the end of the function; and for code that
    TorchScript has no form of. Where each step stands for itself, `list-of-independent-steps` does
    them all at once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.baked import causes_of_rounds, loop_around
from tracefix.facts.devices import is_kept_as_code
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit
from tracefix.rules import Rule
from tracefix.rules.outlined_region import outlined

RULE = Rule(
    slug="data-dependent-loop",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.PROVEN,
    after=("list-of-independent-steps", "list-append-in-loop"),  # no loop is better than a kept one
)
_WHY = "Kept as code by a trace, which would record the steps of one run."


def find(facts: Facts) -> Iterator[Hit]:
    """Loops of forward that another input may run another number of times."""
    for node in facts.in_forward(ast.For, ast.While, ast.comprehension):
        assert isinstance(node, ast.For | ast.While | ast.comprehension)
        causes = causes_of_rounds(node, facts)
        if causes and not is_kept_as_code(node, facts):
            place = node if isinstance(node, ast.stmt) else facts.unit.parents[node]
            said = " and ".join(cause.value for cause in causes)
            yield Hit(place, f"how often this loop runs depends on {said}")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The loop in a function of its own."""
    if loop_around(hit.node, facts) is not None:
        return Refusal("it moves with the loop around it, or not at all")
    return outlined(hit.node, "loop", _WHY, facts)
