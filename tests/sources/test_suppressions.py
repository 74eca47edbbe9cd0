"""Comments that say to leave something alone: what they cover, and the edits that add them."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tracefix.model import Source, TextEdit
from tracefix.sources import adding, removing, suppressions_of


def _covered(text: str, slug: str = "a-b") -> list[int]:
    """The lines on which `slug` is suppressed."""
    source = Source.of(text)
    told = suppressions_of(source)
    return [n for n in range(1, len(source.line_starts) + 1) if told.covers(slug, n)]


def _edited(text: str, *edits: TextEdit) -> str:
    for edit in sorted(edits, key=lambda edit: edit.span)[::-1]:
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("x = 1  # tracefix: ignore[a-b]\ny = 2\n", [1]),
        ("x = 1  # tracefix: ignore[c, a-b] why\n", [1]),
        ("x = 1  # noqa: E501  # tracefix: ignore[a-b]  # fmt: skip\n", [1]),
        ("x = 1  # tracefix: ignore[a]\n", []),
        ("x = f(\n    1,  # tracefix: ignore[a-b]\n    2,\n)\ny = 2\n", [1, 2, 3, 4]),
        ("x = f(\n    # tracefix: ignore[a-b]\n    2,\n)\n", [1, 2, 3, 4]),
        ("# tracefix: ignore[a-b]\n\n# more\nx = 1\ny = 2\n", [4]),
        ("# tracefix: ignore[a-b]\nfor x in y:\n    f(x)\n", [2]),
        ("if x:\n    y = 1\n    # tracefix: ignore[a-b]\nz = 2\n", []),
        ("x = '# tracefix: ignore[a-b]'\ny = '''\n# tracefix: ignore[a-b]\n'''\n", []),
        ("x = 1 \\\n    + 2  # tracefix: ignore[a-b]\n", [1, 2]),
        ("x = 1;\r\ny = 2  # tracefix: ignore[a-b]\r\n", [2]),
        ("x = 1\ry = 2  # tracefix: ignore[a-b]\rz = 3", [2]),
        ("x = 1\n# tracefix: skip-file\n", [1, 2, 3]),
        ("x = '# tracefix: skip-file'\n", []),
    ],
)
def test_the_lines_that_a_comment_covers(text: str, lines: list[int]) -> None:
    assert _covered(text) == lines


def test_above_a_definition_it_covers_all_of_it() -> None:
    text = """\
# tracefix: ignore[a-b]
@register
class Net:
    def f(self):
        return 1

    # tracefix: ignore[c]
    @cached
    # tracefix: ignore[d]
    def g(self): return 2
    # tracefix: ignore[e]
    x = 3

y = 4
"""
    assert _covered(text) == list(range(2, 13))
    assert _covered(text, "c") == [8, 9, 10]
    assert _covered(text, "d") == [10]
    assert _covered(text, "e") == [12]
    beside = "class Net:  # tracefix: ignore[a-b]\n    x = 1\n"
    assert _covered(beside) == [1]


def test_a_file_that_is_no_python_can_still_be_skipped() -> None:
    assert suppressions_of(Source.of("# tracefix: skip-file\nprint 'x'\n  y\n")).skips_file


@pytest.mark.parametrize(
    "words", ["ignore", "ignore[]", "ignor[a-b]", "skipfile", "ignore a-b", "ignore[a-b"]
)
def test_a_comment_that_is_not_understood_suppresses_nothing_and_says_so(words: str) -> None:
    [comment] = suppressions_of(Source.of(f"x = 1  # tracefix: {words}\n")).comments
    assert comment.fault
    assert not comment.covers("a-b", 1)


def test_the_settings_can_silence_a_slug_in_the_whole_file() -> None:
    told = suppressions_of(Source("m.py", "x = 1\n", ignored=frozenset({"a-b"})))
    assert told.covers("a-b", 1)
    assert not told.covers("c", 1)


@pytest.mark.parametrize(
    ("text", "line", "after"),
    [
        ("x = 1\n", 1, "x = 1  # tracefix: ignore[a-b]\n"),
        ("x = 1", 1, "x = 1  # tracefix: ignore[a-b]"),
        ("x = 1  # noqa\r\n", 1, "x = 1  # noqa  # tracefix: ignore[a-b]\r\n"),
        ("x = 1  # tracefix: ignore[c] why\n", 1, "x = 1  # tracefix: ignore[c, a-b] why\n"),
        ("x = 1  # tracefix: ignore[a-b]\n", 1, "x = 1  # tracefix: ignore[a-b]\n"),
        ("x = f(\n    1,\n)\n", 2, "x = f(\n    1,  # tracefix: ignore[a-b]\n)\n"),
        ('x = """\n1\n"""\n', 1, 'x = """\n1\n"""  # tracefix: ignore[a-b]\n'),
        ('x = """\n1\n""" + (\n2)\n', 2, 'x = """\n1\n""" + (  # tracefix: ignore[a-b]\n2)\n'),
        ("x = 1 + \\\n    2\n", 1, "x = 1 + \\\n    2  # tracefix: ignore[a-b]\n"),
        ('x = f"""{\n1}"""\n', 1, 'x = f"""{\n1}"""  # tracefix: ignore[a-b]\n'),
        ("for x in y:\n    f(x)\n", 1, "for x in y:  # tracefix: ignore[a-b]\n    f(x)\n"),
        ("x = 'é'  \n", 1, "x = 'é'  # tracefix: ignore[a-b]\n"),
    ],
)
def test_adding_one(text: str, line: int, after: str) -> None:
    source = Source.of(text)
    edited = _edited(text, *adding(source, {line: ["a-b"]}))
    assert edited == after
    assert suppressions_of(Source.of(edited)).covers("a-b", line)


def test_adding_several_with_a_reason() -> None:
    text = "x = f(1 + \\\n    2)\ny = 3\n"
    edits = adding(Source.of(text), {1: ["b", "a"], 2: ["c"], 3: ["a"]}, "by choice")
    assert _edited(text, *edits) == (
        "x = f(1 + \\\n    2)  # tracefix: ignore[a, b, c] by choice\n"
        "y = 3  # tracefix: ignore[a] by choice\n"
    )


@pytest.mark.parametrize(
    ("text", "slugs", "after"),
    [
        ("x = 1  # tracefix: ignore[a, b] why\n", ["a"], "x = 1  # tracefix: ignore[b] why\n"),
        ("x = 1  # tracefix: ignore[a, b] why #3\n", ["a", "b"], "x = 1\n"),
        ("x = 1  # noqa  # tracefix: ignore[a]\n", ["a"], "x = 1  # noqa\n"),
        ("x = 1  # tracefix: ignore[a]  # noqa\n", ["a"], "x = 1  # noqa\n"),
        ("  # tracefix: ignore[a]\nx = 1\n", ["a"], "x = 1\n"),
        ("  # tracefix: ignore[a]  # noqa\nx = 1\n", ["a"], "  # noqa\nx = 1\n"),
        ("x = 1\n# tracefix: ignore[a]", ["a"], "x = 1\n"),
        ("x = 1\n# tracefix: ignore\n", [], "x = 1\n"),
    ],
)
def test_removing(text: str, slugs: list[str], after: str) -> None:
    source = Source.of(text)
    [comment] = suppressions_of(source).comments
    assert _edited(text, removing(source, comment, slugs)) == after


@pytest.mark.parametrize("file", sorted(Path(__file__).parent.glob("*.py")), ids=lambda f: f.name)
def test_comments_at_every_line_change_nothing_and_come_out_again(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    tree = ast.parse(text)
    lines = {node.lineno for node in ast.walk(tree) if hasattr(node, "lineno")}
    edited = _edited(text, *adding(Source.of(text), {line: ["a-b"] for line in lines}))
    assert ast.dump(ast.parse(edited)) == ast.dump(tree)
    source = Source.of(edited)
    told = suppressions_of(source)
    assert all(told.covers("a-b", line) for line in lines)
    removed = [removing(source, one, ["a-b"]) for one in told.comments if "a-b" in one.slugs]
    assert _edited(edited, *removed) == text
