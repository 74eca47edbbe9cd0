"""A loop without steps: what took the list's place raises what stacking an empty list raised."""

from __future__ import annotations

from typing import Any

import pytest

from fixture_cases import cases

EMPTY = {
    "list-of-independent-steps/plain": "torch.rand(2, 0, 8)",
    "list-of-independent-steps/plain_comprehension": "torch.rand(2, 0, 8)",
    "list-of-independent-steps/plain_concatenated": "torch.rand(0, 2, 8)",
    "list-of-independent-steps/plain_indexed": "torch.rand(2, 0, 8)",
    "list-of-independent-steps/plain_unknown_rank": "torch.rand(8, 0)",
    "list-of-independent-steps/plain_unsqueezed": "torch.zeros(2, 0, dtype=torch.long)",
    "list-append-in-loop/plain": "torch.rand(2, 0, 8), torch.rand(2, 4)",
    "list-append-in-loop/plain_counted_once": "torch.rand(0, 3)",
}


@pytest.mark.parametrize("case", EMPTY)
def test_it_raises_what_the_list_did(case: str) -> None:
    before, after = (_error(case, name) for name in ("before", "after"))
    assert type(after) is type(before)


@pytest.mark.parametrize("case", [case for case in EMPTY if "indexed" not in case])
def test_it_says_what_torch_says(case: str) -> None:
    before, after = (_error(case, name) for name in ("before", "after"))
    assert str(after) == str(before)


def _error(id_: str, name: str) -> Exception:
    """What a fixture's module raises on an input without steps."""
    case = next(c for c in cases() if c.id == id_)
    scope: dict[str, Any] = {}
    exec((case.folder / f"{name}.py").read_text(), scope)
    model = eval(case.spec["model"], scope)
    inputs = eval(f"({EMPTY[id_]},)", scope)
    with pytest.raises((RuntimeError, ValueError, IndexError)) as caught:
        model(*inputs)
    return caught.value
