"""Which of a plan's files are right only together, since one repair changes them all."""

from __future__ import annotations

from tracefix.model import FilePlan, Plan


def changed_together(plan: Plan) -> tuple[tuple[FilePlan, ...], ...]:
    """The changed files in groups: those that a verdict's fixes tie share one."""
    group_of = {file.source.path: {file.source.path} for file in plan.files if file.changed}
    for verdict in plan.verdicts:
        tied = {fix.path for fix in verdict.fixes} & group_of.keys()
        merged = set().union(*(group_of[path] for path in tied))
        group_of.update((path, merged) for path in merged)
    files = {file.source.path: file for file in plan.files}
    groups = {id(group): sorted(group) for group in group_of.values()}
    return tuple(tuple(files[path] for path in group) for group in groups.values())
