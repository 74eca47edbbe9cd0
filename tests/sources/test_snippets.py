"""Code beside the files of a run."""

from __future__ import annotations

from pathlib import Path

from tracefix.sources import snippets

README = """
# A net

```python
net = Net()
```

```sh
pip install net
```
"""


def test_tests_and_the_readmes_python(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "test_net.py").write_text("import net\n")
    (tmp_path / "tests" / "test_known.py").write_text("import net\n")
    (tmp_path / "tests" / "bad.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "tests" / "large.py").write_text("#" * 300_000)
    found = snippets(tmp_path, {"tests/test_known.py"})
    assert [(source.path, source.text) for source in found] == [
        ("README.md", "net = Net()\n"),
        ("tests/test_net.py", "import net\n"),
    ]


def test_what_lies_above_a_root_without_settings(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "hubconf.py").write_text("from net import Net\n")
    (tmp_path / "net").mkdir()
    found = snippets(tmp_path / "net", ())
    assert [source.path for source in found] == [
        "README.md",
        (tmp_path / "hubconf.py").as_posix(),
    ]
    (tmp_path / "net" / "setup.py").touch()
    assert not snippets(tmp_path / "net", ())
