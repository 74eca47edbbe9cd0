"""Calls that pack sequences by their lengths."""

from __future__ import annotations

import ast

from tracefix.facts.unit import Unit

_PACK = "torch.nn.utils.rnn.pack_padded_sequence"


def lengths_of(call: ast.AST, unit: Unit) -> ast.expr | None:
    """The lengths that a call of pack_padded_sequence is given; None of what is no such call."""
    if not isinstance(call, ast.Call) or unit.resolve(call.func) != _PACK:
        return None
    named = (k.value for k in call.keywords if k.arg == "lengths")
    return call.args[1] if len(call.args) > 1 else next(named, None)
