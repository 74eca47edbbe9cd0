"""`tracefix doctor`: what is installed, what the settings are, and whether verification works."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tracefix.cli.asked import Exit, Misuse
from tracefix.cli.console import has_colour, say, width_of
from tracefix.cli.version import version
from tracefix.config import EXAMPLES_FILE, BadConfig, Config, load_config
from tracefix.model import Status, Verdict
from tracefix.report.reason import first_line
from tracefix.report.view import View
from tracefix.sources import decode, find_root

_LIBRARIES = ("libcst", "black", "typer", "rich", "pathspec", "pygls")
_SECONDS = 120  # to import torch, on a slow disk the first time
_PROBE = """
import importlib, json, sys
said = {"python": sys.version.split()[0]}
for name in ("torch", "numpy"):
    try:
        said[name] = importlib.import_module(name).__version__
    except Exception as error:
        said[name + " error"] = f"{type(error).__name__}: {error}"
if "torch" in said:
    import torch
    said["cuda"] = torch.cuda.is_available()
print(json.dumps(said))
"""
_MODULE = b"""import torch


class Probe(torch.nn.Module):
    def forward(self, x):
        return torch.relu(x)
"""
_EXAMPLE = """import torch
import tracefix


@tracefix.example("*::Probe")
def probe(Probe):
    return Probe(), (torch.rand(2, 3),)
"""


def examine(python: str | None) -> Exit:
    """A line for each thing that matters; FINDINGS where verification does not work.

    Raises Misuse where the settings cannot be read.
    """
    cwd = Path.cwd()
    root = find_root([cwd], cwd)
    try:
        config = load_config(root, {"python": python}, _known_slugs, cwd)
    except BadConfig as error:
        raise Misuse(str(error)) from error
    view = View(root, cwd, width_of(sys.stdout), has_colour(sys.stdout))
    _tell("tracefix", _tools(), view)
    _tell("project", _project(config), view)
    probed = _probed(config.python)
    _tell("verification", _interpreter(config, probed), view)
    works = "torch" in probed and _tell("a module", _verified(config), view)
    return Exit.CLEAN if works else Exit.FINDINGS


def _known_slugs() -> set[str]:
    from tracefix.cli.listing import all_rules

    return {rule.slug for rule in all_rules()}


def _tell(heading: str, lines: Iterator[tuple[str, str, bool]], view: View) -> bool:
    """Print a section; whether all of it is as it should be."""
    say(view.paint(f"{heading}\n", "bold"), sys.stdout)
    fine = True
    for name, value, good in lines:
        fine = fine and good
        say(f"  {name:12} {value if good else view.paint(value, 'red')}\n", sys.stdout)
    return fine


def _tools() -> Iterator[tuple[str, str, bool]]:
    yield "version", f"{version()} in {Path(__file__).parents[1]}", True
    yield "python", f"{platform.python_version()} at {sys.executable}", True
    yield "platform", platform.platform(), True
    yield "libraries", ", ".join(f"{name} {_version(name)}" for name in _LIBRARIES), True


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _project(config: Config) -> Iterator[tuple[str, str, bool]]:
    settings = config.root / "pyproject.toml"
    yield "root", str(config.root), True
    changed = [
        f"{name.replace('_', '-')} = {value}"
        for name, value in sorted(vars(config).items())
        if name not in ("root", "examples", "python") and value != getattr(Config, name, value)
    ]
    yield "settings", str(settings) if settings.is_file() else "no pyproject.toml", True
    for setting in changed:
        yield "", setting, True
    examples = ", ".join(str(file) for file in config.examples)
    yield "examples", examples or f"none (no {EXAMPLES_FILE})", True


def _probed(python: str) -> dict[str, str]:
    """What the interpreter that runs modules says of itself; "error" where it says nothing."""
    try:
        done = subprocess.run(
            [python, "-c", _PROBE], capture_output=True, text=True, timeout=_SECONDS
        )
        said: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        return {"error": f"silent for {_SECONDS} s"}
    except (OSError, ValueError, IndexError) as error:
        return {"error": str(error)}
    return said


def _interpreter(config: Config, probed: dict[str, str]) -> Iterator[tuple[str, str, bool]]:
    broken = probed.get("error")
    yield "interpreter", f"{config.python}: {broken or probed['python']}", broken is None
    if broken is None:
        yield "torch", probed.get("torch", probed.get("torch error", "")), "torch" in probed
        yield "numpy", probed.get("numpy", probed.get("numpy error", "")), True
    if "torch" in probed:
        without = "is not there: calls of it are led to the CPU"
        yield "cuda", "is there" if probed["cuda"] else without, True
    forks = "forks of one process" if hasattr(os, "fork") else "one process each, which is slower"
    yield "runs", f"{forks}, {config.jobs} at a time, {config.timeout:g} s each", True
    limit = "is not limited here" if sys.platform == "win32" else f"{config.memory} MB each"
    yield "memory", limit, True


def _verified(config: Config) -> Iterator[tuple[str, str, bool]]:
    """A small module, brought to every target as the user's would be."""
    from tracefix.repair import make_plan  # here, since it imports LibCST

    with tempfile.TemporaryDirectory(prefix="tracefix-") as name:
        folder = Path(name).resolve()
        file, examples = folder / "probe.py", folder / EXAMPLES_FILE
        file.write_bytes(_MODULE)
        examples.write_text(_EXAMPLE, encoding="utf-8")
        plain = Config(folder, examples=(examples,), python=config.python)
        limited = replace(plain, timeout=config.timeout, memory=config.memory)
        plan = make_plan([decode(_MODULE, "probe.py", file)], limited)
    for verdict in plan.verdicts:
        yield from _told(verdict)
    for trouble in plan.troubles:
        yield "trouble", trouble, False


def _told(verdict: Verdict) -> Iterator[tuple[str, str, bool]]:
    if verdict.trouble is not None:
        yield "runs", f"no: {first_line(verdict.trouble.error)}", False
    for target, outcome in verdict.after.items():
        said = "ok" if outcome.ok else f"no: {first_line(outcome.error)}"
        yield target.value, said, outcome.ok
    if verdict.status is Status.KEPT:
        yield "verdict", "verification works", True
