"""A plan of which a part can be carried out, and a run that is ended early."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tracefix.config import Config
from tracefix.model import Source
from tracefix.repair import Cancellation, Cancelled, Draft, draw_up
from tracefix.rewrite.lower import apply

TEXT = """import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Linear(2, 2)

    def forward(self, x):
        n = 3
        n //= 2  # one
        x = self.a(x)
        n //= 1  # two
        return x * n
"""


def _draft(text: str = TEXT) -> Draft:
    return draw_up([Source.of(text, "net.py")], Config(Path("/nowhere"), verify=False))


def test_one_fix_alone_changes_its_own_place_alone() -> None:
    draft = _draft()
    first, second = [f for f in draft.plan.files[0].findings if f.rule == "floor-divide-assignment"]
    assert first.id is not None
    assert second.id is not None
    edits = draft.edits([first.id])["net.py"]
    after = apply(TEXT, edits)
    assert after == TEXT.replace("n //= 2", "n = n // 2")
    assert sum(edit.span.end - edit.span.start for edit in edits) <= len("//= 2")
    both = apply(TEXT, draft.edits([first.id, second.id])["net.py"])
    assert both == TEXT.replace("n //= 2", "n = n // 2").replace("n //= 1", "n = n // 1")


def test_all_of_the_plans_fixes_are_the_plan() -> None:
    draft = _draft()
    file = draft.plan.files[0]
    assert file.changed
    assert draft.texts(file.fixes) == {"net.py": file.after}
    assert draft.texts([]) == {}


def test_a_cancelled_run_says_so_whatever_the_interruption_broke() -> None:
    cancellation, interrupted = Cancellation(), threading.Event()

    def run() -> None:
        with cancellation.interrupting(interrupted.set):
            threading.Thread(target=cancellation.cancel).start()
            assert interrupted.wait(10)
            raise BrokenPipeError

    with pytest.raises(Cancelled):
        run()
    with pytest.raises(Cancelled), cancellation.interrupting(interrupted.set):
        pytest.fail("began although it was cancelled before")


def test_another_error_stays_what_it_is() -> None:
    with pytest.raises(ZeroDivisionError), Cancellation().interrupting(lambda: None):
        _ = 1 // 0
