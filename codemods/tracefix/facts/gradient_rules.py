"""Backward methods that hand the gradient on as it is, times a number, or in part."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from tracefix.facts.project import ClassInfo
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

_TESTS = frozenset({"gt", "lt", "ge", "le", "eq", "ne"})


def handed_on(info: ClassInfo) -> str | None:
    """What a Function's backward does to the gradient, done to the first input of its forward.

    "x.clone()" for a backward that returns its gradient, "-x * scale" for `-grad * ctx.scale`,
    "x.masked_fill(x.gt(1), 0)" where a part is set to zero. As that is linear, its own gradient is
    what backward gives. None where backward does more.
    """
    forward, backward = info.methods.get("forward"), info.methods.get("backward")
    if forward is None or backward is None or backward.args.vararg:
        return None
    given = [a.arg for a in forward.args.args]
    taken = [a.arg for a in backward.args.args]
    if len(given) < 2 or len(taken) != 2:
        return None
    linear = _Linear(taken[0], forward, {taken[1]: given[1]})
    for statement in backward.body[:-1]:
        if not linear.takes(statement):
            return None
    written = linear.returned(backward.body[-1])
    if written == given[1]:
        return f"{written}.clone()"
    return None if written is None else ast.unparse(ast.parse(written))


@dataclass(frozen=True)
class _Linear:
    """Goes through backward, with forward's input in the gradient's place."""

    context: str
    forward: FunctionNode
    linear: dict[str, str]  # variables that hold the gradient, changed so far
    saved: dict[str, str] = field(default_factory=dict)  # those that hold what forward has saved

    def takes(self, statement: ast.stmt) -> bool:
        """Whether a statement is understood; its variables are noted."""
        if isinstance(statement, ast.Expr):
            return isinstance(statement.value, ast.Constant)
        if not isinstance(statement, ast.Assign) or len(statement.targets) > 1:
            return False
        target, value = statement.targets[0], statement.value
        if _is_saved(value, self.context):
            return self._unpacks(target)
        if isinstance(target, ast.Subscript):
            return self._fills(target, value)
        written = self.of(value)
        if written is None or not isinstance(target, ast.Name):
            return False
        self.linear[target.id] = written
        return True

    def returned(self, last: ast.stmt) -> str | None:
        """The first gradient that is returned, the others being None."""
        value = last.value if isinstance(last, ast.Return) else None
        if not isinstance(value, ast.Tuple):
            return None if value is None else self.of(value)
        rest = [e.value if isinstance(e, ast.Constant) else e for e in value.elts[1:]]
        return self.of(value.elts[0]) if all(e is None for e in rest) else None

    def of(self, node: ast.expr) -> str | None:
        """An expression of the gradient as one of the input; None where it is not linear."""
        if isinstance(node, ast.Name):
            return self.linear.get(node.id)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return _negative(self.of(node.operand))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return self._method(node.func, node)
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div):
            return self._scaled(node)
        return None

    def _unpacks(self, target: ast.expr) -> bool:
        parts = target.elts if isinstance(target, ast.Tuple | ast.List) else []
        kept = list(_saved_names(self.forward))
        if not parts or len(parts) != len(kept):
            return False
        for part, name in zip(parts, kept, strict=True):
            if not isinstance(part, ast.Name) or name is None:
                return False
            self.saved[part.id] = name
        return True

    def _fills(self, target: ast.Subscript, value: ast.expr) -> bool:
        """`grad_input[x.gt(1)] = 0`."""
        held = target.value
        zero = isinstance(value, ast.Constant) and value.value == 0
        if not zero or not isinstance(held, ast.Name) or held.id not in self.linear:
            return False
        if self.linear[held.id] == self.forward.args.args[1].arg:
            return False  # the incoming gradient itself is written to
        mask = self._mask(target.slice)
        if mask is None:
            return False
        before = self.linear[held.id].removesuffix(".clone()")
        self.linear[held.id] = f"{before}.masked_fill({mask}, 0)"
        return True

    def _mask(self, node: ast.expr) -> str | None:
        """A test of what was saved, in forward's names."""
        tests = isinstance(node, ast.Compare) or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _TESTS
        )
        names = {n.id for n in walk(node) if isinstance(n, ast.Name)}
        if not tests or not names <= set(self.saved):
            return None
        return ast.unparse(_Renamed(self.saved).visit(ast.parse(ast.unparse(node), mode="eval")))

    def _method(self, func: ast.Attribute, node: ast.Call) -> str | None:
        inner = self.of(func.value)
        if inner is None or node.keywords:
            return None
        if func.attr == "clone" and not node.args:
            return inner if inner.endswith(".clone()") else f"{inner}.clone()"
        if func.attr == "neg" and not node.args:
            return _negative(inner)
        if func.attr == "mul" and len(node.args) == 1:
            scale = self._number(node.args[0])
            return None if scale is None else f"({inner} * {scale})"
        return None

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
            return _negative(self._number(node.operand))
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == self.context:
            value = _kept(self.forward).get(node.attr)
            return value.id if isinstance(value, ast.Name) else None
        return None


class _Renamed(ast.NodeTransformer):
    """Backward's variables under the names that forward has for them."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self._names.get(node.id, node.id), node.ctx)


def _negative(inner: str | None) -> str | None:
    return None if inner is None else f"-{inner}"


def _is_saved(node: ast.expr, context: str) -> bool:
    """`ctx.saved_tensors`, or as it was once called."""
    return ast.unparse(node) in (f"{context}.saved_tensors", f"{context}.saved_variables")


def _saved_names(forward: FunctionNode) -> Iterator[str | None]:
    """What forward gives to save_for_backward; None for more than a name that stays as it is."""
    for statement in forward.body:
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            continue
        if call.func.attr != "save_for_backward":
            continue
        stored = {
            node.id
            for later in forward.body[forward.body.index(statement) :]
            for node in walk(later)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        for given in call.args:
            plain = isinstance(given, ast.Name) and given.id not in stored
            yield given.id if plain and isinstance(given, ast.Name) else None


def _kept(forward: FunctionNode) -> dict[str, ast.expr]:
    """What forward assigns to each attribute of its context, where that is one value."""
    context = forward.args.args[0].arg
    found: dict[str, list[ast.expr]] = {}
    for node in walk(forward):
        for target in node.targets if isinstance(node, ast.Assign) else ():
            if isinstance(target, ast.Attribute) and ast.unparse(target.value) == context:
                assert isinstance(node, ast.Assign)
                found.setdefault(target.attr, []).append(node.value)
    return {name: values[0] for name, values in found.items() if len(values) == 1}
