"""Choose the device by whether there is a GPU.

What it does
    Finds `if x.is_cuda: h = h.cuda()`, `h.cuda() if torch.cuda.is_available() else h` and choices
    whose two arms differ in the device alone, in what forward runs. One way remains, and follows
    x, or the tensor that h meets.

Why TorchScript rejects it
    A trace records one arm: made on the CPU, it never moves anything. TorchScript takes
    `x.is_cuda`, and compiles `.cuda()` into the arm; `torch.cuda.is_available()` it does not take.

Example
    import torch
    from torch import nn


    class Start(nn.Module):
        def forward(self, x):
            h = x.mean(0)
            if x.is_cuda:
                h = h.cuda()
            start = torch.zeros(1, 4).cuda() if x.is_cuda else torch.zeros(1, 4)
            return h + start

Use instead
    import torch
    from torch import nn


    class Start(nn.Module):
        def forward(self, x):
            h = x.mean(0)
            start = x.new_zeros(1, 4, dtype=torch.float32)
            return h + start

When it is refused
    Where the arms differ in more than the device, where one does something besides moving
    variables, and where no tensor is at hand to be followed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tracefix.facts import Facts
from tracefix.facts.devices import Kind, SameAs, asks_for_cuda, is_kept_as_code
from tracefix.facts.meeting import meets_or_belongs, origins
from tracefix.facts.moves import Move, move_of
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, remove, replace
from tracefix.rules import Rule
from tracefix.rules.following import follow_move, leave, made_in_place

RULE = Rule(
    slug="is-cuda-choice",
    blocks=frozenset({Target.SCRIPT, Target.TRACE}),
    safety=Safety.PROVEN,
    answers=(r"'is_available' is being compiled",),
)


@dataclass(frozen=True, eq=False)
class _Choice:
    """A choice by device: what moves something in the arm for the GPU."""

    asked: SameAs | Kind
    moves: tuple[Move, ...]
    differs: bool  # whether the arms differ in more than that


def find(facts: Facts) -> Iterator[Hit]:
    """Choices by device, one arm of which moves something to the GPU."""
    for node in facts.in_forward(ast.If, ast.IfExp):
        assert isinstance(node, ast.If | ast.IfExp)
        asked = asks_for_cuda(node.test, facts)
        if asked is None or is_kept_as_code(node, facts):
            continue
        moves = tuple(_moves(node.body, facts))
        if moves:
            message = "a trace keeps the arm of the device that it was recorded on"
            # TorchScript knows `x.is_cuda`, but cannot compile torch.cuda.is_available().
            blocks = RULE.blocks if isinstance(asked, Kind) else frozenset({Target.TRACE})
            choice = _Choice(asked, moves, _differs(node, moves, facts))
            yield Hit(node, message, choice, blocks)


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """The arm for the GPU alone, with its moves following a tensor."""
    choice = hit.detail
    assert isinstance(choice, _Choice)
    assert isinstance(hit.node, ast.If | ast.IfExp)
    if choice.differs:
        return Refusal("the arms differ in more than the device")
    goals = [_goal(choice, move, facts) for move in choice.moves]
    for goal in goals:
        if isinstance(goal, Refusal):
            return goal
    tensors = [goal for goal in goals if not isinstance(goal, Refusal)]
    if isinstance(hit.node, ast.If) and not hit.node.orelse:
        needless = _needless(hit.node, choice.moves, tensors, facts)
        if needless is not None:
            return needless
    edits: list[Edit] = []
    for move, tensor in zip(choice.moves, tensors, strict=True):
        cure = leave(move, facts) if tensor is None else follow_move(move, tensor, facts)
        if isinstance(cure, Refusal):
            return cure
        edits += cure.edits
    edits.append(replace(hit.node, "{kept}", kept=hit.node.body))
    return Change("keep one arm, which follows its data", tuple(edits), ("import torch",))


def _needless(
    node: ast.If, moves: tuple[Move, ...], tensors: list[ast.expr | None], facts: Facts
) -> Change | None:
    """No arm at all, where everything can be made in the right place or is there already."""
    edits: list[Edit] = []
    for move, tensor in zip(moves, tensors, strict=True):
        made = made_in_place(move, tensor, facts) if tensor is not None else None
        if tensor is not None and made is None:
            return None
        edits += made.edits if made is not None else ()
    return Change("take the choice out", (*edits, remove(node)), ("import torch",) if edits else ())


def _goal(choice: _Choice, move: Move, facts: Facts) -> ast.expr | Refusal | None:
    """The tensor to follow: the one that was asked, else the one that is met."""
    if isinstance(choice.asked, Kind):
        return meets_or_belongs(move, facts)
    asked = ast.dump(choice.asked.tensor)
    own = all(ast.dump(origin) == asked for origin in origins(move.value, facts))
    return None if own else choice.asked.tensor


def _moves(body: list[ast.stmt] | ast.expr, facts: Facts) -> Iterator[Move]:
    for part in body if isinstance(body, list) else [body]:
        for node in walk(part):
            move = move_of(node, facts) if isinstance(node, ast.Call) else None
            if move is not None and move.device is Kind.ACCELERATOR:
                yield move


def _differs(node: ast.If | ast.IfExp, moves: tuple[Move, ...], facts: Facts) -> bool:
    """Whether more than the moves tells the arms apart."""
    if isinstance(node, ast.IfExp):
        return _unmoved([node.body], moves) != _unmoved([node.orelse], moves)
    if node.orelse:
        return _unmoved(node.body, moves) != _unmoved(node.orelse, moves)
    # Without the move `h = h.cuda()` does nothing.
    kept = [s for s in node.body if not isinstance(s, ast.Assign) or len(s.targets) != 1]
    same = (
        ast.unparse(s.targets[0]) == _unmoved([s.value], moves)
        for s in node.body
        if isinstance(s, ast.Assign)
    )
    return bool(kept) or not all(same)


def _unmoved(nodes: Sequence[ast.AST], moves: tuple[Move, ...]) -> str:
    """The text of an arm with the moves left out."""
    stripped = _Stripped({move.call: move.value for move in moves})
    return "\n".join(ast.unparse(stripped.without(node)) for node in nodes)


@dataclass(frozen=True, eq=False)
class _Stripped:
    """A copy of a tree in which some expressions stand for others."""

    instead: Mapping[ast.AST, ast.expr]

    def without(self, node: ast.AST) -> ast.AST:
        node = self.instead.get(node, node)
        if node in self.instead:
            return self.without(node)
        fields = {name: self._field(value) for name, value in ast.iter_fields(node)}
        return ast.copy_location(type(node)(**fields), node)

    def _field(self, value: object) -> object:
        if isinstance(value, list):
            return [self._field(item) for item in value]
        return self.without(value) if isinstance(value, ast.AST) else value
