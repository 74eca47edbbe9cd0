"""Keep functools.partial in an attribute: `self.up = partial(F.interpolate, scale_factor=2.0)`.

What it does
    Writes a method that calls the function with what partial() has bound. What __init__ computed
    for it is kept in an attribute. Where instances differ in what the attribute is, it writes a
    function of the file.

Why TorchScript rejects it
    It knows functions and modules, and no partial object: "failed to convert Python type:
    'functools.partial'".

Example
    from functools import partial

    import torch.nn.functional as F
    from torch import nn


    class Up(nn.Module):
        def __init__(self, scale: float):
            super().__init__()
            self.up = partial(F.interpolate, scale_factor=scale, mode="nearest")

        def forward(self, x):
            return self.up(x)

Use instead
    from functools import partial

    import torch.nn.functional as F
    from torch import nn


    class Up(nn.Module):
        def __init__(self, scale: float):
            super().__init__()
            self.up_scale_factor = scale

        def up(self, x):
            return F.interpolate(x, scale_factor=self.up_scale_factor, mode="nearest")

        def forward(self, x):
            return self.up(x)

When it is refused
    Where arguments are starred, where the function is a variable, where the calls differ in their
    shape, where a relative of the class has an attribute of that name, and where not every instance
    has it and what is bound is no literal.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.init_values import holder_of, is_free
from tracefix.facts.kept_partials import KeptPartial, kept_partials
from tracefix.facts.spelling import imports_for
from tracefix.facts.unit import FunctionNode
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, before, escaped, remove, replace
from tracefix.rules import Rule
from tracefix.rules.handed_arguments import handed_on, parameters_for
from tracefix.rules.lambda_attribute import is_inherited

RULE = Rule(
    slug="partial-attribute",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,
    answers=(r"Python type: 'functools\.partial'",),
)


def find(facts: Facts) -> Iterator[Hit]:
    """Partials in attributes that forward calls."""
    for kept in kept_partials(facts):
        yield Hit(kept.made, f"self.{kept.attribute} is a partial object", kept)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A method, or a function, of the same name."""
    kept = hit.detail
    assert isinstance(kept, KeptPartial)
    reason = _obstacle(kept, facts)
    if reason is not None:
        return Refusal(reason)
    return _as_method(kept, facts) if kept.is_alone else _as_function(kept, facts)


def _obstacle(kept: KeptPartial, facts: Facts) -> str | None:
    for call in (kept.made, *kept.calls):
        if any(isinstance(a, ast.Starred) for a in call.args) or None in _names(call):
            return "it is made or called with starred arguments"
    if len({(len(c.args), tuple(_names(c))) for c in kept.calls}) > 1:
        return "it is called with different arguments"
    if facts.unit.resolve(kept.function) is None:
        return f"{ast.unparse(kept.function)} is a variable"
    return None


def _as_method(kept: KeptPartial, facts: Facts) -> Change | Refusal:
    init = kept.owner.methods["__init__"]
    if is_inherited(kept.owner, kept.attribute, facts):
        return Refusal(f"a relative of the class has a {kept.attribute} too")
    body = kept.owner.node.body
    behind = [s for s in body[body.index(init) + 1 :] if isinstance(s, FunctionNode)]
    if not behind:
        return Refusal("no method follows __init__")
    bound: dict[ast.expr, str] = {}
    settings: list[str] = []
    for argument, value in _bound(kept):
        if _is_literal(value):
            continue
        held = holder_of(value.id, kept.owner, facts) if isinstance(value, ast.Name) else None
        if held is None:
            held = f"{kept.attribute}_{argument}"
            if not is_free(held, kept.owner, facts):
                return Refusal(f"self.{held} is taken")
            settings.append(f"self.{held} = {ast.unparse(value)}")
        bound[value] = f"self.{held}"
    written = _definition(kept, kept.attribute, bound, facts)
    if isinstance(written, Refusal):
        return written
    text, imports = written
    first: Edit = remove(kept.assignment)
    if settings:
        first = replace(kept.assignment, escaped("\n".join(settings)))
    return Change("write a method", (first, before(behind[0], escaped(text))), imports)


def _as_function(kept: KeptPartial, facts: Facts) -> Change | Refusal:
    for _, value in _bound(kept):
        if not _is_literal(value):
            return Refusal(f"{ast.unparse(value)} is no literal, and not every instance has it")
    name = facts.fresh(f"_{kept.attribute.strip('_')}")
    written = _definition(kept, name, {}, facts)
    if isinstance(written, Refusal):
        return written
    text, imports = written
    top = facts.unit.top_level(kept.made)
    edits = (before(top, escaped(text)), replace(kept.made, name))
    return Change("write a function", edits, imports)


def _definition(
    kept: KeptPartial, name: str, bound: dict[ast.expr, str], facts: Facts
) -> tuple[str, tuple[str, ...]] | Refusal:
    """The text of what stands for the partial, and the imports that its types need."""
    parameters = parameters_for(kept.calls, {"self"}, facts)
    if isinstance(parameters, Refusal):
        return parameters
    call = kept.calls[0]
    given = [bound.get(a) or facts.unit.text(a) for a in kept.made.args[1:]]
    given += handed_on(call, parameters)
    for keyword in kept.made.keywords:  # the call's own keywords replace those of partial()
        if keyword.arg not in _names(call):
            value = bound.get(keyword.value) or facts.unit.text(keyword.value)
            given.append(f"{keyword.arg}={value}")
    first = ["self"] if kept.is_alone else []
    listed = ", ".join([*first, *map(str, parameters)])
    function = ast.unparse(kept.function)
    text = f"def {name}({listed}):\n    return {function}({', '.join(given)})\n"
    types = [p.type_ for p in parameters if p.type_ is not None]
    return text, imports_for(types, facts.unit)


def _bound(kept: KeptPartial) -> list[tuple[str, ast.expr]]:
    """What partial() has bound, each with what to call it."""
    plain = [(str(n), value) for n, value in enumerate(kept.made.args[1:])]
    return [*plain, *((str(k.arg), k.value) for k in kept.made.keywords)]


def _names(call: ast.Call) -> list[str | None]:
    return [k.arg for k in call.keywords]


def _is_literal(value: ast.expr) -> bool:
    """Whether a value is made of literals."""
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError):
        return False
    return True
