"""Compute with an autograd Function of one's own.

What it does
    Finds `Function.apply(...)` and calls a plain function with the body of its forward instead; so
    it does where an attribute, a variable or the file has a name for `Function.apply`. For the
    function autograd works the gradient out: the same that backward gives, for a Swish that saves
    memory. Where backward hands the gradient on as it is, or times a number, as rounding with a
    straight-through gradient and gradient reversal do, the function gives the input times that
    number, whose gradient this is, and sets forward's values behind autograd's back:
    `result = -x * scale`, then `result.detach().copy_(x)`. Verification compares the gradients of
    inputs and parameters; where they are others, nothing is written.

Why TorchScript rejects it
    "Could not export Python function call": it compiles no Python classes but modules.

Example
    import torch
    from torch import nn


    class SwishFunction(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * torch.sigmoid(x)

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            gate = torch.sigmoid(x)
            return grad * (gate * (1 + x * (1 - gate)))


    class Swish(nn.Module):
        def forward(self, x):
            return SwishFunction.apply(x)

Use instead
    import torch
    from torch import nn


    class SwishFunction(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x * torch.sigmoid(x)

        @staticmethod
        def backward(ctx, grad):
            (x,) = ctx.saved_tensors
            gate = torch.sigmoid(x)
            return grad * (gate * (1 + x * (1 - gate)))


    def swish_function(x):
        return x * torch.sigmoid(x)


    class Swish(nn.Module):
        def forward(self, x):
            return swish_function(x)

When it is refused
    Where forward reads its context, or does more with it than keep values for backward, where it
    lies in another file or has other decorators than staticmethod, and where the call spreads its
    arguments. Where backward does not hand the gradient on, and it or forward clamps, compares or
    branches: gradients that agree on the inputs of an example do not tell then what backward does
    on the other side, and letting a gradient through a clamp is what many a Function is written for.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.autograd import (
    Applied,
    applied,
    is_plainly_static,
    makes_empty,
    without_context,
)
from tracefix.facts.gradient_rules import handed_on
from tracefix.facts.observed import taken
from tracefix.facts.project import ClassInfo
from tracefix.facts.smooth import kink
from tracefix.facts.spelling import has_name, imports_for, written
from tracefix.facts.tree import walk
from tracefix.facts.types import default_of
from tracefix.facts.unit import FunctionNode
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, before, escaped, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="autograd-function",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(r"Python type cannot be used as a value", r"Could not export Python function call"),
)
_RESULTS = ("result", "output", "passed", "straight")


def find(facts: Facts) -> Iterator[Hit]:
    """Functions that compute something, where forward calls them or gets them from."""
    for used in applied(facts):
        if not makes_empty(used.function):
            message = f"TorchScript cannot call the autograd Function {used.function.node.name}"
            yield Hit(used.place, message, detail=used)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A plain function with the same body."""
    call, used = hit.node, hit.detail
    assert isinstance(used, Applied)
    info, reference = used.function, used.reference
    if info.unit is not facts.unit:
        return Refusal(f"{info.node.name} lies in {info.unit.path}")
    if isinstance(call, ast.Call) and (_is_spread(call) or call.keywords):
        return Refusal("the call spreads or names its arguments")
    forward = info.methods.get("forward")
    body = None if forward is None else without_context(forward)
    if forward is None or body is None:
        return Refusal("forward does more with its context than keep values for backward")
    apart = None if handed_on(info) is not None else kink(info, facts)
    if apart is not None:
        return Refusal(f"at other inputs its backward may give another gradient: {apart}")
    if not is_plainly_static(forward, facts.unit):
        return Refusal("forward is decorated with more than staticmethod")
    lines = _lines(info, body)
    holder, name = facts.unit.parents[reference], _named(info.unit.qualname(info.node))
    signature = f"({_parameters(forward, facts)}):"
    imports = imports_for([signature], facts.unit)
    if _is_definition(holder, facts):
        assert isinstance(holder, ast.Assign)
        template = "\n    ".join([f"def {ast.unparse(holder.targets[0])}{signature}", *lines])
        return Change("write a plain function", (replace(holder, escaped(template)),), imports)
    top = facts.unit.top_level(reference)
    there = facts.unit.functions.get(name)
    if there is not None and _says(there, lines) and there.lineno < top.lineno:
        return Change("call a plain function", (replace(reference, name),))
    name = facts.fresh(name)
    template = "\n    ".join([f"def {name}{signature}", *lines])
    function = before(top, escaped(template))
    return Change("call a plain function", (replace(reference, name), function), imports)


def _is_spread(call: ast.Call) -> bool:
    return any(isinstance(a, ast.Starred) for a in call.args)


def _is_definition(holder: ast.AST, facts: Facts) -> bool:
    """Whether a statement only gives the file a name for the Function: `quantize = Round.apply`."""
    return (
        isinstance(holder, ast.Assign)
        and holder in facts.unit.tree.body
        and [type(target) for target in holder.targets] == [ast.Name]
    )


def _parameters(forward: FunctionNode, facts: Facts) -> str:
    """Those of forward without the context, with annotations and defaults."""
    listed = []
    for parameter in forward.args.args[1:]:
        default = default_of(forward, parameter)
        type_ = _type_of(parameter, forward, facts)
        text = ast.unparse(parameter) if type_ is None else f"{parameter.arg}: {type_}"
        equal = " = " if ":" in text else "="
        listed.append(text if default is None else f"{text}{equal}{ast.unparse(default)}")
    return ", ".join(listed)


def _type_of(parameter: ast.arg, forward: FunctionNode, facts: Facts) -> str | None:
    """What the run has shown a parameter without annotation to be, where that is no tensor."""
    where = (facts.unit.path, facts.unit.qualname(forward), parameter.arg)
    type_ = taken(facts.observed.parameters.get(where, ()))
    if parameter.annotation is not None or type_ in (None, "Tensor") or not has_name(str(type_)):
        return None
    return written(str(type_), facts.unit)


def _lines(info: ClassInfo, body: list[ast.stmt]) -> list[str]:
    """The function's body: a copy, for the class may serve others; its comments stay there."""
    lines = [line for statement in body[:-1] for line in ast.unparse(statement).splitlines()]
    last = body[-1]
    linear = handed_on(info)
    if linear is None or not isinstance(last, ast.Return) or last.value is None:
        return [*lines, *ast.unparse(last).splitlines()]
    taken = {n.id for s in body for n in walk(s) if isinstance(n, ast.Name)}
    name = next(n for n in _RESULTS if n not in taken)
    own = info.node.name
    return [
        f'"""The values of {own}.forward, with the gradient of {own}.backward."""',
        *lines,
        f"{name} = {linear}",
        f"{name}.detach().copy_({ast.unparse(last.value)})",
        f"return {name}",
    ]


def _says(function: FunctionNode, lines: list[str]) -> bool:
    """Whether a function has this body."""
    body = "\n".join(lines)
    # A `return` parses outside of a function too: only compiling would refuse it.
    there, here = (ast.Module(list(b), []) for b in (function.body, ast.parse(body).body))
    return ast.unparse(there) == ast.unparse(here)


def _named(function: str) -> str:
    """`SwishFunction` as `swish_function`, `Mish.F` as `mish_f`, `Round` as `round_function`."""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", function.replace(".", "_")).lower()
    return f"{name}_function" if hasattr(builtins, name) else name
