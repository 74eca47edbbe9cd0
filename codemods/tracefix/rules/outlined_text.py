"""The text of a function that statements move into: its name, its docstring, its lines."""

from __future__ import annotations

import re

_WIDTH = 100


def docstring(why: str, renews: bool) -> list[str]:
    """Says why there is the function, and that it renews the tensors that it gives back."""
    if not renews:
        return [f'"""{why}"""']
    return [
        f'"""{why}',
        "",
        "A trace knows tensors by identity: view_as gives another than was taken.",
        '"""',
    ]


def fitted(start: str, listed: list[str], end: str) -> str:
    """`start(a, b)end`, one a line where that is too long."""
    line = f"{start}({', '.join(listed)}){end}"
    if len(line) <= _WIDTH - 12:
        return line
    return "\n".join([f"{start}(", *(f"    {each}," for each in listed), f"){end}"])


def snake(name: str) -> str:
    """`relax_step` for RelaxStep."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().strip("_")
