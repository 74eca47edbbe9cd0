"""How a subject stands: what each target says to it."""

from __future__ import annotations

from collections.abc import Mapping

from tracefix.model import Outcome, Target

Standing = Mapping[Target, Outcome]


def passing(standing: Standing) -> frozenset[Target]:
    """The targets that take a subject."""
    return frozenset(target for target, outcome in standing.items() if outcome.ok)


def reason(outcome: Outcome) -> str:
    """What a failed outcome says, in one line."""
    return outcome.error.strip().partition("\n")[0]
