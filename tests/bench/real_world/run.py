"""What tracefix does to packages from PyPI: the figures of docs/real-world.md.

    python tests/bench/real_world/run.py [PACKAGE ...]

Each package is downloaded without what it needs (install einops, numpy and packaging beside
tracefix), unpacked into a temporary folder and rewritten there, with the examples beside this
file. Prints a Markdown table of the modules with an example, and what blocks the rest.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Package:
    """A release on PyPI, the folder of it to rewrite, and the file with its examples."""

    requirement: str
    folder: str
    examples: str


PACKAGES = (
    Package("efficientnet-pytorch==0.7.1", "efficientnet_pytorch", "examples_efficientnet.py"),
    Package("vit-pytorch==1.26.11", "vit_pytorch", "examples_vit.py"),
    Package("pytorchcv==0.0.74", "pytorchcv", "examples_pytorchcv.py"),
    Package("monai==1.6.1", "monai/networks", "examples_monai.py"),
    Package("pytorch-tcn==1.2.3", "pytorch_tcn", "examples_tcn.py"),
)


def unpacked(package: Package, folder: Path) -> Path:
    """Downloads a package and gives the folder that its modules are imported from."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--dest",
        str(folder),
    ]
    subprocess.run([*command, package.requirement], check=True)
    archive = next(folder.iterdir())
    root = folder / "unpacked"
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            wheel.extractall(root)
        return root
    with tarfile.open(archive) as source:
        source.extractall(root, filter="data")
    return next(root.iterdir())


def run(package: Package) -> tuple[dict[str, Any], float]:
    """tracefix's answer as JSON, and the seconds it took."""
    with tempfile.TemporaryDirectory() as folder:
        root = unpacked(package, Path(folder))
        # A project of its own, so that paths count from the package's folder.
        (root / "pyproject.toml").write_text("")
        command = [sys.executable, "-m", "tracefix", "--format", "json", package.folder]
        started = time.monotonic()
        result = subprocess.run(
            [*command, "--examples", str(HERE / package.examples)],
            cwd=root,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.monotonic() - started
    if result.returncode not in (0, 1):
        raise SystemExit(f"{package.requirement}: {result.stderr}")
    return json.loads(result.stdout), seconds


def report(package: Package, answer: dict[str, Any], seconds: float) -> str:
    """A line of figures, and one for each module that a target still rejects."""
    ran = [v for v in answer["verdicts"] if v["before"]]
    line = [package.requirement, str(len(ran))]
    for target in ("script", "trace"):
        before, after = (sum(v[when][target]["ok"] for v in ran) for when in ("before", "after"))
        line.append(f"{before} -> {after}")
    line.append(f"{seconds:.0f}")
    rows = ["| " + " | ".join(line) + " |"]
    for verdict in ran:
        for target, outcome in verdict["after"].items():
            if not outcome["ok"]:
                error = outcome["error"].strip().partition("\n")[0]
                rows.append(f"    {verdict['subject']} {target}: {error}")
    for verdict in answer["verdicts"]:
        if verdict["trouble"] and verdict["example"] == "user":
            rows.append(f"    {verdict['subject']} does not run: {verdict['trouble']['error']}")
    return "\n".join(rows)


def main() -> None:
    wanted = sys.argv[1:]
    print("| package | modules | script | trace | seconds |\n|---|---|---|---|---|")
    for package in PACKAGES:
        if not wanted or package.folder in wanted or package.requirement in wanted:
            print(report(package, *run(package)), flush=True)


if __name__ == "__main__":
    main()
