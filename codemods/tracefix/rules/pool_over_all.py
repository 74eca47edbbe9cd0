"""Pool over all of a dimension.

What it does
    Writes `F.adaptive_max_pool1d(x, 1)` for `F.max_pool1d(x, x.size(2))`, and the like for avg_pool
    and in two or three dimensions.

Why a trace is wrong
    A trace keeps the size of the window as it was in the recorded run. A longer input then gives
    several results, and a shorter one an error.

Example
    import torch.nn.functional as F
    from torch import nn


    class Strongest(nn.Module):
        def forward(self, x):
            return F.max_pool1d(x, x.size(2)).squeeze(2)

Use instead
    import torch.nn.functional as F
    from torch import nn


    class Strongest(nn.Module):
        def forward(self, x):
            return F.adaptive_max_pool1d(x, 1).squeeze(2)

When it is refused
    Where padding or other settings are given; and for `F.avg_pool2d(x, x.size()[2:])`, which of an
    image without a batch takes the width for both sides: `number-from-tensor` moves it as it is.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.dependence import Cause
from tracefix.facts.devices import is_kept_as_code
from tracefix.facts.literals import literal_int
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="pool-over-all",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.PROVEN,  # a mean may be summed in another order
)
_POOLS = {f"{kind}_pool{n}d": n for kind in ("max", "avg") for n in (1, 2, 3)}
_FUNCTIONAL = "torch.nn.functional"


def find(facts: Facts) -> Iterator[Hit]:
    """Pooling whose window is as large as a size says."""
    for call in facts.in_forward(ast.Call):
        assert isinstance(call, ast.Call)
        module, _, name = (facts.unit.resolve(call.func) or "").rpartition(".")
        if module != _FUNCTIONAL or name not in _POOLS or is_kept_as_code(call, facts):
            continue
        window = _window(call)
        if window is not None and Cause.SHAPE in facts.dependence.of(window):
            yield Hit(call, f"a trace keeps {ast.unparse(window)} as it is while it is recorded")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """Pooling to one place."""
    call = hit.node
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute | ast.Name)
    if not isinstance(call.func, ast.Attribute):
        return Refusal("the function is not called by its module's name")
    data, window = call.args[0] if call.args else None, _window(call)
    others = {k.arg for k in call.keywords} - {"kernel_size", "stride"}
    if others or len(call.args) > 3 or not isinstance(data, ast.Name) or window is None:
        return Refusal("it is given more than a variable and the size of the window")
    if not _is_all_of(window, data.id, _POOLS[call.func.attr]):
        return Refusal(f"{ast.unparse(window)} is not known to be all of {data.id}")
    name = f"{ast.unparse(call.func.value)}.adaptive_{call.func.attr}"
    return Change("pool to one place", (replace(call, f"{name}({{data}}, 1)", data=data),))


def _window(call: ast.Call) -> ast.expr | None:
    named = [k.value for k in call.keywords if k.arg == "kernel_size"]
    return named[0] if named else call.args[1] if len(call.args) > 1 else None


def _is_all_of(window: ast.expr, name: str, dims: int) -> bool:
    """Whether a window is as large as the last `dims` dimensions of a variable's tensor."""
    text = ast.unparse(window)
    shapes = (f"{name}.shape", f"{name}.size()")
    if text in {f"{shape}[{-dims}:]" for shape in shapes}:
        return True
    if dims != 2 and text in {f"{shape}[2:]" for shape in shapes}:
        return True  # in two dimensions one number may stand for both
    sizes = window.elts if isinstance(window, ast.Tuple | ast.List) else [window]
    return len(sizes) == dims and all(
        _dim_of(size, name) in (n + 2, n - dims) for n, size in enumerate(sizes)
    )


def _dim_of(size: ast.expr, name: str) -> int | None:
    """2 for `x.size(2)` and `x.shape[2]`."""
    if isinstance(size, ast.Call) and len(size.args) == 1 and not size.keywords:
        is_size = ast.unparse(size.func) == f"{name}.size"
        return literal_int(size.args[0]) if is_size else None
    if isinstance(size, ast.Subscript):
        is_shape = ast.unparse(size.value) in (f"{name}.shape", f"{name}.size()")
        return literal_int(size.slice) if is_shape else None
    return None
