"""A plan with one of everything."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from made_plans import RULE, blocked, plan_of, refused, repaired, replacing, verdict
from tracefix.model import (
    Dropped,
    FilePlan,
    FixId,
    Note,
    Outcome,
    Place,
    Plan,
    Source,
    Target,
)
from tracefix.report.view import View

HERE = Path("/project")


VIEW = View(HERE, HERE)


TEXT = "class Net:\n    for _ in range(n): pass\n"


SOURCE = Source.of(TEXT, "m.py")


DIFFERS = Outcome(
    "compare",
    False,
    "output differs: 1 of 1 values",
    held=("the example",),
    broke=("zeros",),
    notes=(Note("self.training is read here", Place("m.py", 2)), Note("no place")),
)


def whole_plan() -> Plan:
    """A plan with one of everything."""
    cured = replacing(SOURCE, "n)", "int(n))")
    left = refused(replace(SOURCE, path="a, b|c.py"), "n)", "100% a\nfloat: <b>")
    quiet = refused(replace(SOURCE, path="d.py"), "n)", "why")
    quiet = replace(quiet, findings=(), suppressed=quiet.findings)
    dropped = (Dropped(FixId("d.py", RULE, "Net.forward", "n"), "it changed the output"),)
    return replace(
        plan_of(
            cured,
            left,
            quiet,
            FilePlan(replace(SOURCE, path="e.py"), TEXT, trouble="no python"),
            verdicts=(
                repaired("m.py", proven=("values", "gradients"), speed=1.5),
                blocked("a, b|c.py", outcome=DIFFERS),
                replace(blocked("d.py"), dropped=dropped, accepted=frozenset({Target.SCRIPT})),
                verdict("m.py", "Other", trouble=Outcome("example", False, "no example")),
            ),
        ),
        troubles=("a worker crashed: 100%",),
    )
