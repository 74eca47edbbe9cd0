"""The user's files, imported: the examples first, then the file under test."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Any

from tracefix.verify.request import Request


def search(folders: list[str]) -> None:
    """Put `folders` on sys.path behind the standard library, which no file may shadow."""
    library = [n for n, entry in enumerate(sys.path) if _is_library(entry)]
    at = library[-1] + 1 if library else 0
    sys.path[at:at] = [folder for folder in folders if folder not in sys.path]


def _is_library(entry: str) -> bool:
    library = os.path.dirname(os.__file__)
    zipped = entry.endswith(".zip") and os.path.dirname(entry) == os.path.dirname(library)
    return zipped or entry in (library, os.path.join(library, "lib-dynload"))


def file(path: str, name: str) -> ModuleType:
    """The module of the file at `path`, under `name`."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def examples(paths: tuple[str, ...]) -> None:
    """Load the examples files, each with its folder at the end of sys.path."""
    for n, path in enumerate(paths):
        folder = str(Path(path).parent)
        if folder not in sys.path:
            sys.path.append(folder)
        file(path, example_name(n))


def example_name(number: int) -> str:
    """The name under which an examples file is loaded."""
    return f"_tracefix_examples_{number}"


def tested(request: Request) -> ModuleType:
    """The file under test. ImportError where another file answers to its name."""
    path = str(Path(request.root) / request.path)
    name = request.importing.name
    if not request.importing.dotted:
        return file(path, name if not _is_taken(name) else f"_tracefix_{name}")
    module = importlib.import_module(name)
    if module.__file__ is None or not _same(module.__file__, path):
        raise ImportError(f"{name} was imported from {module.__file__}, not from the project")
    return module


def _is_taken(name: str) -> bool:
    return name in sys.modules or name in sys.stdlib_module_names


def _same(left: str, right: str) -> bool:
    return os.path.abspath(left) == os.path.abspath(right)


def find(module: ModuleType, qualname: str) -> Any:
    """The class or function `qualname` of `module`; AttributeError where it has none."""
    found: Any = module
    for name in qualname.split("."):
        found = getattr(found, name)
    return found


@dataclass(frozen=True)
class Known:
    """The modules that were there before a fork: where they came from is asked there, once."""

    modules: Mapping[str, object] = field(default_factory=dict)
    inside: tuple[str, ...] = ()  # the files of those that lie in the project

    @classmethod
    def of(cls, project: tuple[str, ...]) -> Known:
        """All that this process has loaded."""
        folders = tuple(folder + os.sep for folder in project)
        inside = tuple(origin for _, origin in _origins() if origin.startswith(folders))
        return cls(dict(sys.modules), inside)


def loaded_below(folders: tuple[str, ...]) -> list[str]:
    """The names of loaded modules whose file lies in one of `folders`."""
    roots = _roots(folders)
    return [name for name, origin in _origins() if os.path.realpath(origin).startswith(roots)]


def _roots(folders: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(os.path.realpath(folder) + os.sep for folder in folders)


def _origins(known: Mapping[str, object] = MappingProxyType({})) -> list[tuple[str, str]]:
    """The loaded modules that are not those `known`, and their files."""
    found = []
    for name, module in list(sys.modules.items()):
        if name in known and known[name] is module:
            continue
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        if isinstance(origin, str):
            found.append((name, origin))
    return found


def check_origins(root: str, project: tuple[str, ...], known: Known = Known()) -> None:
    """ImportError where a file that the tree at `root` replaces was imported from the project."""
    for origin in (*known.inside, *(origin for _, origin in _origins(known.modules))):
        for folder in project:
            if not origin.startswith(folder + os.sep) or origin.startswith(root + os.sep):
                continue
            replaced = Path(root) / Path(origin).relative_to(folder)
            if replaced.is_file() and replaced.read_bytes() != Path(origin).read_bytes():
                raise ImportError(f"{origin} was imported past the rewritten {replaced.name}")


def third_party(known: Known, project: tuple[str, ...]) -> tuple[str, ...]:
    """The modules that are not `known` and no part of the project, in order."""
    roots = _roots(project)
    return tuple(
        name
        for name, origin in _origins(known.modules)
        if name not in known.modules
        and os.path.isabs(origin)
        and not os.path.realpath(origin).startswith(roots)
    )
