"""Holes of templates keep their meaning whatever fills them."""

from __future__ import annotations

import libcst as cst
import pytest

from tracefix.rewrite.template import expression


@pytest.mark.parametrize(
    ("template", "filling", "text"),
    [
        ("({x}).any()", "a < b", "(a < b).any()"),
        ("({x}).any()", "a", "(a).any()"),
        ("{x}.any()", "a < b", "(a < b).any()"),
        ("f({x})", "(a < b)", "f(a < b)"),
        ("not {x}", "a or b", "not (a or b)"),
    ],
)
def test_what_fills_a_hole_binds_as_the_template_says(
    template: str, filling: str, text: str
) -> None:
    filled = expression(template, {"x": cst.parse_expression(filling)})
    assert cst.Module([]).code_for_node(filled) == text
