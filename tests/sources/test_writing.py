"""Files replaced whole, and only where nothing else touched them."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from tracefix.model import Source
from tracefix.sources import Unwritable, decode, write, write_together


def _read(file: Path) -> Source:
    return decode(file.read_bytes(), file.name, file)


def _source(folder: Path, name: str, data: bytes) -> Source:
    file = folder / name
    file.write_bytes(data)
    return _read(file)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"\xef\xbb\xbfx = 1\r\ny = 2", b"\xef\xbb\xbfx = 3\r\ny = 2"),
        (b"# coding: latin-1\nx = 1  # \xe9\n", b"# coding: latin-1\nx = 3  # \xe9\n"),
        (b"x = 1\ry = '\xc3\xa9'\r", b"x = 3\ry = '\xc3\xa9'\r"),
    ],
)
def test_only_what_changed_changes(tmp_path: Path, before: bytes, after: bytes) -> None:
    source = _source(tmp_path, "m.py", before)
    write(source, source.text.replace("x = 1", "x = 3"))
    assert source.file.read_bytes() == after
    assert os.listdir(tmp_path) == ["m.py"]


def test_the_mode_stays_and_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    real = _source(tmp_path / "real", "m.py", b"x = 1\n").file
    real.chmod(0o755)
    link = tmp_path / "m.py"
    link.symlink_to("real/m.py")
    write(_read(link), "x = 2\n")
    assert link.is_symlink()
    assert real.read_text() == "x = 2\n"
    assert stat.S_IMODE(real.stat().st_mode) == 0o755


def test_a_file_that_changed_since_is_left_alone(tmp_path: Path) -> None:
    source = _source(tmp_path, "m.py", b"x = 1\n")
    source.file.write_bytes(b"x = 10\n")
    with pytest.raises(Unwritable, match=r"m\.py: changed since it was read"):
        write(source, "x = 2\n")
    assert source.file.read_bytes() == b"x = 10\n"


def test_a_file_that_went_away_does_not_come_back(tmp_path: Path) -> None:
    source = _source(tmp_path, "m.py", b"x = 1\n")
    source.file.unlink()
    with pytest.raises(Unwritable, match=r"m\.py: no such file"):
        write(source, "x = 2\n")
    assert os.listdir(tmp_path) == []


def test_files_written_together_change_together_or_not_at_all(tmp_path: Path) -> None:
    first = _source(tmp_path, "a.py", b"x = 1\n")
    second = _source(tmp_path, "b.py", b"# coding: ascii\nx = 1\n")
    with pytest.raises(Unwritable, match=r"b\.py: ascii cannot hold 'é'"):
        write_together({first: "x = 2\n", second: second.text + "# é\n"})
    assert first.file.read_bytes() == b"x = 1\n"
    assert sorted(os.listdir(tmp_path)) == ["a.py", "b.py"]
    write_together({first: "x = 2\n", second: second.text + "y = 2\n"})
    assert first.file.read_text() == "x = 2\n"
    assert second.file.read_text().endswith("y = 2\n")


def test_a_write_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = _source(tmp_path, "m.py", b"x = 1\n")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Unwritable, match=r"m\.py: no space left"):
        write(source, "x = 2\n")
    assert source.file.read_bytes() == b"x = 1\n"
    assert os.listdir(tmp_path) == ["m.py"]
