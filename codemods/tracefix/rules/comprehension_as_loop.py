"""Filter in a comprehension, or nest its loops.

What it does
    Finds comprehensions of lists and dicts, and generators, with an `if`, with several `for` or with
    a name that is given in them (`:=`), and writes the loop that does the same.

Why TorchScript rejects it
    "Comprehension ifs are not supported yet", "Only a single generator is currently supported".

Example
    import torch
    from torch import nn


    class Mean(nn.Module):
        def forward(self, x):
            dims = [dim for dim in range(x.dim()) if dim != 1]
            return x.mean(dims)

Use instead
    from typing import List

    import torch
    from torch import nn


    class Mean(nn.Module):
        def forward(self, x):
            dims: List[int] = []
            for dim in range(x.dim()):
                if dim != 1:
                    dims.append(dim)
            return x.mean(dims)

When it is refused
    Where the comprehension stands in a part of an expression that may be passed over, or behind
    another call of the same statement, and so cannot be computed in front of it. Where a dict's keys
    and values are both computed by calls, which an assignment would make in the other order.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tracefix.facts import Facts
from tracefix.facts.local_names import fresh_local
from tracefix.facts.observed import spelled
from tracefix.facts.one_path import is_always_evaluated
from tracefix.facts.spelling import imports_for, written
from tracefix.facts.tree import walk
from tracefix.model import Refusal, Safety, Target
from tracefix.rewrite.change import Change, Edit, Hit, Hole, before, replace
from tracefix.rules import Rule

RULE = Rule(
    slug="comprehension-as-loop",
    blocks=frozenset({Target.SCRIPT}),
    safety=Safety.SAFE,
    after=("filter-call", "chain-call"),  # whose list it writes as a loop
    answers=(
        r"Comprehension ifs are not supported",
        r"Only a single generator is",
        r"NamedExpr aren't supported",
    ),
)
_ASSUMED = ("List[Tensor]", "Dict[str, Tensor]")  # of [] and {} without annotation
_Made = ast.ListComp | ast.DictComp | ast.GeneratorExp


def find(facts: Facts) -> Iterator[Hit]:
    """Comprehensions that TorchScript has no form of."""
    for node in facts.in_forward(ast.ListComp, ast.DictComp, ast.GeneratorExp):
        assert isinstance(node, _Made)
        if len(node.generators) > 1 or node.generators[0].ifs or _gives_names(node):
            yield Hit(node, "TorchScript's comprehensions have one loop and no condition")


def fix(hit: Hit, facts: Facts) -> Change | Refusal:
    """A loop in front of the statement, or in its place where it only keeps what is made."""
    made = hit.node
    assert isinstance(made, _Made)
    statement = facts.unit.statement(made)
    reason = _why_not_before(made, statement, facts)
    if reason is not None:
        return Refusal(reason)
    kept = _name_given(made, statement)
    function = facts.unit.function_of(made)
    assert function is not None
    name = kept or fresh_local("kept", function, facts.unit)
    type_ = _type_made(made, kept, facts)
    empty = "{{}}" if isinstance(made, ast.DictComp) else "[]"
    start = f"{name} = {empty}" if type_ is None else f"{name}: {type_} = {empty}"
    body, holes, edits = _loops(made, name, facts)
    template = f"{start}\n{body}"
    imports = imports_for([type_] if type_ else [], facts.unit)
    if kept is not None:
        return Change("write the loop", (replace(statement, template, **holes), *edits), imports)
    moved: list[Edit] = [before(statement, template, **holes), replace(made, name)]
    return Change("write the loop", (*moved, *edits), imports)


def _loops(made: _Made, name: str, facts: Facts) -> tuple[str, dict[str, Hole], list[Edit]]:
    """The loops as a template, what fills it, and the new names of variables that are taken."""
    lines: list[str] = []
    holes: dict[str, Hole] = {}
    for number, generator in enumerate(made.generators):
        indent = "    " * len(lines)
        lines.append(f"{indent}for {{target{number}}} in {{over{number}}}:")
        holes |= {f"target{number}": generator.target, f"over{number}": generator.iter}
        for place, test in enumerate(generator.ifs):
            hole = f"test{number}_{place}"
            lines.append(f"{'    ' * len(lines)}if {{{hole}}}:")
            holes[hole] = test
    if isinstance(made, ast.DictComp):
        lines.append(f"{'    ' * len(lines)}{name}[{{key}}] = {{value}}")
        holes |= {"key": made.key, "value": made.value}
    else:
        lines.append(f"{'    ' * len(lines)}{name}.append({{element}})")
        holes["element"] = made.elt
    return "\n".join(lines), holes, list(_renamings(made, facts))


def _renamings(made: _Made, facts: Facts) -> Iterator[Edit]:
    """A loop's variables stay behind: those that mean something else in the function are renamed."""
    function = facts.unit.function_of(made)
    assert function is not None
    inside = [n for n in walk(made) if isinstance(n, ast.Name)]
    within = set(inside)
    own = {n.id for n in inside if isinstance(n.ctx, ast.Store)}
    others = {n.id for n in walk(function) if isinstance(n, ast.Name) and n not in within}
    others |= {n.arg for n in walk(function.args) if isinstance(n, ast.arg)}
    taken: list[str] = []
    for name in sorted(own & others):
        taken.append(fresh_local(name, function, facts.unit, taken))
        yield from (replace(n, taken[-1]) for n in inside if n.id == name)


def _why_not_before(made: _Made, statement: ast.stmt, facts: Facts) -> str | None:
    compound = isinstance(statement, ast.While) or (
        isinstance(statement, ast.If) and facts.unit.parents[made] is not None
    )
    if compound and not _heads_a_block(statement, facts):
        return "no statement can come before the test that it stands in"
    if not is_always_evaluated(made, facts.unit):
        return "it stands in a part of an expression that may be passed over"
    above = {made, *facts.unit.ancestors(made), *walk(made)}
    start = facts.unit.span(made).start
    for node in walk(statement):
        if isinstance(node, ast.Call) and node not in above:
            if facts.unit.span(node).start < start:
                return "something else is called before it"
    if isinstance(made, ast.DictComp) and _calls(made.key) and _calls(made.value):
        return "its keys and its values are computed by calls, which would change places"
    if not isinstance(made, ast.GeneratorExp):
        return None
    if _gives_names(made):
        return "the generator may stop early, and with it what it names"
    call = facts.unit.parents[made]
    whole = isinstance(call, ast.Call) and call.args == [made]
    return None if whole else "the generator is kept, and computes its values later"


def _heads_a_block(statement: ast.stmt, facts: Facts) -> bool:
    """Whether a statement can stand in front: not of a loop's test, nor of an `elif`."""
    if isinstance(statement, ast.While):
        return False
    text = facts.unit.source.text
    return not text.startswith("elif", facts.unit.span(statement).start)


def _name_given(made: _Made, statement: ast.stmt) -> str | None:
    """`dims` of `dims = [... if ...]`, where the loop can build the list in its place."""
    if not isinstance(statement, ast.Assign) or statement.value is not made:
        return None
    target = statement.targets[0]
    if len(statement.targets) > 1 or not isinstance(target, ast.Name):
        return None
    reads = {n.id for n in walk(made) if isinstance(n, ast.Name)}
    return None if target.id in reads else target.id


def _gives_names(made: _Made) -> bool:
    return any(isinstance(part, ast.NamedExpr) for part in walk(made))


def _calls(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Call) for part in walk(node))


def _type_made(made: _Made, kept: str | None, facts: Facts) -> str | None:
    """The type, None where it holds Tensors, as TorchScript assumes, or nothing shows it."""
    generic = "Dict" if isinstance(made, ast.DictComp) else "List"
    parts = [made.key, made.value] if isinstance(made, ast.DictComp) else [made.elt]
    types = [facts.types.of(part) for part in parts]
    known = [spelled([type_]) for type_ in types if isinstance(type_, str)]
    if len(known) == len(parts) and None not in known:
        text = f"{generic}[{', '.join(map(str, known))}]"
        return None if text in _ASSUMED else written(text, facts.unit)
    function = facts.unit.function_of(made)
    if kept is None or function is None:
        return None
    whole = facts.types.of_local(function, kept)
    is_told = isinstance(whole, str) and whole.startswith(f"{generic}[")
    return written(str(whole), facts.unit) if is_told else None
