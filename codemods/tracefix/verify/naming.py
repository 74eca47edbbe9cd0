"""How a file of a project is imported."""

from __future__ import annotations

import ast
from collections.abc import Callable
from pathlib import PurePosixPath

from tracefix.verify.request import Importing


def importing(path: str, text: str, exists: Callable[[str], bool]) -> Importing:
    """The name of the module at `path`, and the folders that have to be on sys.path.

    `exists` says whether the project has a file. A file in a package goes by its dotted
    name; so does one with relative imports, in namespace packages; any other by its own
    name, with its folder on sys.path, as when it is run.
    """
    file = PurePosixPath(path)
    folder, parts = file.parent, [file.stem]
    while folder.name and exists(str(folder / "__init__.py")):
        parts.insert(0, folder.name)
        folder = folder.parent
    in_package = len(parts) > 1
    if not in_package and file.parent.name and _imports_relatively(text):
        folder, parts = PurePosixPath(), [*file.parent.parts, file.stem]
        in_package = True
    if not in_package or not all(part.isidentifier() for part in parts):
        return Importing(file.stem, False, _roots(str(file.parent)))
    if parts[-1] == "__init__":
        parts.pop()
    return Importing(".".join(parts), True, _roots(str(folder)))


def _roots(folder: str) -> tuple[str, ...]:
    return (folder,) if folder == "." else (folder, ".")


def _imports_relatively(text: str) -> bool:
    try:
        nodes = ast.walk(ast.parse(text))
    except (SyntaxError, ValueError):
        return False
    return any(isinstance(node, ast.ImportFrom) and node.level > 0 for node in nodes)
