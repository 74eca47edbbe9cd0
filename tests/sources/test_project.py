"""Where a project's root is."""

from __future__ import annotations

from pathlib import Path

from tracefix.sources import find_root, located


def _touch(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def test_the_nearest_pyproject_above_what_the_paths_have_in_common(tmp_path: Path) -> None:
    a, b = tmp_path / "repo/pkg/a/m.py", tmp_path / "repo/pkg/b/m.py"
    _touch(a, b, tmp_path / "repo/pyproject.toml", tmp_path / "repo/pkg/a/pyproject.toml")
    assert find_root([a, b], tmp_path) == tmp_path / "repo"
    assert find_root([a], tmp_path) == tmp_path / "repo/pkg/a"
    assert find_root([tmp_path / "repo"], tmp_path / "repo/pkg") == tmp_path / "repo"


def test_else_the_folder_of_the_examples(tmp_path: Path) -> None:
    file = tmp_path / "repo/pkg/m.py"
    _touch(file, tmp_path / "repo/tracefix_examples.py")
    assert find_root([file], tmp_path / "repo/pkg") == tmp_path / "repo"
    assert find_root([file], tmp_path) == tmp_path / "repo"
    _touch(tmp_path / "pyproject.toml")
    assert find_root([file], tmp_path / "repo/pkg") == tmp_path


def test_else_the_current_folder_where_it_holds_them(tmp_path: Path) -> None:
    file = tmp_path / "pkg/m.py"
    _touch(file, tmp_path / "pkg/__init__.py")
    assert find_root([file], tmp_path) == tmp_path


def test_else_where_the_topmost_package_lies(tmp_path: Path) -> None:
    file = tmp_path / "site/pkg/sub/m.py"
    _touch(file, tmp_path / "site/pkg/__init__.py", tmp_path / "site/pkg/sub/__init__.py")
    (tmp_path / "elsewhere").mkdir()
    assert find_root([file], tmp_path / "elsewhere") == tmp_path / "site"


def test_a_link_to_a_file_keeps_its_name_and_a_folder_is_followed(tmp_path: Path) -> None:
    _touch(tmp_path / "real/m.py")
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "real/link.py").symlink_to("m.py")
    assert located(tmp_path / "folder") == tmp_path / "real"
    assert located(tmp_path / "folder/link.py") == tmp_path / "real/link.py"
