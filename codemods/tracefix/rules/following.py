"""How a tensor that is moved follows another one's device: the cure that the device rules share."""

from __future__ import annotations

import ast

from tracefix.facts import Facts
from tracefix.facts.bindings import bindings, bound_before, loads, only_assignment
from tracefix.facts.factories import RANDOM, base_of, factory_of
from tracefix.facts.moves import Move
from tracefix.facts.tree import walk
from tracefix.model import Refusal
from tracefix.rewrite.change import Change, Edit, Hole, Replace, remove, replace
from tracefix.rules.made_like import COMMENT, follow, is_plain
from tracefix.rules.outlined import ON_DEVICE_OF, calling


def follow_move(move: Move, tensor: ast.expr, facts: Facts) -> Change | Refusal:
    """A tensor on the device of `tensor` without the move: made there at once where it can be."""
    if not is_plain(tensor):
        return Refusal("the tensor that it has to follow is computed in the call")
    if ast.dump(move.value) == ast.dump(tensor):
        return leave(move, facts)
    if _holds_comment(move, facts):
        return Refusal(COMMENT)
    factory = factory_of(base_of(move.value, facts), facts)
    if factory is None or factory.kind in RANDOM | {"tensor"} or factory.keyword("device"):
        return _moved(move, tensor, facts)  # a draw stays with the CPU's generator
    made = follow(factory, tensor, facts)
    if isinstance(made, Refusal):
        return _moved(move, tensor, facts)
    return Change(made.title, (*made.edits, _without(move)), made.imports)


def made_in_place(move: Move, tensor: ast.expr, facts: Facts) -> Change | None:
    """For `h = torch.zeros(4)` and `h = h.cuda()`: the first, so that the second is not needed."""
    function, statement = facts.unit.function_of(move.call), facts.unit.statement(move.call)
    name, root = move.value, next(n for n in walk(tensor) if isinstance(n, ast.Name))
    if not isinstance(name, ast.Name) or function is None or move.dtype is not None:
        return None
    definitions = list(bindings(function, name.id))
    if len(definitions) != 2 or definitions[1] is not statement:
        return None
    made = definitions[0]
    if not isinstance(made, ast.Assign) or len(made.targets) != 1:
        return None
    factory = factory_of(base_of(made.value, facts), facts)
    if factory is None or factory.kind in RANDOM or factory.keyword("device"):
        return None
    reads = [use for use in loads(function, name.id) if use.lineno < statement.lineno]
    if reads or not bound_before(facts.unit, function, root.id, made):
        return None
    cure = follow(factory, tensor, facts)
    return cure if isinstance(cure, Change) else None


def leave(move: Move, facts: Facts) -> Change | Refusal:
    """The tensor where it is already; a conversion on the way stays."""
    if _holds_comment(move, facts):
        return Refusal(COMMENT)
    return Change("leave it where it is", (_without(move),))


def _without(move: Move) -> Replace:
    cast: dict[str, Hole] = {"dtype": move.dtype} if move.dtype is not None else {}
    template = "{value}.to({dtype})" if cast else "{value}"
    return replace(move.call, template, value=move.value, **cast)


def _holds_comment(move: Move, facts: Facts) -> bool:
    """Whether a comment stands where the move is taken out."""
    start, end = facts.unit.span(move.value).end, facts.unit.span(move.call).end
    return "#" in facts.unit.source.text[start:end]


def _moved(move: Move, tensor: ast.expr, facts: Facts) -> Change:
    name, edits = calling(ON_DEVICE_OF, move.call, facts)
    like = ast.unparse(tensor)
    cast: dict[str, Hole] = {"dtype": move.dtype} if move.dtype is not None else {}
    template = "{function}({value}, {like})" + (".to({dtype})" if cast else "")
    moved = replace(move.call, template, function=name, value=move.value, like=like, **cast)
    return Change(f"move it to the device of {like}", (*edits, moved), imports=("import torch",))


def forgotten(device: ast.expr | None, facts: Facts) -> tuple[Edit, ...]:
    """Takes out `device = x.device` where the place that is rewritten was all that read it."""
    function = facts.unit.function_of(device) if isinstance(device, ast.Name) else None
    if not isinstance(device, ast.Name) or function is None:
        return ()
    assignment = only_assignment(function, device.id)
    alone = assignment is not None and len(loads(function, device.id)) == 1
    return (remove(assignment),) if assignment is not None and alone else ()
