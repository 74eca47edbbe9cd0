"""Which assignments may have given a variable its value, at each place of one function.

Reaching definitions over Python's structured control flow. A definition is the node that binds
the name (an `ast.Name` that stores, a parameter, an inner function ...); UNBOUND stands for the
path on which nothing has.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tracefix.facts.tree import children, walk
from tracefix.facts.unit import FunctionNode, Unit, parameters

UNBOUND = ast.Pass()  # never a node of any file
ENTRY = ast.Pass()  # what a variable held in front of the statements that are looked at
Definitions = frozenset[ast.AST]
_Env = Mapping[str, Definitions]
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(frozen=True, eq=False)
class Flow:
    """Answers for one function."""

    reads: Mapping[ast.Name, Definitions]  # at each place that reads a variable (`n += 1` too)
    replaced: Mapping[ast.Name, Definitions]  # at each place that binds one: what stood before

    def maybe_unbound(self, name: ast.Name) -> bool:
        """Whether some path reads the variable before anything has bound it, and some after."""
        found = self.reads.get(name, frozenset())
        return UNBOUND in found and len(found) > 1

    def is_bound(self, name: ast.Name) -> bool:
        """Whether every path to this read has bound the variable."""
        return UNBOUND not in self.reads.get(name, frozenset())

    def is_bound_before(self, target: ast.Name) -> bool:
        """Whether every path to this assignment has bound the variable already."""
        return UNBOUND not in self.replaced.get(target, frozenset({UNBOUND}))

    def readers(self, definition: ast.AST) -> list[ast.Name]:
        """The places that may read what one definition gave."""
        return [name for name, found in self.reads.items() if definition in found]


def flow_of(function: FunctionNode, unit: Unit) -> Flow:
    """The reaching definitions of a function's own variables."""
    walker = _Walk()
    start: dict[str, Definitions] = {
        name: frozenset({UNBOUND}) for name in unit.bound_names(function)
    }
    start |= {p.arg: frozenset({p}) for p in parameters(function)}
    walker.block(function.body, start)
    return Flow(walker.reads, walker.replaced)


@dataclass(frozen=True, eq=False)
class Passage:
    """What some statements read and bind, seen by themselves."""

    reads: Mapping[ast.Name, Definitions]
    end: Mapping[str, Definitions] | None  # behind them; None where they never come to their end


def passage(body: Sequence[ast.stmt], names: Iterable[str]) -> Passage:
    """The reaching definitions of statements, with ENTRY for what each variable held before."""
    walker = _Walk()
    end = walker.block(body, {name: frozenset({ENTRY}) for name in names})
    return Passage(walker.reads, end)


@dataclass(eq=False)
class _Loop:
    breaks: list[_Env] = field(default_factory=list)
    continues: list[_Env] = field(default_factory=list)


@dataclass(eq=False)
class _Walk:
    """Carries the environment through statements; None is the end that is not reached."""

    reads: dict[ast.Name, Definitions] = field(default_factory=dict)
    replaced: dict[ast.Name, Definitions] = field(default_factory=dict)
    loops: list[_Loop] = field(default_factory=list)

    def block(self, body: Sequence[ast.stmt], env: _Env | None) -> _Env | None:
        for statement in body:
            if env is None:
                return None
            env = self.statement(statement, env)
        return env

    def statement(self, node: ast.stmt, env: _Env) -> _Env | None:
        if isinstance(node, ast.If):
            env = self.expression(node.test, env)
            return _join((self.block(node.body, env), self.block(node.orelse, env)))
        if isinstance(node, ast.For | ast.AsyncFor | ast.While):
            return self.loop(node, env)
        if isinstance(node, ast.Try):
            return self.attempt(node, env)
        if isinstance(node, ast.With | ast.AsyncWith):
            for item in node.items:
                env = self.expression(item, env)
            return self.block(node.body, env)
        if isinstance(node, ast.Match):
            env = self.expression(node.subject, env)
            ends = [self.block(c.body, self.expression(c.pattern, env)) for c in node.cases]
            return _join((*ends, env))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            return {**self.expression(node, env), node.name: frozenset({node})}
        return self.simple(node, env)

    def simple(self, node: ast.stmt, env: _Env) -> _Env | None:
        env = self.expression(node, env)
        if isinstance(node, ast.Break | ast.Continue) and self.loops:
            loop = self.loops[-1]
            (loop.breaks if isinstance(node, ast.Break) else loop.continues).append(env)
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [(a.asname or a.name).partition(".")[0] for a in node.names]
            return {**env, **{name: frozenset({node}) for name in names}}
        leaves = isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue)
        return None if leaves or _always_fails(node) else env

    def loop(self, node: ast.For | ast.AsyncFor | ast.While, env: _Env) -> _Env | None:
        head = env if isinstance(node, ast.While) else self.expression(node.iter, env)
        while True:
            self.loops.append(_Loop())
            tested = self.expression(
                node.test if isinstance(node, ast.While) else node.target, head
            )
            end = self.block(node.body, tested)
            loop = self.loops.pop()
            again = _join((head, end, *loop.continues))
            if again == head:
                break
            assert again is not None
            head = again
        endless = isinstance(node, ast.While) and _is_true(node.test)
        exhausted = tested if isinstance(node, ast.While) else head
        finished = None if endless else self.block(node.orelse, exhausted)
        return _join((finished, *loop.breaks))

    def attempt(self, node: ast.Try, env: _Env) -> _Env | None:
        end = self.block([*node.body, *node.orelse], env)
        interrupted = dict(env)  # anything that the body binds may or may not have been
        for child in (n for statement in node.body for n in walk(statement)):
            if isinstance(child, ast.Name) and child.id in env and not _is_load(child):
                interrupted[child.id] = interrupted[child.id] | {child}
        ends = [end]
        for handler in node.handlers:
            bound = {handler.name: frozenset({handler})} if handler.name else {}
            ends.append(self.block(handler.body, {**interrupted, **bound}))
        return self.block(node.finalbody, _join(ends))

    def expression(self, node: ast.AST, env: _Env) -> _Env:
        """Notes what an expression or simple statement reads, then what it binds."""
        names = list(_own_names(node))
        for name in names:
            augmented = isinstance(node, ast.AugAssign) and name is node.target
            if name.id in env and (_is_load(name) or augmented):
                self.reads[name] = self.reads.get(name, frozenset()) | env[name.id]
        changed = dict(env)
        for name in names:
            if name.id in env and not _is_load(name):
                self.replaced[name] = self.replaced.get(name, frozenset()) | env[name.id]
                deleted = isinstance(name.ctx, ast.Del)
                changed[name.id] = frozenset({UNBOUND if deleted else name})
        return changed


def _own_names(node: ast.AST) -> Iterator[ast.Name]:
    """The names below a node, without those that a comprehension or lambda binds for itself."""
    hidden: frozenset[str] = frozenset()
    if isinstance(node, _Comprehension):
        stores = (n for g in node.generators for n in walk(g.target))
        hidden = frozenset(n.id for n in stores if isinstance(n, ast.Name))
    elif isinstance(node, ast.Lambda):
        hidden = frozenset(a.arg for a in walk(node.args) if isinstance(a, ast.arg))
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        hidden = frozenset(p.arg for p in parameters(node))
    if isinstance(node, ast.Name):
        yield node
    for child in children(node):
        yield from (name for name in _own_names(child) if name.id not in hidden)


def _join(ends: Iterable[_Env | None]) -> _Env | None:
    reached = [env for env in ends if env is not None]
    if not reached:
        return None
    names = {name for env in reached for name in env}
    return {n: frozenset().union(*(env.get(n, frozenset()) for env in reached)) for n in names}


def _is_load(name: ast.Name) -> bool:
    return isinstance(name.ctx, ast.Load)


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _always_fails(node: ast.stmt) -> bool:
    """`assert False`."""
    if not isinstance(node, ast.Assert) or not isinstance(node.test, ast.Constant):
        return False
    return not node.test.value
