"""`--interactive`: each fix with its diff, why it is needed and what was proven, and a question."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import replace

from tracefix.cli.console import say
from tracefix.model import FilePlan, Finding, FixId, Plan, Source, Target, Verdict
from tracefix.repair import Draft
from tracefix.report.diff import unified_diff
from tracefix.report.evidence import evidence
from tracefix.report.reason import first_line
from tracefix.report.view import View

_QUESTION = "Write this fix? [y]es, [n]o, [a]ll of the rest, [q]uit, [?] "
_HELP = """\
y  write this fix
n  leave it; what is of no use without it is left too
a  write this fix and all of the rest
q  leave this fix and all of the rest; what was taken is written
Ctrl-C leaves everything as it is.
"""


def chooser(view: View) -> Callable[[Draft], list[FixId]]:
    """What asks the terminal which of a draft's fixes to carry out."""

    def choose(draft: Draft) -> list[FixId]:
        taken: list[FixId] = []
        fixes = draft.fixes
        for number, fix in enumerate(fixes, 1):
            diff = _diff(draft, taken, fix, view)
            heading = f"[{number}/{len(fixes)}] {_heading(draft, fix, view)}\n"
            say("\n" + view.paint(heading, "bold"), sys.stdout)
            if not diff:
                say("  cannot stand without a fix that was left out\n", sys.stdout)
                continue
            say("".join(_grounds(draft, fix, view)) + "\n" + diff + "\n", sys.stdout)
            match _answer():
                case "y":
                    taken.append(fix)
                case "a":
                    return [*taken, *fixes[number - 1 :]]
                case "q":
                    break
        return taken

    return choose


def _answer() -> str:
    """The first letter of the answer; the end of the input is "q"."""
    while True:
        say(_QUESTION, sys.stdout)
        line = sys.stdin.readline()
        if not line:
            say("\n", sys.stdout)
            return "q"
        word = line.strip().lower()
        if word in ("y", "yes", "n", "no", "a", "all", "q", "quit"):
            return word[0]
        say(_HELP, sys.stdout)


def _heading(draft: Draft, fix: FixId, view: View) -> str:
    finding = _finding(draft, fix)
    place = view.path(fix.path) if finding is None else view.place(finding.place)
    return f"{place}: {fix.rule} {draft.message(fix)}"


def _finding(draft: Draft, fix: FixId) -> Finding | None:
    files = (file for file in draft.plan.files if file.source.path == fix.path)
    return next((one for file in files for one in file.findings if one.id == fix), None)


def _grounds(draft: Draft, fix: FixId, view: View) -> Iterator[str]:
    """Why a fix is needed, and what was proven of the fixes that it is one of."""
    verdicts = [verdict for verdict in draft.plan.verdicts if fix in verdict.fixes]
    for verdict in verdicts:
        for target, outcome in verdict.before.items():
            if not outcome.ok:
                where = "" if outcome.place is None else f"{view.place(outcome.place)}: "
                why = f"{target.value} refuses it: {where}{first_line(outcome.error)}"
                yield _line(f"{verdict.subject.qualname}: {why}", view)
        yield _line(f"{verdict.subject.qualname}: {_proof(verdict)}", view)
    if not verdicts:
        yield _line("right by construction; nothing was run that could prove it", view)


def _proof(verdict: Verdict) -> str:
    count = len(verdict.fixes)
    together = f"with its {count} fixes, " if count > 1 else ""
    targets = [target.value for target in Target]
    same = [check for check in evidence(verdict).proven if check not in targets]
    speed = "" if verdict.speed is None else f"; time x{verdict.speed:.2f}"
    return f"proven: {together}{_takes(verdict)}; the same in {', '.join(same)}{speed}"


def _takes(verdict: Verdict) -> str:
    """Which targets take a subject then, and which do not yet."""
    passed = [target.value for target, outcome in verdict.after.items() if outcome.ok]
    failed = [target.value for target, outcome in verdict.after.items() if not outcome.ok]
    if not passed:
        return "no target takes it yet"
    takes = f"{' and '.join(passed)} {'takes' if len(passed) == 1 else 'take'} it"
    return takes + (f", {' and '.join(failed)} not yet" if failed else "")


def _line(text: str, view: View) -> str:
    return textwrap.fill(text, view.width, initial_indent="  ", subsequent_indent="    ") + "\n"


def _diff(draft: Draft, taken: list[FixId], fix: FixId, view: View) -> str:
    """What a fix changes beside those that were taken; "" where it finds no place then."""
    before, after = draft.texts(taken), draft.texts([*taken, fix])
    sources = {file.source.path: file.source for file in draft.plan.files}
    changed = [
        FilePlan(_source(sources[path], before), after.get(path, sources[path].text))
        for path in sorted({*before, *after})
    ]
    return unified_diff(Plan(tuple(changed)), view)


def _source(source: Source, texts: dict[str, str]) -> Source:
    """A file as it stands, to be shown: its own encoding may lack what a fix writes."""
    return replace(source, text=texts.get(source.path, source.text), encoding="utf-8", bom=False)
