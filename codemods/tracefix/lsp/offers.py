"""Which changes of a buffer a user can be offered, and what may be claimed of each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.lsp.knowledge import Examined
from tracefix.model import Finding, FixId
from tracefix.report.proposals import unproven


@dataclass(frozen=True)
class Offer:
    """Some fixes under a title that says what is known of them."""

    title: str
    fixes: tuple[FixId, ...]
    proven: bool = False


def offers_for(finding: Finding, examined: Examined) -> Iterator[Offer]:
    """What can be done about one finding, the best first."""
    fix, id_ = finding.fix, finding.id
    if fix is None or id_ is None or examined.rejected(id_) is not None:
        return
    told = f"{finding.rule}: {fix.title}"
    if examined.is_proven(id_):
        together = examined.proven_with(id_)
        if len(together) == 1:
            yield Offer(f"{told} (proven)", together, True)
            return
        more, names = len(together) - 1, ", ".join(_repaired(id_, examined))
        yield Offer(f"{told}, with {more} more for {names} (proven)", together, True)
        yield Offer(f"{told} (not proven alone)", (id_,))
        return
    yield Offer(f"{told} ({unproven(fix.safety)})", (id_,))


def offer_for_all(examined: Examined) -> Offer | None:
    """What `tracefix --apply` would write, as far as it is known; None where that is nothing."""
    fixes = examined.file.fixes
    if not examined.file.changed:
        return None
    proven = sum(examined.is_proven(fix) for fix in fixes)
    if proven == len(fixes):
        return Offer(f"tracefix: apply {_counted(proven)} (proven)", fixes, True)
    told = f"{_counted(len(fixes) - proven)} right by construction (not proven)"
    told = f"{_counted(proven)} (proven) and {told}" if proven else told
    return Offer(f"tracefix: apply {told}", fixes)


def _repaired(fix: FixId, examined: Examined) -> Iterator[str]:
    yield from (verdict.subject.qualname for verdict in examined.proving(fix))


def _counted(number: int) -> str:
    return f"{number} fix{'' if number == 1 else 'es'}"
