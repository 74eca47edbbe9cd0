"""Examples read from main blocks, tests, docstrings and a README."""

from __future__ import annotations

from tracefix.facts import analyse
from tracefix.making.found import found_recipes
from tracefix.model import Source, Subject
from tracefix.verify.recipe import Recipe

NET = """
import torch
import torch.nn as nn

WIDTH = 8

class Block(nn.Module):
    def forward(self, x):
        return x

class Net(nn.Module):
    def __init__(self, width, block=Block, depth=1):
        super().__init__()
    def forward(self, x, mask=None):
        return x
"""
SUBJECT = Subject("models/net.py", "Net")


def _found(below: str = "", *snippets: Source) -> list[Recipe]:
    facts, _ = analyse([Source.of(NET + below, SUBJECT.path)])
    return found_recipes(facts, snippets).get(SUBJECT, [])


def _texts(recipes: list[Recipe]) -> list[tuple[str, str]]:
    def told(arguments: object) -> str:
        return ", ".join(map(str, arguments))  # type: ignore[call-overload]

    return [(told(recipe.construct), told(recipe.inputs)) for recipe in recipes]


def _main(*lines: str) -> list[tuple[str, str]]:
    body = "".join(f"    {line}\n" for line in lines)
    return _texts(_found(f"\nif __name__ == '__main__':\n{body}"))


def test_a_main_block_with_its_variables_put_in() -> None:
    assert _main(
        "b, size = 2, (8, 8)",
        "net = Net(WIDTH, block=Block, depth=b + 1).cuda()",
        "x = torch.randn(b, 3, *size, device='cuda').cuda()",
        "with torch.no_grad():",
        "    y = net(x, mask=None)",
    ) == [
        ("module.WIDTH, block=module.Block, depth=2 + 1", "torch.randn(2, 3, *(8, 8)), mask=None")
    ]


def test_built_and_called_in_one() -> None:
    assert _main("Net(4)(torch.ones(1))", "Net(5).forward(torch.ones(2))") == [
        ("4", "torch.ones(1)"),
        ("5", "torch.ones(2)"),
    ]


def test_what_else_takes_a_model_and_its_input() -> None:
    assert _main("summary(Net(4), (3, 8, 8))") == [("4", "torch.rand(2, *(3, 8, 8))")]
    assert _main("m = Net(4)", "torch.jit.trace(m, (torch.rand(1),))") == [("4", "torch.rand(1)")]


def test_what_cannot_be_told_is_left() -> None:
    assert _main("x = load('x.pt')", "Net(4)(x)") == []
    assert _main("args = parser.parse_args()", "Net(args.width)(torch.rand(1))") == []
    assert _main("x = torch.rand(1)", "x = x + 1", "Net(4)(x)") == []
    assert _main("Net(4)(open('x'))") == []
    assert _main("Net(*sizes)(torch.rand(1))") == []
    assert _main("net = Net(4)", "net = other()", "net(torch.rand(1))") == []


def test_a_test_a_readme_and_a_docstring() -> None:
    test = Source.of(
        "import torch\nfrom models.net import Net, Block\n"
        "def test_net():\n    net = Net(6)\n    assert net(torch.rand(1, 6)).sum()\n",
        "tests/test_net.py",
    )
    readme = Source.of(
        "import torch\nfrom models.net import Net\nNet(7)(torch.rand(1, 7))\n", "README.md"
    )
    assert _texts(_found("", test, readme)) == [
        ("6", "torch.rand(1, 6)"),
        ("7", "torch.rand(1, 7)"),
    ]
    shown = '\ndef use():\n    """Use.\n\n    >>> import torch\n    >>> Net(9)(torch.rand(9))\n    """\n'
    assert _texts(_found(shown)) == [("9", "torch.rand(9)")]


def test_a_snippet_that_is_no_python_is_passed_over() -> None:
    assert _found("", Source.of("$ pip install\n", "README.md")) == []
