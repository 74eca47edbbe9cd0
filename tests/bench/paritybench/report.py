"""Score rows as the tables of docs/parity.md: what stops modules, and what tracefix repairs of it.

    python tests/bench/paritybench/report.py scores.jsonl [...] [--unsafe unsafe.jsonl [...]]

Each file holds one JSON object a line, for one file of ParityBench: `file`, `run` (`exit` and
`seconds` of tracefix) and `rows`, one a module, with `cls`, `status` and, by target, `before` and
`after`: "pass", or what torch said. Rows of --unsafe are of the same files with that option.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_LARGEST = 10

# The first that matches a message has it, the more telling before the more general.
_FAMILIES = {
    # torch adds advice about ModuleLists to it.
    "autograd.Function": r"Could not export Python function call|save_for_backward",
    "`*args`, `**kwargs`, keyword-only parameters": r"variable number of arguments|keyword-arg expansion|"
    r"Starred|can't take variable|keyword-only",
    "parent's method": r"\bsuper\b|Tried to access nonexistent attribute or method 'forward'|"
    r"'super' object",
    "None or a layer tested for truth": r"Could not cast value of type|to bool:|as bool",
    "default decides a parameter's type": r"Expected a default value of type",
    "layers indexed, sliced or walked": r"statically determinable length|module list|Expected integer literal|"
    r"ModuleList|Sequential",
    "attribute missing in some instances, or of a type that TorchScript cannot hold": r"has no attribute '|"
    r"has no attribute or method 'forward'|failed to convert Python type|nonexistent attribute",
    "attribute assigned in forward": r"Tried to set|attribute assignment|Can't set|SetAttr",
    "numpy, math and other Python functions": r"numpy|Python builtin|python value of type 'builtin|"
    r"weak reference",
    "Python value, class or callable used in forward": r"cannot be used as a value|Python type|python value of type|"
    r"cannot call a value|closed over|Cannot instantiate class|undefined value",
    "a parameter that is no tensor": r"as a tuple|range must be ints|Tensor \(inferred\)|"
    r"instead found type 'tuple'|Expected a value of type 'Tensor'|size of a list in this context",
    "argument of the wrong type": r"Arguments for call are not valid|Expected a value of type|"
    r"Could not match type",
    "types that differ between branches, returns and assignments": r"Type mismatch|previously ha[ds] type|"
    r"return type|Return value|type of .* differs|was type|but is being assigned",
    "name defined on one path": r"is not defined in the|not defined in|is defined in",
    "syntax": r"aren't supported|not supported|unsupported|Unsupported|Yield|Lambda|Try|GeneratorExp|"
    r"ListComp|unexpected indent",
    "an operation of old, or of Python's": r"has no attribute or method|Unknown builtin op|object has no",
    "annotation that TorchScript does not know": r"Unknown type",
    "it compiles, and differs or raises when it runs": r"differs on|run on|strides\(\)",
}
# What only a trace is asked, before the causes that both have.
_OF_A_TRACE = {
    "right for the recorded inputs, and not for others": r"(differs|run) on [BC]",
    "right for the first call, and not for the next": r"(differs|run) on A",
    "results or arguments that are no tensors": r"didn't return any values|can be output from tra|"
    r"cannot be traced|cannot infer type|is not in forward\(\) method's arguments",
}


@dataclass(frozen=True)
class Module:
    """One module's row: what torch said to it before and after, by target."""

    file: str
    name: str
    status: str
    before: dict[str, str]
    after: dict[str, str]
    finished: bool  # tracefix did, on the file that it is in


def main() -> None:
    """Read rows, print Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("rows", nargs="+", type=Path)
    parser.add_argument("--unsafe", nargs="*", type=Path, default=[])
    options = parser.parse_args()
    files = list(_read(options.rows))
    modules = list(_modules(files))
    print(_totals(files, modules))
    unsafe = list(_modules(_read(options.unsafe)))
    if unsafe:
        print(f"With `--unsafe`: {_repaired_share(modules, 'script', unsafe)} for script.\n")
    for target in ("script", "trace"):
        print(f"## What stops torch.jit.{target}\n")
        print(_families(modules, target))
    print(f"## The {_LARGEST} largest groups that remain for torch.jit.script\n")
    print(_remaining(modules))


def family(message: str, target: str) -> str:
    """The cause that a message of torch speaks of."""
    known = _OF_A_TRACE | _FAMILIES if target == "trace" else _FAMILIES
    for name, pattern in known.items():
        if re.search(pattern, message.partition("\n  File")[0]):
            return name
    return "other"


def _read(paths: Iterable[Path]) -> Iterator[dict[str, Any]]:
    for path in paths:
        yield from map(json.loads, path.read_text().splitlines())


def _modules(files: Iterable[dict[str, Any]]) -> Iterator[Module]:
    for file in files:
        finished = file["run"]["exit"] in (0, 1)
        for row in file["rows"]:
            if "after" in row:
                told = row["before"], row["after"]
                yield Module(file["file"], row["cls"], row["status"], *told, finished)


def _totals(files: list[dict[str, Any]], modules: list[Module]) -> str:
    seconds = sum(file["run"]["seconds"] for file in files) / max(1, len(files))
    late = sum(file["run"]["exit"] not in (0, 1) for file in files)
    wrong = [m for m in modules if m.status == "wrong"]
    broken = sum(_passed(m.before, t) and not _passed(m.after, t) for m in modules for t in m.after)
    lines = [
        f"{len(files)} files, {len(modules)} modules that run. Out of time on {late} files; "
        f"{seconds:.0f} s a file. Wrong: {len(wrong)}; broken: {broken}.\n",
        "| target | passed before | passes after | repaired |",
        "|---|---|---|---|",
    ]
    for target in ("script", "trace"):
        before = sum(_passed(m.before, target) for m in modules)
        after = sum(_passed(m.after, target) for m in modules)
        lines.append(f"| {target} | {before} | {after} | {_repaired_share(modules, target)} |")
    return "\n".join(lines) + "\n"


def _repaired_share(modules: list[Module], target: str, instead: Iterable[Module] = ()) -> str:
    """ "60 of 108 (56%)"; a module that is in `instead` too counts as it is there."""
    other = {(m.file, m.name): m for m in instead}
    failed = [m for m in modules if not _passed(m.before, target)]
    repaired = sum(_is_repaired(other.get((m.file, m.name), m), target) for m in failed)
    return f"{repaired} of {len(failed)} ({100 * repaired / max(1, len(failed)):.0f}%)"


def _families(modules: list[Module], target: str) -> str:
    failed, repaired = Counter[str](), Counter[str]()
    late, left = Counter[str](), defaultdict[str, Counter[str]](Counter)
    for module in modules:
        if _passed(module.before, target):
            continue
        cause = family(module.before[target], target)
        failed[cause] += 1
        if _is_repaired(module, target):
            repaired[cause] += 1
        elif not module.finished:
            late[cause] += 1
        else:
            is_right = module.status == "ok"
            left[cause][family(module.after[target], target) if is_right else "wrong"] += 1
    lines = [
        "| stopped by | modules | repaired | out of time | what stops the rest |",
        "|---|---|---|---|---|",
    ]
    for cause, count in failed.most_common():
        rest = "; ".join(f"{n} {_short(c)}" for c, n in left[cause].most_common(3))
        lines.append(f"| {cause} | {count} | {repaired[cause]} | {late[cause] or ''} | {rest} |")
    return "\n".join(lines) + "\n"


def _remaining(modules: list[Module]) -> str:
    groups = defaultdict[str, list[Module]](list)
    for module in modules:
        if module.finished and not _passed(module.after, "script"):
            groups[family(module.after["script"], "script")].append(module)
    largest = sorted(groups.items(), key=lambda item: -len(item[1]))[:_LARGEST]
    lines = []
    for cause, members in largest:
        some = ", ".join(f"`{m.name}`" for m in members[:4])
        lines.append(f"- **{len(members)}: {cause}**, for example {some}")
    return "\n".join(lines)


def _short(cause: str) -> str:
    return cause.partition(",")[0]


def _passed(told: dict[str, str], target: str) -> bool:
    return told[target] == "pass"


def _is_repaired(module: Module, target: str) -> bool:
    return _passed(module.after, target) and module.status == "ok"


if __name__ == "__main__":
    main()
