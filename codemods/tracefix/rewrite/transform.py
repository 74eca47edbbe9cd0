"""Carries out the edits of one fragment in a single pass over its tree.

Inner edits come before outer ones, so an edit inside a node that fills a hole of another is
never lost. Statements are edited where their block is left, so that the comments of what goes away stay.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from tracefix.rewrite import template
from tracefix.rewrite.change import (
    After,
    Annotate,
    Before,
    BodyWithin,
    Edit,
    Hole,
    Otherwise,
    PlainParameters,
    Replace,
)
from tracefix.rewrite.decorated_body import moved_into
from tracefix.rewrite.locate import Fragment
from tracefix.rewrite.signature import without_stars, written

_Body = Sequence[cst.BaseStatement]
# Statements whose own expressions may hold comments (a definition's are its body's).
_WITH_EXPRESSIONS = cst.SimpleStatementLine | cst.For | cst.While | cst.If | cst.With
_TWO_BLANK_LINES = (cst.EmptyLine(indent=False), cst.EmptyLine(indent=False))


class Conflict(Exception):
    """Two edits want the same node, or one lies in a node that another throws away."""


def transform(fragment: Fragment, edits: Sequence[Edit]) -> cst.Module:
    """The fragment's module with all edits carried out. Raises Conflict and NotLocated."""
    transformer = _Transformer(fragment, edits)
    result = fragment.module.visit(transformer)
    missed = [e for e in edits if e not in transformer.done]
    if missed:
        raise Conflict(f"{len(missed)} of {len(edits)} edits lie in code that another removes")
    return result


class _Transformer(cst.CSTTransformer):
    def __init__(self, fragment: Fragment, edits: Sequence[Edit]) -> None:
        super().__init__()
        self._fragment = fragment
        self._updated: dict[cst.CSTNode, cst.CSTNode] = {}
        self._rebuilt: dict[cst.CSTNode, list[cst.BaseStatement]] = {}
        self._expressions: dict[cst.CSTNode, Replace] = {}
        self._statements: dict[cst.CSTNode, list[Edit]] = {}
        self._annotations: dict[cst.CSTNode, Annotate] = {}
        self._otherwise: dict[cst.CSTNode, Otherwise] = {}
        self._signatures: dict[cst.CSTNode, PlainParameters] = {}
        self._within: dict[cst.CSTNode, BodyWithin] = {}
        self.done: list[Edit] = []
        for edit in edits:
            self._register(edit)
        edited = [
            *self._expressions, *self._statements, *self._annotations, *self._otherwise,
            *self._signatures, *self._within,
        ]  # fmt: skip
        self._touched = {above for node in edited for above in fragment.upwards(node)}

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self._touched  # the rest stays as it is, and is not even copied

    def _register(self, edit: Edit) -> None:
        found = self._fragment.find(edit.node)
        if isinstance(edit, Annotate):
            self._annotations[found] = edit
            return
        if isinstance(edit, Otherwise):
            self._otherwise[found] = edit
            return
        if isinstance(edit, PlainParameters):
            assert isinstance(found, cst.FunctionDef)
            self._signatures[found.params] = edit
            return
        if isinstance(edit, BodyWithin):
            decorator = self._fragment.parents[found]
            self._within[self._fragment.parents[decorator]] = edit
            return
        if isinstance(edit.node, ast.stmt):
            held = self._statements.setdefault(found, [])
            if isinstance(edit, Replace) and any(isinstance(e, Replace) for e in held):
                raise Conflict("two edits replace the same statement")
            held.append(edit)
            return
        assert isinstance(edit, Replace)
        if found in self._expressions:
            raise Conflict("two edits replace the same expression")
        self._expressions[found] = edit

    def _nodes_of(self, hole: Hole) -> Iterator[cst.CSTNode]:
        if isinstance(hole, ast.AST):
            yield self._fragment.find(hole)
        elif not isinstance(hole, str):
            for statement in hole:
                yield self._fragment.find(statement)

    def _blocks_of(self, hole: Hole) -> Iterator[cst.CSTNode]:
        """The nodes of a hole as a block holds them: a simple statement's line."""
        for node in self._nodes_of(hole):
            above = self._fragment.parents.get(node)
            yield above if isinstance(above, cst.SimpleStatementLine) else node

    # -- the pass

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        if original_node not in self._touched:
            return updated_node
        result: cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]
        result = updated_node
        if original_node in self._expressions:
            result = self._replaced(original_node, updated_node)
        elif isinstance(original_node, cst.IndentedBlock | cst.Module):
            assert isinstance(updated_node, cst.IndentedBlock | cst.Module)
            body = [s for s in original_node.body if isinstance(s, cst.BaseStatement)]
            new = [s for s in updated_node.body if isinstance(s, cst.BaseStatement)]
            result = _with_body(updated_node, *self._edited(body, new))
        elif isinstance(original_node, cst.SimpleStatementSuite):
            result = self._suite(original_node, updated_node)
        elif original_node in self._annotations:
            result = self._annotated(self._annotations[original_node], updated_node)
        elif original_node in self._otherwise:
            result = self._with_else(self._otherwise[original_node], updated_node)
        elif original_node in self._signatures:
            assert isinstance(updated_node, cst.Parameters)
            result = self._plain(self._signatures[original_node], updated_node)
        elif original_node in self._within:
            result = self._within_block(self._within[original_node], original_node, updated_node)
        elif isinstance(original_node, cst.Call) and isinstance(updated_node, cst.Call):
            result = _without_stray_comma(original_node, updated_node)
        if isinstance(result, cst.CSTNode):
            self._updated[original_node] = result
        return result

    def _replaced(
        self, original: cst.CSTNode, updated: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]:
        edit = self._expressions[original]
        self.done.append(edit)
        if isinstance(original, cst.Param):
            return self._parameter(edit)
        if isinstance(original, cst.Arg):
            assert isinstance(updated, cst.Arg)
            return self._argument(edit, updated) if edit.template else cst.RemoveFromParent()
        new = template.expression(edit.template, self._fillings(edit.holes))
        assert isinstance(original, cst.BaseExpression)
        if original.lpar and not new.lpar and not self._moved_inside(original, new, edit):
            return new.with_changes(lpar=original.lpar, rpar=original.rpar)
        return template.parenthesised(new, self._fragment.parents.get(original))

    def _moved_inside(
        self, original: cst.BaseExpression, new: cst.BaseExpression, edit: Replace
    ) -> bool:
        """Whether the parentheses of what goes away went into a hole, or were a tuple's own."""
        if any(original is node for hole in edit.holes.values() for node in self._nodes_of(hole)):
            return True
        own = isinstance(original, cst.Tuple) and not isinstance(new, cst.Tuple)
        return own and template.bare_parentheses(original)

    def _with_else(self, edit: Otherwise, updated: cst.CSTNode) -> cst.If:
        assert isinstance(updated, cst.If)
        if updated.orelse is not None:
            raise Conflict("the branch has an else")
        self.done.append(edit)
        made = template.statements(edit.template, self._fillings(edit.holes), self._config)
        return updated.with_changes(orelse=cst.Else(cst.IndentedBlock(made)))

    def _annotated(self, edit: Annotate, updated: cst.CSTNode) -> cst.CSTNode:
        self.done.append(edit)
        type_ = template.expression(edit.template, self._fillings(edit.holes))
        if isinstance(updated, cst.FunctionDef):
            return updated.with_changes(returns=cst.Annotation(type_))
        assert isinstance(updated, cst.Param)
        # "x=0" becomes "x: int = 0"
        equal = cst.AssignEqual() if updated.default is not None else cst.MaybeSentinel.DEFAULT
        return updated.with_changes(annotation=cst.Annotation(type_), equal=equal)

    def _plain(self, edit: PlainParameters, updated: cst.Parameters) -> cst.Parameters:
        self.done.append(edit)
        result = without_stars(updated, written(edit.template, self._config))
        if Counter(_comments(updated)) != Counter(_comments(result)):
            raise Conflict("a comment stands beside a parameter that goes away")
        return result

    def _within_block(
        self, edit: BodyWithin, original: cst.CSTNode, updated: cst.CSTNode
    ) -> cst.FunctionDef:
        self.done.append(edit)
        assert isinstance(original, cst.FunctionDef)
        assert isinstance(updated, cst.FunctionDef)
        expression = self._fragment.find(edit.node)
        at = next(n for n, d in enumerate(original.decorators) if d.decorator is expression)
        head = template.statements(f"{edit.template}\n    pass", {}, self._config)[0]
        assert isinstance(head, cst.With)
        return moved_into(updated, at, head)

    def _parameter(self, edit: Replace) -> cst.Param:
        """A parameter written as in a signature: "x: int = 0"."""
        signature = template.statements(
            f"def _({edit.template}): ...", self._fillings(edit.holes), self._config
        )[0]
        assert isinstance(signature, cst.FunctionDef)
        return signature.params.params[0].with_changes(comma=cst.MaybeSentinel.DEFAULT)

    def _argument(self, edit: Replace, updated: cst.Arg) -> cst.FlattenSentinel[cst.CSTNode]:
        """Arguments written as in a call: "dim=-1"."""
        call = template.expression(f"_({edit.template})", self._fillings(edit.holes))
        assert isinstance(call, cst.Call)
        ended = call.args[-1].with_changes(comma=updated.comma)
        return cst.FlattenSentinel([*call.args[:-1], ended])

    @property
    def _config(self) -> cst.PartialParserConfig:
        return self._fragment.module.config_for_parsing

    def _fillings(self, holes: Mapping[str, Hole]) -> dict[str, template.Filling]:
        filled: dict[str, template.Filling] = {}
        for name, hole in holes.items():
            if isinstance(hole, str):
                filled[name] = cst.parse_expression(hole, self._config)
            elif isinstance(hole, ast.stmt):
                filled[name] = self._statement(hole)
            elif isinstance(hole, ast.AST):
                node = self._fragment.find(hole)
                node = self._updated.get(node, node)
                if isinstance(node, cst.Arg):
                    node = node.value
                assert isinstance(node, cst.BaseExpression)
                filled[name] = node
            else:
                filled[name] = [s for statement in hole for s in self._statement(statement)]
        return filled

    def _statement(self, statement: ast.stmt) -> list[cst.BaseStatement]:
        """A statement of the file as it stands after the edits inside of it."""
        node = self._fragment.find(statement)
        if isinstance(node, cst.BaseSmallStatement) and node not in self._rebuilt:
            line = self._fragment.parents[node]
            updated = self._updated.get(node, node)
            if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1:
                node = line
            else:
                assert isinstance(updated, cst.BaseSmallStatement)
                return [
                    cst.SimpleStatementLine(
                        [updated.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)]
                    )
                ]
        if node in self._rebuilt:
            return self._rebuilt[node]
        result = self._updated.get(node, node)
        assert isinstance(result, cst.BaseStatement)
        return [result]

    # -- statements

    def _edited(
        self, originals: _Body, updated: _Body
    ) -> tuple[list[cst.BaseStatement], list[cst.EmptyLine]]:
        """A block's statements after the edits on them, and comments left with nothing behind."""
        body: list[cst.BaseStatement] = []
        orphans: list[cst.EmptyLine] = []  # comments of statements that went away
        for original, new in zip(originals, updated, strict=False):
            if original not in self._touched:
                body.append(_with_leading(new, orphans) if orphans else new)
                orphans = []
                continue
            edits = self._edits_on(original)
            result = self._apply(original, new, edits) if edits else [new]
            if result and isinstance(original, _WITH_EXPRESSIONS):
                result = _with_lost_comments(original, result)
            if edits or result[0] is not new:
                self._rebuilt[original] = result
            if orphans and result:
                result = [_with_leading(result[0], orphans), *result[1:]]
                orphans = []
            if not result:
                orphans = [*orphans, *_comment_lines(original)]
            body.extend(result)
        return body, orphans

    def _edits_on(self, statement: cst.BaseStatement) -> list[Edit]:
        if statement in self._statements:
            return self._statements[statement]
        if not isinstance(statement, cst.SimpleStatementLine):
            return []
        edits = [e for small in statement.body for e in self._statements.get(small, ())]
        if edits and len(statement.body) > 1:
            raise Conflict("several statements share the line")
        return edits

    def _apply(
        self, original: cst.BaseStatement, new: cst.BaseStatement, edits: Sequence[Edit]
    ) -> list[cst.BaseStatement]:
        middle = [new]
        for edit in edits:
            if isinstance(edit, Replace):
                middle = self._replacement(original, edit)
        for edit in edits:
            made = template.statements(edit.template, self._fillings(edit.holes), self._config)
            if isinstance(edit, Before):
                if self._at_top_level(original):
                    middle[0] = _with_leading(middle[0], _TWO_BLANK_LINES)
                    middle = [*made, *middle]
                    self.done.append(edit)
                    continue
                if isinstance(original, cst.FunctionDef | cst.ClassDef):
                    middle = _above_definition(made, middle)
                    self.done.append(edit)
                    continue
                comments = _leading(middle[0])
                made[0] = made[0].with_changes(leading_lines=comments)
                middle[0] = middle[0].with_changes(leading_lines=[])
                middle = [*made, *middle]
            elif isinstance(edit, After):
                if self._at_top_level(original):
                    made[0] = _with_leading(made[0], _TWO_BLANK_LINES)
                middle = [*middle, *made]
            self.done.append(edit)
        return middle

    def _at_top_level(self, statement: cst.CSTNode) -> bool:
        return self._fragment.parents.get(statement) is self._fragment.module

    def _replacement(self, original: cst.BaseStatement, edit: Replace) -> list[cst.BaseStatement]:
        made = template.statements(edit.template, self._fillings(edit.holes), self._config)
        if not made:
            return []
        if not any(original in self._blocks_of(hole) for hole in edit.holes.values()):
            made = [_with_leading(made[0], _leading(original)), *made[1:]]
        if isinstance(original, cst.SimpleStatementLine) and isinstance(
            made[0], cst.SimpleStatementLine
        ):
            comment = original.trailing_whitespace.comment
            if comment is not None and made[0].trailing_whitespace.comment is None:
                made[0] = made[0].with_changes(trailing_whitespace=original.trailing_whitespace)
        return _with_lost_comments(original, made)

    def _suite(self, original: cst.SimpleStatementSuite, updated: cst.CSTNode) -> cst.CSTNode:
        """`if x: y = 1` gets a block of its own where its statement is edited."""
        assert isinstance(updated, cst.SimpleStatementSuite)
        if not any(small in self._statements for small in original.body):
            return updated
        body: list[cst.BaseStatement] = []
        for old, new in zip(original.body, updated.body, strict=False):
            line = cst.SimpleStatementLine([new.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
            edits = self._statements.get(old, [])
            if edits:
                self._rebuilt[old] = self._apply(line, line, edits)
            body.extend(self._rebuilt.get(old, [line]))
        header = original.trailing_whitespace
        return cst.IndentedBlock(
            body=body or [cst.SimpleStatementLine([cst.Pass()])], header=header
        )


def _without_stray_comma(original: cst.Call, updated: cst.Call) -> cst.Call:
    """The call with its last argument ended as the last one was before some went away."""
    if len(updated.args) == len(original.args) or not updated.args:
        return updated
    end = original.args[-1]
    last = updated.args[-1].with_changes(
        comma=end.comma, whitespace_after_arg=end.whitespace_after_arg
    )
    return updated.with_changes(args=[*updated.args[:-1], last])


def _with_body(
    block: cst.IndentedBlock | cst.Module,
    body: list[cst.BaseStatement],
    orphans: list[cst.EmptyLine],
) -> cst.IndentedBlock | cst.Module:
    if not body and isinstance(block, cst.IndentedBlock):
        body = [cst.SimpleStatementLine([cst.Pass()])]
    return block.with_changes(body=body, footer=[*orphans, *block.footer])


def _above_definition(made: _Body, definition: _Body) -> list[cst.BaseStatement]:
    """Statements above a method, which keeps its comments and stands apart by a blank line."""
    lines = list(_leading(definition[0]))
    cut = next((n for n, line in enumerate(lines) if line.comment), len(lines))
    own = lines[cut:]
    return [
        made[0].with_changes(leading_lines=lines[:cut]),
        *made[1:],
        definition[0].with_changes(leading_lines=[cst.EmptyLine(indent=False), *own]),
        *definition[1:],
    ]


def _leading(statement: cst.BaseStatement) -> Sequence[cst.EmptyLine]:
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    return lines


def _with_leading(
    statement: cst.BaseStatement, lines: Sequence[cst.EmptyLine], *, last: bool = False
) -> cst.BaseStatement:
    own = _leading(statement)
    return statement.with_changes(leading_lines=[*own, *lines] if last else [*lines, *own])


def _with_lost_comments(
    original: cst.BaseStatement, made: list[cst.BaseStatement]
) -> list[cst.BaseStatement]:
    """The statements made of one, with its comments that none of them has above the first."""
    lost = Counter(_comments(original)) - Counter(c for s in made for c in _comments(s))
    lines = [cst.EmptyLine(comment=cst.Comment(c)) for c in lost.elements()]
    return [_with_leading(made[0], lines, last=True), *made[1:]] if lines else made


def _comments(node: cst.CSTNode) -> Iterator[str]:
    if isinstance(node, cst.Comment):
        yield node.value
    for child in node.children:
        yield from _comments(child)


def _comment_lines(statement: cst.BaseStatement) -> list[cst.EmptyLine]:
    """All comments of a statement, each on a line of its own."""
    return [cst.EmptyLine(comment=cst.Comment(c)) for c in _comments(statement)]
