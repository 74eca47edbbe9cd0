"""Ranks that a text declares."""

from __future__ import annotations

import ast

import pytest

from tracefix.making.shapes import declared_by_annotation, declared_by_text


@pytest.mark.parametrize(
    ("annotation", "declared"),
    [
        ('Float[Tensor, "batch channels height width"]', (4, "")),
        ("Int64[torch.Tensor, 'batch length']", (2, "int")),
        ('Bool[Tensor, "n"]', (1, "bool")),
        ('Float[Tensor, "... dim"]', (0, "")),
        ("torch.Tensor", (0, "")),
        ("List[Tensor]", (0, "")),
    ],
)
def test_jaxtyping(annotation: str, declared: tuple[int, str]) -> None:
    assert declared_by_annotation(annotation) == declared


@pytest.mark.parametrize(
    ("said", "rank"),
    [
        ("x: (B, C, H, W)", 4),
        ("x (Tensor): of shape (N, L, D).", 3),
        ("x: [batch x length]", 2),
        ("x: input, shape (N,)", 1),
        ("x: (batch, max_len, n_x)", 3),
        ("x (Tensor): the input", 0),
        ("x (int, optional): a number", 0),
        ("other: (B, C, H, W)", 0),
        ("max: (B, C)", 0),
    ],
)
def test_docstrings_and_comments(said: str, rank: int) -> None:
    for text in (
        f'def f(x):\n    """F.\n\n    {said}\n    """\n',
        f"def f(x):\n    # {said}\n    pass\n",
    ):
        (function,) = ast.parse(text).body
        assert isinstance(function, ast.FunctionDef)
        assert declared_by_text(function, text, "x") == rank
