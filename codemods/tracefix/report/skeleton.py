"""A ready-made example function for a class that has none, to be filled in."""

from __future__ import annotations

import ast
import re
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
    found = _definition(ast.parse(source.text), subject.qualname.split("."))
    lines = [f'@tracefix.example("{subject}")', f"def {_snake_case(subject.qualname)}({name}):"]
    if isinstance(found, _Function):
        model, called = name, _required(found, bound=False)
    else:
        lines.append(f"    model = {name}({_call(_method(found, '__init__'))})")
        model, called = "model", _required(_method(found, "forward"), bound=True)
    lines += [_assignment(argument) for argument in (*called.positional, *called.by_name)]
    return "\n".join((*lines, f"    return {model}, {_inputs(called)}")) + "\n"


def _definition(tree: ast.AST, names: list[str]) -> ast.ClassDef | _Function | None:
    for node in ast.walk(tree):
        if isinstance(node, (ast.ClassDef, _Function)) and node.name == names[0]:
            return _definition(node, names[1:]) if len(names) > 1 else node
    return None


def _method(found: ast.ClassDef | None, name: str) -> _Function | None:
    if found is None:
        return None
    methods = (node for node in found.body if isinstance(node, _Function))
    return next((method for method in methods if method.name == name), None)


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


def _call(function: _Function | None) -> str:
    if function is None:
        return "..."
    required = _required(function, bound=True)
    return ", ".join(f"{each.arg}=..." for each in (*required.positional, *required.by_name))


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
