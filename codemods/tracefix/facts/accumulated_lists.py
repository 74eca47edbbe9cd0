"""Lists that a loop fills with one element a step, and that are then stacked, concatenated or indexed."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tracefix.facts.list_uses import Join, Loop, Uses, join_of, loops_around, uses_of
from tracefix.facts.literals import literal_int
from tracefix.facts.tree import walk
from tracefix.facts.unit import FunctionNode

if TYPE_CHECKING:
    from tracefix.facts import Facts

Comprehension = ast.ListComp | ast.GeneratorExp
# What is in these runs under a condition, several times, or with names of its own.
_INNER = (
    ast.IfExp,
    ast.BoolOp,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)


@dataclass(frozen=True, eq=False)
class Accumulation:
    """One list, from where it starts empty to what is made of it."""

    element: ast.expr  # what a step adds
    steps: Loop | Comprehension  # a for loop or a comprehension where there is no trouble
    name: str | None = None  # None for a comprehension that is joined where it stands
    start: ast.stmt | None = None  # `outs = []`
    append: ast.stmt | None = None  # `outs.append(element)`
    join: Join | None = None
    items: tuple[ast.Subscript, ...] = ()  # `outs[-1]`
    trouble: str | None = None  # why this is not the simple form: one append a step, one use


def accumulations(facts: Facts) -> Iterator[Accumulation]:
    """Every list that a loop fills in the functions that forward reaches, in text order."""
    for function in facts.forward_functions:
        for found in _of_function(function, facts):
            yield _without_unsqueeze(found)


def _of_function(function: FunctionNode, facts: Facts) -> Iterator[Accumulation]:
    kinds = (ast.Assign, ast.AnnAssign, ast.Call)
    nodes = [node for node in walk(function) if isinstance(node, kinds)]
    for node in sorted(nodes, key=lambda n: (n.lineno, n.col_offset)):
        if isinstance(node, ast.Assign | ast.AnnAssign):
            yield from _named(node, function, facts)
        elif isinstance(node, ast.Call) and facts.unit.function_of(node) is function:
            join = join_of(node, facts)
            if join is not None and isinstance(join.elements, Comprehension):
                yield _of_comprehension(join, facts)


def _without_unsqueeze(found: Accumulation) -> Accumulation:
    """torch.cat of `h.unsqueeze(1)` along dim 1 is a stack of `h`."""
    join, element = found.join, found.element
    if join is None or join.kind != "cat" or not isinstance(element, ast.Call):
        return found
    if not isinstance(element.func, ast.Attribute) or element.func.attr != "unsqueeze":
        return found
    if len(element.args) != 1 or element.keywords or literal_int(element.args[0]) != join.dim:
        return found
    return replace(found, element=element.func.value, join=replace(join, unsqueezed=True))


def _named(
    start: ast.Assign | ast.AnnAssign, function: FunctionNode, facts: Facts
) -> Iterator[Accumulation]:
    targets = start.targets if isinstance(start, ast.Assign) else [start.target]
    if len(targets) != 1 or not isinstance(targets[0], ast.Name) or start.value is None:
        return
    if facts.unit.function_of(start) is not function:
        return
    name = targets[0]
    uses = uses_of(name, function, facts)
    if not uses.joins and not uses.items:
        return
    if _is_empty_list(start.value) and any(loops_around(a, facts) for a in uses.appends):
        yield _of_loop(name.id, start, uses, facts)
    elif isinstance(start.value, ast.ListComp) and len(start.value.generators) == 1 and uses.joins:
        trouble = _trouble_of_comprehension(start.value) or _trouble_of_uses(uses, start, facts)
        if uses.appends:
            trouble = "the list grows after the comprehension"
        join = _only(uses.joins)
        yield Accumulation(
            start.value.elt, start.value, name.id, start, None, join, uses.items, trouble
        )


def _of_loop(name: str, start: ast.stmt, uses: Uses, facts: Facts) -> Accumulation:
    append = next(a for a in uses.appends if loops_around(a, facts))
    loop = loops_around(append, facts)[0]
    statement = facts.unit.statement(append)
    trouble = (
        _trouble_of_appends(uses.appends)
        or _trouble_of_loop(loop, statement, start, facts)
        or _trouble_of_uses(uses, loop, facts)
        or _trouble_of_name(name, start, facts)
    )
    return Accumulation(
        append.args[0], loop, name, start, statement, _only(uses.joins), uses.items, trouble
    )


def _of_comprehension(join: Join, facts: Facts) -> Accumulation:
    assert isinstance(join.elements, Comprehension)
    trouble = _trouble_of_comprehension(join.elements) or _trouble_of_join(join, None, facts)
    return Accumulation(join.elements.elt, join.elements, join=join, trouble=trouble)


def _only(joins: Sequence[Join]) -> Join | None:
    return joins[0] if len(joins) == 1 else None


def _is_empty_list(node: ast.expr) -> bool:
    if isinstance(node, ast.List):
        return not node.elts
    return isinstance(node, ast.Call) and ast.unparse(node) == "list()"


# -- why it is not the simple form


def _trouble_of_appends(appends: Sequence[ast.Call]) -> str | None:
    if len(appends) > 1:
        lines = ", ".join(str(a.lineno) for a in appends)
        return f"the list is appended to in several places (lines {lines})"
    return None


def _trouble_of_loop(loop: ast.stmt, append: ast.stmt, start: ast.stmt, facts: Facts) -> str | None:
    if not isinstance(loop, ast.For):
        return "how many steps a while loop takes is not known before it"
    if append not in loop.body:
        return "whether a step appends depends on a condition, or on a block around the append"
    parent = facts.unit.parents[loop]
    if facts.unit.parents[start] is not parent or loop not in _block_of(start, facts):
        return "the list starts outside of the block that holds the loop"
    if loop.orelse or any(_leaves(n, loop, facts) for n in walk(loop)):
        return "the loop may end or skip a step early (break, continue, else)"
    return None


def _trouble_of_uses(uses: Uses, steps: ast.stmt, facts: Facts) -> str | None:
    if uses.others:
        above = facts.unit.ancestors(uses.others[0])
        around = next(a for a in above if isinstance(a, ast.expr | ast.stmt))
        text = facts.unit.text(around).partition("\n")[0]
        return f"the list is used for something else too: {text}"
    if len(uses.joins) > 1:
        return "the list is stacked or concatenated in several places"
    if uses.joins and uses.items:
        return "the list is indexed besides being stacked: its elements are tensors of their own"
    if uses.joins:
        return _trouble_of_join(uses.joins[0], steps, facts)
    if any(steps in facts.unit.ancestors(item) for item in uses.items):
        return "a step reads the list that it appends to"
    return None


def _trouble_of_join(join: Join, steps: ast.stmt | None, facts: Facts) -> str | None:
    if join.dim is None:
        return "the dim is not a literal"
    statement = facts.unit.statement(join.call)
    if not isinstance(
        statement, ast.Assign | ast.AnnAssign | ast.AugAssign | ast.Return | ast.Expr
    ):
        return "the list is stacked in the head of a block"
    for above in facts.unit.ancestors(join.call):
        if above is statement:
            break
        if isinstance(above, _INNER):
            return "whether, or how often, the list is stacked depends on what is around it"
    if steps is not None and steps in facts.unit.ancestors(join.call):
        return "a step reads the list that it appends to"
    if steps is not None and statement not in _block_of(steps, facts):
        return "whether the list is stacked depends on a condition"
    return None


def _trouble_of_name(name: str, start: ast.stmt, facts: Facts) -> str | None:
    """A list that a path reads without this start is no empty list everywhere."""
    flow = facts.flow_at(start)
    started = {n for n in walk(start) if isinstance(n, ast.Name)}
    for mention, definitions in flow.reads.items():
        if mention.id == name and definitions & started and not definitions <= started:
            return "on some path the list does not start empty"
    return None


def _trouble_of_comprehension(comprehension: Comprehension) -> str | None:
    if len(comprehension.generators) > 1:
        return "the comprehension has several loops"
    if comprehension.generators[0].ifs:
        return "whether a step adds an element depends on a condition"
    return None


def _block_of(statement: ast.stmt, facts: Facts) -> list[ast.stmt]:
    """The statements of the block that holds one."""
    parent = facts.unit.parents[statement]
    for field in ("body", "orelse", "finalbody"):
        block = getattr(parent, field, None)
        if isinstance(block, list) and statement in block:
            return block
    return [statement]


def _leaves(node: ast.AST, loop: ast.For, facts: Facts) -> bool:
    if not isinstance(node, ast.Break | ast.Continue):
        return False
    return loops_around(node, facts)[0] is loop


def between(found: Accumulation, facts: Facts) -> list[ast.stmt]:
    """The loop, and what comes after it until the list has been joined."""
    assert isinstance(found.steps, ast.For)
    assert found.join is not None
    block = _block_of(found.steps, facts)
    end = block.index(facts.unit.statement(found.join.call))
    return block[block.index(found.steps) : end]
