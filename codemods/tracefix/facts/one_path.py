"""Variables that some path to a read has not defined, as TorchScript sees it.

TorchScript unrolls loops over modules and tuples, and decides tests for None and types while it
compiles: what these define is defined for it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.facts.flow import UNBOUND, Flow
from tracefix.facts.tree import walk
from tracefix.facts.types import Types, Unknown
from tracefix.facts.unit import FunctionNode, Unit

_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_Construct = ast.If | ast.For | ast.While | ast.Try


@dataclass(frozen=True, eq=False)
class OnePath:
    """A variable of a function, its definitions and the reads that may come too early."""

    name: str
    definitions: tuple[ast.AST, ...]
    reads: tuple[ast.Name, ...]  # in text order
    constructs: tuple[_Construct, ...]  # the outermost one around each definition, not the reads


def one_path_names(
    function: FunctionNode, unit: Unit, types: Types, flow: Flow
) -> Iterator[OnePath]:
    """The variables that TorchScript would call undefined, by first read."""
    reads: dict[str, list[ast.Name]] = {}
    for read in sorted(flow.reads, key=lambda n: (n.lineno, n.col_offset)):
        if flow.maybe_unbound(read) and unit.function_of(read) is function:
            reads.setdefault(read.id, []).append(read)
    for name, places in reads.items():
        found = {d for read in places for d in flow.reads[read] if d is not UNBOUND}
        first, *later = sorted(found, key=lambda d: getattr(d, "lineno", 0))
        if not any(_is_decided_at_run_time(c, types) for c in _around(first, places[-1], unit)):
            continue
        outermost = {o[-1] for d in (first, *later) if (o := [*_around(d, places[-1], unit)])}
        constructs = tuple(sorted(outermost, key=lambda c: c.lineno))
        yield OnePath(name, (first, *later), tuple(places), constructs)


def _around(definition: ast.AST, read: ast.AST, unit: Unit) -> Iterator[_Construct]:
    """The branches and loops that hold a definition and not the read, innermost first."""
    shared = set(unit.ancestors(read))
    for ancestor in unit.ancestors(definition):
        if ancestor not in shared and isinstance(ancestor, _Construct):
            yield ancestor


def is_always_evaluated(node: ast.AST, unit: Unit) -> bool:
    """Whether a statement that runs evaluates this part of it in any case."""
    inner = node
    for ancestor in unit.ancestors(node):
        if isinstance(ancestor, ast.stmt):
            return not (isinstance(ancestor, ast.Assert) and inner is ancestor.msg)
        if isinstance(ancestor, ast.Lambda | ast.comprehension | _Comprehension):
            return False
        if isinstance(ancestor, ast.IfExp) and inner is not ancestor.test:
            return False
        if isinstance(ancestor, ast.BoolOp) and inner is not ancestor.values[0]:
            return False
        if isinstance(ancestor, ast.Compare) and inner in ancestor.comparators[1:]:
            return False
        inner = ancestor
    return True


def _is_decided_at_run_time(construct: _Construct, types: Types) -> bool:
    if isinstance(construct, ast.If):
        return not any(_is_static_test(n, types) for n in walk(construct.test))
    if isinstance(construct, ast.For):
        return _is_counted(construct.iter, types)
    return True


def _is_static_test(node: ast.AST, types: Types) -> bool:
    if isinstance(node, ast.Compare):
        # What an attribute is belongs to its instance; what a parameter is, to each call.
        optional = str(types.of(node.left)).startswith("Optional[")
        if isinstance(node.left, ast.Name) and optional:
            return False
        return any(isinstance(op, ast.Is | ast.IsNot) for op in node.ops)
    if isinstance(node, ast.Call):
        name = ast.unparse(node.func)
        return name in ("isinstance", "hasattr") or name.endswith("is_scripting")
    return False


def _is_counted(over: ast.expr, types: Types) -> bool:
    """Whether a loop runs over values; over modules and tuples it is unrolled."""
    if isinstance(over, ast.Call) and isinstance(over.func, ast.Name):
        if over.func.id == "range":
            return True
        if over.func.id in ("enumerate", "zip", "reversed"):
            return bool(over.args) and all(_is_counted(a, types) for a in over.args)
    type_ = types.of(over)
    if isinstance(type_, Unknown):
        return False
    return type_ in ("Tensor", "torch.Size") or type_.startswith(("List[", "Dict["))
