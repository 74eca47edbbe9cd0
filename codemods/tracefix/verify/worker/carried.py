"""What a trace cannot carry, and what it carries otherwise than eager mode does, in words."""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch

from tracefix.model import Note, Outcome, Place
from tracefix.verify.worker.inputs import FORWARD, Inputs
from tracefix.verify.worker.instances import Prototype
from tracefix.verify.worker.parting import lines, parting
from tracefix.verify.worker.patience import TooLong, at_most
from tracefix.verify.worker.places import Places
from tracefix.verify.worker.profiled import Profile, profiled
from tracefix.verify.worker.recorded_steps import constant, operations
from tracefix.verify.worker.runs import Trial
from tracefix.verify.worker.snapshot import Node, snapshot
from tracefix.verify.worker.targets import trace
from tracefix.verify.worker.targets.saved import Captured

_REFUSED_INPUT = ("cannot be traced. Only Tensors", "can be inputs to traced functions")
_REFUSED_OUTPUT = (
    "can be output from traced functions",
    "Tracer cannot infer type of",
    "cannot be understood by the tracer",
    "didn't return any values",
)
_COMPILED_TOO = "already defined"
_HOLDS = "tensors, and tuples, lists and dicts of them"
_LONGEST = 40  # characters of a value worth telling
_SECONDS = 10.0  # at most, for another recording
_DROPOUTS = ("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout")
_DROPOUT_KINDS = tuple(f"aten::{name}{end}" for name in _DROPOUTS for end in ("", "_"))


def explained(
    outcome: Outcome, prototype: Prototype, first: Trial, recorded: dict[str, Any], places: Places
) -> Outcome:
    """A refusal to trace, with which value it is about and the user's line, where that is it."""
    node = recorded["calls"][0]["output"]
    if any(mark in outcome.error for mark in _REFUSED_INPUT):
        told = next(_foreign_inputs(prototype.case.model, first.inputs), "")
    elif any(mark in outcome.error for mark in _REFUSED_OUTPUT) and node is not None:
        told = _foreign_output(node)
    elif first.inputs.method != FORWARD and _COMPILED_TOO in outcome.error:
        told = f"{first.inputs.method} is exported: a trace has it compiled, and cannot record it"
    else:
        return outcome
    if not told:
        return outcome
    profile = profiled(prototype.instance(), first.inputs, places)
    place = profile.end if told.startswith("output") else profile.head
    where = outcome.places if place is None else (place, *outcome.places)
    return replace(outcome, error=f"{told}\n{outcome.error}", places=where)


def notes(
    captured: Captured,
    prototype: Prototype,
    first: Trial,
    recorded: dict[str, Any],
    places: Places,
) -> tuple[Note, ...]:
    """What to know of a trace that gives the right values."""
    profile = profiled(prototype.instance(), first.inputs, places)
    node = recorded["calls"][0]["output"]
    told = [Note(text, profile.end) for text in _other_types(node)] if node is not None else []
    told += [Note(text, profile.head) for text in _unused(captured, prototype.case.model, first)]
    told += _of_mode(captured, prototype, first, profile, places)
    return tuple(told)


def _foreign_inputs(model: Any, inputs: Inputs) -> Iterator[str]:
    """Arguments that a trace does not take."""
    for name, value in _arguments(model, inputs):
        for where, node in _leaves(snapshot(value), name):
            if node["kind"] != "tensor":
                yield f"the argument {where} is {_a(node)}: a trace takes {_HOLDS}"


def _foreign_output(node: Node) -> str:
    """The result that a trace cannot hold; ints come last, since those of sizes can be held."""
    found = [(where, leaf) for where, leaf in _leaves(node) if leaf["kind"] != "tensor"]
    found.sort(key=lambda one: one[1]["type"] == "int")
    for where, leaf in found[:1]:
        return f"{where} is {_a(leaf)}: a trace holds {_HOLDS}"
    if any(leaf["kind"] == "mapping" for leaf in _nodes(node)):
        return "output has a dict that a trace cannot hold: its keys are to be strings, its values tensors"
    return ""


def _other_types(node: Node) -> Iterator[str]:
    """Results that come out of a trace as something else."""
    for where, leaf in _leaves(node):
        if leaf["kind"] == "plain":
            yield f"{where} is {_a(leaf)}, and a tensor from a trace"
    held = list(_nodes(node))
    if any(one["kind"] == "mapping" for one in held):
        yield "a dict is given back: torch.jit.trace takes that with strict=False alone"
    for one in held:
        if one.get("names"):
            yield f"a {one['type']} is given back, and a plain tuple by a trace"


def _unused(captured: Captured, model: Any, first: Trial) -> Iterator[str]:
    """Arguments that no step of the trace reads."""
    given = list(captured.graph.inputs())[isinstance(model, torch.nn.Module) :]
    names = [name for name, _ in _arguments(model, first.inputs)]
    if len(given) == len(names):
        for name, value in zip(names, given, strict=True):
            if not value.uses():
                yield f"no step of the trace reads the argument {name}"


def _of_mode(
    captured: Captured, prototype: Prototype, first: Trial, profile: Profile, places: Places
) -> Iterator[Note]:
    model = prototype.case.model
    if not isinstance(model, torch.nn.Module):
        return
    mode, other = ("training", "eval") if model.training else ("eval", "training")
    read = profile.reads_of("training", places)
    if read:
        same = _is_same_in_other_mode(captured, prototype, first, places)
        also = " and holds in the other" if same else f", and {other} mode needs one of its own"
        for place in read:
            yield Note(f"self.training is read here: the trace is of {mode} mode{also}", place)
    if not model.training:
        yield from _dropping(captured, places)


def _is_same_in_other_mode(
    captured: Captured, prototype: Prototype, first: Trial, places: Places
) -> bool:
    with contextlib.suppress(Exception, TooLong), at_most(_SECONDS), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        other = trace.graph(prototype.instance(other_mode=True), first.inputs)
        return parting(captured.graph, other, places) is None
    return False


def _dropping(captured: Captured, places: Places) -> Iterator[Note]:
    """Dropout that is on in eval mode."""
    on = constant(True)
    for operation in operations(captured.graph):
        if operation.kind in _DROPOUT_KINDS and operation.operands[-1] == on:
            place: Place | None = next(iter(lines(operation, places)), None)
            yield Note("dropout is on here in eval mode too, and so it is in the trace", place)


def _arguments(model: Any, inputs: Inputs) -> list[tuple[str, Any]]:
    try:
        bound = inspect.signature(inputs.function(model)).bind(*inputs.args, **inputs.kwargs)
    except (TypeError, ValueError):
        return []
    found: list[tuple[str, Any]] = []
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            found += [(f"{name}[{n}]", item) for n, item in enumerate(value)]
        else:
            found.append((name, value))
    return found


def _leaves(node: Node, where: str = "output") -> Iterator[tuple[str, Node]]:
    """What a snapshot holds that holds nothing itself, and its name."""
    inner = _inner(node)
    if node["kind"] in ("sequence", "mapping") and inner:
        for key, item in inner:
            yield from _leaves(item, f"{where}[{key}]")
    else:
        yield where, node


def _nodes(node: Node) -> Iterator[Node]:
    yield node
    for _, item in _inner(node):
        yield from _nodes(item)


def _inner(node: Node) -> list[tuple[Any, Node]]:
    items = node.get("items", ())
    return list(items.items()) if isinstance(items, dict) else list(enumerate(items))


def _a(node: Node) -> str:
    """A value, for a reader: its type, and what it is where that is short."""
    name, shown = node["type"], repr(node.get("value"))
    if name == "NoneType":
        return "None"
    if node["kind"] == "plain" and len(shown) <= _LONGEST:
        return f"the {name} {shown}"
    return f"an empty {name}" if "items" in node and not node["items"] else f"a {name}"
