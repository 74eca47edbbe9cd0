"""Branch on a tensor's value or shape.

What it does
    Finds `if`, and `A if test else B`, whose test reads a tensor's value, or a size of it. Where the
    test is a tensor and both arms give one tensor expression each, without effects and unable to
    raise, torch.where chooses between them. Else the branch moves into a function that a trace keeps as code, with the numbers that
    it computes; what it reads of self becomes an argument, and a layer's call the function that the
    layer calls.

Why a trace is wrong
    Tracing runs the code once and records the arm that was taken, for all inputs; where a size
    decides, without a warning. A function under `torch.jit.script_if_tracing` is plain Python in eager mode, and compiled,
    with its branches, where a trace calls it.

Example
    import torch
    from torch import nn


    class Gate(nn.Module):
        def forward(self, x):
            if x.sum() > 0:
                y = x * 2
            else:
                y = -x
            return y

Use instead
    import torch
    from torch import nn


    class Gate(nn.Module):
        def forward(self, x):
            y = torch.where(x.sum() > 0, x * 2, -x)
            return y

When it is refused
    torch.where evaluates both arms, broadcasts them, and sends a zero gradient into the one that
    was not taken. So it is not used where an arm has effects or may raise; where it calls
    something that is not known to be total and smooth (a division, a logarithm or a root may be
    infinite where its arm is not taken, and zero times infinity is NaN); where the arms are not
    known to have one shape; where an arm is a number, which would become a tensor; where a name
    may be changed in place later; and where the test is not known to be a tensor's. Where one arm goes
    through a layer's weight and the other is what forward was given, the branch moves if it can, since
    torch.where would require a gradient for both.
    The branch does not move where a layer that it calls has no function with the same parameters,
    or something may be hooked to it; where it assigns to self; and where what it gives is no
    tensor up to the end of the function.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Cause, Facts
from tracefix.facts.baked import loop_around
from tracefix.facts.conditions import Conditions
from tracefix.facts.devices import is_kept_as_code
from tracefix.facts.gradients import learns
from tracefix.facts.selectable import Selectable
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Hit, remove, replace
from tracefix.rules import Rule
from tracefix.rules.if_chain import Chain
from tracefix.rules.outlined_region import outlined
from tracefix.rules.two_arms import Arms, arms_of, changed_in_place

RULE = Rule(
    slug="tensor-branch",
    blocks=frozenset({Target.TRACE}),
    safety=Safety.PROVEN,
    after=("data-dependent-loop",),  # a branch in a loop moves with it
)
_WHY = "Kept as code by a trace, which would record the arm of one run."
_MESSAGE = "a branch on a tensor's {}: a trace records the arm that its input takes"


def find(facts: Facts) -> Iterator[Hit]:
    """Branches whose test reads a tensor's value or size; not those that only raise."""
    for node in facts.in_forward(ast.If, ast.IfExp):
        assert isinstance(node, ast.If | ast.IfExp)
        causes = facts.dependence.condition(node.test)
        if is_kept_as_code(node, facts) or _only_raises(node):
            continue
        if Cause.VALUES in causes and not _is_guess(node.test, facts):
            yield Hit(node, _MESSAGE.format("value"))
        elif Cause.SHAPE in causes:
            yield Hit(node, _MESSAGE.format("shape"))


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """torch.where over the arms, or the branch in a function of its own."""
    chosen = _where(hit, facts)
    if isinstance(chosen, Change):
        if not _adds_gradient(hit, facts) or loop_around(hit.node, facts) is not None:
            return chosen
        moved = outlined(hit.node, "branch", _WHY, facts)
        return moved if isinstance(moved, Change) else chosen
    if any(isinstance(_where(inner, facts), Change) for inner in _inside(hit, facts)):
        return Refusal(f"{chosen.reason}; the branch inside of it comes first")
    if loop_around(hit.node, facts) is not None:
        return Refusal(
            f"{chosen.reason}; and it stands in a loop that another input runs otherwise"
        )
    moved = outlined(hit.node, "branch", _WHY, facts)
    if isinstance(moved, Change):
        return moved
    return Refusal(f"{chosen.reason}; and it cannot move: {moved.reason}")


def _inside(hit: Hit, facts: Facts) -> Iterator[Hit]:
    """The hits in the arms of one."""
    arms = set(walk(hit.node)) - {hit.node}
    return (inner for inner in find(facts) if inner.node in arms)


def _where(hit: Hit, facts: Facts) -> Change | Refusal:
    """torch.where over the arms, or why it would not be right."""
    assert isinstance(hit.node, ast.If | ast.IfExp)
    arms = arms_of(hit.node, facts.unit)
    if arms is None:
        return Refusal("its arms do more than give one value each to the same name, or return one")
    reason = _obstacle(arms, facts)
    if reason is not None:
        return Refusal(reason)
    flow = facts.flow_at(hit.node)
    mask = Conditions(facts.unit, facts.types, flow).mask(hit.node.test)
    if mask.holes is None:
        return Refusal(mask.obstacle or "")
    chosen = f"{arms.prefix}torch.where({mask.template}, {{taken}}, {{other}})"
    holes = {**mask.holes, "taken": arms.taken, "other": arms.other}
    above = Chain.above(hit.node, facts.unit) if isinstance(hit.node, ast.If) else None
    choice = above.with_else(chosen, **holes) if above else replace(hit.node, chosen, **holes)
    edits = [choice, *(remove(s) for s in arms.behind)]
    return Change("choose with torch.where", tuple(edits), imports=("import torch",))


def _obstacle(arms: Arms, facts: Facts) -> str | None:
    """Why both arms must not be evaluated, or are not alike."""
    taken, other = arms.expressions
    flow = facts.flow_at(arms.branch)
    selectable = Selectable(facts.unit, facts.types, flow)
    reason = selectable.obstacle(taken) or selectable.obstacle(other)
    if reason is not None:
        return reason
    for arm in (taken, other):
        if not facts.types.is_tensor(arm):
            return f"{ast.unparse(arm)} is a number, and torch.where would make it a tensor"
    if arms.keeps is not None and not flow.is_bound_before(arms.keeps):
        return f"{arms.keeps.id} is not defined on every path"
    before = flow.replaced.get(arms.keeps, frozenset()) if arms.keeps is not None else frozenset()
    shape = selectable.shape(taken)
    if shape != (
        selectable.shape_of(before, arms.keeps.id) if arms.keeps else selectable.shape(other)
    ):
        return "the two arms are not known to have the same shape"
    if _tests_for_nan(arms.branch.test) and not all(
        isinstance(a, ast.Name) for a in (taken, other)
    ):
        return (
            "the test is for values that are not finite, which would reach the other arm's gradient"
        )
    function = facts.unit.function_of(arms.branch)
    names = {a.id for a in (taken, other) if isinstance(a, ast.Name)}
    if names and function is not None:
        changed = changed_in_place(function) & (names | arms.targets)
        return (
            f"{min(changed)} is changed in place, and may be one of the arms" if changed else None
        )
    return None


def _adds_gradient(hit: Hit, facts: Facts) -> bool:
    """Whether torch.where would require a gradient for what one arm gives as it was given.

    The other goes through a layer's weight.
    """
    assert isinstance(hit.node, ast.If | ast.IfExp)
    arms = arms_of(hit.node, facts.unit)
    assert arms is not None
    flow = facts.flow_at(hit.node)
    taken, other = arms.expressions
    for arm, beside in ((taken, other), (other, taken)):
        if isinstance(arm, ast.Name) and learns(beside, facts):
            known = flow.replaced if arm is arms.keeps else flow.reads
            if all(isinstance(d, ast.arg) for d in known.get(arm, [arm])):
                return True
    return False


def _only_raises(node: ast.If | ast.IfExp) -> bool:
    """A check of the input: a trace without it is right wherever the original does not raise."""
    return isinstance(node, ast.If) and not node.orelse and isinstance(node.body[-1], ast.Raise)


def _is_guess(test: ast.expr, facts: Facts) -> bool:
    """`if flag:` or `if kind == 1:`, where only the missing annotation of a parameter says Tensor."""
    if isinstance(test, ast.BoolOp):
        return all(_is_guess(v, facts) for v in test.values)
    if isinstance(test, ast.UnaryOp):
        return _is_guess(test.operand, facts)
    if isinstance(test, ast.Compare):
        equal = all(isinstance(op, ast.Eq | ast.NotEq | ast.In | ast.NotIn) for op in test.ops)
        sides = [s for s in (test.left, *test.comparators) if facts.types.is_tensor(s)]
        # `x.item() == 0` compares numbers: no tensor stands there, and none is guessed.
        return equal and bool(sides) and all(facts.is_assumed_tensor(s) for s in sides)
    return facts.is_assumed_tensor(test)


def _tests_for_nan(test: ast.expr) -> bool:
    names = {"isnan", "isinf", "isfinite", "nan_to_num"}
    return any(isinstance(n, ast.Attribute) and n.attr in names for n in walk(test))
