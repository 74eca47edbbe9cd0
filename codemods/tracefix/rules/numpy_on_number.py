"""Call a function of numpy on a number.

What it does
    Writes the function of math, or of Python itself, that gives the same for a number: `math.sqrt(n)`
    for `np.sqrt(n)`, `abs(n)` for `np.abs(n)`.

Why TorchScript rejects it
    It knows nothing of numpy, except for numbers such as np.pi.

Example
    import numpy as np
    from torch import nn


    class Score(nn.Module):
        def forward(self, q, k):
            return q @ k.transpose(-2, -1) / np.sqrt(q.size(-1))

Use instead
    import math

    import numpy as np
    from torch import nn


    class Score(nn.Module):
        def forward(self, q, k):
            return q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))

When it is refused
    Where the argument is not known to be a number, or where keywords are given.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="numpy-on-number",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.PROVEN,  # numpy warns where math raises
    answers=(r"numpy", r"ufunc"),
)

_FORMS = {
    "sqrt": "math.sqrt({a})",
    "log": "math.log({a})",
    "log10": "math.log10({a})",
    "exp": "math.exp({a})",
    "sin": "math.sin({a})",
    "cos": "math.cos({a})",
    "tan": "math.tan({a})",
    "arctan": "math.atan({a})",
    "tanh": "math.tanh({a})",
    "floor": "float(math.floor({a}))",
    "ceil": "float(math.ceil({a}))",
    "round": "float(round({a}))",
    "abs": "abs({a})",
    "absolute": "abs({a})",
    "power": "{a} ** {b}",
    "maximum": "max({a}, {b})",
    "minimum": "min({a}, {b})",
}


def find(facts: Facts) -> Iterator[Hit]:
    """Calls of numpy's functions that math or Python has too, unless they are given a tensor."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        module, _, name = (facts.unit.resolve(call.func) or "").rpartition(".")
        if module != "numpy" or name not in _FORMS:
            continue
        if not any(facts.types.is_tensor(argument) for argument in call.args):
            yield Hit(call, f"TorchScript does not know np.{name}", name)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The same function for numbers."""
    call, name = hit.node, hit.detail
    assert isinstance(call, ast.Call)
    assert isinstance(name, str)
    form = _FORMS[name]
    if call.keywords or len(call.args) != form.count("{"):
        return Refusal("it is given other arguments than the function for numbers takes")
    for argument in call.args:
        if facts.types.of(argument) not in ("int", "float", "number"):
            return Refusal(f"{ast.unparse(argument)} is not known to be a number")
    if _is_made_int(call, facts):
        form = form.removeprefix("float(").removesuffix(")") if "float" in form else form
    imports = ("import math",) if "math." in form else ()
    holes = dict(zip("ab", call.args, strict=False))
    return Change("use the function for numbers", (replace(call, form, **holes),), imports)


def _is_made_int(call: ast.Call, facts: Facts) -> bool:
    """Whether the float that numpy gives is made an int at once."""
    parent = facts.unit.parents[call]
    return isinstance(parent, ast.Call) and facts.unit.resolve(parent.func) == "int"
