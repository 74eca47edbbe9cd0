"""What stands under a target's name in a report: torch's own words, where no rule has any."""

from __future__ import annotations

from tracefix.model import Target

_PAGE = """# {name}

What torch.jit.{name} says of a class that it refuses, or that gives other values when it has been
through it, where no rule names the cause or its fix could not be proven.

The place is the one that torch names; where it names none, the class itself. `tracefix -v` tells
what was tried. `# tracefix: ignore[{name}]` on that line, or on the class's, accepts it.
"""


def title(target: Target) -> str:
    """One line on what the name stands for."""
    return f"What torch.jit.{target.value} says."


def page(target: Target) -> str:
    """The same at length, as Markdown."""
    return _PAGE.format(name=target.value)
