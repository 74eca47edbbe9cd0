"""A verifier by a run's settings."""

from __future__ import annotations

from collections.abc import Mapping

from tracefix.config import Config
from tracefix.model import Source
from tracefix.verify.client import Limits, Verifier


def verifier_for(config: Config, sources: Mapping[str, Source]) -> Verifier:
    """What runs the subjects of some sources as the settings say: to be used in a `with`."""
    return Verifier(
        config.root,
        sources,
        config.examples,
        config.python,
        Limits(seconds=config.timeout, memory_mb=config.memory, jobs=config.jobs),
        config.rtol,
        config.atol,
        strict=config.strict_trace,
        draws=config.unsafe,  # a fix that draws from torch's generator is held against that
    )
