"""The text of a tracefix_examples.py: what was found or made, as functions to read and change."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tracefix.model import Subject
from tracefix.verify.protocol import Tried
from tracefix.verify.recipe import Argument, Recipe

_HEADING = (
    '"""How tracefix runs the modules of this project; written by `tracefix examples --write`.\n\n'
    'Change what does not suit: from here on these examples are yours."""\n\n'
)
_SETTINGS = '''

class Settings(dict):
    """Settings that are read as keys and as attributes."""

    def __getattr__(self, name):
        if name in self:
            return self[name]
        raise AttributeError(name)
'''
_ARRAY = re.compile(r"^torch\.(rand|randn)\((\d+(?:, \d+)*)\)$")
_SIZES = {
    4: ("batch", "channels", "height", "width"),
    5: ("batch", "channels", "depth", "height", "width"),
}


@dataclass(frozen=True)
class _Import:
    """An import that a name of the examples needs."""

    name: str
    text: str


_IMPORTS = (
    _Import("sys", "import sys"),
    _Import("SimpleNamespace", "from types import SimpleNamespace"),
    _Import("torch", "import torch"),
    _Import("tracefix", "import tracefix"),
)


def to_write(tried: Iterable[Tried]) -> dict[Subject, Recipe]:
    """The recipes that are worth keeping: they run, and are nobody's yet."""
    running = sorted((one for one in tried if one.outcome.ok), key=lambda one: one.subject)
    return {one.subject: one.recipe for one in running if one.recipe is not None}


def addition(recipes: Mapping[Subject, Recipe], existing: str = "") -> str:
    """What comes below the `existing` text of the file: a function for each recipe."""
    known = _bound(existing)
    functions = "".join(_functions(recipes, known))
    imports = [
        one.text for one in _IMPORTS if one.name not in known and _names(functions, one.name)
    ]
    settings = _SETTINGS if "Settings" not in known and _names(functions, "Settings") else ""
    head = "" if existing.strip() else _HEADING
    return head + "\n".join(imports) + "\n" + settings + functions


def _names(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _bound(text: str) -> set[str]:
    """The names that the top level of a file binds."""
    found: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            found |= {(alias.asname or alias.name).partition(".")[0] for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            found.add(node.name)
    return found


def _functions(recipes: Mapping[Subject, Recipe], known: set[str]) -> Iterable[str]:
    taken = set(known)
    for subject, recipe in recipes.items():
        name = _free(_snake_case(subject.qualname), taken)
        taken.add(name)
        yield "\n\n" + _function(subject, recipe, name)


def _function(subject: Subject, recipe: Recipe, name: str) -> str:
    cls = subject.qualname.rpartition(".")[2]
    expressions = " ".join(recipe.expressions)
    lines = [f"@tracefix.example({str(subject)!r})", f"def {name}({cls}):"]
    if _names(expressions, "module"):
        lines.append(f"    module = sys.modules[{cls}.__module__]")
    lines.append(f"    model = {cls}({', '.join(map(str, recipe.construct))})")
    sizes = _named_sizes(recipe.inputs)
    if sizes:
        names, numbers = ", ".join(sizes), ", ".join(map(str, sizes.values()))
        lines.append(f"    {names} = {numbers}")
    used = {cls, "model", "module", "torch", "sys", *sizes}
    variables: dict[Argument, str] = {}
    for argument in recipe.inputs:
        variables[argument] = _free(argument.name, used)
        used.add(variables[argument])
        lines.append(f"    {variables[argument]} = {_with_names(argument.text, sizes)}")
    lines.append(f"    return model.eval(), {_given(recipe.inputs, variables)}")
    return "\n".join(lines) + "\n"


def _given(inputs: Sequence[Argument], variables: Mapping[Argument, str]) -> str:
    by_position = [variables[each] for each in inputs if not each.by_name]
    by_name = [f'"{each.name}": {variables[each]}' for each in inputs if each.by_name]
    args = f"({by_position[0]},)" if len(by_position) == 1 else f"({', '.join(by_position)})"
    return f"{args}, {{{', '.join(by_name)}}}" if by_name else args


def _named_sizes(inputs: Iterable[Argument]) -> dict[str, int]:
    """Names for the sizes of the first input whose dimensions can be told apart."""
    for argument in inputs:
        found = _ARRAY.match(argument.text)
        numbers = [int(number) for number in found[2].split(", ")] if found else []
        if len(numbers) in _SIZES:
            return dict(zip(_SIZES[len(numbers)], numbers, strict=True))
    return {}


def _with_names(text: str, sizes: Mapping[str, int]) -> str:
    found = _ARRAY.match(text)
    if found is None or found[2] != ", ".join(map(str, sizes.values())):
        return text
    return f"torch.{found[1]}({', '.join(sizes)})"


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def _snake_case(qualname: str) -> str:
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", qualname)
    return re.sub(r"\W+", "_", words).lower()
