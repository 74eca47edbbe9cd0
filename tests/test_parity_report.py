"""The tables of docs/parity.md, from rows as the judge writes them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

REPORT = Path(__file__).parent / "bench" / "paritybench" / "report.py"


def _row(name: str, before: str, after: str, status: str = "ok") -> dict[str, object]:
    told = [{"script": text, "trace": "pass"} for text in (before, after)]
    return {"cls": name, "status": status, "before": told[0], "after": told[1]}


def _file(name: str, exit_code: int, *rows: dict[str, object]) -> str:
    return json.dumps({"file": name, "run": {"exit": exit_code, "seconds": 2.0}, "rows": rows})


def _printed(folder: Path, *files: str) -> str:
    rows = folder / "rows.jsonl"
    rows.write_text("\n".join(files))
    done = subprocess.run([sys.executable, REPORT, rows], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_modules_are_counted_by_what_stopped_them(tmp_path: Path) -> None:
    none = "compile: RuntimeError: Could not cast value of type NoneType to bool:"
    variadic = (
        "compile: NotSupportedError: Compiled functions can't take variable number of arguments"
    )
    printed = _printed(
        tmp_path,
        _file("a.py", 0, _row("A", none, "pass"), _row("B", none, "pass", "wrong")),
        _file("b.py", 1, _row("C", none, variadic), {"cls": "D", "status": "not eager"}),
        _file("c.py", -9, _row("E", variadic, variadic)),
    )
    assert "3 files, 4 modules that run. Out of time on 1 files; 2 s a file." in printed
    assert "Wrong: 1; broken: 0." in printed
    assert "| script | 0 | 2 | 1 of 4 (25%) |" in printed
    assert "| None or a layer tested for truth | 3 | 1 |  | 1 wrong; 1 `*args` |" in printed
    assert "| `*args`, `**kwargs`, keyword-only parameters | 1 | 0 | 1 |  |" in printed
    assert "- **1: `*args`, `**kwargs`, keyword-only parameters**, for example `C`" in printed
