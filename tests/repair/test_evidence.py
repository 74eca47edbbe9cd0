"""What runs have shown, joined."""

from __future__ import annotations

import pytest

from tracefix.model import PASSED, Observed, Subject
from tracefix.repair.evidence import together
from tracefix.verify.protocol import Baseline

KEY = ("m.py", "M.forward", "n")


def _baseline(origin: str, *types: str) -> Baseline:
    seen = Observed(parameters={KEY: frozenset(types)})
    return Baseline(Subject("m.py", origin), PASSED, observed=seen, example=origin)


def test_what_a_run_has_seen_in_call_is_known_of_the_forward_that_it_becomes() -> None:
    seen = Observed(parameters={("m.py", "Loss.__call__", "scale"): frozenset({"float"})})
    known = together([Baseline(Subject("m.py", "Loss"), PASSED, observed=seen)]).parameters
    assert known["m.py", "Loss.forward", "scale"] == {"float"}
    assert known["m.py", "Loss.__call__", "scale"] == {"float"}


@pytest.mark.parametrize(
    ("own", "guessed", "expected"),
    [
        ({"List[int]"}, {"Tensor"}, {"List[int]"}),
        ({"NoneType"}, {"Tensor"}, {"NoneType", "Tensor"}),  # they go together
        ({"int"}, {"float"}, {"int", "float"}),
        ({"Tensor", "List[int]"}, {"str"}, {"Tensor", "List[int]", "str"}),
    ],
)
def test_a_guess_gives_way_to_what_contradicts_it(
    own: set[str], guessed: set[str], expected: set[str]
) -> None:
    for baselines in (
        [_baseline("user", *own), _baseline("made", *guessed)],
        [_baseline("recorded", *guessed), _baseline("found", *own)],
    ):
        assert together(baselines).parameters[KEY] == expected


def test_of_two_of_the_projects_own_none_gives_way() -> None:
    both = together([_baseline("user", "List[int]"), _baseline("found", "Tensor")])
    assert both.parameters[KEY] == {"List[int]", "Tensor"}
