"""einops patterns as tensor methods, held against einops' own definition of them."""

from __future__ import annotations

import pytest

from tracefix.facts.axes import Unreadable, methods, with_rank


@pytest.mark.parametrize(
    ("pattern", "sizes", "reduction", "expected"),
    [
        ("b n (h d) -> b h n d", ["h"], "", ".unflatten(2, ({h}, -1)).transpose(1, 2)"),
        ("b h n d -> b n (h d)", [], "", ".transpose(1, 2).flatten(2, 3)"),
        ("b c h w -> b (h w) c", [], "", ".permute(0, 2, 3, 1).flatten(1, 2)"),
        (
            "b c (h p) (w q) -> b (h w) (p q c)",
            ["p", "q"],
            "",
            ".unflatten(3, (-1, {q})).unflatten(2, (-1, {p})).permute(0, 2, 4, 3, 5, 1)"
            ".flatten(3, 5).flatten(1, 2)",
        ),
        ("b n -> b () n ()", [], "", ".unsqueeze(1).unsqueeze(3)"),
        ("b 1 n -> b n", [], "", ".squeeze(1)"),
        ("() n d -> b n d", ["b"], "", ".expand({b}, -1, -1)"),
        ("n d -> b n d", ["b"], "", ".unsqueeze(0).expand({b}, -1, -1)"),
        ("1 d -> (b d)", ["b"], "", ".expand({b}, -1).flatten(0, 1)"),
        ("b c h w -> b c", [], "mean", ".mean(dim=(2, 3))"),
        (
            "b c (h p) -> b h c",
            ["p"],
            "max",
            ".unflatten(2, (-1, {p})).amax(dim=3).transpose(1, 2)",
        ),
        ("b n -> b n", [], "", ""),
    ],
)
def test_methods(pattern: str, sizes: list[str], reduction: str, expected: str) -> None:
    assert "".join(map(str, methods(pattern, sizes, reduction))) == expected


@pytest.mark.parametrize(
    ("pattern", "sizes", "reason"),
    [
        ("b ... -> ...  b", [], "more than names"),
        ("b (h d) -> b h d", [], r"sizes in \(h d\)"),
        ("b n -> b", [], "no place"),
        ("b -> b n", [], "size of n"),
        ("b n -> n b", ["b"], "axis of its own"),
        ("b b -> b", [], "twice"),
        ("b n", [], "two sides"),
    ],
)
def test_unreadable(pattern: str, sizes: list[str], reason: str) -> None:
    with pytest.raises(Unreadable, match=reason):
        methods(pattern, sizes)


def test_an_ellipsis_is_as_many_axes_as_the_rank_leaves() -> None:
    assert with_rank("... d -> b ... d", 3) == "axis_0 axis_1 d -> b axis_0 axis_1 d"
    assert with_rank("b ... (h d) -> b h ... d", 3) == "b axis_0 (h d) -> b h axis_0 d"
    assert with_rank("a ... -> ... a", 1) == "a  ->  a"
