"""A function's parameters without stars."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst


def without_slash(given: cst.Parameters) -> cst.Parameters:
    """Positional-only parameters as plain ones; where no other follows, the end of `/` is theirs."""
    *first, last = given.posonly_params
    follow = given.params or given.kwonly_params or isinstance(given.star_arg, cst.Param)
    if isinstance(given.posonly_ind, cst.ParamSlash) and not follow:
        space = _space(last, given.posonly_ind.whitespace_after)
        last = last.with_changes(comma=given.posonly_ind.comma, whitespace_after_param=space)
    return given.with_changes(
        posonly_params=(),
        posonly_ind=cst.MaybeSentinel.DEFAULT,
        params=[*first, last, *given.params],
    )


def without_stars(given: cst.Parameters, instead: Sequence[cst.Param]) -> cst.Parameters:
    """`*args` gives way to other parameters, keyword-only ones become plain, `**kwargs` goes."""
    comma = _comma_like(given.params[-1] if given.params else None)
    named = [parameter.with_changes(comma=comma) for parameter in instead]
    plain = [*given.params, *named, *given.kwonly_params]
    last = given.star_kwarg or (plain[-1] if given.kwonly_params else given.star_arg)
    if not plain or not isinstance(last, cst.Param):
        return given.with_changes(params=plain, star_arg=cst.MaybeSentinel.DEFAULT)
    return given.with_changes(
        params=[*map(_followed, plain[:-1]), _ended(plain[-1], last)],
        star_arg=cst.MaybeSentinel.DEFAULT,
        kwonly_params=(),
        star_kwarg=None,
    )


def _ended(parameter: cst.Param, last: cst.Param) -> cst.Param:
    """The parameter ended as the last one was, with its own comment rather than that one's."""
    if not isinstance(last.comma, cst.Comma):
        space = _space(parameter, last.whitespace_after_param)
        return parameter.with_changes(comma=cst.MaybeSentinel.DEFAULT, whitespace_after_param=space)
    space = _space(parameter, last.comma.whitespace_after)
    return parameter.with_changes(comma=last.comma.with_changes(whitespace_after=space))


def _space(
    parameter: cst.Param, end: cst.BaseParenthesizableWhitespace
) -> cst.BaseParenthesizableWhitespace:
    own = parameter.comma.whitespace_after if isinstance(parameter.comma, cst.Comma) else None
    several = isinstance(own, cst.ParenthesizedWhitespace)
    if several and own is not None and isinstance(end, cst.ParenthesizedWhitespace):
        return own.with_changes(indent=end.indent, last_line=end.last_line)
    return end


def in_place_of(given: cst.Param, parameters: Sequence[cst.Param]) -> list[cst.Param]:
    """Parameters with the comma and the space of the one that they replace, one a line as it was."""
    last = parameters[-1].with_changes(
        comma=given.comma, whitespace_after_param=given.whitespace_after_param
    )
    comma = _comma_like(given)
    return [*(p.with_changes(comma=comma) for p in parameters[:-1]), last]


def _comma_like(parameter: cst.Param | None) -> cst.Comma:
    """A comma that ends its line where that of a parameter does, without its comment."""
    given = parameter.comma if parameter is not None else None
    space = given.whitespace_after if isinstance(given, cst.Comma) else None
    if not isinstance(space, cst.ParenthesizedWhitespace):
        return cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    bare = cst.TrailingWhitespace(newline=space.first_line.newline)
    return cst.Comma(whitespace_after=space.with_changes(first_line=bare, empty_lines=[]))


def written(source: str, config: cst.PartialParserConfig) -> Sequence[cst.Param]:
    """Parameters written as in a signature: "x, y: int = 0"."""
    statement = cst.parse_statement(f"def _({source}): ...", config)
    assert isinstance(statement, cst.FunctionDef)
    return statement.params.params


def _followed(parameter: cst.Param) -> cst.Param:
    """The parameter with a comma behind it."""
    if isinstance(parameter.comma, cst.Comma):
        return parameter
    comma = cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    return parameter.with_changes(comma=comma, whitespace_after_param=cst.SimpleWhitespace(""))
