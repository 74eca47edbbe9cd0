"""How long a run goes on looking for more. What it has by then is proven all the same."""

from __future__ import annotations

import enum
import math
import time
from dataclasses import dataclass, field


class Stage(enum.Enum):
    """What ends when this share of the limit has gone: the rest is for what comes after."""

    TRYING = 0.40  # what the originals do
    SEARCHING = 0.50
    MINIMISING = 0.65
    REPLACING = 0.70  # what verification rejected, by other fixes
    PROVING = 0.90
    TIMING = 0.90


_KEPT = 0.50  # of the limit, for proofs that take longer: the quickest are made then


@dataclass
class Pace:
    """A run's clock. A limit of 0 seconds is none."""

    limit: float = 0.0
    started: float = field(default_factory=time.monotonic)
    cut_short: bool = False  # whether something that might repair more was not tried

    def is_over(self, stage: Stage) -> bool:
        """Whether a stage that has work left is to end."""
        gone = time.monotonic() - self.started
        over = 0 < self.limit * stage.value < gone
        self.cut_short |= over and stage is not Stage.TIMING
        return over

    def has_room_for(self, seconds: float) -> bool:
        """Whether work that takes so long ends in time."""
        gone = time.monotonic() - self.started
        fits = not 0 < self.limit < gone + seconds
        self.cut_short |= not fits
        return fits

    def has_room_before(self, proof: float, seconds: float) -> bool:
        """Whether work that takes so long leaves time for a proof, or for what of it is kept free."""
        return self.has_room_for(seconds + min(proof, _KEPT * self.limit))

    def left(self, stage: Stage) -> float:
        """The seconds that a stage still has."""
        gone = time.monotonic() - self.started
        return max(0.0, self.limit * stage.value - gone) if self.limit else math.inf

    def lift(self) -> None:
        """From here on there is no limit: somebody is waited for."""
        self.limit = 0.0
