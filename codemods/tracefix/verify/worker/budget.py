"""What inputs of our own making may take, in time and in memory; the examples always run."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from tracefix.verify.worker.shared import Shared

ROOM = 256 << 20  # bytes that a recording of one mode may take, beyond the examples
_LONGER = 10  # times the example's time, for inputs made of it


@dataclass
class Budget:
    """Time and room for one recording. Ask `seconds` before a trial, tell `ran` after it."""

    patience: float  # seconds for all that is beyond the examples
    shared: Shared  # what has been recorded
    thorough: bool = True  # an example's further calls are made however long they take
    _begun: float = field(default_factory=time.monotonic)
    _started: float = 0.0
    _examples: int = 0  # bytes that they took: a large model's state is theirs
    _longest: float = 0.0  # seconds that one of them took

    def seconds(self, example: bool) -> float:
        """How long a trial may take: 0 for not at all, without end for an example."""
        self._started = time.monotonic()
        if example:
            return math.inf
        left = self._begun + self.patience - self._started
        if left <= 0 or self.shared.held - self._examples > ROOM:
            return 0.0
        return min(left, 1 + _LONGER * self._longest)

    def once_more(self) -> bool:
        """Whether an example's state is looked at by one more call."""
        return self.thorough or time.monotonic() < self._begun + self.patience

    def spent(self, seconds: float) -> None:
        """An example has run already, and what it took counts."""
        self._begun -= seconds
        self._longest = max(self._longest, seconds)

    def ran(self, example: bool) -> None:
        """A trial is over, and recorded."""
        if example:
            self._examples = self.shared.held
            self._longest = max(self._longest, time.monotonic() - self._started)
