"""A rule's docstring as its page: the sections, its two code blocks, and the Markdown of them."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from tracefix.rules import Rule

_CODE = ("Example", "Use instead")


@dataclass(frozen=True)
class Section:
    """A heading and the text below it, not indented."""

    heading: str
    body: str

    @property
    def is_code(self) -> bool:
        return self.heading in _CODE


def sections(rule: Rule) -> tuple[Section, ...]:
    """The sections of a rule's page in their order: unindented lines are headings."""
    found: list[Section] = []
    lines: list[str] = []
    for line in reversed(rule.page.splitlines()[1:]):
        if line and not line.startswith(" "):
            body = textwrap.dedent("\n".join(reversed(lines))).strip("\n")
            found.append(Section(line.strip(), body))
            lines = []
        else:
            lines.append(line)
    return tuple(reversed(found))


def example(rule: Rule) -> tuple[str, str]:
    """The code before and after. Raises KeyError where the page lacks one of the two."""
    bodies = {s.heading: s.body for s in sections(rule)}
    before, after = (bodies[heading] + "\n" for heading in _CODE)
    return before, after


def markdown(rule: Rule) -> str:
    """The page as Markdown, headed by what the rule blocks and how safe its fix is."""
    targets = ", ".join(sorted(target.value for target in rule.blocks)) or "nothing"
    facts = f"Blocks: {targets} · Safety: {rule.safety.value}"
    if rule.always:
        facts += " · applied even where nothing blocks; `--ignore` leaves the code as it is"
    parts = [f"# {rule.slug}", f"{rule.title}.", facts]
    for section in sections(rule):
        body = f"```python\n{section.body}\n```" if section.is_code else section.body
        parts += [f"## {section.heading}", body]
    return "\n\n".join(parts) + "\n"
