"""What the original gave, all that others are held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from tracefix.verify.worker import meta
from tracefix.verify.worker.budget import Budget
from tracefix.verify.worker.compare import Comparison
from tracefix.verify.worker.gradients import exact_gradients, gradients
from tracefix.verify.worker.instances import Prototype
from tracefix.verify.worker.places import Places
from tracefix.verify.worker.properties import stable
from tracefix.verify.worker.runs import EXAMPLE, Begun, Trial, record, state
from tracefix.verify.worker.shared import Shared
from tracefix.verify.worker.snapshot import Node

Recording = dict[str, Any]


def recording(
    prototypes: list[Prototype],
    planned: list[Trial],
    begun: Mapping[int, Begun],
    patience: float,
    full: bool,
    places: Places,
    comparison: Comparison,
) -> Recording:
    """The runs in the example's mode and on meta; with `full` also in the other of train and
    eval, gradients and state."""
    own_mode = record(prototypes, planned, patience, begun=begun, thorough=full)
    recorded: Recording = {"eval": own_mode}
    recorded |= _on_meta(prototypes[0], planned[0], recorded["eval"][0]["calls"][0]["output"])
    if not full:
        return recorded
    recorded["other_mode"] = record(prototypes, planned, patience, other_mode=True)
    taken = {(r["case"], r["name"]) for r in recorded["other_mode"]}
    taken &= {(r["case"], r["name"]) for r in recorded["eval"]}
    done = [t for t in planned if (t.case, t.name) in taken and not t.draws]
    recorded["gradients"] = _gradients(prototypes, done, patience)
    recorded["state"] = state(prototypes[0].case.model)
    recorded["trainable"] = trainable(prototypes[0].case.model)
    recorded["properties"] = stable(prototypes[0].instance(), places, comparison)
    return recorded


def _on_meta(prototype: Prototype, example: Trial, output: Node) -> Recording:
    """What is to be expected on the meta device."""
    run = meta.run(prototype.instance(), example.inputs)
    return {"ran_on_meta": run.output is not None, "meta": meta.allowed(run, output)}


def _gradients(
    prototypes: list[Prototype], planned: list[Trial], patience: float
) -> list[dict[str, Any]]:
    """The gradients of each trial in each mode, where they can be taken, and time and room last."""
    found, shared = [], Shared()
    budget = Budget(patience, shared)
    for trial in planned:
        if not budget.seconds(trial.name == EXAMPLE):
            continue
        for other_mode in (False, True):
            for of_inputs in (True, False):
                model = prototypes[trial.case].instance(other_mode)
                node = gradients(model, trial.inputs, of_inputs)
                if node is not None:
                    key = {"case": trial.case, "name": trial.name, "other_mode": other_mode}
                    taken = {"gradients": shared.node(node), "exact": None}
                    if trial.name == EXAMPLE:
                        model = prototypes[trial.case].instance(other_mode)
                        exact = exact_gradients(model, trial.inputs, of_inputs)
                        taken["exact"] = None if exact is None else shared.node(exact)
                    found.append({**key, "of_inputs": of_inputs, **taken})
                    break
        budget.ran(trial.name == EXAMPLE)
    return found


def trainable(model: Any) -> list[tuple[str, bool]]:
    """Which parameters there are, and whether each takes a gradient."""
    if not isinstance(model, torch.nn.Module):
        return []
    return [(name, parameter.requires_grad) for name, parameter in model.named_parameters()]
