"""tracefix: PyTorch source that torch.jit.script and torch.jit.trace take, with proof.

Importing it needs nothing but the standard library, since examples files import it
inside the worker, under the user's interpreter.
"""

from __future__ import annotations

from tracefix.examples import example

__all__ = ["example"]
