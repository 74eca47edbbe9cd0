"""An attribute that holds nothing until forward has run: annotated, and worked on as a local.

TorchScript fixes an attribute's type when the module is compiled, and narrows `Optional` for
local names only. So the class says `Optional[...]`, and a function that reads the attribute works on
a local name, which every write hands on to the attribute.
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator

from tracefix.facts import Facts, FunctionNode
from tracefix.facts.reach import is_self_attribute
from tracefix.facts.state import State, StateAttribute, Write
from tracefix.facts.types import Unknown, join
from tracefix.facts.uses import hook
from tracefix.model import Refusal
from tracefix.rewrite.change import Edit, after, before, replace

_PLAIN = ("Tensor", "int", "float", "bool", "str")
_NAMES = re.compile(r"[A-Za-z_]\w*")
_GENERIC = ("List", "Tuple", "Dict", "Optional")


def held_type(attribute: StateAttribute, state: State, facts: Facts) -> str | Refusal:
    """What the attribute holds once forward has run, in TorchScript's spelling."""
    name = attribute.name
    seen = facts.observed.attributes.get((str(attribute.home.subject), name))
    found = join(seen) if seen else join(state.type_of(w) for w in attribute.moves)
    if isinstance(found, Unknown):
        return Refusal(f"the type of self.{name} is not known: {found.why}")
    inner = re.sub(r"^Optional\[(.*)\]$", r"\1", found).replace("torch.Size", "List[int]")
    if inner == "None" or any(n not in (*_PLAIN, *_GENERIC) for n in _NAMES.findall(inner)):
        return Refusal(f"TorchScript has no attribute of type {found}, which self.{name} holds")
    return inner


def is_settled(attribute: StateAttribute, facts: Facts) -> bool:
    """Whether the class says what the attribute holds, and forward reads it as a local name."""
    said = any(_annotates(s, attribute.name) for s in attribute.home.node.body)
    return said and not any(localised(attribute, facts))


def annotated(
    attribute: StateAttribute, inner: str, facts: Facts
) -> tuple[list[Edit], tuple[str, ...]]:
    """The edits and imports that say `name: Optional[...]` in the class's body."""
    home = attribute.home.node
    if any(_annotates(s, attribute.name) for s in home.body):
        return [], ()
    tensor = "Tensor" if facts.unit.imports.get("Tensor") == "torch.Tensor" else "torch.Tensor"
    spelled = re.sub(r"\bTensor\b", tensor, f"Optional[{inner}]")
    generics = [g for g in _GENERIC if re.search(rf"\b{g}\[", spelled)]
    imports = [f"from typing import {', '.join(sorted(generics))}"]
    if "torch.Tensor" in spelled and facts.unit.imports.get("torch") != "torch":
        imports.append("import torch")
    anchor = next(n for n, s in enumerate(home.body) if isinstance(s, FunctionNode))
    above = home.body[anchor - 1]
    line = f"{attribute.name}: {spelled}"
    annotates = anchor > 0 and isinstance(above, ast.AnnAssign)
    edit = after(above, line) if annotates else before(home.body[anchor], line)
    return [edit], tuple(imports)


def forbidden(attribute: StateAttribute, facts: Facts) -> Refusal | None:
    """Why the attribute cannot be worked on as a local."""
    name = attribute.name
    if attribute.deletions:
        return Refusal(f"self.{name} is deleted", facts.unit.span(attribute.deletions[0]))
    for info in attribute.family:
        if info.unit is not facts.unit and f"self.{name}" in info.unit.source.text:
            return Refusal(f"{info.subject} uses self.{name} in another file")
    for write in attribute.moves:
        if not isinstance(write.statement, ast.Assign | ast.AnnAssign | ast.AugAssign):
            return Refusal(f"self.{name} is bound by a loop or a with-statement")
    callback = _callback(attribute, facts)
    if callback is not None:
        return Refusal(f"{callback} assigns self.{name} and is handed on as a value")
    hooked = hook(attribute)
    if hooked is not None:
        return Refusal(f"{hooked}, which stands between forward and self.{name}")
    writers = {w.function for w in attribute.moves}
    for function in _functions(attribute, facts):
        called = _called(function, attribute)
        other = next((w for w in writers if w is not function and w.name in called), None)
        if other is not None and _reads_in(function, attribute):
            reason = f"{function.name} reads self.{name} and calls {other.name}, which assigns it"
            return Refusal(reason)
        if any(facts.unit.function_of(n) is not function for n in _touched(function, attribute)):
            return Refusal(f"a function inside of {function.name} uses self.{name}")
    return None


def _callback(attribute: StateAttribute, facts: Facts) -> str | None:
    """A method that assigns the attribute and may run at any time, as a hook does."""
    writers = {w.function.name for w in (*attribute.moves, *attribute.others)}
    for info in attribute.family:
        for node in ast.walk(info.node):
            if is_self_attribute(node) and isinstance(node, ast.Attribute) and node.attr in writers:
                parent = facts.unit.parents.get(node)
                if not (isinstance(parent, ast.Call) and parent.func is node):
                    return node.attr
    return None


def localised(attribute: StateAttribute, facts: Facts) -> Iterator[Edit]:
    """The edits that let each function which reads the attribute work on a local name."""
    for function in _functions(attribute, facts):
        reads = _reads_in(function, attribute)
        if not reads:
            continue  # it only stores: `self.attn = attn` is fine as it is
        writes = attribute.moves_in(function)
        held = _held_by(function, writes, reads)
        local = held or _fresh(function, attribute.name.strip("_"))
        if held is None:
            yield from _mirrored(attribute, writes, local)
            if not _starts_with_write(function, writes, reads):
                yield before(_statements(function)[0], f"{local} = self.{attribute.name}")
        for read in reads:
            yield replace(read, local)


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
        for n in ast.walk(function)
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


def _functions(attribute: StateAttribute, facts: Facts) -> list[FunctionNode]:
    """The functions of the family that forward reaches and that touch the attribute."""
    methods = [m for info in attribute.family for m in info.methods.values()]
    return [
        m
        for m in methods
        if m in facts.reach.functions and m.name != "__init__" and _touched(m, attribute)
    ]


def _touched(function: FunctionNode, attribute: StateAttribute) -> list[ast.Attribute]:
    own = {*attribute.reads, *(w.target for w in attribute.moves)}
    return [n for n in ast.walk(function) if isinstance(n, ast.Attribute) and n in own]


def _reads_in(function: FunctionNode, attribute: StateAttribute) -> list[ast.Attribute]:
    """The reads that are not yet `name = self.attribute` in front of everything else."""
    settled: set[ast.expr] = set()
    for statement in _statements(function):
        if not isinstance(statement, ast.Assign) or not is_self_attribute(statement.value):
            break
        settled.add(statement.value)
    touched = _touched(function, attribute)
    return [n for n in touched if isinstance(n.ctx, ast.Load) and n not in settled]


def _called(function: FunctionNode, attribute: StateAttribute) -> set[str]:
    """The names of the family's methods that a function calls, also through others."""
    methods = {n: m for info in attribute.family for n, m in info.methods.items()}
    found: set[str] = set()
    waiting = [function]
    while waiting:
        for node in ast.walk(waiting.pop()):
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
    taken = {n.id for n in ast.walk(function) if isinstance(n, ast.Name)}
    taken |= {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
    numbered = (f"{name}_{number}" for number in itertools.count(2))
    return next(c for c in itertools.chain((name,), numbered) if c not in taken)


def _annotates(statement: ast.stmt, name: str) -> bool:
    return (
        isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and statement.target.id == name
    )
