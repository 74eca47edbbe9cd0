"""How a tensor is made so that it follows another one's device.

A trace keeps the device of `torch.zeros(4, device=x.device)` as it was while recording;
`x.new_zeros(4)` has none to keep. What has no such form goes into an outlined function.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping

from tracefix.facts import Facts
from tracefix.facts.bindings import only_assignment
from tracefix.facts.dependence import Cause
from tracefix.facts.factories import Factory
from tracefix.facts.types import Unknown
from tracefix.model import Refusal
from tracefix.rewrite.change import Change, Edit, Hole, replace
from tracefix.rules.outlined import (
    ARANGE_LIKE,
    LINSPACE_LIKE,
    ON_DEVICE_OF,
    Outlined,
    calling,
)

COMMENT = "a comment stands among its arguments"
_FILLED = frozenset({"zeros", "ones", "empty", "full"})
_SIZED: Mapping[str, tuple[str, ...]] = {
    "full": ("size", "fill_value"),
    **dict.fromkeys(("zeros", "ones", "empty", "rand", "randn"), ("size",)),
}
_FILLS = {"float": "torch.float32", "int": "torch.int64", "bool": "torch.bool"}


def follow(factory: Factory, tensor: ast.expr, facts: Facts) -> Change | Refusal:
    """The factory's call, made on the device of `tensor` whatever that is when it runs."""
    refused = _refused(factory, tensor, facts)
    if refused is not None:
        return refused
    like = ast.unparse(tensor)
    if factory.kind in _FILLED:
        return _filled(factory, like, facts)
    return _SPECIAL[factory.kind](factory, like, facts)


def is_plain(node: ast.expr) -> bool:
    """Whether reading an expression again costs and changes nothing: `x`, `self.fc.weight`."""
    if isinstance(node, ast.Subscript):
        return isinstance(node.slice, ast.Constant) and is_plain(node.value)
    if isinstance(node, ast.Attribute):
        return is_plain(node.value)
    return isinstance(node, ast.Name)


def _refused(factory: Factory, tensor: ast.expr, facts: Facts) -> Refusal | None:
    if not is_plain(tensor):
        return Refusal("the tensor that it has to follow is computed in the call")
    known = {"dtype", "device", *_SIZED.get(factory.kind, ())}
    for keyword in factory.call.keywords:
        if _says_nothing(keyword) or keyword.arg in known:
            continue
        said = f"{keyword.arg}=" if keyword.arg else "**"
        return Refusal(f"{said} has no counterpart in a tensor that follows another")
    dtype = factory.given("dtype")
    if dtype is not None and not _is_dtype(dtype, facts):
        return Refusal(f"{ast.unparse(dtype)} may be None, which means another dtype then")
    if "#" in facts.unit.text(factory.call) and not _is_renamed(factory):
        return Refusal(COMMENT)
    return None


def _is_dtype(node: ast.expr, facts: Facts) -> bool:
    """Whether an expression is surely a dtype: `torch.float32`, `x.dtype`, a name for one."""
    function = facts.unit.function_of(node)
    if isinstance(node, ast.Name) and function is not None:
        assignment = only_assignment(function, node.id)
        return assignment is not None and _is_dtype(assignment.value, facts)
    named = (facts.unit.resolve(node) or "").startswith("torch.")
    return named or (isinstance(node, ast.Attribute) and node.attr == "dtype")


def _says_nothing(keyword: ast.keyword) -> bool:
    """`requires_grad=False`, which TorchScript does not even know."""
    off = isinstance(keyword.value, ast.Constant) and keyword.value.value is False
    return off and keyword.arg in ("requires_grad", "pin_memory")


def _is_renamed(factory: Factory) -> bool:
    """Whether no argument goes away or is added: then every comment stays where it is."""
    names = {k.arg for k in factory.call.keywords}
    silent = any(_says_nothing(k) for k in factory.call.keywords)
    return factory.kind in _FILLED and len(names & {"dtype", "device"}) == 1 and not silent


# -- each kind of factory


def _filled(factory: Factory, like: str, facts: Facts) -> Change | Refusal:
    """zeros, ones, empty and full: the tensor's own method, with the dtype said."""
    device, dtype = factory.keyword("device"), _dtype(factory, facts)
    if isinstance(dtype, Refusal):
        return dtype
    method = f"{{like}}.new_{factory.kind}"
    if device is None and factory.keyword("dtype") is None:
        template = f"{method}({{arguments}}, dtype={{dtype}})"
        return _rebuilt(factory, like, template, dtype=dtype)
    edits: list[Edit] = [replace(factory.call.func, method, like=like)]
    edits += [replace(k, "") for k in factory.call.keywords if _says_nothing(k)]
    if device is not None:
        stays = factory.keyword("dtype") is not None
        edits.append(replace(device, "" if stays else f"dtype={dtype}"))
    return _change(like, tuple(edits))


def _dtype(factory: Factory, facts: Facts) -> str | Refusal:
    """The dtype as text: what the call says, else what torch takes for it."""
    given = factory.given("dtype")
    if given is not None:
        return ast.unparse(given)
    if factory.kind != "full":
        return "torch.float32"
    arguments = factory.call.args
    fill = factory.given("fill_value") or (arguments[1] if len(arguments) > 1 else None)
    type_ = facts.types.of(fill) if fill is not None else None
    if isinstance(type_, str) and type_ in _FILLS:
        return _FILLS[type_]
    return Refusal("the dtype of full() comes from a value of unknown type")


def _drawn(factory: Factory, like: str, facts: Facts) -> Change | Refusal:
    """rand and randn: torch itself draws them into an empty tensor, number for number."""
    draw = {"rand": "uniform_", "randn": "normal_"}[factory.kind]
    template = f"{{like}}.new_empty({{arguments}}, dtype={{dtype}}).{draw}()"
    return _rebuilt(factory, like, template, dtype=_said(factory, "torch.float32"))


def _drawn_ints(factory: Factory, like: str, facts: Facts) -> Change | Refusal:
    arguments = factory.call.args
    if len(arguments) not in (2, 3):
        return Refusal("randint() is not given its bounds and size in their places")
    low: Hole = arguments[0] if len(arguments) == 3 else "0"
    template = "{like}.new_empty({size}, dtype={dtype}).random_({low}, {high})"
    holes: dict[str, Hole] = {"low": low, "high": arguments[-2], "size": arguments[-1]}
    dtype = _said(factory, "torch.int64")
    return _change(like, (replace(factory.call, template, like=like, dtype=dtype, **holes),))


def _counted(factory: Factory, like: str, facts: Facts) -> Change | Refusal:
    """arange: as many as an empty tensor has, since a trace follows that one's size."""
    arguments = factory.call.args
    if not 1 <= len(arguments) <= 3:
        return Refusal("arange() is not given its bounds in their places")
    for argument in arguments:
        type_ = facts.types.of(argument)  # where it is unknown, anything but an int would raise
        if type_ != "int" and not isinstance(type_, Unknown):
            return Refusal(f"{ast.unparse(argument)} is no int but a {type_}")
    count, rest = _span(arguments)
    if len(arguments) == 3:
        step = arguments[2].value if isinstance(arguments[2], ast.Constant) else None
        if not isinstance(step, int) or step < 1:
            return Refusal("the step of arange() is not a positive literal")
        count, rest = f"({count} + {step - 1}) // {step}", f" * {step}{rest}"
    # Counted in whole numbers and converted: steps then add up to the same in every dtype.
    said = _said(factory, "torch.int64")
    whole = isinstance(said, str) or facts.unit.resolve(said) in ("torch.int64", "torch.long")
    cast = "" if whole else ".to({dtype})"
    template = f"{{function}}({{like}}.new_empty({{count}}, dtype=torch.int64)){rest}"
    if cast:
        template = f"({template}){cast}" if rest else f"{template}{cast}"
    return _by(ARANGE_LIKE, factory, like, template, facts, count=count, dtype=said)


def _span(arguments: list[ast.expr]) -> tuple[str, str]:
    """How many ints lie between an arange's bounds, and what is added to each."""
    start = arguments[0] if len(arguments) > 1 else ast.Constant(0)
    stop = arguments[min(1, len(arguments) - 1)]
    if not isinstance(start, ast.Constant):
        first = ast.unparse(start) if is_plain(start) else f"({ast.unparse(start)})"
        return f"{ast.unparse(stop)} - {first}", f" + {first}"
    first, rest = ast.unparse(start), f" + {ast.unparse(start)}" if start.value else ""
    if isinstance(stop, ast.BinOp) and ast.unparse(stop).endswith(f" + {first}"):
        return ast.unparse(stop.left), rest  # n of arange(1, n + 1)
    return ast.unparse(stop) + (f" - {first}" if rest else ""), rest


def _spaced(factory: Factory, like: str, facts: Facts) -> Change | Refusal:
    if len(factory.call.args) != 3:
        return Refusal("linspace() is not given its bounds and steps in their places")
    start, end, steps = factory.call.args
    for bound in (start, end):
        if facts.dependence.of(bound) & {Cause.SHAPE, Cause.VALUES, Cause.STATE}:
            return Refusal(f"a trace would keep the value of {ast.unparse(bound)}")
    slots = "{like}.new_empty({steps}, dtype={dtype})"
    bounds: dict[str, Hole] = {"start": _float(start, facts), "end": _float(end, facts)}
    template = f"{{function}}({slots}, {{start}}, {{end}})"
    dtype = _said(factory, "torch.float32")
    return _by(LINSPACE_LIKE, factory, like, template, facts, steps=steps, dtype=dtype, **bounds)


def _float(node: ast.expr, facts: Facts) -> str:
    """TorchScript does not take an int for a float."""
    if facts.types.of(node) == "float":
        return ast.unparse(node)
    try:
        return repr(float(ast.literal_eval(node)))
    except (ValueError, TypeError):
        return f"float({ast.unparse(node)})"


def _diagonal(factory: Factory, like: str, facts: Facts) -> Change | Refusal:
    if len(factory.call.args) != 1:
        return Refusal("eye() is not square")
    template = "{like}.new_ones({arguments}, dtype={dtype}).diag()"
    return _rebuilt(factory, like, template, dtype=_said(factory, "torch.float32"))


def _listed(factory: Factory, like: str, facts: Facts) -> Change | Refusal:
    """torch.tensor: a constant of the trace, which is then moved."""
    name, edits = calling(ON_DEVICE_OF, factory.call, facts)
    dtype = ", dtype={dtype}" if factory.keyword("dtype") is not None else ""
    template = f"{name}({{maker}}({{arguments}}{dtype}), {{like}})"
    said = _said(factory, "0")
    change = _rebuilt(factory, like, template, maker=factory.call.func, dtype=said)
    return Change(change.title, (*edits, *change.edits), change.imports)


_SPECIAL: Mapping[str, Callable[[Factory, str, Facts], Change | Refusal]] = {
    "rand": _drawn,
    "randn": _drawn,
    "randint": _drawn_ints,
    "arange": _counted,
    "linspace": _spaced,
    "eye": _diagonal,
    "tensor": _listed,
}


# -- edits


def _said(factory: Factory, default: str) -> ast.expr | str:
    """The dtype that the call names, or else another."""
    return factory.given("dtype") or default


def _rebuilt(factory: Factory, like: str, template: str, **holes: Hole) -> Change:
    """The call anew, with its positional arguments (and size=) as they were written."""
    written = []
    for number, argument in enumerate(factory.call.args):
        starred = isinstance(argument, ast.Starred)
        holes[f"a{number}"] = argument.value if isinstance(argument, ast.Starred) else argument
        written.append(f"*{{a{number}}}" if starred else f"{{a{number}}}")
    for name in ("size", "fill_value"):
        given = factory.given(name)
        if given is not None:
            holes[name] = given
            written.append(f"{name}={{{name}}}")
    filled = template.replace("{arguments}", ", ".join(written))
    return _change(like, (replace(factory.call, filled, like=like, **holes),))


def _by(
    function: Outlined, factory: Factory, like: str, template: str, facts: Facts, **holes: Hole
) -> Change:
    """The call in an outlined function's words."""
    name, edits = calling(function, factory.call, facts)
    made = replace(factory.call, template, function=name, like=like, **holes)
    return _change(like, (*edits, made))


def _change(like: str, edits: tuple[Edit, ...]) -> Change:
    return Change(f"make it on the device of {like}", edits, imports=("import torch",))
