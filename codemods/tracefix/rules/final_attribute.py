"""Declaring in a class's body what its attributes are."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tracefix.facts import ClassInfo, Facts, FunctionNode
from tracefix.facts.tree import walk
from tracefix.model import Refusal
from tracefix.rewrite.change import Edit, after, before, replace

# The modules of torch.nn that have no __constants__.
_WITHOUT_CONSTANTS = frozenset(
    {
        "Module", "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict",
        "Container", "DataParallel", "Transformer", "AdaptiveLogSoftmaxWithLoss", "BCEWithLogitsLoss",
        "CrossMapLRN2d", "Identity", "LogSigmoid", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d",
        "Sigmoid", "Softmax2d", "Softsign", "Tanh", "Tanhshrink",
    }
)  # fmt: skip


def is_final(name: str, info: ClassInfo) -> bool:
    """Whether a class's own body declares an attribute Final, or lists it in __constants__."""
    for statement in info.node.body:
        if isinstance(statement, ast.AnnAssign) and _is_name(statement.target, name):
            if "Final" in ast.unparse(statement.annotation):
                return True
        if isinstance(statement, ast.Assign) and _is_name(statement.targets[0], "__constants__"):
            listed = walk(statement.value)
            if any(isinstance(n, ast.Constant) and n.value == name for n in listed):
                return True
    return False


def declared(
    name: str, info: ClassInfo, facts: Facts, type_: str = "Final[bool]"
) -> Iterator[Edit]:
    """The edits that say `name: Final[bool]` in a class's body, and in those below it that need it.

    TorchScript looks for annotations in the nearest class that has any.
    """
    if not is_final(name, info):
        yield given(f"{name}: {type_}", info.node)
    yield from repeated(name, info, facts, type_)


def repeated(name: str, info: ClassInfo, facts: Facts, type_: str) -> Iterator[Edit]:
    """The same for the classes of the file that inherit from one and have annotations of their own."""
    for member in facts.project.derived(info):
        if member.unit is facts.unit and not is_final(name, member):
            if any(map(_annotates, member.node.body)):
                yield given(f"{name}: {type_}", member.node)


def listed(
    names: Sequence[str], info: ClassInfo, facts: Facts, below: ast.stmt | None = None
) -> list[Edit] | Refusal:
    """The edits that list names in a class's `__constants__`, and in those below it that have one.

    Unlike Final this does not say that no code assigns them: each compiled module keeps the value
    that its original had, and setting one on a compiled module raises.
    """
    edits: list[Edit] = []
    for member in (info, *(m for m in facts.project.derived(info) if m.unit is info.unit)):
        own = _constants(member)
        if own is None:
            continue
        elements = getattr(own.value, "elts", None)
        if elements is None:
            return Refusal("__constants__ is not a plain list")
        known = {e.value for e in elements if isinstance(e, ast.Constant)}
        new = [f'"{name}"' for name in names if name not in known]
        parts = [*(member.unit.text(e) for e in elements), *new]
        if new:
            inner = ", ".join(parts) + ("," if len(parts) == 1 else "")
            written = f"[{inner.rstrip(',')}]" if isinstance(own.value, ast.List) else f"({inner})"
            edits.append(replace(own.value, written))
    if _constants(info) is not None:
        return edits
    inherited = _inherited_constants(info, facts)
    quoted = [f'"{name}"' for name in names]
    line = f"__constants__ = [{', '.join([*inherited, *quoted])}]"
    return [*edits, after(below, line) if below is not None else given(line, info.node)]


def _constants(info: ClassInfo) -> ast.Assign | None:
    """The statement of a class's own body that gives `__constants__`."""
    for statement in info.node.body:
        if isinstance(statement, ast.Assign) and _is_name(statement.targets[0], "__constants__"):
            return statement
    return None


def _inherited_constants(info: ClassInfo, facts: Facts) -> list[str]:
    """What spreads the `__constants__` of a base, as an element of a list; none where it has none.

    Of a base that nobody sees, what it lists become attributes: eager code does not ask for them.
    """
    for base in info.node.bases:
        name = info.unit.resolve(base) or ""
        found = facts.project.find_class(info.unit, base)
        if found is not None:
            has_some = _constants(found) is not None or bool(_inherited_constants(found, facts))
        else:
            kind = name.rpartition(".")[2]
            has_some = name.startswith("torch.nn.") and kind not in _WITHOUT_CONSTANTS
        if has_some:
            return [f"*{ast.unparse(base)}.__constants__"]
    return []


def given(line: str, owner: ast.ClassDef) -> Edit:
    """A line at the end of a class's annotations, or above its first method."""
    method = next((s for s in owner.body if isinstance(s, FunctionNode)), None)
    above = owner.body if method is None else owner.body[: owner.body.index(method)]
    annotations = [s for s in above if _annotates(s)]
    if method is None or annotations:
        return after((annotations or owner.body)[-1], line)
    return before(method, line)


def _annotates(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.AnnAssign)


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name
