"""Hand a layer to a function: `attention(q, k, v, dropout=self.dropout)`.

What it does
    Gives the class a method of its own that does what the function does with this layer, and calls
    that. The function stays for others. A function that is handed on, such as F.relu, is treated
    alike.

Why TorchScript rejects it
    No parameter can be a module or a function: it takes the parameter for a Tensor, "cannot call a
    value of type 'Tensor'".

Example
    import torch
    from torch import nn


    def attend(q, k, dropout=None):
        weights = torch.softmax(q @ k.transpose(-2, -1), dim=-1)
        if dropout is not None:
            weights = dropout(weights)
        return weights


    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.dropout = nn.Dropout(0.1)

        def forward(self, q, k):
            return attend(q, k, dropout=self.dropout)

Use instead
    import torch
    from torch import nn


    def attend(q, k, dropout=None):
        weights = torch.softmax(q @ k.transpose(-2, -1), dim=-1)
        if dropout is not None:
            weights = dropout(weights)
        return weights


    class Attention(nn.Module):
        def __init__(self):
            super().__init__()
            self.dropout = nn.Dropout(0.1)

        def _attend(self, q, k):
            weights = torch.softmax(q @ k.transpose(-2, -1), dim=-1)
            if self.dropout is not None:
                weights = self.dropout(weights)
            return weights

        def forward(self, q, k):
            return self._attend(q, k)

When it is refused
    For functions that are decorated, call themselves, use the name self, or have starred parameters.
    Functions of another file, and calls with starred arguments, are passed over.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.callable_arguments import HandedCall, handed_calls
from tracefix.facts.inner_functions import is_method
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.signatures import body_written, parameter_written
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, before, escaped, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="callable-argument",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"cannot call a value of type",
        r"cannot be used as a value",
        r"but instead found type '(__torch__|function)",
        r"Arguments for call are not valid",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """The first of the calls that one method can serve, in each class."""
    seen: set[object] = set()
    for handed in handed_calls(facts):
        place = (facts.unit.class_of(handed.call), handed.key)
        if place not in seen:
            seen.add(place)
            shown = ", ".join(map(ast.unparse, handed.handed.values()))
            yield Hit(handed.call, f"TorchScript cannot hand {shown} to a function", handed)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A method for these layers, and the calls of it."""
    handed = hit.detail
    assert isinstance(handed, HandedCall)
    obstacle = _obstacle(handed, facts)
    if obstacle is not None:
        return Refusal(obstacle)
    owner = facts.unit.class_of(handed.call)
    served = [
        other
        for other in handed_calls(facts)
        if other.key == handed.key and facts.unit.class_of(other.call) is owner
    ]
    name = _name(handed, facts)
    edits: list[Edit] = [before(served[0].method, _written(handed, name, facts))]
    edits += [_call(other, name) for other in served]
    return Change("give the class a method of its own", tuple(edits))


def _obstacle(handed: HandedCall, facts: Facts) -> str | None:
    function, args = handed.function, handed.function.args
    if function.decorator_list:
        return f"{function.name} is decorated"
    if args.vararg or args.kwarg or args.posonlyargs:
        return f"{function.name} has starred or positional-only parameters"
    if isinstance(function, ast.AsyncFunctionDef):
        return f"{function.name} is asynchronous"
    if not is_method(handed.method, facts):
        return "the call stands in no method with a plain self"
    inside = {n.id for n in walk(function) if isinstance(n, ast.Name)}
    inside |= {a.arg for a in walk(function.args) if isinstance(a, ast.arg)}
    if is_method(function, facts):
        calls = (n for n in walk(function) if isinstance(n, ast.Attribute))
        if any(is_self_attribute(n, function.name) for n in calls):
            return f"{function.name} calls itself"
    elif "self" in inside or function.name in inside:
        return f"{function.name} calls itself or uses the name self"
    if function.body[0].lineno == function.lineno:
        return f"the body of {function.name} stands beside its name"
    return None


def _name(handed: HandedCall, facts: Facts) -> str:
    """`_attention` for a function, `_block_with_relu` for a method that others go on to call."""
    stem = handed.function.name.strip("_")
    if is_method(handed.function, facts):
        layers = (ast.unparse(v).rpartition(".")[2].strip("_") for v in handed.handed.values())
        stem = f"{stem}_with_{'_and_'.join(layers)}"
    return facts.fresh(f"_{stem}")


def _written(handed: HandedCall, name: str, facts: Facts) -> str:
    """The function as a method, with the layers in the place of its parameters."""
    function = handed.function
    plain = [a for a in function.args.args if a.arg not in handed.handed and a.arg != "self"]
    named = [a for a in function.args.kwonlyargs if a.arg not in handed.handed]
    listed = ["self", *(parameter_written(function, a) for a in plain)]
    if any(default is None for default in function.args.kw_defaults):
        listed.append("*")  # one without default may follow one that has one
    listed += [parameter_written(function, a) for a in named]
    returns = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    head = f"def {name}({', '.join(listed)}){returns}:\n"
    layers = {parameter: ast.unparse(value) for parameter, value in handed.handed.items()}
    return escaped(head + body_written(function, facts.unit, layers))


def _call(handed: HandedCall, name: str) -> Edit:
    """The call of the method, without what it has itself."""
    layers = list(handed.handed.values())
    holes: dict[str, Hole] = {}
    places: list[str] = []
    for number, value in enumerate(handed.call.args):
        if value in layers:
            continue
        holes[f"_{number}"] = value
        places.append(f"{{_{number}}}")
    for keyword in handed.call.keywords:
        if keyword.value not in layers:
            holes[f"named_{keyword.arg}"] = keyword.value
            places.append(f"{keyword.arg}={{named_{keyword.arg}}}")
    return replace(handed.call, f"self.{name}({', '.join(places)})", **holes)
