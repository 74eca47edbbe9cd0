"""Conditions that are settled once __init__ has run: `if self.downsample:`, `if self.stride == 2:`.

TorchScript compiles both arms of a branch, unless the test is a bool that is declared Final (or asks
`is None`): then it leaves out the arm that this instance does not take.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tracefix.facts.bindings import only_assignment
from tracefix.facts.instances import held
from tracefix.facts.project import ClassInfo
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.torch_types import is_constant_type
from tracefix.facts.tree import walk
from tracefix.facts.types import Unknown
from tracefix.facts.unit import FunctionNode, Unit

if TYPE_CHECKING:
    from tracefix.facts import Facts

_MADE_OF = (
    ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.List, ast.Constant, ast.Name,
    ast.expr_context, ast.boolop, ast.unaryop, ast.operator, ast.cmpop,
)  # fmt: skip
Holds = Callable[[ast.expr, ClassInfo, "Facts"], bool]
# What takes any arguments has no compiled form.
_NEVER_COMPILED = frozenset(
    {"torch.utils.checkpoint.checkpoint", "torch.utils.checkpoint.checkpoint_sequential"}
)
_FUNCTIONS = frozenset({"function", "builtin_function_or_method", "method"})
_ANY_TYPE = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)


@dataclass(frozen=True, eq=False)
class Condition:
    """A test, or a part of one, that is the same in every call of an instance."""

    test: ast.expr
    branch: ast.If | ast.IfExp
    owner: ClassInfo
    asked: ast.expr  # the test, where variables that hold attributes give way to those

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of self that decide it."""
        nodes = (n for n in walk(self.asked) if isinstance(n, ast.Attribute))
        return tuple(dict.fromkeys(n.attr for n in nodes))

    @property
    def question(self) -> tuple[ast.ClassDef, str]:
        """What tells it from others: the same in a class wherever the same is asked."""
        return self.owner.node, ast.unparse(self.asked)


def fixed_conditions(facts: Facts) -> Sequence[Condition]:
    """The parts of tests in what forward reaches that are settled, each as large as can be."""
    return facts.once(_found)


def _found(facts: Facts) -> Sequence[Condition]:
    return tuple(conditions(facts, _is_settled))


def switched_flags(facts: Facts) -> Iterator[Condition]:
    """The flags in tests that code sets after __init__, but nothing that forward reaches."""
    yield from conditions(facts, _is_switched)


def conditions(facts: Facts, holds: Holds) -> Iterator[Condition]:
    """The parts of tests in what forward reaches of which something holds, in text order."""
    for node in facts.in_forward(ast.If, ast.IfExp):
        assert isinstance(node, ast.If | ast.IfExp)
        owner = facts.unit.class_of(node)
        if owner is not None:
            info = ClassInfo(facts.unit, owner)
            for part in _parts(node.test, info, facts, holds):
                yield Condition(part, node, info, in_attributes(part, facts))


def _parts(test: ast.expr, info: ClassInfo, facts: Facts, holds: Holds) -> Iterator[ast.expr]:
    """The parts of a test of which something holds, each as large as can be."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        yield from _parts(test.operand, info, facts, holds)
    elif holds(test, info, facts):
        yield test
    elif isinstance(test, ast.BoolOp):
        for value in test.values:
            yield from _parts(value, info, facts, holds)


def in_attributes(test: ast.expr, facts: Facts) -> ast.expr:
    """A test with `self.stride` for `stride`, behind a function's one `stride = self.stride`."""
    function = facts.unit.function_of(test)
    names = {n.id for n in walk(test) if isinstance(n, ast.Name)} - {"self"}
    if function is None or not names:
        return test
    held: dict[str, ast.Attribute] = {}
    for name in names:
        statement = only_assignment(function, name)
        if statement is None or not is_self_attribute(statement.value):
            return test
        assert isinstance(statement.value, ast.Attribute)
        held[name] = statement.value
    written = ast.parse(ast.unparse(test), mode="eval")
    _Written(held).visit(written)
    return written.body


class _Written(ast.NodeTransformer):
    """Puts attributes of self in the place of names."""

    def __init__(self, held: Mapping[str, ast.Attribute]) -> None:
        self._held = held

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._held.get(node.id, node)


def _is_switched(test: ast.expr, info: ClassInfo, facts: Facts) -> bool:
    if not isinstance(test, ast.Attribute) or not is_self_attribute(test):
        return False
    name = test.attr
    if name == "training" or name.startswith("__") or types_held(name, info, facts) != {"bool"}:
        return False
    moves = list(_moves(name, info, facts))
    in_forward = any(unit.function_of(node) in facts.reach.functions for unit, node in moves)
    return bool(moves) and not in_forward and any(True for _ in definitions(name, info, facts))


def _is_settled(test: ast.expr, info: ClassInfo, facts: Facts) -> bool:
    test = in_attributes(test, facts)
    for_none = asks_for_none(test)
    asked = test.left if isinstance(test, ast.Compare) and for_none else test
    if isinstance(asked, ast.Attribute) and is_self_attribute(asked):
        if _is_fixed_function(asked.attr, info, facts):
            return True
    if for_none:
        return False  # which TorchScript settles by itself, but of a function
    read = [n for n in walk(test) if isinstance(n, ast.Attribute)]
    if not read or any(not is_self_attribute(n) for n in read):
        return False
    names = (n.id for n in walk(test) if isinstance(n, ast.Name))
    if set(names) != {"self"} or any(
        not isinstance(n, (*_MADE_OF, ast.Attribute)) for n in walk(test)
    ):
        return False
    if not all(is_fixed(n.attr, info, facts) for n in read):
        return False
    return not _may_raise(test) or all(_is_number(n.attr, info, facts) for n in read)


def asks_for_none(test: ast.expr) -> bool:
    """Whether a test is `x is None`, or its negation."""
    return (
        isinstance(test, ast.Compare)
        and isinstance(test.ops[0], ast.Is | ast.IsNot)
        and isinstance(test.comparators[0], ast.Constant)
        and test.comparators[0].value is None
    )


def _may_raise(test: ast.expr) -> bool:
    """Whether there are operands for which evaluating a test early raises."""
    ordered = (o for n in walk(test) if isinstance(n, ast.Compare) for o in n.ops)
    arithmetic = any(isinstance(n, ast.BinOp) for n in walk(test))
    return arithmetic or any(not isinstance(o, _ANY_TYPE) for o in ordered)


def types_held(name: str, info: ClassInfo, facts: Facts) -> frozenset[str]:
    """The types of an attribute that runs have shown, or else the one that the text gives."""
    seen = held(info, name, facts)
    if seen:
        return seen
    type_ = facts.types.of_attribute(info, name)
    return frozenset() if isinstance(type_, Unknown) else frozenset({type_})


def is_fixed(name: str, info: ClassInfo, facts: Facts) -> bool:
    """Whether an attribute holds a plain value that nothing but an __init__ ever assigns."""
    types = types_held(name, info, facts)
    if not types or name == "training" or not all(map(is_constant_type, types)):
        return False
    return is_only_set_by_init(name, info, facts)


def _is_fixed_function(name: str, info: ClassInfo, facts: Facts) -> bool:
    """Whether an attribute holds a function, in some instances None, that only __init__ assigns."""
    types = types_held(name, info, facts) - {"NoneType"}
    return bool(types) and types <= _FUNCTIONS and is_only_set_by_init(name, info, facts)


def is_only_set_by_init(name: str, info: ClassInfo, facts: Facts) -> bool:
    """Whether the class's own __init__ assigns an attribute, and nothing else does."""
    if not any(True for _ in definitions(name, info, facts)):
        return False
    return not any(True for _ in _moves(name, info, facts))


def definitions(name: str, info: ClassInfo, facts: Facts) -> Iterator[ast.Assign]:
    """The statements in the class's own __init__ that assign an attribute."""
    init = info.methods.get("__init__")
    for node in info.unit.attribute_binders(info.node, name):
        if isinstance(node, ast.Assign) and info.unit.function_of(node) is init:
            yield node


def _moves(name: str, info: ClassInfo, facts: Facts) -> Iterator[tuple[Unit, ast.Attribute]]:
    """Where anything but the class's own __init__ assigns it: a method, a subclass, a caller."""
    own = {t for node in definitions(name, info, facts) for t in node.targets}
    for unit in facts.project.units.values():
        for node in unit.stored_attributes.get(name, ()):
            if node in own:
                continue
            if not is_self_attribute(node) or is_of_family(unit.class_of(node), info, facts):
                yield unit, node


def is_of_family(node: ast.ClassDef | None, info: ClassInfo, facts: Facts) -> bool:
    """Whether a class is another one, or one of those that it inherits from or that inherit from it."""
    family = (info, *facts.project.bases(info), *facts.project.derived(info))
    return any(node is member.node for member in family)


def _is_number(name: str, info: ClassInfo, facts: Facts) -> bool:
    return types_held(name, info, facts) <= {"int", "float", "bool"}


def is_surely_defined(name: str, info: ClassInfo, facts: Facts) -> bool:
    """Whether every instance has an attribute, and none has None where others have something."""
    family = (info, *facts.project.bases(info))
    types = held(info, name, facts)
    if "NoneType" in types and len(types) > 1:
        return False
    if any(name in member.methods for member in family):
        return True
    binders = [(m, n) for m in family for n in m.unit.attribute_binders(m.node, name)]
    in_body = (m.unit.statement(n) in _init_body(m) for m, n in binders)
    # A base class that nobody sees may define what nothing here does.
    return any(in_body) or (not binders and bool(types))


def _init_body(info: ClassInfo) -> list[ast.stmt]:
    init = info.methods.get("__init__")
    return init.body if isinstance(init, FunctionNode) else []


def decides(condition: Condition, facts: Facts) -> bool:
    """Whether an arm has what does not compile: what may not be there, or another type returned."""
    branch = condition.branch
    if isinstance(branch, ast.IfExp) and _tuples_vary(branch):
        return True
    arms: list[ast.AST] = []
    for arm in (branch.body, branch.orelse):
        arms += arm if isinstance(arm, list) else [arm]
    inside = [node for arm in arms for node in walk(arm)]
    used = {n.attr for n in inside if isinstance(n, ast.Attribute) and is_self_attribute(n)}
    if any(not is_surely_defined(name, condition.owner, facts) for name in used):
        return True
    calls = (n for n in inside if isinstance(n, ast.Call))
    if any(facts.unit.resolve(call.func) in _NEVER_COMPILED for call in calls):
        return True
    return any(isinstance(n, ast.Return) for n in inside) and _returns_vary(branch, facts)


def _tuples_vary(branch: ast.IfExp) -> bool:
    """`(x, weights) if self.keep else (x,)`."""
    sizes = [len(a.elts) for a in (branch.body, branch.orelse) if isinstance(a, ast.Tuple)]
    return len(set(sizes)) == 2


def is_around(condition: Condition, line: int, facts: Facts) -> bool:
    """Whether a line belongs to an arm: also what follows an arm that returns."""
    branch = condition.branch
    last = branch.end_lineno or branch.lineno
    if isinstance(branch, ast.If) and isinstance(branch.body[-1], ast.Return | ast.Raise):
        function = facts.unit.function_of(branch)
        if function is not None and branch in function.body:
            last = function.end_lineno or last
    return branch.lineno <= line <= last


def _returns_vary(branch: ast.AST, facts: Facts) -> bool:
    function = facts.unit.function_of(branch)
    if function is None:
        return False
    values = [n.value for n in walk(function) if isinstance(n, ast.Return) and n.value]
    shapes = {len(v.elts) if isinstance(v, ast.Tuple) else 0 for v in values}
    types = {t for v in values if not isinstance(t := facts.types.of(v), Unknown)}
    return len(shapes) > 1 or len(types) > 1
