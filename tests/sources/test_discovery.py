"""Which files are taken."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tracefix.sources import BadPath, discover, must_exist

TORCH = b"import torch\n"


def _tree(root: Path, *files: str, data: bytes = TORCH) -> None:
    for name in files:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def _found(root: Path, *paths: str, exclude: tuple[str, ...] = ()) -> list[str]:
    found = discover([root / path for path in paths or (".",)], root, exclude)
    assert found.troubles == ()
    return [source.path for source in found.sources]


def test_python_files_that_name_torch_in_order(tmp_path: Path) -> None:
    _tree(
        tmp_path, "b.py", "a/z.py", "a.py", "a/stub.pyi", "a/data.txt", "a/book.ipynb", "a.py.orig"
    )
    _tree(tmp_path, "plain.py", data=b"import numpy\n")
    _tree(tmp_path, "binary.py", data=b"torch\0\xff")
    assert _found(tmp_path) == ["a/z.py", "a.py", "b.py"]


def test_places_of_tools_are_passed_over(tmp_path: Path) -> None:
    tools = ("build", "dist", "node_modules", "__pycache__", ".tox", ".git", "site-packages")
    _tree(tmp_path, "m.py", *(f"deep/{tool}/m.py" for tool in tools), "env/lib/m.py")
    _tree(tmp_path, "env/pyvenv.cfg", data=b"")
    assert _found(tmp_path) == ["m.py"]
    assert _found(tmp_path, "env") == ["env/lib/m.py"], "a folder asked for by name is walked"


def test_nested_gitignores_and_their_exceptions(tmp_path: Path) -> None:
    _tree(tmp_path, "gen_a.py", "gen_keep.py", "pkg/gen_b.py", "pkg/old/m.py", "pkg/m.py", "top.py")
    _tree(tmp_path, ".gitignore", data=b"gen_*.py\n!gen_keep.py\n/top.py\n# comment\n\n")
    _tree(tmp_path, "pkg/.gitignore", data=b"!gen_b.py\nold/\n")
    assert _found(tmp_path) == ["gen_keep.py", "pkg/gen_b.py", "pkg/m.py"]
    assert _found(tmp_path, "pkg") == ["pkg/gen_b.py", "pkg/m.py"]


def test_gitignores_above_the_root_up_to_the_repository(tmp_path: Path) -> None:
    (tmp_path / "repo/.git").mkdir(parents=True)
    _tree(tmp_path, ".gitignore", data=b"*.py\n")
    _tree(tmp_path, "repo/.gitignore", data=b"sub/hidden.py\n")
    _tree(tmp_path, "repo/sub/hidden.py", "repo/sub/shown.py")
    assert _found(tmp_path / "repo/sub") == ["shown.py"]


def test_what_is_named_is_taken_though_it_is_ignored(tmp_path: Path) -> None:
    _tree(tmp_path, "vendor/m.py", "vendor/other.py", "script", "a.py")
    _tree(tmp_path, ".gitignore", data=b"vendor/\n")
    assert _found(tmp_path, "vendor/m.py", "script") == ["script", "vendor/m.py"]
    assert _found(tmp_path, "vendor") == ["vendor/m.py", "vendor/other.py"]
    assert _found(tmp_path, "a.py", exclude=("a.py",)) == ["a.py"]


def test_exclude_counts_from_the_root_in_gits_syntax(tmp_path: Path) -> None:
    _tree(tmp_path, "a/legacy/m.py", "a/m.py", "legacy/m.py", "a/test_m.py")
    assert _found(tmp_path, exclude=("/legacy", "test_*.py")) == ["a/legacy/m.py", "a/m.py"]
    assert _found(tmp_path, exclude=("legacy", "a/m.py")) == ["a/test_m.py"]


def test_each_file_once_and_no_loops(tmp_path: Path) -> None:
    _tree(tmp_path, "pkg/m.py")
    (tmp_path / "pkg/loop").symlink_to(tmp_path)
    (tmp_path / "a_link.py").symlink_to("pkg/m.py")
    (tmp_path / "circle.py").symlink_to("circle.py")
    assert _found(tmp_path) == ["pkg/m.py"]
    assert _found(tmp_path, ".", "pkg", "pkg/m.py", "pkg/m.py") == ["pkg/m.py"]
    assert _found(tmp_path, "a_link.py", ".") == ["a_link.py"], "the name that was asked for"


def test_a_file_that_cannot_be_read_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    _tree(tmp_path, "good.py")
    _tree(tmp_path, "bad.py", data=b"import torch\nname = '\xe9'\n")
    _tree(tmp_path, "null.py", data=b"torch\0")
    os.mkfifo(tmp_path / "pipe.py")
    found = discover([tmp_path, tmp_path / "null.py", tmp_path / "pipe.py"], tmp_path)
    assert [source.path for source in found.sources] == ["good.py"]
    assert [line.partition(":")[0] for line in found.troubles] == ["bad.py", "null.py", "pipe.py"]
    assert "0xe9" in found.troubles[0]
    assert found.troubles[1:] == ("null.py: a binary file", "pipe.py: not a regular file")


def test_a_folder_that_cannot_be_read_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _tree(tmp_path, "good.py", "locked/m.py")
    scandir = os.scandir

    def guarded(folder: Path) -> object:
        if Path(folder).name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", guarded)  # modes do not stop root, who may run the tests
    found = discover([tmp_path], tmp_path)
    assert [source.path for source in found.sources] == ["good.py"]
    assert found.troubles == ("locked: permission denied",)


@pytest.mark.parametrize(
    ("name", "line"),
    [("nosuch.py", "no such file or directory"), ("m.pyi", "stub"), ("m.ipynb", "notebooks")],
)
def test_a_path_that_names_no_source_is_an_error(tmp_path: Path, name: str, line: str) -> None:
    _tree(tmp_path, "m.pyi", "m.ipynb")
    with pytest.raises(BadPath, match=f"{name}: .*{line}"):
        must_exist([tmp_path, tmp_path / name])
