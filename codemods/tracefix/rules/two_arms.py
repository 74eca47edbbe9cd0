"""The forms of a branch that gives one of two values."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from tracefix.facts import FunctionNode
from tracefix.facts.tree import walk
from tracefix.facts.unit import Unit
from tracefix.rewrite.change import Hole

Branch = ast.If | ast.IfExp


@dataclass(frozen=True, eq=False)
class Arms:
    """A branch as two expressions."""

    branch: Branch
    taken: Hole
    other: Hole
    prefix: str = ""  # "y = " or "return "
    keeps: ast.Name | None = None  # the target, where the other arm leaves it as it is
    behind: tuple[ast.stmt, ...] = ()  # statements whose value has moved into the branch

    @property
    def expressions(self) -> tuple[ast.expr, ast.expr]:
        """Both arms as nodes; a target that keeps its value stands for itself."""
        taken = self.taken
        other = self.other if self.keeps is None else self.keeps
        assert isinstance(taken, ast.expr)
        assert isinstance(other, ast.expr)
        return taken, other

    @property
    def targets(self) -> set[str]:
        """The name that the branch assigns."""
        return {self.prefix.removesuffix(" = ")} if self.prefix.endswith(" = ") else set()


def arms_of(node: Branch, unit: Unit) -> Arms | None:
    """The two values that a branch chooses from; None where it does anything else."""
    if isinstance(node, ast.IfExp):
        return Arms(node, node.body, node.orelse)
    if len(node.body) != 1:
        return None
    return _assigned(node) or _returned(node, unit)


def _assigned(node: ast.If) -> Arms | None:
    """`if test: y = A` with `else: y = B`, or without."""
    target, value = _assignment(node.body)
    if target is None or value is None:
        return None
    prefix = f"{target.id} = "
    if not node.orelse:
        return Arms(node, value, target.id, prefix, keeps=target)
    other_target, other = _assignment(node.orelse)
    if other_target is None or other is None or other_target.id != target.id:
        return None
    return Arms(node, value, other, prefix)


def _returned(node: ast.If, unit: Unit) -> Arms | None:
    """`if test: return A` with `else: return B`, or with `return B` right behind it."""
    taken = _return_value(node.body)
    behind = _next_statement(node, unit) if not node.orelse else None
    other = _return_value(node.orelse or ([behind] if behind is not None else []))
    if taken is None or other is None:
        return None
    return Arms(node, taken, other, "return ", behind=(behind,) if behind is not None else ())


def _assignment(body: Sequence[ast.stmt]) -> tuple[ast.Name | None, ast.expr | None]:
    if len(body) == 1 and isinstance(body[0], ast.Assign) and len(body[0].targets) == 1:
        target = body[0].targets[0]
        if isinstance(target, ast.Name):
            return target, body[0].value
    return None, None


def _return_value(body: Sequence[ast.stmt]) -> ast.expr | None:
    return body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None


def _next_statement(node: ast.stmt, unit: Unit) -> ast.stmt | None:
    """The statement behind one in the same block."""
    block = unit.block_of(node)
    behind = block[block.index(node) + 1 :] if node in block else []
    return behind[0] if behind else None


def changed_in_place(code: FunctionNode | ast.stmt) -> set[str]:
    """The variables whose tensor some code may change: `y += 1`, `y[0] = 1`, `y.add_(1)`."""
    changed: set[str] = set()
    for node in walk(code):
        inside: ast.AST | None = None
        if isinstance(node, ast.AugAssign):
            inside = node.target
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            inside = node.value
        elif isinstance(node, ast.Attribute) and node.attr.endswith("_"):
            inside = node.value
        while isinstance(inside, ast.Subscript | ast.Attribute | ast.Call):
            inside = inside.func if isinstance(inside, ast.Call) else inside.value
        if isinstance(inside, ast.Name):
            changed.add(inside.id)
    return changed
