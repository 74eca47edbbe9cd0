"""What is left once a plan is carried out."""

from __future__ import annotations

from dataclasses import replace

from made_plans import blocked, plan_of, refused, repaired, replacing, verdict
from tracefix.model import FilePlan, Outcome, Plan, Source, Target
from tracefix.report.standing import has_findings, leaves_blocked

SOURCE = Source.of("for _ in range(n): pass\n", "m.py")
UNVERIFIED = Outcome("example", False, "no example")


def test_nothing_is_left_of_a_clean_plan() -> None:
    plan = plan_of(FilePlan(SOURCE, SOURCE.text), verdicts=(verdict("m.py"),))
    assert not has_findings(plan)
    assert not leaves_blocked(plan)
    assert not has_findings(Plan())


def test_what_is_repaired_was_a_finding_and_is_none_afterwards() -> None:
    plan = plan_of(replacing(SOURCE, "n)", "int(n))"), verdicts=(repaired("m.py"),))
    assert has_findings(plan)
    assert not leaves_blocked(plan)


def test_a_blocked_class_is_left_even_without_a_finding() -> None:
    assert leaves_blocked(plan_of(verdicts=(blocked("m.py"),)))


def test_what_fails_by_a_comment_alone_is_accepted() -> None:
    failing = blocked("m.py")
    left = replace(failing, accepted=frozenset({Target.SCRIPT}))
    assert not leaves_blocked(plan_of(verdicts=(left,)))
    other = replace(failing, accepted=frozenset({Target.TRACE}))
    assert leaves_blocked(plan_of(verdicts=(other,)))


def test_a_finding_without_proof_is_left() -> None:
    file = refused(SOURCE, "n", "why")
    assert leaves_blocked(plan_of(file))
    assert leaves_blocked(plan_of(file, verdicts=(verdict("m.py", trouble=UNVERIFIED),)))
    assert leaves_blocked(plan_of(file, verdicts=(verdict("other.py"), verdict("m.py", "Ne"))))


def test_a_finding_in_what_torch_takes_blocks_nothing() -> None:
    plan = plan_of(refused(SOURCE, "n", "why"), verdicts=(verdict("m.py"),))
    assert has_findings(plan)
    assert not leaves_blocked(plan)
