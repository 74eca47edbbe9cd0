"""Code shape written as code: Python source with holes in braces, filled with LibCST nodes."""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence

import libcst as cst

Filling = cst.BaseExpression | Sequence[cst.BaseStatement]

_COMPOUND = (
    cst.BinaryOperation,
    cst.BooleanOperation,
    cst.Comparison,
    cst.UnaryOperation,
    cst.IfExp,
    cst.Lambda,
    cst.Await,
    cst.Yield,
    cst.NamedExpr,
    cst.Tuple,
    cst.GeneratorExp,
)
_OPERATIONS = (
    cst.BinaryOperation,
    cst.BooleanOperation,
    cst.Comparison,
    cst.UnaryOperation,
)
# The weakest first.
_ARITHMETIC = (
    cst.Add | cst.Subtract,
    cst.Multiply | cst.Divide | cst.FloorDivide | cst.Modulo | cst.MatrixMultiply,
    cst.Power,
)
# Where an expression of any precedence may stand bare.
_ROOMY = (
    cst.Arg,
    cst.Return,
    cst.Assign,
    cst.AssignTarget,
    cst.AugAssign,
    cst.AnnAssign,
    cst.Index,
    cst.Expr,
    cst.For,
    cst.If,
    cst.While,
    cst.Element,
    cst.DictElement,
    cst.ListComp,
    cst.GeneratorExp,
    cst.Annotation,
    cst.FormattedStringExpression,
)


def expression(template: str, fillings: Mapping[str, Filling]) -> cst.BaseExpression:
    """The expression of a template. Raises ValueError for a hole that nothing fills."""
    parsed = cst.parse_expression(_with_markers(template, fillings))
    filled = parsed.visit(_Fill(fillings))
    assert isinstance(filled, cst.BaseExpression)
    return filled


def statements(
    template: str, fillings: Mapping[str, Filling], config: cst.PartialParserConfig
) -> list[cst.BaseStatement]:
    """The statements of a template; holes that stand alone on a line take statements."""
    parsed = cst.parse_module(_with_markers(template, fillings), config)
    filled = parsed.visit(_Fill(fillings))
    body = [s for s in filled.body if isinstance(s, cst.BaseStatement)]
    return [_without_newline_kind(s) for s in body]


def _without_newline_kind(statement: cst.BaseStatement) -> cst.BaseStatement:
    """The statement with line endings left to the module that it is put into."""
    result = statement.visit(_DefaultLines())
    assert isinstance(result, cst.BaseStatement)
    return result


class _DefaultLines(cst.CSTTransformer):
    def leave_Newline(self, original_node: cst.Newline, updated_node: cst.Newline) -> cst.Newline:
        return updated_node.with_changes(value=None)

    def leave_EmptyLine(
        self, original_node: cst.EmptyLine, updated_node: cst.EmptyLine
    ) -> cst.EmptyLine:
        # A blank line between the methods of a template has no blanks in it.
        return updated_node if updated_node.comment else updated_node.with_changes(indent=False)


def parenthesised(node: cst.BaseExpression, parent: cst.CSTNode | None) -> cst.BaseExpression:
    """`node` in parentheses where it would bind differently below `parent` without them."""
    if node.lpar or not isinstance(node, _COMPOUND) or isinstance(parent, _ROOMY):
        return node
    if _binds_tighter(node, parent):
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])


def _binds_tighter(node: cst.BaseExpression, parent: cst.CSTNode | None) -> bool:
    """`a is None` in a conditional expression or below `and`, one `and` below another, and `a * b`
    in a sum or a comparison.

    A comprehension takes all but what has an `if` or a `for` of its own.
    """
    if isinstance(parent, cst.CompIf | cst.CompFor):
        return isinstance(node, _OPERATIONS)
    if isinstance(node, cst.Comparison):
        return isinstance(parent, cst.IfExp | cst.BooleanOperation)
    if isinstance(node, cst.BooleanOperation) and isinstance(parent, cst.BooleanOperation):
        return type(node.operator) is type(parent.operator)
    if isinstance(node, cst.BinaryOperation) and "\n" not in cst.Module([]).code_for_node(node):
        if isinstance(parent, cst.BinaryOperation):
            return _strength(node.operator) > _strength(parent.operator) > 0
        return isinstance(parent, cst.Comparison | cst.ComparisonTarget)
    return False


def _strength(operator: cst.BaseBinaryOp) -> int:
    """How tightly an arithmetic operator binds; 0 for the others, whose order few know by heart."""
    return next((n for n, kinds in enumerate(_ARITHMETIC, 1) if isinstance(operator, kinds)), 0)


def _marker(name: str) -> str:
    return f"__hole_{name}__"


def _with_markers(template: str, fillings: Mapping[str, Filling]) -> str:
    parts: list[str] = []
    for text, name, _, _ in string.Formatter().parse(template):
        parts.append(text)
        if name is None:
            continue
        if name not in fillings:
            raise ValueError(f"nothing fills {{{name}}} of {template!r}")
        parts.append(_marker(name))
    return "".join(parts)


class _Fill(cst.CSTTransformer):
    """Puts the fillings where their markers stand."""

    def __init__(self, fillings: Mapping[str, Filling]) -> None:
        super().__init__()
        self._fillings = {_marker(name): filling for name, filling in fillings.items()}
        self._above: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        self._above.append(node)
        return True

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        self._above.pop()
        parent = self._above[-1] if self._above else None
        if isinstance(original_node, cst.SimpleStatementLine):
            return self._statements(original_node, updated_node)
        if isinstance(original_node, cst.Name):
            filling = self._fillings.get(original_node.value)
            if isinstance(filling, cst.BaseExpression):
                return self._expression(filling, original_node, parent)
        return updated_node

    def _statements(
        self, original: cst.SimpleStatementLine, updated: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        only = original.body[0] if len(original.body) == 1 else None
        if not (isinstance(only, cst.Expr) and isinstance(only.value, cst.Name)):
            return updated
        filling = self._fillings.get(only.value.value)
        if filling is None or isinstance(filling, cst.BaseExpression):
            return updated
        return cst.FlattenSentinel([s.deep_clone() for s in filling])

    def _expression(
        self, filling: cst.BaseExpression, marker: cst.Name, parent: cst.CSTNode | None
    ) -> cst.BaseExpression:
        node = filling.deep_clone()
        if isinstance(parent, cst.Arg) and not marker.lpar and bare_parentheses(node):
            # "int({x})" of `(a + b)` is int(a + b)
            if not isinstance(node, cst.Tuple | cst.GeneratorExp | cst.NamedExpr | cst.Yield):
                return node.with_changes(lpar=[], rpar=[])
        if marker.lpar and not node.lpar:
            return node.with_changes(lpar=marker.lpar, rpar=marker.rpar)
        # Around a hole that is the whole template its caller knows what stands.
        return node if marker.lpar or parent is None else parenthesised(node, parent)


def bare_parentheses(node: cst.BaseExpression) -> bool:
    """Whether an expression stands in one pair of parentheses, without comments or lines of its own."""
    return (
        len(node.lpar) == 1
        and isinstance(node.lpar[0].whitespace_after, cst.SimpleWhitespace)
        and isinstance(node.rpar[0].whitespace_before, cst.SimpleWhitespace)
    )
