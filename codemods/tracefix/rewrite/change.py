"""What a rule says is to be done, as data.

A rule decides on `ast` nodes and writes code shape as templates: Python source with holes in
braces, such as "{x}.new_zeros({size})". A hole is filled with a node of the file (its text with all
comments is kept, and edits inside of it are applied too), with text, or with a list of statements
where it stands alone on its line. `lower.py` carries it out with LibCST.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tracefix.model import Safety, Target

Hole = ast.AST | str | Sequence[ast.stmt]


@dataclass(frozen=True, eq=False)
class Hit:
    """A place that a rule has found."""

    node: ast.AST
    message: str
    detail: object = None  # what `find` learned and `fix` needs
    blocks: frozenset[Target] | None = None  # where this place differs from its rule


@dataclass(frozen=True, eq=False)
class Edit:
    """What is to happen at one node, with a template and what fills its holes."""

    node: ast.AST
    template: str
    holes: Mapping[str, Hole] = field(default_factory=dict)


class Replace(Edit):
    """Put the template where `node` stands.

    A statement may become several, or none (""); so may a keyword argument go away, and a starred
    argument or a parameter become several.
    """


class MovedAway(Replace):
    """Put the template where a statement stands, which itself goes into a hole of another edit.

    So do its comments, and what edits inside of it have made of it.
    """


class Before(Edit):
    """Put statements in front of one, below the comments that belong to what precedes it."""


class After(Edit):
    """Put statements behind one."""


class Annotate(Edit):
    """Write the type of a parameter (`ast.arg`), or of what a function returns (its definition)."""


class Otherwise(Edit):
    """Give an `if`, or the last `elif` of one, the `else` that it lacks."""


class LastCase(Edit):
    """Make the last `elif` of a chain its `else`."""


class PlainParameters(Edit):
    """Take the stars out of a function's signature.

    `*args` gives way to the parameters of the template (none for ""), `**kwargs` goes away, and
    keyword-only parameters become plain ones.
    """


class KeywordsToo(Edit):
    """Take the `/` out of a function's signature."""


class BodyWithin(Edit):
    """Take a decorator (`node`) away and put the function's body, but its docstring, in a block.

    The template is the block's head, such as "with torch.no_grad():", or "" for none.
    """


@dataclass(frozen=True, eq=False)
class Change:
    """A cure: its edits, which may lie in several top-level statements of one file."""

    title: str
    edits: tuple[Edit, ...]
    imports: tuple[str, ...] = ()  # statements such as "from typing import Optional"
    safety: Safety | None = None  # where this cure promises less, or more, than its rule


def replace(node: ast.AST, template: str, **holes: Hole) -> Replace:
    """Put the template where `node` stands."""
    return Replace(node, template, holes)


def moved_away(statement: ast.stmt, template: str = "", **holes: Hole) -> MovedAway:
    """Put the template where a statement stands that goes into a hole of another edit."""
    return MovedAway(statement, template, holes)


def before(statement: ast.stmt, template: str, **holes: Hole) -> Before:
    """Put statements in front of one."""
    return Before(statement, template, holes)


def after(statement: ast.stmt, template: str, **holes: Hole) -> After:
    """Put statements behind one."""
    return After(statement, template, holes)


def remove(statement: ast.stmt) -> Replace:
    """Take a statement out; its comments stay with what follows."""
    return Replace(statement, "")


def otherwise(branch: ast.If, template: str, **holes: Hole) -> Otherwise:
    """Give an `if`, or the last `elif` of one, the `else` that it lacks."""
    return Otherwise(branch, template, holes)


def last_case(branch: ast.If) -> LastCase:
    """Make the last `elif` of a chain its `else`."""
    return LastCase(branch, "")


def annotate(node: ast.arg | ast.FunctionDef | ast.AsyncFunctionDef, type_: str) -> Annotate:
    """Write the type of a parameter, or of what a function returns."""
    return Annotate(node, type_)


def plain_parameters(
    function: ast.FunctionDef | ast.AsyncFunctionDef, instead: str = ""
) -> PlainParameters:
    """Take the stars out of a function's signature; `instead` stands where `*args` did."""
    return PlainParameters(function, instead)


def keywords_too(function: ast.FunctionDef | ast.AsyncFunctionDef) -> KeywordsToo:
    """A function whose positional-only parameters may be given by keyword as well."""
    return KeywordsToo(function, "")


def undecorated(decorator: ast.expr) -> BodyWithin:
    """The function without one of its decorators."""
    return BodyWithin(decorator, "")


def body_within(decorator: ast.expr, head: str) -> BodyWithin:
    """The body of the decorated function in a block such as "with torch.no_grad():"."""
    return BodyWithin(decorator, head)


def escaped(text: str) -> str:
    """`text` as a template without holes."""
    return text.replace("{", "{{").replace("}", "}}")
