"""Whether the rewritten module is the original in eager mode."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from tracefix.model import PASSED, Outcome
from tracefix.verify.request import Report, Tolerance
from tracefix.verify.worker import errors, meta
from tracefix.verify.worker.compare import Comparison
from tracefix.verify.worker.gradients import exact_gradients, gradients
from tracefix.verify.worker.instances import Prototype
from tracefix.verify.worker.places import Places
from tracefix.verify.worker.properties import properties
from tracefix.verify.worker.recording import Recording, trainable
from tracefix.verify.worker.runs import EXAMPLE, Run, Trial, call, state
from tracefix.verify.worker.snapshot import Node

_ROUGH = Comparison(Tolerance(rtol=1e-2, atol=1e-3))  # for what float64 has shown to be equal
_QUICK = (EXAMPLE, "fresh inputs")


@dataclass(frozen=True)
class Equality:
    """Holds the rewritten's runs against the original's."""

    comparison: Comparison
    prototypes: list[Prototype]
    planned: list[Trial]
    places: Places

    def quick(self, expected: Recording) -> Report:
        """The example and fresh inputs, in eval mode, and the example on the meta device."""
        planned = [trial for trial in self.planned if trial.name in _QUICK]
        ran = self._runs(planned, expected["eval"], False)
        return self._report(itertools.chain(ran, self._meta(expected)), ())

    def full(self, expected: Recording) -> Report:
        """Everything, the cheapest first."""
        checks: dict[str, Callable[[], Iterator[tuple[Outcome, bool]]]] = {
            "state_dict": lambda: self._state(expected),
            "properties": lambda: self._properties(expected["properties"]),
            "values": lambda: self._runs(self.planned, expected["eval"], False),
            "training": lambda: self._runs(self.planned, expected["other_mode"], True),
            "gradients": lambda: self._gradients(expected["gradients"]),
            "meta": lambda: self._meta(expected),
        }
        proven: list[str] = []
        for name, check in checks.items():
            report = self._report(check(), tuple(proven))
            if not report.outcome.ok:
                return report
            proven.append(name)
        for optional in ("properties", "meta"):
            if not expected[optional]:
                proven.remove(optional)
        return Report(PASSED, proven=(*proven, *_kinds(expected["eval"])))

    def _report(self, failures: Iterator[tuple[Outcome, bool]], proven: tuple[str, ...]) -> Report:
        for outcome, needs_cuda in failures:
            return Report(outcome, proven=proven, needs_cuda=needs_cuda)
        return Report(PASSED, proven=proven)

    def _runs(
        self, planned: list[Trial], recorded: list[dict[str, Any]], other_mode: bool
    ) -> Iterator[tuple[Outcome, bool]]:
        by_trial = {(trial.case, trial.name): trial for trial in planned}
        for before in recorded:
            trial = by_trial.get((before["case"], before["name"]))
            if trial is None:
                continue
            model = self.prototypes[trial.case].instance(other_mode)
            mode = _mode(model) if other_mode else ""
            for n, old in enumerate(before["calls"]):
                yield from self._call(
                    old, call(model, trial.given(n), trial.seeded), trial.label(n) + mode
                )
            found = self.comparison.difference(before["state"], state(model), "state")
            if found is not None:
                yield Outcome("compare", False, f"{found}, after {trial.name}{mode}"), False

    def _call(self, old: dict[str, Any], new: Run, label: str) -> Iterator[tuple[Outcome, bool]]:
        if new.error is not None and not old["raised"]:
            outcome = errors.outcome("eager", new.error, self.places)
            text = outcome.error if label == EXAMPLE else f"{outcome.error}, on {label}"
            failed = Outcome(outcome.stage, False, text, outcome.places)
            yield failed, errors.wants_cuda(new.error)
            return
        found = self._difference(old, new)
        if found is not None:
            yield Outcome("compare", False, f"{found}, on {label}"), False

    def _difference(self, old: dict[str, Any], new: Run) -> str | None:
        if old["raised"]:
            raised = new.raised[0] if new.raised else "nothing"
            same = old["raised"][0] in new.raised
            return None if same else f"raises {raised}, raised {old['raised'][0]}"
        assert new.output is not None
        found = self.comparison.difference(old["output"], new.output)
        found = found or self.comparison.difference(old["inputs"], new.inputs, "inputs after")
        if found is not None:
            return found
        for name, digest in old["generators"].items():
            if new.generators.get(name, digest) != digest:
                return f"{name}'s random numbers are drawn otherwise"
        return None

    def _gradients(self, recorded: list[dict[str, Any]]) -> Iterator[tuple[Outcome, bool]]:
        by_trial = {(trial.case, trial.name): trial for trial in self.planned}
        for before in recorded:
            trial = by_trial.get((before["case"], before["name"]))
            if trial is None:
                continue
            model = self.prototypes[trial.case].instance(before["other_mode"])
            after = gradients(model, trial.inputs, before["of_inputs"])
            mode = _mode(model) if before["other_mode"] else ""
            if after is None:
                yield Outcome("gradient", False, f"no gradient, on {trial.name}{mode}"), False
                continue
            found = self.comparison.difference(before["gradients"], after, "gradient")
            if found is not None and not self._is_rounding(before, after, recorded):
                yield Outcome("gradient", False, f"{found}, on {trial.name}{mode}"), False

    def _is_rounding(
        self, before: dict[str, Any], after: Node, recorded: list[dict[str, Any]]
    ) -> bool:
        """Whether gradients differ only as rounding does in a deep model: little, and in float64,
        on the example, not at all."""
        if _ROUGH.difference(before["gradients"], after) is not None:
            return False
        same = ("case", "other_mode", "of_inputs")
        for other in recorded:
            if other["exact"] is None or any(other[key] != before[key] for key in same):
                continue
            trial = next(t for t in self.planned if (t.case, t.name) == (other["case"], EXAMPLE))
            model = self.prototypes[trial.case].instance(other["other_mode"])
            exact = exact_gradients(model, trial.inputs, other["of_inputs"])
            return exact is not None and self.comparison.difference(other["exact"], exact) is None
        return False

    def _state(self, expected: Recording) -> Iterator[tuple[Outcome, bool]]:
        model = self.prototypes[0].case.model
        if not isinstance(model, torch.nn.Module):
            return
        if expected["trainable"] != trainable(model):
            yield Outcome("state_dict", False, "the parameters are others"), False
        found = self.comparison.difference(expected["state"], state(model), "state_dict")
        if found is not None:
            yield Outcome("state_dict", False, found), False
            return
        values = {name: item["value"] for name, item in expected["state"]["items"].items()}
        try:
            self.prototypes[0].instance().load_state_dict(values)
        except Exception as error:
            yield errors.outcome("state_dict", error, self.places), False

    def _properties(self, recorded: dict[str, Node]) -> Iterator[tuple[Outcome, bool]]:
        now = properties(self.prototypes[0].instance(), self.places)
        for name, before in recorded.items():
            found = self.comparison.difference(before, now[name], name) if name in now else None
            if found is not None or name not in now:
                yield Outcome("compare", False, found or f"there is no property {name}"), False

    def _meta(self, expected: Recording) -> Iterator[tuple[Outcome, bool]]:
        if not expected["meta"]:
            return
        run = meta.run(self.prototypes[0].instance(), self.planned[0].inputs)
        if run.error is not None:
            if expected["ran_on_meta"]:
                yield errors.outcome("device", run.error, self.places), False
            return  # what else keeps the original from running there may stay as it is
        assert run.output is not None
        found = [self.comparison.difference(node, run.output) for node in expected["meta"]]
        if None not in found:
            yield Outcome("device", False, f"{found[0]}, on meta"), False


def _mode(model: Any) -> str:
    """The mode that the example did not leave the model in."""
    return f", in {'training' if getattr(model, 'training', True) else 'eval'} mode"


def _kinds(recorded: list[dict[str, Any]]) -> Iterator[str]:
    """What else than the example's shapes the original took."""
    taken = [trial["name"] for trial in recorded if not trial["calls"][0]["raised"]]
    if "shifted values" in taken or "rolled integers" in taken:
        yield "other values"
    if "twice the batch" in taken:
        yield "batch"
    if any("by one in dim" in name for name in taken):
        yield "length"
    if any("random draws" in name for name in taken):
        yield "draws"
