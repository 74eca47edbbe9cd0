"""Conditions that are settled once the file is loaded: `if HAS_APEX:`, `torch.__version__ < "2"`."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tracefix.facts.constants import constant, is_set_from_outside
from tracefix.facts.fixed_conditions import Condition, asks_for_none, conditions
from tracefix.facts.project import ClassInfo
from tracefix.facts.torch_types import is_constant_type
from tracefix.facts.tree import children, walk
from tracefix.facts.types import Unknown
from tracefix.facts.unit import Scope

if TYPE_CHECKING:
    from tracefix.facts import Facts

_TOLD_BY_THE_MACHINE = frozenset(
    {"sys.version_info", "sys.platform", "os.name", "torch.version.cuda", "torch.version.hip"}
)
_OF_PLAIN = frozenset(
    {
        "packaging.version.parse", "packaging.version.Version", "pkg_resources.parse_version",
        "distutils.version.LooseVersion", "distutils.version.StrictVersion",
        "int", "float", "str", "bool", "tuple", "len",
    }
)  # fmt: skip
_GIVES_PLAIN = _OF_PLAIN | {"hasattr", "torch.cuda.is_available", "os.getenv", "os.environ.get"}
_OF_TEXT = frozenset({"split", "startswith", "endswith", "partition", "rpartition", "strip"})
_COMBINED = (
    ast.Compare, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Tuple, ast.Subscript, ast.Slice,
)  # fmt: skip
_LEFT_OUT = (ast.expr_context, ast.boolop, ast.unaryop, ast.operator, ast.cmpop)
_ANY_TYPE = (ast.Eq, ast.NotEq, ast.Is, ast.IsNot, ast.In, ast.NotIn)


def file_conditions(facts: Facts) -> Sequence[Condition]:
    """The parts of tests in methods that forward reaches that the file settles when it is loaded."""
    return facts.once(_found)


def _found(facts: Facts) -> Sequence[Condition]:
    return tuple(conditions(facts, _is_settled))


def reads_computed(condition: Condition, facts: Facts) -> bool:
    """Whether the test reads a value of the file's, or asks what a package has.

    TorchScript sees neither.
    """
    if asks_for_none(condition.test):
        return False
    calls = (n for n in walk(condition.test) if isinstance(n, ast.Call))
    if any(facts.unit.resolve(call.func) == "hasattr" for call in calls):
        return True
    names = (n.id for n in walk(condition.test) if isinstance(n, ast.Name))
    return any(_assigned(name, facts) for name in names)


def is_flag(test: ast.expr, facts: Facts) -> bool:
    """Whether a test gives True or False and nothing else, as names of such values do."""
    if isinstance(test, ast.BoolOp):
        return all(is_flag(value, facts) for value in test.values)
    if isinstance(test, ast.Call):
        return facts.unit.resolve(test.func) in ("hasattr", "bool")
    if isinstance(test, ast.Name):
        values = _assigned(test.id, facts)
        return bool(values) and all(str(facts.types.of(value)) == "bool" for value in values)
    return isinstance(test, ast.Compare) or (
        isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
    )


def _is_settled(test: ast.expr, info: ClassInfo, facts: Facts) -> bool:
    """Whether all that a test in a method asks has its value for good where the class is made."""
    return _is_in_method(test, info, facts) and _is_answered(test, info, facts)


def _is_in_method(node: ast.AST, info: ClassInfo, facts: Facts) -> bool:
    """Whether a node lies in a plain method of a module class of the file's body."""
    function = facts.unit.function_of(node)
    if function is None or facts.unit.scope(info.node):
        return False
    own = info.methods.get(function.name) is function and not function.decorator_list
    return own and facts.project.is_module(info)


def _is_answered(test: ast.expr, info: ClassInfo, facts: Facts) -> bool:
    if asks_for_none(test):
        assert isinstance(test, ast.Compare)
        asked = test.left
        return isinstance(asked, ast.Name) and _is_bound_above(asked, info, facts)
    read = [n for n in walk(test) if isinstance(n, ast.Name)]
    if not read or all(_is_written_out(n.id, facts) for n in read):
        return False
    if _may_raise(test) and any(len(_binders(n.id, facts)) > 1 for n in read):
        return False  # a version that is None where the package is missing
    return _is_told(test, info, facts)


def _is_written_out(name: str, facts: Facts) -> bool:
    """Whether module-constant writes the value where the name stands: not that of a switch, which
    would leave `if False:`."""
    value = constant(name, facts)
    return value is not None and not (
        isinstance(value, ast.Constant) and isinstance(value.value, bool)
    )


def _may_raise(test: ast.expr) -> bool:
    ordered = (o for n in walk(test) if isinstance(n, ast.Compare) for o in n.ops)
    if any(not isinstance(o, _ANY_TYPE) for o in ordered):
        return True
    return any(isinstance(n, ast.BinOp | ast.Subscript | ast.Call) for n in walk(test))


def _is_told(node: ast.AST, info: ClassInfo, facts: Facts) -> bool:
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Name):
        return _is_bound_above(node, info, facts) and _is_plain(node.id, facts)
    if isinstance(node, ast.Attribute):
        name = facts.unit.resolve(node) or ""
        return name in _TOLD_BY_THE_MACHINE or name.endswith(".__version__")
    if isinstance(node, ast.Call):
        return _is_told_by_call(node, info, facts)
    if not isinstance(node, _COMBINED):
        return False
    inner = (child for child in children(node) if not isinstance(child, _LEFT_OUT))
    return all(_is_told(child, info, facts) for child in inner)


def _is_told_by_call(call: ast.Call, info: ClassInfo, facts: Facts) -> bool:
    if call.keywords:
        return False
    name = facts.unit.resolve(call.func)
    arguments: list[ast.expr] = call.args
    if name == "hasattr":
        if not call.args or facts.unit.resolve(call.args[0]) not in facts.unit.imports.values():
            return False
        arguments = call.args[1:]
    elif name not in _OF_PLAIN:
        if not isinstance(call.func, ast.Attribute) or call.func.attr not in _OF_TEXT:
            return False
        arguments = [call.func.value, *call.args]
    return all(_is_told(argument, info, facts) for argument in arguments)


def _is_bound_above(name: ast.Name, info: ClassInfo, facts: Facts) -> bool:
    """Whether the file's body gives a name its value above a class, and nothing gives another."""
    binders = _binders(name.id, facts)
    if facts.unit.resolve(name) is None or not binders or is_set_from_outside(name.id, facts):
        return False
    if name.id in facts.once(_declared_global):
        return False
    in_class = (n for s in info.node.body if not isinstance(s, Scope) for n in walk(s))
    stored = (n for n in in_class if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load))
    if any(n.id == name.id for n in stored):
        return False
    return all(getattr(b, "lineno", info.node.lineno) < info.node.lineno for b in binders)


def _is_plain(name: str, facts: Facts) -> bool:
    """Whether a name only ever stands for what cannot be changed in place."""
    assigned = _assigned(name, facts)
    return len(assigned) == len(_binders(name, facts)) and all(
        _gives_plain(value, facts) for value in assigned
    )


def _gives_plain(value: ast.expr, facts: Facts) -> bool:
    if isinstance(value, ast.Compare):
        return True
    if isinstance(value, ast.BoolOp):
        return all(_gives_plain(part, facts) for part in value.values)
    if isinstance(value, ast.UnaryOp):
        return _gives_plain(value.operand, facts)
    if isinstance(value, ast.Call) and facts.unit.resolve(value.func) in _GIVES_PLAIN:
        return True
    type_ = facts.types.of(value)
    return not isinstance(type_, Unknown) and is_constant_type(type_) and "List" not in type_


def _assigned(name: str, facts: Facts) -> list[ast.expr]:
    """The values that the file's body assigns to a name."""
    assigned = (b for b in _binders(name, facts) if isinstance(b, ast.Assign | ast.AnnAssign))
    return [b.value for b in assigned if b.value is not None]


def _binders(name: str, facts: Facts) -> Sequence[ast.AST]:
    """Everything in the file's body that gives a name a value: an import and a definition too."""
    return facts.once(_binders_by_name).get(name, ())


def _binders_by_name(facts: Facts) -> Mapping[str, Sequence[ast.AST]]:
    found: dict[str, list[ast.AST]] = {}
    for node in walk(facts.unit.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {(a.asname or a.name).partition(".")[0] for a in node.names}
        elif isinstance(node, Scope):
            names = {node.name}
        elif isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            names = {node.id}
        else:
            continue
        if facts.unit.scope(node) == "":
            binder = facts.unit.statement(node) if isinstance(node, ast.Name) else node
            for name in names:
                found.setdefault(name, []).append(binder)
    return found


def _declared_global(facts: Facts) -> frozenset[str]:
    """The names that functions of the file may give another value."""
    found = (n for n in walk(facts.unit.tree) if isinstance(n, ast.Global))
    return frozenset(name for node in found for name in node.names)
