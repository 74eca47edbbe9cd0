"""A ready-made example function for a class that has none, to be filled in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.model import Source, Subject

_HEADER = "import torch\nimport tracefix\n"
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class _Required:
    """The arguments that a call must give."""

    positional: tuple[ast.arg, ...] = ()
    by_name: tuple[ast.arg, ...] = ()


def skeletons(subjects: dict[Subject, Source]) -> str:
    """The text of a tracefix_examples.py with one function for each subject."""
    functions = (_skeleton(subject, source) for subject, source in subjects.items())
    return _HEADER + "".join("\n\n" + function for function in functions)


def _skeleton(subject: Subject, source: Source) -> str:
    """An example in the form that tracefix takes: what must be given is named, and left open."""
    name = subject.qualname.rpartition(".")[2]
    tree = ast.parse(source.text)
    found = _definition(tree, subject.qualname.split("."))
    lines = [f'@tracefix.example("{subject}")', f"def {_snake_case(subject.qualname)}({name}):"]
    if isinstance(found, _Function):
        model, called = name, _required(found, bound=False)
    else:
        lines.append(f"    model = {name}({_call(found, tree)})")
        model, called = "model", _required(_method(found, "forward", tree), bound=True)
    lines += [_assignment(argument) for argument in (*called.positional, *called.by_name)]
    return "\n".join((*lines, f"    return {model}, {_inputs(called)}")) + "\n"


def _definition(tree: ast.AST, names: list[str]) -> ast.ClassDef | _Function | None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, _Function)) and node.name == names[0]:
            return _definition(node, names[1:]) if len(names) > 1 else node
    return None


def _method(found: ast.ClassDef | None, name: str, tree: ast.AST) -> _Function | None:
    """The method that an instance has, as far as the bases lie in this file."""
    for owner in _lineage(found, tree):
        for node in owner.body:
            if isinstance(node, _Function) and node.name == name:
                return node
    return None


def _lineage(found: ast.ClassDef | None, tree: ast.AST) -> Iterator[ast.ClassDef]:
    """A class and its bases in this file; each once, since names that are rebound can circle."""
    waiting = [] if found is None else [found]
    seen: set[ast.ClassDef] = set()
    while waiting:
        owner = waiting.pop(0)
        seen.add(owner)
        yield owner
        names = [base.id for base in owner.bases if isinstance(base, ast.Name)]
        parents = (_definition(tree, [name]) for name in names)
        waiting += [one for one in parents if isinstance(one, ast.ClassDef) and one not in seen]


def _required(function: _Function | None, bound: bool) -> _Required:
    """The arguments without a default, without `self` where the function is bound to one."""
    if function is None:  # inherited from a class that is not in this file
        return _Required()
    arguments = function.args
    positional = (arguments.posonlyargs + arguments.args)[int(bound) :]
    by_name = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return _Required(
        tuple(positional[: len(positional) - len(arguments.defaults)]),
        tuple(argument for argument, default in by_name if default is None),
    )


def _call(found: ast.ClassDef | None, tree: ast.AST) -> str:
    """What the constructor must be given."""
    constructor = _method(found, "__init__", tree)
    if constructor is not None:
        required = _required(constructor, bound=True)
        return ", ".join(f"{each.arg}=..." for each in (*required.positional, *required.by_name))
    bases = [ast.unparse(base) for owner in _lineage(found, tree) for base in owner.bases]
    return "" if any(base.endswith("Module") for base in bases) else "..."


def _inputs(called: _Required) -> str:
    """The tuple of positional arguments, and the dict of the others where there are any."""
    names = ", ".join(argument.arg for argument in called.positional)
    arguments = f"({names},)" if len(called.positional) == 1 else f"({names})"
    if not called.by_name:
        return arguments
    pairs = ", ".join(f'"{argument.arg}": {argument.arg}' for argument in called.by_name)
    return f"{arguments}, {{{pairs}}}"


def _assignment(argument: ast.arg) -> str:
    if argument.annotation is None:
        return f"    {argument.arg} = torch.rand(...)"
    annotation = ast.unparse(argument.annotation)
    value = "torch.rand(...)" if annotation.endswith("Tensor") else "..."
    return f"    {argument.arg} = {value}  # {annotation}"


def _snake_case(qualname: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", qualname)
    return re.sub(r"\W+", "_", words).lower()
