"""Backward methods that hand the gradient on as it is, or times a number."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass

from tracefix.facts.project import ClassInfo
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode


def handed_on(info: ClassInfo) -> str | None:
    """What a Function's backward does to the gradient, done to the first input of its forward.

    "x.clone()" for a backward that returns its gradient, "-(x * scale)" for `-grad * ctx.scale`.
    As that is linear, its own gradient is what backward gives. None where backward does more.
    """
    forward, backward = info.methods.get("forward"), info.methods.get("backward")
    if forward is None or backward is None:
        return None
    names = [a.arg for a in forward.args.args], [a.arg for a in backward.args.args]
    if len(names[0]) < 2 or len(names[1]) != 2 or backward.args.vararg:
        return None
    given = _returned(backward)
    if given is None:
        return None
    linear = _Linear(names[0][1], names[1][1], _kept(forward), _kept(backward), names[1][0])
    written = linear.of(given)
    if written == names[0][1]:
        return f"{written}.clone()"
    return None if written is None else ast.unparse(ast.parse(written))


def _returned(backward: FunctionNode) -> ast.expr | None:
    """The first gradient that backward returns, the others being None."""
    last = backward.body[-1]
    value = last.value if isinstance(last, ast.Return) else None
    plain = (ast.Assign, ast.Expr)
    if value is None or not all(isinstance(s, plain) for s in backward.body[:-1]):
        return None
    if not isinstance(value, ast.Tuple):
        return value
    rest = [e.value if isinstance(e, ast.Constant) else e for e in value.elts[1:]]
    return value.elts[0] if all(e is None for e in rest) else None


def _kept(function: FunctionNode) -> dict[str, ast.expr]:
    """What each name, or attribute such as "ctx.scale", is assigned, where that is one value."""
    found: dict[str, list[ast.expr]] = {}
    for node in walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                found.setdefault(ast.unparse(target), []).append(node.value)
        elif isinstance(node, ast.AugAssign):
            found.setdefault(ast.unparse(node.target), []).extend([node.value, node.value])
    return {name: values[0] for name, values in found.items() if len(values) == 1}


@dataclass(frozen=True)
class _Linear:
    """Rewrites expressions of backward's gradient as ones of forward's input."""

    tensor: str
    gradient: str
    forward: Mapping[str, ast.expr]
    backward: Mapping[str, ast.expr]
    context: str

    def of(self, node: ast.expr) -> str | None:
        """`node` with the input for the gradient, None where it is not the gradient times a number."""
        if isinstance(node, ast.Name):
            if node.id == self.gradient:
                return self.tensor
            value = self.backward.get(node.id)
            return None if value is None or self._writes_into(node.id) else self.of(value)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._negative(self.of(node.operand))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return self._method(node.func, node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
            return self._scaled(node)
        return None

    def _writes_into(self, name: str) -> bool:
        """Whether backward assigns to a part of a variable."""
        return any(target.startswith((f"{name}[", f"{name}.")) for target in self.backward)

    def _method(self, func: ast.Attribute, node: ast.Call) -> str | None:
        inner = self.of(func.value)
        if inner is None or node.keywords:
            return None
        if func.attr == "clone" and not node.args:
            return inner if inner.endswith(".clone()") else f"{inner}.clone()"
        if func.attr == "neg" and not node.args:
            return self._negative(inner)
        if func.attr == "mul" and len(node.args) == 1:
            scale = self._number(node.args[0])
            return None if scale is None else f"({inner} * {scale})"
        return None

    @staticmethod
    def _negative(inner: str | None) -> str | None:
        return None if inner is None else f"-{inner}"

    def _scaled(self, node: ast.BinOp) -> str | None:
        sign = "*" if isinstance(node.op, ast.Mult) else "/"
        pairs = [(node.left, node.right)]
        if sign == "*":
            pairs.append((node.right, node.left))
        for linear, number in pairs:
            inner, scale = self.of(linear), self._number(number)
            if inner is not None and scale is not None:
                return f"({inner} {sign} {scale})"
        return None

    def _number(self, node: ast.expr) -> str | None:
        """A number of the text, or one that forward was given and has kept."""
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return ast.unparse(node)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return self._negative(self._number(node.operand))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == self.context:
            value = next((v for k, v in self.forward.items() if k.endswith(f".{node.attr}")), None)
            return value.id if isinstance(value, ast.Name) else None
        return None
