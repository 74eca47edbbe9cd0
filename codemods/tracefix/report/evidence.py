"""What was proven of a class or function, and what was not, in words."""

from __future__ import annotations

from dataclasses import dataclass

from tracefix.model import Status, Target, Verdict

_DRAWS, _PROPERTIES = "draws", "properties"
_WHERE_THERE = (_DRAWS, _PROPERTIES)  # told only where the module has any
# What a proof's checks are called, in the order in which they are told.
_CHECKS = {
    "values": "values",
    "other values": "other values of the same shapes",
    "batch": "another batch size",
    "length": "other lengths",
    _DRAWS: "other random draws",
    "training": "training and eval mode",
    "gradients": "gradients",
    "state_dict": "checkpoints both ways",
    _PROPERTIES: "properties",
    "meta": "the meta device",
}


@dataclass(frozen=True)
class Evidence:
    """What verification has shown of a subject, and what it has not."""

    proven: tuple[str, ...]
    unproven: tuple[str, ...]


def evidence(verdict: Verdict) -> Evidence:
    """What a verdict says, check by check and target by target; a failed target is unproven."""
    if verdict.trouble is not None:
        return Evidence((), (*_CHECKS.values(), *(target.value for target in Target)))
    checks = [
        (name, check in verdict.proven)
        for check, name in _CHECKS.items()
        if check not in _WHERE_THERE or check in verdict.proven
    ]
    if verdict.status is Status.KEPT and not verdict.fixes:
        checks = []  # nothing was rewritten, so there was nothing to hold against the original
    targets = [
        (target.value, (outcome := verdict.after.get(target)) is not None and outcome.ok)
        for target in Target
    ]
    told = (*checks, *targets)
    return Evidence(
        tuple(name for name, holds in told if holds),
        tuple(name for name, holds in told if not holds),
    )
