"""What an einops pattern says, as the tensor methods that do the same."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

Groups = tuple[tuple[str, ...], ...]
_SIDE = re.compile(r"\s*(?:\(([^()]*)\)|([A-Za-z_]\w*|1))")
_UNIT = "1"  # an axis of size 1, in either pattern


class Unreadable(Exception):
    """A pattern that is not understood, or says what einops does not take; the reason."""


@dataclass(frozen=True)
class Method:
    """A call of a tensor's method; its arguments are text, in which sizes stand as {name}."""

    name: str
    arguments: str

    def __str__(self) -> str:
        return f".{self.name}({self.arguments})"


def methods(pattern: str, sizes: Iterable[str], reduction: str = "") -> list[Method]:
    """The methods that rearrange, repeat or reduce as a pattern says, in their order.

    `sizes` are the axes whose size is given. Raises Unreadable.
    """
    left, right = _sides(pattern)
    given = set(sizes)
    before, after = _names(left), _names(right)
    made = [name for name in after if name not in before]
    lost = [name for name in before if name not in after]
    if set(made) - given:
        raise Unreadable(f"the size of {made[0]} is not given")
    if lost and not reduction:
        raise Unreadable(f"{lost[0]} has no place in the result")
    if given - {n for group in left if len(group) > 1 for n in group} - set(made):
        raise Unreadable("a size is given for an axis of its own")
    found = [*_split(left, given)]
    axes = [name for group in left for name in group or (_UNIT,)]
    target = [name for group in right for name in group or (_UNIT,)]
    if not lost and _differ_in_units_only(axes, target):
        return [*found, *_expanded(axes, target), *_joined(right)]
    found += [Method("squeeze", str(n)) for n in _places(axes, _UNIT)[::-1]]
    axes = [name for name in axes if name != _UNIT]
    if lost:
        found.append(_reduced(reduction, [axes.index(name) for name in lost]))
        axes = [name for name in axes if name in after]
    found += _permuted(axes, [name for name in target if name in axes])
    found += [Method("unsqueeze", str(n)) for n, name in enumerate(target) if name not in axes]
    units = [name if name in axes else _UNIT for name in target]
    return [*found, *_expanded(units, target), *_joined(right)]


def with_rank(pattern: str, rank: int) -> str:
    """A pattern with axes of their own for its ellipsis, for a tensor of `rank` dimensions."""
    named = len(_groups(pattern.partition("->")[0].replace("...", "")))
    taken = set(re.findall(r"\w+", pattern))
    free = [name for n in range(rank + len(taken)) if (name := f"axis_{n}") not in taken]
    return pattern.replace("...", " ".join(free[: max(0, rank - named)]))


def _sides(pattern: str) -> tuple[Groups, Groups]:
    sides = pattern.split("->")
    if len(sides) != 2:
        raise Unreadable("it is no pattern of two sides")
    left, right = (_groups(side) for side in sides)
    for side in (left, right):
        names = _names(side)
        if len(set(names)) < len(names):
            raise Unreadable("an axis stands twice on one side")
    return left, right


def _groups(side: str) -> Groups:
    found, at = [], 0
    while side[at:].strip():
        match = _SIDE.match(side, at)
        if match is None:
            raise Unreadable(f"{side.strip()!r} is more than names and groups of them")
        inner = match.group(1)
        names = (match.group(2),) if inner is None else tuple(inner.split())
        if not all(name.isidentifier() or (name == _UNIT and inner is None) for name in names):
            raise Unreadable(f"{side.strip()!r} is more than names and groups of them")
        found.append(names)
        at = match.end()
    return tuple(found)


def _names(groups: Groups) -> list[str]:
    return [name for group in groups for name in group if name != _UNIT]


def _split(left: Groups, given: set[str]) -> Iterable[Method]:
    """Groups taken apart, the last first, so that the places of the others stay."""
    for place, group in reversed(list(enumerate(left))):
        if len(group) < 2:
            continue
        if len(set(group) - given) > 1:
            raise Unreadable(f"the sizes in ({' '.join(group)}) are not given")
        sizes = ", ".join(f"{{{name}}}" if name in given else "-1" for name in group)
        yield Method("unflatten", f"{place}, ({sizes})")


def _differ_in_units_only(axes: Sequence[str], target: Sequence[str]) -> bool:
    pairs = zip(axes, target, strict=False)
    return len(axes) == len(target) and all(a in (t, _UNIT) for a, t in pairs)


def _expanded(axes: Sequence[str], target: Sequence[str]) -> list[Method]:
    """New axes get their size where one of size 1 stands."""
    if list(axes) == list(target):
        return []
    sizes = ["-1" if a == t else f"{{{t}}}" for a, t in zip(axes, target, strict=True)]
    return [Method("expand", ", ".join(sizes))]


def _reduced(reduction: str, places: list[int]) -> Method:
    name = {"max": "amax", "min": "amin"}.get(reduction, reduction)
    if reduction not in ("mean", "sum", "max", "min", "prod"):
        raise Unreadable(f"{reduction} is no reduction of einops")
    if len(places) == 1:
        return Method(name, f"dim={places[0]}")
    if reduction == "prod":
        raise Unreadable("torch.prod takes one dimension at a time")
    return Method(name, f"dim=({', '.join(map(str, sorted(places)))})")


def _permuted(axes: Sequence[str], order: Sequence[str]) -> list[Method]:
    places = [axes.index(name) for name in order]
    moved = [n for n, place in enumerate(places) if n != place]
    if not moved:
        return []
    if len(moved) == 2:
        return [Method("transpose", f"{moved[0]}, {moved[1]}")]
    return [Method("permute", ", ".join(map(str, places)))]


def _joined(right: Groups) -> list[Method]:
    """Groups put together, the last first."""
    found, end = list[Method](), sum(max(1, len(group)) for group in right)
    for group in reversed(right):
        start = end - max(1, len(group))
        if len(group) > 1:
            found.append(Method("flatten", f"{start}, {end - 1}"))
        end = start
    return found


def _places(axes: Sequence[str], name: str) -> list[int]:
    return [n for n, axis in enumerate(axes) if axis == name]
