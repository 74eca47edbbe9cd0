"""For how many modules of ParityBench tracefix makes an example by itself.

    python tests/bench/made_examples.py CHECKOUT [--files LIST] [--sample N] [--path DIR] ...

CHECKOUT is a work tree of jansel/pytorch-jit-paritybench: files with the modules of GitHub projects,
each with test cases at its end. Those are cut off a copy, and `tracefix examples --list` is asked
about it. --path names folders for PYTHONPATH, with what the files import, and --examples a file that
is loaded before them, to stand in for packages that are not installed. Counted are the classes that
have a test case, and all classes, in files that can be imported.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "codemods"
_CASE = re.compile(r"^    \((\w+),$", re.MULTILINE)
_UNLOADABLE = re.compile(r"^(ImportError|ModuleNotFoundError|cannot import)|was imported")


def listed(text: str, name: str, path: list[str], options: list[str]) -> list[dict[str, object]]:
    """What `tracefix examples --list` says of a file's classes."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PACKAGE), *path])}
    command = [
        sys.executable,
        "-m",
        "tracefix",
        "examples",
        "--list",
        "--format",
        "json",
        *options,
        name,
    ]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / name).write_text(text)
        done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True)
    found: list[dict[str, object]] = json.loads(done.stdout) if done.stdout else []
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkout", type=Path)
    parser.add_argument("--files", type=Path, help="their names, one a line")
    parser.add_argument("--sample", type=int, default=30)
    parser.add_argument("--skip", type=int, default=0)
    parser.add_argument("--path", action="append", default=[])
    parser.add_argument("--examples", type=Path)
    options = parser.parse_args()
    given = ["--examples", str(options.examples.absolute())] if options.examples else []
    generated = options.checkout / "generated"
    names = options.files.read_text().split() if options.files else sorted(os.listdir(generated))
    counts: Counter[str] = Counter()
    started = time.monotonic()
    for name in names[options.skip : options.skip + options.sample]:
        text, cut, cases = (generated / name).read_text().partition("\nTESTCASES = [")
        classes = listed(text + "\n", name, options.path, given)
        if not cut or all(_UNLOADABLE.search(str(one["reason"])) for one in classes):
            continue
        wanted = set(_CASE.findall(cases))
        for one in classes:
            known = str(one["subject"]).rpartition("::")[2] in wanted
            counts["all"] += 1
            counts["all that run"] += bool(one["runs"])
            counts["with a test case"] += known
            counts["with a test case that run"] += known and bool(one["runs"])
        print(name, dict(counts), flush=True)
    print(f"{(time.monotonic() - started) / max(1, counts['all']):.1f} s a class")


if __name__ == "__main__":
    main()
