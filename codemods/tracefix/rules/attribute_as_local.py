"""A function that reads an attribute works on a local name, which every write hands on.

TorchScript narrows `Optional` to what it holds for local names only.
"""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.state import StateAttribute, Write
from tracefix.facts.tree import walk
from tracefix.rewrite.change import Edit, after, before, replace


def localised(attribute: StateAttribute, facts: Facts, *, required: bool = False) -> Iterator[Edit]:
    """The edits that let each function which reads the attribute work on a local name.

    `required`: without a value the read has always raised, and so the local name may be asserted.
    """
    for function in functions_of(attribute, facts):
        reads = reads_in(function, attribute)
        if not reads:
            continue  # it only stores: `self.attn = attn` is fine as it is
        writes = attribute.moves_in(function)
        held = _held_by(function, writes, reads)
        local = held or _fresh(function, attribute.name.strip("_"))
        if held is None:
            yield from _mirrored(attribute, writes, local)
            if not _starts_with_write(function, writes, reads):
                yield _fetched(attribute, function, local, facts if required else None)
        for read in reads:
            yield replace(read, local)


def _fetched(
    attribute: StateAttribute, function: FunctionNode, local: str, facts: Facts | None
) -> Edit:
    """The local name is given the attribute's value, asserted where it is read in any case."""
    fetch = f"{local} = self.{attribute.name}"
    if facts is not None and not attribute.moves_in(function):
        statement = facts.unit.statement(reads_in(function, attribute)[0])
        if statement in function.body and _reads_always(statement, attribute):
            return before(statement, f"{fetch}\nassert {local} is not None")
    return before(_statements(function)[0], fetch)


def _reads_always(statement: ast.stmt, attribute: StateAttribute) -> bool:
    """Whether a simple statement reads the attribute whatever it computes."""
    if not isinstance(statement, ast.Assign | ast.AugAssign | ast.Expr | ast.Return):
        return False
    optional = (ast.IfExp, ast.BoolOp, ast.Lambda, ast.ListComp, ast.GeneratorExp, ast.DictComp)
    return not any(isinstance(n, optional) for n in walk(statement))


def _mirrored(attribute: StateAttribute, writes: tuple[Write, ...], local: str) -> Iterator[Edit]:
    for statement in dict.fromkeys(w.statement for w in writes):
        yield after(statement, f"self.{attribute.name} = {local}")
    for write in writes:
        yield replace(write.target, local)


def _held_by(
    function: FunctionNode, writes: tuple[Write, ...], reads: list[ast.Attribute]
) -> str | None:
    """`attn` of `self.attn = attn`, where that is the only write and the name is not bound again."""
    if not _starts_with_write(function, writes, reads) or len(writes) != 1:
        return None
    value = writes[0].value
    if not isinstance(value, ast.Name) or isinstance(writes[0].statement, ast.AugAssign):
        return None
    again = [
        n
        for n in walk(function)
        if isinstance(n, ast.Name) and n.id == value.id and isinstance(n.ctx, ast.Store | ast.Del)
    ]
    return None if any(_position(n) > _position(value) for n in again) else value.id


def _starts_with_write(
    function: FunctionNode, writes: tuple[Write, ...], reads: list[ast.Attribute]
) -> bool:
    """Whether a statement of the function's own body assigns before anything else is done."""
    plain = [
        w
        for w in writes
        if w.statement in function.body and isinstance(w.statement, ast.Assign | ast.AnnAssign)
    ]
    if not plain:
        return False
    first = plain[0].statement
    touched = [*reads, *(w.target for w in writes if w.statement is not first)]
    return all(_position(n) > (first.end_lineno or 0, first.end_col_offset or 0) for n in touched)


def _position(node: ast.expr) -> tuple[int, int]:
    return node.lineno, node.col_offset


def functions_of(attribute: StateAttribute, facts: Facts) -> list[FunctionNode]:
    """The functions of the family that forward reaches and that touch the attribute."""
    methods = [m for info in attribute.family for m in info.methods.values()]
    return [
        m
        for m in methods
        if m in facts.reach.functions and m.name != "__init__" and touched_in(m, attribute)
    ]


def touched_in(function: FunctionNode, attribute: StateAttribute) -> list[ast.Attribute]:
    own = {*attribute.reads, *(w.target for w in attribute.moves)}
    return [n for n in walk(function) if isinstance(n, ast.Attribute) and n in own]


def reads_in(function: FunctionNode, attribute: StateAttribute) -> list[ast.Attribute]:
    """The reads that are not yet `name = self.attribute` in front, or with an assertion behind."""
    settled: set[ast.expr] = set()
    leading = True
    body = _statements(function)
    for statement, following in zip(body, [*body[1:], None], strict=True):
        fetches = isinstance(statement, ast.Assign) and is_self_attribute(statement.value)
        leading = leading and fetches
        if isinstance(statement, ast.Assign) and fetches:
            if leading or isinstance(following, ast.Assert):
                settled.add(statement.value)
    touched = touched_in(function, attribute)
    return [n for n in touched if isinstance(n.ctx, ast.Load) and n not in settled]


def called_by(function: FunctionNode, attribute: StateAttribute) -> set[str]:
    """The names of the family's methods that a function calls, also through others."""
    methods = {n: m for info in attribute.family for n, m in info.methods.items()}
    found: set[str] = set()
    waiting = [function]
    while waiting:
        for node in walk(waiting.pop()):
            name = node.attr if isinstance(node, ast.Attribute) else None
            if name in methods and name not in found:
                found.add(name)
                waiting.append(methods[name])
    return found


def _statements(function: FunctionNode) -> list[ast.stmt]:
    """A function's body behind its docstring."""
    head = function.body[0]
    documented = isinstance(head, ast.Expr) and isinstance(head.value, ast.Constant)
    return function.body[1:] if documented and len(function.body) > 1 else function.body


def _fresh(function: FunctionNode, name: str) -> str:
    """`name`, or `name_2` ...: the first that means nothing in the function yet."""
    taken = {n.id for n in walk(function) if isinstance(n, ast.Name)}
    taken |= {n.arg for n in walk(function) if isinstance(n, ast.arg)}
    numbered = (f"{name}_{number}" for number in itertools.count(2))
    return next(c for c in itertools.chain((name,), numbered) if c not in taken)
