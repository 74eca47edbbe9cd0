"""Settings from pyproject.toml and from options."""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

import pytest

from tracefix.config import _READERS, BadConfig, Config, load_config
from tracefix.model import Source, Target
from tracefix.sources.ignoring import silenced

KNOWN = ("tensor-loop-count", "list-append")


def _load(root: Path, text: str | None = None, **options: object) -> Config:
    if text is not None:
        (root / "pyproject.toml").write_text(text)
    return load_config(root, options, lambda: KNOWN, root)


def test_every_setting_can_be_read() -> None:
    assert _READERS.keys() == {field.name for field in fields(Config)} - {"root"}


def test_defaults(tmp_path: Path) -> None:
    for text in (None, "", "[tool.black]\n", "[tool.tracefix]\n"):
        config = _load(tmp_path, text)
        assert config == Config(tmp_path)
        assert (config.targets, config.python) == ((Target.SCRIPT, Target.TRACE), sys.executable)


def test_the_examples_file_beside_pyproject_is_taken_unless_another_is_named(
    tmp_path: Path,
) -> None:
    default, named = tmp_path / "tracefix_examples.py", tmp_path / "tests/examples.py"
    named.parent.mkdir()
    default.touch()
    named.touch()
    assert _load(tmp_path).examples == (default,)
    table = '[tool.tracefix]\nexamples = ["tests/examples.py"]\n'
    assert _load(tmp_path, table).examples == (named,)
    options = load_config(tmp_path, {"examples": ["examples.py"]}, lambda: KNOWN, named.parent)
    assert options.examples == (named,), "an option's path counts from the current folder"


def test_rules_can_be_silenced_in_some_files(tmp_path: Path) -> None:
    table = """
[tool.tracefix.per-file-ignores]
"legacy/" = ["list-append", "trace"]
"**/test_*.py" = ["tensor-loop-count"]
"""
    config = _load(tmp_path, table)
    assert config.per_file_ignores == (
        ("legacy/", frozenset({"list-append", "trace"})),
        ("**/test_*.py", frozenset({"tensor-loop-count"})),
    )
    paths = ("legacy/deep/a.py", "legacy/test_b.py", "c.py")
    sources = silenced([Source.of("", path) for path in paths], config.per_file_ignores)
    assert [sorted(source.ignored) for source in sources] == [
        ["list-append", "trace"],
        ["list-append", "tensor-loop-count", "trace"],
        [],
    ]
    option = ["legacy/:list-append,script", "a:b.py:trace"]
    assert _load(tmp_path, table, per_file_ignores=option).per_file_ignores == (
        ("legacy/", frozenset({"list-append", "script"})),
        ("a:b.py", frozenset({"trace"})),
    )


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "per-file-ignore = {}",
            r"per-file-ignore: unknown key \(did you mean 'per-file-ignores'\?\)",
        ),
        ("per_file_ignores = {}", r"unknown key \(did you mean 'per-file-ignores'\?\)"),
        ("per-file-ignores = {a = ['list-apend']}", r"\.'a': unknown rule 'list-apend' \(did you"),
        ("per-file-ignores = {a = 'x'}", r"\.'a': must be a list of strings"),
        ("per-file-ignores = ['a']", r"per-file-ignores: must be GLOB:SLUG"),
        ("exlude = []", r"exlude: unknown key \(did you mean 'exclude'\?\)"),
    ],
)
def test_what_is_misspelt_is_one_line_with_the_right_word(
    line: str, message: str, tmp_path: Path
) -> None:
    with pytest.raises(BadConfig, match=message):
        _load(tmp_path, f"[tool.tracefix]\n{line}\n")


def test_an_option_replaces_its_key(tmp_path: Path) -> None:
    table = """
[tool.tracefix]
targets = ["trace", "script"]
select = ["list-append"]
jobs = 2
timeout = 1.5
time-limit = 30
rtol = 1e-3
strict-trace = true
verify = false
"""
    config = _load(tmp_path, table, jobs=3, targets=["trace"], select=None)
    assert config.targets == (Target.TRACE,)
    assert config.select == frozenset({"list-append"})
    assert (config.jobs, config.timeout, config.verify) == (3, 1.5, False)
    assert (config.time_limit, config.rtol, config.atol) == (30.0, 1e-3, None)
    assert config.strict_trace
    assert not _load(tmp_path, table, strict_trace=False).strict_trace
    assert _load(tmp_path, table, time_limit=0).time_limit == 0.0


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("jbos = 2", "tool.tracefix.jbos: unknown key (did you mean 'jobs'?)"),
        ("root = '.'", "tool.tracefix.root: unknown key"),
        ("jobs = 'two'", "tool.tracefix.jobs: must be a whole number"),
        ("jobs = true", "tool.tracefix.jobs: must be a whole number"),
        ("jobs = 0", "tool.tracefix.jobs: must be at least 1"),
        ("timeout = nan", "tool.tracefix.timeout: must be a number of seconds above 0"),
        ("time-limit = -1", "tool.tracefix.time-limit: must be a number, 0 or above"),
        ("time_limit = 9", "unknown key (did you mean 'time-limit'?)"),
        ("rtol = -1", "tool.tracefix.rtol: must be a number, 0 or above"),
        ("atol = nan", "tool.tracefix.atol: must be a number, 0 or above"),
        ("verify = 1", "tool.tracefix.verify: must be true or false"),
        ("select = 'list-append'", "tool.tracefix.select: must be a list of strings"),
        ("select = ['list-apend']", "unknown rule 'list-apend' (did you mean 'list-append'?)"),
        ("ignore = [1]", "tool.tracefix.ignore: must be a list of strings"),
        ("targets = ['onnx']", "unknown target 'onnx' (known: script, trace)"),
        ("targets = []", "tool.tracefix.targets: must name at least one target"),
        ("examples = ['no.py']", "no.py: no such file"),
        ("python = 'no-such-python'", "no-such-python: no such interpreter"),
        ("python = './no/python'", "./no/python: no such interpreter"),
        ("exclude = '*.py'", "tool.tracefix.exclude: must be a list of strings"),
        ("= 3", "pyproject.toml: "),
    ],
)
def test_a_bad_setting_is_one_line_with_file_and_key(tmp_path: Path, line: str, cause: str) -> None:
    with pytest.raises(BadConfig) as caught:
        _load(tmp_path, f"[tool.tracefix]\n{line}\n")
    assert str(caught.value).startswith(f"{tmp_path / 'pyproject.toml'}: ")
    assert cause in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_table_must_be_a_table(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"tool\.tracefix: must be a table"):
        _load(tmp_path, "[tool]\ntracefix = 3\n")


def test_a_bad_option_is_named_as_it_was_given(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match=r"^--target: unknown target 'onnx'"):
        _load(tmp_path, targets=["onnx"])
    with pytest.raises(BadConfig, match=r"^--jobs: must be at least 1"):
        _load(tmp_path, jobs=0)
    with pytest.raises(BadConfig, match=r"^--time-limit: must be a number, 0 or above"):
        _load(tmp_path, time_limit=-1.0)
