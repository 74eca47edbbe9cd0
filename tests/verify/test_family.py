"""Forked children run so many at once, and no more."""

from __future__ import annotations

import os
import pickle
import time
from collections.abc import Callable

import pytest

from tracefix.verify.worker import family

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")


@pytest.mark.parametrize("width", [1, 2])
def test_no_more_children_run_at_once_than_are_allowed(width: int) -> None:
    spans: list[tuple[float, float]] = []

    def work(say: Callable[[object], None]) -> None:
        started = time.monotonic()
        time.sleep(0.1)
        say((started, time.monotonic()))

    def heard(body: bytes | family.Died) -> None:
        assert isinstance(body, bytes)
        spans.append(pickle.loads(body))

    family.run([family.Task(work, heard, 10.0) for _ in range(6)], width)
    assert len(spans) == 6
    at_once = [sum(start <= moment < end for start, end in spans) for moment, _ in spans]
    assert max(at_once) == width
