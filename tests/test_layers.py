"""Who may import whom."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "codemods" / "tracefix"

# What each part may import of the others; `model` is for everyone.
ALLOWED = {
    "model": set(),
    "examples": set(),
    "__init__": {"examples"},
    "sources": {"model"},
    "config": {"model"},
    "facts": {"model"},
    "rewrite": {"model", "facts"},
    "rules": {"model", "facts", "rewrite"},
    "verify": {"model", "examples", "config"},
    "repair": {"model", "facts", "rewrite", "rules", "verify", "config", "sources", "making"},
    "making": {"model", "facts", "verify"},
    "report": {"model", "verify"},
    "lsp": {"model", "repair", "report", "config", "sources", "rules"},
    "cli": {
        "model",
        "facts",
        "making",
        "verify",
        "repair",
        "report",
        "config",
        "sources",
        "rules",
        "lsp",
    },  # its command starts it
    "__main__": {"cli"},
}


def _part(file: Path) -> str:
    first = file.relative_to(PACKAGE).parts[0]
    return first.removesuffix(".py")


def _imported(file: Path) -> set[str]:
    """The dotted names that a file imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


FILES = sorted(PACKAGE.rglob("*.py"))


def test_one_file_makes_verifiers_by_the_settings() -> None:
    """Another one would forget a setting that is added to the first."""
    made = [f for f in FILES if "Verifier(" in f.read_text().replace("class Verifier", "")]
    assert [file.name for file in made] == ["starting.py"]


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_a_file_imports_only_what_its_part_may(file: Path) -> None:
    part = _part(file)
    parts = {n.split(".")[1] for n in _imported(file) if n.startswith("tracefix.")}
    known = {p for p in parts if (PACKAGE / p).is_dir() or (PACKAGE / f"{p}.py").is_file()}
    assert known - {part} <= ALLOWED[part]


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(PACKAGE)))
def test_torch_is_imported_by_the_worker_alone(file: Path) -> None:
    tops = {name.partition(".")[0] for name in _imported(file)}
    assert "torch" not in tops or "worker" in file.parts


def test_the_worker_needs_nothing_but_torch() -> None:
    allowed = {"tracefix", "torch", "numpy", *sys.stdlib_module_names}
    for file in (*PACKAGE.glob("verify/**/*.py"), PACKAGE / "model.py", PACKAGE / "examples.py"):
        tops = {name.partition(".")[0] for name in _imported(file)}
        assert tops <= allowed, file


def test_the_public_names_load_nothing_heavy() -> None:
    code = "import sys, tracefix; print([m for m in ('torch', 'libcst', 'typer', 'black') if m in sys.modules])"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"
