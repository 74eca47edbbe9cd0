"""What a function can be given for its `*args` and `**kwargs`, where it passes both on to one call.

Every other argument is a TypeError with the stars as it is without them.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.handed_modules import held_modules
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.tree import walk
from tracefix.facts.types import default_of
from tracefix.facts.unit import FunctionNode, Unit
from tracefix.facts.variadic import uses

if TYPE_CHECKING:
    from tracefix.facts import Facts

# Layers of torch.nn whose forward takes one input and nothing else.
_ONE_INPUT = frozenset(
    {
        "BatchNorm1d", "BatchNorm2d", "BatchNorm3d", "CELU", "ChannelShuffle", "Conv1d", "Conv2d",
        "Conv3d", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "ELU", "Embedding", "Flatten",
        "GELU", "GLU", "GroupNorm", "Hardsigmoid", "Hardswish", "Hardtanh", "Identity",
        "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "LayerNorm", "LeakyReLU", "Linear",
        "LogSoftmax", "Mish", "PReLU", "PixelShuffle", "RReLU", "ReLU", "ReLU6", "SELU", "SiLU",
        "Sequential", "Sigmoid", "Softmax", "Softplus", "Softsign", "Tanh", "Unflatten",
        "Upsample", "ZeroPad2d", "AvgPool1d", "AvgPool2d", "AvgPool3d", "MaxPool1d", "MaxPool2d",
        "MaxPool3d", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AdaptiveMaxPool1d",
        "AdaptiveMaxPool2d",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Named:
    """A parameter that the stars stand for."""

    name: str
    text: str  # as in a signature, with its type and default
    has_default: bool
    by_position: bool


@dataclass(frozen=True, eq=False)
class PassedOn:
    """The one call to which a function hands its starred parameters."""

    call: ast.Call
    stars: tuple[ast.Starred | ast.keyword, ...]
    accepted: tuple[Named, ...]
    always: bool  # whether each call of the function comes to it


def passed_on(function: FunctionNode, facts: Facts) -> PassedOn | str:
    """Where the stars of a function lead and what is taken there, or why that is not known."""
    found = _only_call(function, facts.unit)
    if found is None:
        return "the starred parameters are not only passed on to one call"
    call, stars = found
    accepted = _accepted(function, facts.unit, facts, set())
    if isinstance(accepted, str):
        return accepted
    return PassedOn(call, stars, tuple(accepted), _is_always_reached(call, function, facts.unit))


def _only_call(
    function: FunctionNode, unit: Unit
) -> tuple[ast.Call, tuple[ast.Starred | ast.keyword, ...]] | None:
    calls: set[ast.Call] = set()
    stars: list[ast.Starred | ast.keyword] = []
    for parameter in (function.args.vararg, function.args.kwarg):
        if parameter is None:
            continue
        used = uses(function, parameter.arg)
        if len(used) != 1:
            return None
        star = unit.parents[used[0]]
        call = unit.parents[star]
        expands = isinstance(star, ast.Starred) or (
            isinstance(star, ast.keyword) and star.arg is None
        )
        if not expands or not isinstance(call, ast.Call):
            return None
        assert isinstance(star, ast.Starred | ast.keyword)
        calls.add(call)
        stars.append(star)
    return (calls.pop(), tuple(stars)) if len(calls) == 1 else None


def _accepted(
    function: FunctionNode, unit: Unit, facts: Facts, seen: set[FunctionNode]
) -> list[Named] | str:
    """The parameters behind a function's stars: the same in all that its call may run."""
    if function in seen:
        return []  # a wrapper in a wrapper of its kind adds nothing
    seen.add(function)
    found = _only_call(function, unit)
    if found is None:
        return f"{function.name} does not only pass its starred parameters on"
    call, stars = found
    if any(isinstance(a, ast.Starred) and a not in stars for a in call.args) or any(
        isinstance(a, ast.Starred) for a in call.args[:-1]
    ):
        return "other starred arguments are passed with them"
    if any(k.arg is None and k not in stars for k in call.keywords):
        return "other starred arguments are passed with them"
    runs = _run_by(call, unit, facts)
    if isinstance(runs, str):
        return runs
    own = {a.arg for a in (*function.args.args, *function.args.kwonlyargs)}
    kinds: set[type[ast.AST]] = {type(star) for star in stars}
    several: list[list[Named]] = []
    for ran, where in dict.fromkeys(runs):
        rest = _rest(ran, where, call, own, kinds, facts, seen)
        if isinstance(rest, str):
            return rest
        several.append(rest)
    if any(rest != several[0] for rest in several):
        return "what it passes them on to takes different parameters in different instances"
    return several[0] if several else []


def _run_by(
    call: ast.Call, unit: Unit, facts: Facts
) -> list[tuple[FunctionNode | None, Unit]] | str:
    """The functions that a call may run; None stands for a layer of torch with one input."""
    unknown = f"what {ast.unparse(call.func)} takes is not known"
    known = facts.project.find_function(unit, call.func)
    if known is not None:
        return [(known[1], known[0])]
    owner = unit.class_of(call)
    if owner is None or not isinstance(call.func, ast.Attribute):
        return unknown
    if not is_self_attribute(call.func):
        return unknown
    info, name = ClassInfo(unit, owner), call.func.attr
    method = facts.project.find_method(info, name)
    if method is not None:
        others = (c for c in facts.project.derived(info) if name in c.methods)
        return [(c.methods[name], c.unit) for c in (method[0], *others)]
    functions = _held_functions(info, name, facts)
    if functions:
        return functions
    made = held_modules(info, name, facts)
    if made is None:
        return unknown
    found: list[tuple[FunctionNode | None, Unit]] = []
    for module in made:
        class_ = facts.project.find_class(module.unit, module.call.func)
        forward = facts.project.find_method(class_, "forward") if class_ is not None else None
        resolved = module.unit.resolve(module.call.func) or ""
        if forward is not None:
            found.append((forward[1], forward[0].unit))
        elif resolved.startswith("torch.nn.") and resolved.rpartition(".")[2] in _ONE_INPUT:
            found.append((None, module.unit))
        else:
            return f"what {ast.unparse(module.call.func)} takes is not known"
    return found


def _held_functions(
    info: ClassInfo, name: str, facts: Facts
) -> list[tuple[FunctionNode | None, Unit]]:
    """The functions that a class keeps in an attribute; none where it may keep anything else."""
    found: list[tuple[FunctionNode | None, Unit]] = []
    for member in (info, *facts.project.bases(info), *facts.project.derived(info)):
        for node in member.unit.attribute_binders(member.node, name):
            value = node.value if isinstance(node, ast.Assign) else None
            kept = facts.project.find_function(member.unit, value) if value is not None else None
            if kept is None:
                return []
            found.append((kept[1], kept[0]))
    return found


def _rest(
    ran: FunctionNode | None,
    where: Unit,
    call: ast.Call,
    own: set[str],
    kinds: set[type[ast.AST]],
    facts: Facts,
    seen: set[FunctionNode],
) -> list[Named] | str:
    """The parameters of what runs that the call gives nothing for and that the stars can reach."""
    if ran is None:
        return []
    if ran.decorator_list:
        return f"{ran.name} is decorated"
    if ran.args.posonlyargs:
        return f"{ran.name} has positional-only parameters"
    given = sum(not isinstance(a, ast.Starred) for a in call.args)
    first = 1 if isinstance(where.parents.get(ran), ast.ClassDef) else 0
    plain = [(p, ast.Starred in kinds) for p in ran.args.args[first + given :]]
    named_only = [(p, False) for p in ran.args.kwonlyargs if ast.keyword in kinds]
    rest: list[Named] = []
    for parameter, by_position in [*plain, *named_only]:
        if parameter.arg in {k.arg for k in call.keywords}:
            continue
        if parameter.arg in own:  # a keyword of this name never comes to the stars
            if by_position:
                return f"{parameter.arg} may be given twice"
            continue
        named = _named(parameter, ran, where, by_position, facts)
        if isinstance(named, str):
            return named
        rest.append(named)
    opens = (ast.Starred in kinds and ran.args.vararg) or (ast.keyword in kinds and ran.args.kwarg)
    further = _accepted(ran, where, facts, seen) if opens else []
    if isinstance(further, str):
        return further
    if further and given > len(ran.args.args) - first:
        return f"{ran.name} is given some of what it passes on"
    taken = own | {k.arg for k in call.keywords if k.arg is not None}
    return [*rest, *(n for n in further if n.name not in taken)]


def _named(
    parameter: ast.arg, ran: FunctionNode, where: Unit, by_position: bool, facts: Facts
) -> Named | str:
    default = default_of(ran, parameter)
    number = default.operand if isinstance(default, ast.UnaryOp) else default  # -100
    if default is not None and not isinstance(number, ast.Constant):
        return f"the default of {parameter.arg} is not a literal"
    # A type of another file's may be a name that this one does not have.
    type_ = parameter.annotation if where is facts.unit else None
    text = parameter.arg if type_ is None else f"{parameter.arg}: {ast.unparse(type_)}"
    if default is not None:
        text += f"{' = ' if type_ else '='}{ast.unparse(default)}"
    return Named(parameter.arg, text, default is not None, by_position)


def _is_always_reached(call: ast.Call, function: FunctionNode, unit: Unit) -> bool:
    """Whether nothing before a call returns, and no condition stands around it.

    An early return takes any keyword in the cases that it is for: to refuse them is to narrow.
    """
    unsure = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.comprehension, ast.ListComp, ast.GeneratorExp)
    for node in unit.ancestors(call):
        if isinstance(node, unsure):
            return False
        if isinstance(node, ast.stmt):
            if node not in function.body:
                return False
            return not any(_may_return(s) for s in function.body[: function.body.index(node)])
    return False


def _may_return(statement: ast.stmt) -> bool:
    return any(isinstance(n, ast.Return) for n in walk(statement))
