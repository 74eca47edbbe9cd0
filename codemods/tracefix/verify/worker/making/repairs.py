"""What to change in a candidate that failed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tracefix.verify.worker.making.attempts import Failure
from tracefix.verify.worker.making.candidates import Candidate
from tracefix.verify.worker.making.constructing import Constructing
from tracefix.verify.worker.making.feeding import Feeding

_LESS_LIKELY = 3.0  # that the constructor's arguments are to blame where forward failed


@dataclass(frozen=True)
class Repairs:
    """Repairs of one class's candidates."""

    constructing: Constructing
    feeding: Feeding

    def of(self, candidate: Candidate, failed: Failure, stage: str) -> Iterator[Candidate]:
        """Other candidates that the failure speaks for; the likelier, the lower their cost."""
        if stage == "example":
            yield from self.constructing.of(candidate, failed, 0.0)
            return
        yield from self.feeding.of(candidate, failed)
        yield from self.constructing.of(candidate, failed, _LESS_LIKELY)
