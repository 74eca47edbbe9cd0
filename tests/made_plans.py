"""Plans made by hand, for the tests of what shows and writes them."""

from __future__ import annotations

from tracefix.model import (
    PASSED,
    FilePlan,
    Finding,
    Fix,
    FixId,
    Outcome,
    Place,
    Plan,
    Refusal,
    Remedy,
    Source,
    Span,
    Subject,
    Target,
    TextEdit,
    Verdict,
)

RULE = "tensor-loop-count"
FAILS = Outcome("compile", False, "RuntimeError:\n\nrange() takes int\n", (Place("m.py", 2, 4),))


def replacing(source: Source, old: str, new: str, qualname: str = "Net") -> FilePlan:
    """A file in which one finding's fix puts `new` where `old` was."""
    start = source.text.index(old)
    span = Span(start, start + len(old))
    fix = Fix("Make the count an int", (TextEdit(span, new),))
    text = source.text[: span.start] + new + source.text[span.end :]
    found = finding(source, old, fix, qualname)
    assert found.id is not None
    return FilePlan(source, text, (found.id,), (found,))


def finding(source: Source, at: str, remedy: Remedy | None, qualname: str = "Net") -> Finding:
    """A finding of RULE on the text `at`."""
    start = source.text.index(at)
    span = Span(start, start + len(at))
    return Finding(
        RULE,
        source.path,
        span,
        source.place(start),
        "range over a tensor's value",
        frozenset({Target.SCRIPT}),
        remedy,
        FixId(source.path, RULE, f"{qualname}.forward", at),
    )


def refused(source: Source, at: str, reason: str) -> FilePlan:
    """A file that is left as it is, with one finding that says why."""
    place = Span(0, 0)
    return FilePlan(source, source.text, (), (finding(source, at, Refusal(reason, place)),))


def verdict(path: str, qualname: str = "Net", **changes: object) -> Verdict:
    """A verdict that both targets passed before and pass still, but for `changes`."""
    passing = {Target.SCRIPT: PASSED, Target.TRACE: PASSED}
    values: dict[str, object] = {"before": passing, "after": passing, **changes}
    return Verdict(Subject(path, qualname), **values)  # type: ignore[arg-type]


def repaired(path: str, qualname: str = "Net", **changes: object) -> Verdict:
    """A verdict of a class that script refused and now takes."""
    return verdict(
        path,
        qualname,
        before={Target.SCRIPT: FAILS, Target.TRACE: PASSED},
        fixes=(FixId(path, RULE, f"{qualname}.forward", "n"),),
        **changes,
    )


def blocked(path: str, qualname: str = "Net", outcome: Outcome = FAILS) -> Verdict:
    """A verdict of a class that script refuses still."""
    outcomes = {Target.SCRIPT: outcome, Target.TRACE: PASSED}
    return verdict(path, qualname, before=outcomes, after=outcomes)


def plan_of(*files: FilePlan, verdicts: tuple[Verdict, ...] = ()) -> Plan:
    return Plan(files, verdicts, seconds=0.25)
