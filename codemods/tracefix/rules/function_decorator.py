"""Decorate a function that forward calls with a decorator of one's own.

What it does
    Writes out what the decorator makes: the function under a private name, and one that does around it
    what the decorator's wrapper does.

Why TorchScript rejects it
    It takes no wrapper with `**kwargs`. Where functools.wraps points from the wrapper to the function,
    it compiles the function alone, as if it were not decorated: the results differ.

Example
    import functools
    import torch
    from torch import nn


    def reduced(loss):
        @functools.wraps(loss)
        def wrapper(pred, target, **kwargs):
            return loss(pred, target, **kwargs).mean()

        return wrapper


    @reduced
    def distance(pred, target):
        return (pred - target).abs()


    class Loss(nn.Module):
        def forward(self, pred, target):
            return distance(pred, target)

Use instead
    import functools
    import torch
    from torch import nn


    def reduced(loss):
        @functools.wraps(loss)
        def wrapper(pred, target, **kwargs):
            return loss(pred, target, **kwargs).mean()

        return wrapper


    def _distance(pred, target):
        return (pred - target).abs()


    def distance(pred, target, **kwargs):
        return _distance(pred, target, **kwargs).mean()


    class Loss(nn.Module):
        def forward(self, pred, target):
            return distance(pred, target)

When it is refused
    Decorators with arguments, of other files, and those that do more than to define one function and
    give it back are passed over, as are functions with several decorators.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.signatures import body_written, header_text, header_written
from tracefix.facts.wrappers import Wrapped, wrapped_functions
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, Hole, escaped, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="function-decorator",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(
        r"can't take variable number of arguments",
        r"undefined value",
        r"cannot be used as a value",
    ),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Functions whose decorator is written out in the file."""
    for wrapped in wrapped_functions(facts):
        decorator = wrapped.function.decorator_list[0]
        yield Hit(decorator, f"TorchScript compiles what {ast.unparse(decorator)} makes", wrapped)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The function, and what the decorator makes of it."""
    wrapped = hit.detail
    assert isinstance(wrapped, Wrapped)
    function = wrapped.function
    name = facts.fresh(f"_{function.name.strip('_')}")
    around = body_written(wrapped.wrapper, facts.unit, {wrapped.parameter: name})
    head = header_written(wrapped.wrapper)
    if "\n" in ast.unparse(wrapped.wrapper.args):
        return Refusal("the wrapper's parameters have defaults of several lines")
    holes: dict[str, Hole] = {"body": function.body}
    template = (
        f"def {name}{escaped(header_text(function, facts.unit))}\n    {{body}}\n\n\n"
        + escaped(f"def {function.name}{head}\n{around}")
    )
    return Change("write out what the decorator makes", (replace(function, template, **holes),))
