"""Writes docs/rules/ from the rules' docstrings: python docs/generate.py [--check]."""

from __future__ import annotations

import sys
from pathlib import Path

from tracefix.repair import unused
from tracefix.rules import registry
from tracefix.rules.page import markdown

FOLDER = Path(__file__).parent / "rules"


def pages() -> dict[str, str]:
    """Every page by file name, and an index of them."""
    rules = (*registry(), unused.RULE)
    index = ["# Rules", ""]
    index += [f"- [{rule.slug}]({rule.slug}.md): {rule.title}." for rule in rules]
    made = {f"{rule.slug}.md": markdown(rule) for rule in rules}
    return {"README.md": "\n".join(index) + "\n", **made}


def stale() -> list[str]:
    """The files that do not say what the rules say, and those of rules that are gone."""
    made = pages()
    there = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.md")}
    return sorted(name for name in made.keys() | there.keys() if made.get(name) != there.get(name))


def write() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name in stale():
        file = FOLDER / name
        if name in pages():
            file.write_text(pages()[name], encoding="utf-8")
        else:
            file.unlink()


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit("stale: " + ", ".join(stale()) if stale() else 0)
    write()
