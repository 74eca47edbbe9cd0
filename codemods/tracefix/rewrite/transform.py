"""Carries out the edits of one fragment in a single pass over its tree.

Inner edits come before outer ones, so an edit inside a node that fills a hole of another is
never lost.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from tracefix.rewrite import template
from tracefix.rewrite.blocks import Blocks
from tracefix.rewrite.change import (
    Annotate,
    BodyWithin,
    Edit,
    KeywordsToo,
    LastCase,
    Otherwise,
    PlainParameters,
    Replace,
)
from tracefix.rewrite.comments import comments, counted
from tracefix.rewrite.decorated_body import moved_into, without
from tracefix.rewrite.locate import Fragment
from tracefix.rewrite.made import Made
from tracefix.rewrite.signature import in_place_of, without_slash, without_stars, written
from tracefix.rewrite.wanted import Conflict, Wanted


def transform(fragment: Fragment, edits: Sequence[Edit]) -> cst.Module:
    """The fragment's module with all edits carried out. Raises Conflict and NotLocated."""
    wanted = Wanted(fragment, edits)
    result = fragment.module.visit(_Transformer(wanted, Made(fragment)))
    wanted.check_done()
    return result


class _Transformer(cst.CSTTransformer):
    def __init__(self, wanted: Wanted, made: Made) -> None:
        super().__init__()
        self._wanted = wanted
        self._made = made
        self._blocks = Blocks(wanted, made)

    def on_visit(self, node: cst.CSTNode) -> bool:
        return node in self._wanted.touched  # the rest stays as it is, and is not even copied

    def on_leave(  # type: ignore[override]
        self, original_node: cst.CSTNode, updated_node: cst.CSTNode
    ) -> cst.CSTNode | cst.FlattenSentinel[cst.CSTNode] | cst.RemovalSentinel:
        if original_node not in self._wanted.touched:
            return updated_node
        result: cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]
        result = updated_node
        if original_node in self._wanted.expressions:
            result = self._replaced(original_node, updated_node)
        elif isinstance(original_node, cst.IndentedBlock | cst.Module):
            assert isinstance(updated_node, cst.IndentedBlock | cst.Module)
            result = self._blocks.block(original_node, updated_node)
        elif isinstance(original_node, cst.SimpleStatementSuite):
            result = self._blocks.suite(original_node, updated_node)
        elif original_node in self._wanted.annotations:
            result = self._annotated(self._wanted.annotations[original_node], updated_node)
        elif original_node in self._wanted.otherwise:
            result = self._with_else(self._wanted.otherwise[original_node], updated_node)
        elif original_node in self._wanted.last_cases:
            result = self._as_else(self._wanted.last_cases[original_node], updated_node)
        elif original_node in self._wanted.signatures:
            assert isinstance(updated_node, cst.Parameters)
            result = self._plain(self._wanted.signatures[original_node], updated_node)
        elif original_node in self._wanted.within:
            result = self._within_block(
                self._wanted.within[original_node], original_node, updated_node
            )
        elif isinstance(original_node, cst.Call) and isinstance(updated_node, cst.Call):
            result = _without_stray_comma(original_node, updated_node)
        if isinstance(result, cst.CSTNode):
            self._made.updated[original_node] = result
        return result

    def _replaced(
        self, original: cst.CSTNode, updated: cst.CSTNode
    ) -> cst.CSTNode | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNode]:
        edit = self._wanted.expressions[original]
        self._wanted.done.append(edit)
        if isinstance(original, cst.Param):
            assert isinstance(updated, cst.Param)
            return self._parameter(edit, updated)
        if isinstance(original, cst.Arg):
            assert isinstance(updated, cst.Arg)
            return self._argument(edit, updated) if edit.template else cst.RemoveFromParent()
        new = template.expression(edit.template, self._made.fillings(edit.holes))
        assert isinstance(original, cst.BaseExpression)
        if original.lpar and not new.lpar and not self._moved_inside(original, new, edit):
            return new.with_changes(lpar=original.lpar, rpar=original.rpar)
        return template.parenthesised(new, self._made.fragment.parents.get(original))

    def _moved_inside(
        self, original: cst.BaseExpression, new: cst.BaseExpression, edit: Replace
    ) -> bool:
        """Whether the parentheses of what goes away went into a hole, or were a tuple's own.

        A name in the place of `(n := x)` needs none either.
        """
        if any(
            original is node for hole in edit.holes.values() for node in self._made.nodes_of(hole)
        ):
            return True
        kinds = (cst.Tuple, cst.Lambda)
        own = isinstance(original, kinds) and not isinstance(new, (*kinds, cst.IfExp))
        own = own or (isinstance(original, cst.NamedExpr) and isinstance(new, cst.Name))
        return own and template.bare_parentheses(original)

    def _with_else(self, edit: Otherwise, updated: cst.CSTNode) -> cst.If:
        assert isinstance(updated, cst.If)
        if updated.orelse is not None:
            raise Conflict("the branch has an else")
        self._wanted.done.append(edit)
        made = template.statements(
            edit.template, self._made.fillings(edit.holes), self._made.config
        )
        return updated.with_changes(orelse=cst.Else(cst.IndentedBlock(made)))

    def _as_else(self, edit: LastCase, updated: cst.CSTNode) -> cst.Else:
        assert isinstance(updated, cst.If)
        if updated.orelse is not None or list(comments(updated.test)):
            raise Conflict("the branch has an else, or a comment in its test")
        self._wanted.done.append(edit)
        return cst.Else(updated.body, updated.leading_lines)

    def _annotated(self, edit: Annotate, updated: cst.CSTNode) -> cst.CSTNode:
        self._wanted.done.append(edit)
        type_ = template.expression(edit.template, self._made.fillings(edit.holes))
        if isinstance(updated, cst.FunctionDef):
            return updated.with_changes(returns=cst.Annotation(type_))
        assert isinstance(updated, cst.Param)
        # "x=0" becomes "x: int = 0"
        equal = cst.AssignEqual() if updated.default is not None else cst.MaybeSentinel.DEFAULT
        return updated.with_changes(annotation=cst.Annotation(type_), equal=equal)

    def _plain(
        self, edit: PlainParameters | KeywordsToo, updated: cst.Parameters
    ) -> cst.Parameters:
        self._wanted.done.append(edit)
        if isinstance(edit, KeywordsToo):
            result = without_slash(updated)
        else:
            result = without_stars(updated, written(edit.template, self._made.config))
        if counted(updated) != counted(result):
            raise Conflict("a comment stands beside a parameter that goes away")
        return result

    def _within_block(
        self, edit: BodyWithin, original: cst.CSTNode, updated: cst.CSTNode
    ) -> cst.FunctionDef:
        self._wanted.done.append(edit)
        assert isinstance(original, cst.FunctionDef)
        assert isinstance(updated, cst.FunctionDef)
        expression = self._made.fragment.find(edit.node)
        at = next(n for n, d in enumerate(original.decorators) if d.decorator is expression)
        if not edit.template:
            return without(updated, at)
        head = template.statements(f"{edit.template}\n    pass", {}, self._made.config)[0]
        assert isinstance(head, cst.With)
        return moved_into(updated, at, head)

    def _parameter(self, edit: Replace, updated: cst.Param) -> cst.FlattenSentinel[cst.CSTNode]:
        """Parameters written as in a signature: "x: int = 0"."""
        signature = template.statements(
            f"def _({edit.template}): ...", self._made.fillings(edit.holes), self._made.config
        )[0]
        assert isinstance(signature, cst.FunctionDef)
        return cst.FlattenSentinel(in_place_of(updated, signature.params.params))

    def _argument(self, edit: Replace, updated: cst.Arg) -> cst.FlattenSentinel[cst.CSTNode]:
        """Arguments written as in a call: "dim=-1"."""
        call = template.expression(f"_({edit.template})", self._made.fillings(edit.holes))
        assert isinstance(call, cst.Call)
        ended = call.args[-1].with_changes(comma=updated.comma)
        return cst.FlattenSentinel([*call.args[:-1], ended])


def _without_stray_comma(original: cst.Call, updated: cst.Call) -> cst.Call:
    """The call with its last argument ended as the last one was before some went away."""
    if not original.args or not updated.args:
        return updated
    end = original.args[-1]
    last = updated.args[-1].with_changes(
        comma=end.comma, whitespace_after_arg=end.whitespace_after_arg
    )
    return updated.with_changes(args=[*updated.args[:-1], last])
