"""The patch, by the programs that apply patches."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from made_plans import plan_of, replacing
from tracefix.model import FilePlan, Source
from tracefix.report.diff import unified_diff
from tracefix.report.view import View
from tracefix.sources import decode, encode

LONG = b"".join(b"line_%d = %d\n" % (number, number) for number in range(40))


def _source(root: Path, name: str, data: bytes) -> Source:
    file = root / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(data)
    return decode(data, name, file)


def _apply(root: Path, cwd: Path, *files: FilePlan) -> None:
    text = unified_diff(plan_of(*files), View(root, cwd))
    patch = text.encode("utf-8", "surrogateescape")
    command = ["git", "apply", "--whitespace=nowarn", "-"]
    subprocess.run(command, input=patch, cwd=cwd, check=True, capture_output=True)


@pytest.mark.parametrize("in_repository", [True, False])
@pytest.mark.parametrize(
    ("data", "old", "new"),
    [
        (b"x = 1\ny = 2\n", "x = 1", "x = 3"),
        (b"x = 1\ny = 2", "y = 2", "y = 3"),
        (b"x = 1\ny = 2", "y = 2", "y = 3\n"),
        (b"x = 1\ny = 2\n", "2\n", "2"),
        (b"x = 1\ny = 2\n", "y = 2\n", ""),
        (b"x = 1", "x = 1", ""),
        (b"x = 1\r\ny = 2\r\n", "1\r\n", "1\r\nz = 3\r\n"),
        (b"x = 1\ry = 2\r", "x = 1", "x = 3"),
        (b"\xef\xbb\xbfx = 1\r\ny = 2", "x = 1", "x = 3"),
        (b"# coding: latin-1\nx = '\xe9'\ny = '\xe9'\n", "x = 'é'", "x = 'è'"),
        (b"# coding: shift_jis\nx = '\x83\x5c'\ny = 1\n", "y = 1", "y = 2"),
        (b"a = 1\x0c\nb = '\xe2\x80\xa8'\nx = 1\n", "x = 1", "x = 2"),
        (b"-- x\n++ y\n@@ z\n\\ w\nx = 1\n", "-- x\n++ y\n", "++ x\n-- y\n"),
        (LONG, "line_20 = 20\n", ""),
    ],
)
def test_git_apply_makes_the_new_bytes(
    tmp_path: Path, data: bytes, old: str, new: str, in_repository: bool
) -> None:
    if in_repository:
        subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    file = replacing(_source(tmp_path, "pkg/m.py", data), old, new)
    _apply(tmp_path, tmp_path, file)
    assert (tmp_path / "pkg/m.py").read_bytes() == encode(file.source, file.after)


@pytest.mark.parametrize("name", ["my file.py", "tab\there.py", 'q"uote.py', "naïve.py", "a\\b.py"])
def test_names_that_a_patch_must_quote(tmp_path: Path, name: str) -> None:
    file = replacing(_source(tmp_path, name, b"x = 1\n"), "1", "2")
    _apply(tmp_path, tmp_path, file)
    assert (tmp_path / name).read_bytes() == b"x = 2\n"


def test_paths_count_from_the_current_folder(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    files = [
        replacing(_source(tmp_path, f"pkg/{name}.py", LONG), "line_3 = 3", "line_3 = 4")
        for name in "ab"
    ]
    _apply(tmp_path, tmp_path / "pkg", *files)
    for name in "ab":
        assert b"line_3 = 4\n" in (tmp_path / f"pkg/{name}.py").read_bytes()
    (tmp_path / "other").mkdir()
    diff = unified_diff(plan_of(*files), View(tmp_path, tmp_path / "other"))
    assert "--- a/pkg/a.py\n" in diff, "outside of the current folder they count from the root"


def test_what_does_not_change_is_not_in_it(tmp_path: Path) -> None:
    source = Source.of("import torch\n")
    assert unified_diff(plan_of(FilePlan(source, source.text)), View(tmp_path, tmp_path)) == ""


def test_colour_stays_within_its_line(tmp_path: Path) -> None:
    file = replacing(Source.of("x = 1\ny = 2"), "y = 2", "y = 3")
    diff = unified_diff(plan_of(file), View(tmp_path, tmp_path, colour=True))
    assert "\x1b[31m-y = 2\x1b[0m\n\\ No newline at end of file\n\x1b[32m+y = 3\x1b[0m\n" in diff
