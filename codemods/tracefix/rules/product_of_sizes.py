"""Multiply the numbers of a list: `np.prod(x.shape[1:])`.

What it does
    Writes the product of a tensor's whole shape as `x.numel()`, and any other product of a list of
    ints as a loop in front of the statement, for np.prod, math.prod, reduce(mul, ...) and
    x.shape[1:].numel().

Why TorchScript rejects it
    It knows none of these functions. A trace keeps the product that it was recorded with.

Example
    import math

    from torch import nn


    class Flatten(nn.Module):
        def forward(self, x):
            return x.reshape(x.size(0), math.prod(x.shape[1:]))

Use instead
    import math

    from torch import nn


    class Flatten(nn.Module):
        def forward(self, x):
            product = 1
            for size in x.shape[1:]:
                product *= size
            return x.reshape(x.size(0), product)

When it is refused
    Where the argument is not known to be ints, where keywords are given, and where the product is
    not worked out each time that its statement runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.hoisting import why_not_hoisted
from tracefix.facts.torch_types import element
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="product-of-sizes",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,  # numpy gives a float for no numbers at all
    answers=(
        r"numpy",
        r"_ArrayFunctionDispatcher",
        r"function (prod|reduce)>",
        r"Lambda",
        r"List\[int\]' object has no attribute or method 'numel'",
    ),
)

_PRODUCTS = ("numpy.prod", "numpy.product", "math.prod")
_LOOP = """\
{product} = 1
for {size} in {sizes}:
    {product} *= {size}
"""


def find(facts: Facts) -> Iterator[Hit]:
    """Calls that multiply the elements of what is not a tensor."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        factors = _factors(call, facts)
        if factors is not None and not facts.types.is_tensor(factors):
            yield Hit(call, f"TorchScript does not know {ast.unparse(call.func)}", factors)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The number of elements, or a loop that multiplies."""
    call, factors = hit.node, hit.detail
    assert isinstance(call, ast.Call)
    assert isinstance(factors, ast.expr)
    whole = _product(call, facts)
    tensor = _tensor_of_shape(factors, facts)
    if tensor is not None:
        edit = replace(whole, "{tensor}.numel()", tensor=tensor)
        return Change("ask for the number of elements", (edit,))
    type_ = facts.types.of(factors)
    if not isinstance(type_, str) or element(type_) != "int":
        return Refusal(f"{ast.unparse(factors)} is not known to be ints")
    reason = why_not_hoisted(call, facts.unit)
    if reason is not None:
        return Refusal(reason)
    product, size = facts.fresh("product"), facts.fresh("size")
    loop = before(
        facts.unit.statement(call), _LOOP, product=product, size=size, sizes=ast.unparse(factors)
    )
    return Change("multiply in a loop", (loop, replace(whole, product)))


def _factors(call: ast.Call, facts: Facts) -> ast.expr | None:
    """`sizes` of np.prod(sizes), reduce(mul, sizes[, 1]) and sizes.numel()."""
    name = facts.unit.resolve(call.func)
    if call.keywords:
        return None
    if isinstance(call.func, ast.Attribute) and call.func.attr == "numel":
        return call.func.value if facts.types.of(call.func.value) == "torch.Size" else None
    if name in _PRODUCTS and len(call.args) == 1:
        return call.args[0]
    if name in ("functools.reduce", "reduce") and len(call.args) in (2, 3):
        one = call.args[2:]
        if _multiplies(call.args[0], facts) and all(ast.unparse(start) == "1" for start in one):
            return call.args[1]
    return None


def _multiplies(function: ast.expr, facts: Facts) -> bool:
    if isinstance(function, ast.Lambda):
        names = [a.arg for a in function.args.args]
        return len(names) == 2 and ast.unparse(function.body) in (
            f"{names[0]} * {names[1]}",
            f"{names[1]} * {names[0]}",
        )
    return facts.unit.resolve(function) in ("operator.mul", "numpy.multiply")


def _tensor_of_shape(factors: ast.expr, facts: Facts) -> ast.expr | None:
    """`x` of `x.shape` and `x.size()`."""
    if isinstance(factors, ast.Attribute) and factors.attr == "shape":
        tensor = factors.value
    elif isinstance(factors, ast.Call) and ast.unparse(factors).endswith(".size()"):
        assert isinstance(factors.func, ast.Attribute)
        tensor = factors.func.value
    else:
        return None
    return tensor if facts.types.is_tensor(tensor) else None


def _product(call: ast.Call, facts: Facts) -> ast.expr:
    """The call, or the int() around it, which has nothing left to do."""
    parent = facts.unit.parents[call]
    if isinstance(parent, ast.Call) and facts.unit.resolve(parent.func) == "int":
        return parent if parent.args == [call] and not parent.keywords else call
    return call
