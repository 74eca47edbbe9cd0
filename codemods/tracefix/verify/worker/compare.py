"""Whether two snapshots agree, and where and by how much they do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch

from tracefix.verify.request import Tolerance
from tracefix.verify.worker.snapshot import Node

# Sums in another order differ by a few units in the last place of the largest term.
_RELATIVE = {
    "float64": 1e-7,
    "complex128": 1e-7,
    "float32": 1e-4,
    "complex64": 1e-4,
    "float16": 1e-2,
    "bfloat16": 2e-2,
}
_ABSOLUTE = {"float64": 1e-9, "complex128": 1e-9, "float32": 1e-5, "complex64": 1e-5}


@dataclass(frozen=True)
class Comparison:
    """How strictly: `captured` allows what a target cannot keep, the types of containers."""

    tolerance: Tolerance = Tolerance()
    captured: bool = False

    def difference(self, expected: Node, actual: Node, where: str = "output") -> str | None:
        """The first thing that differs, in words, or None."""
        if self.captured and expected["kind"] == "plain" and actual["kind"] == "tensor":
            return self._number(expected, actual, where)
        if expected["kind"] != actual["kind"]:
            return f"{where} is {_a(actual)}, was {_a(expected)}"
        if not self.captured and expected["type"] != actual["type"]:
            return f"{where} is {_a(actual)}, was {_a(expected)}"
        if expected["kind"] == "tensor":
            return self._tensors(expected, actual, where)
        if expected["kind"] == "plain":
            return self._plain(expected, actual, where)
        if expected["kind"] == "sequence":
            return self._sequences(expected, actual, where)
        if expected["kind"] == "opaque":
            return None
        return self._mappings(expected, actual, where)

    def _number(self, expected: Node, actual: Node, where: str) -> str | None:
        """A trace has tensors for the numbers of sizes; equal ones serve as well."""
        value = actual["value"]
        if actual["shape"] == [] and value is not None and value.item() == expected["value"]:
            return None
        return f"{where} is {_a(actual)}, was {_a(expected)}"

    def _plain(self, expected: Node, actual: Node, where: str) -> str | None:
        old, new = expected["value"], actual["value"]
        if expected["type"] != actual["type"]:
            return f"{where} is {_a(actual)}, was {_a(expected)}"
        if isinstance(old, (float, complex)):
            return self._values("float32", torch.tensor(old), torch.tensor(new), where)
        return None if old == new else f"{where} is {new!r}, was {old!r}"

    def _sequences(self, expected: Node, actual: Node, where: str) -> str | None:
        old, new = expected["items"], actual["items"]
        if len(old) != len(new):
            return f"{where} has {len(new)} items, had {len(old)}"
        if not self.captured and expected["names"] != actual["names"]:
            return f"{where} has the fields {actual['names']}, had {expected['names']}"
        return self._first((item, new[n], f"{where}[{n}]") for n, item in enumerate(old))

    def _mappings(self, expected: Node, actual: Node, where: str) -> str | None:
        old, new = expected["items"], actual["items"]
        if list(old) != list(new) and not (self.captured and old.keys() == new.keys()):
            return f"{where} has the keys {list(new)}, had {list(old)}"
        return self._first((item, new[key], f"{where}[{key}]") for key, item in old.items())

    def _first(self, pairs: Iterable[tuple[Node, Node, str]]) -> str | None:
        for expected, actual, where in pairs:
            found = self.difference(expected, actual, where)
            if found is not None:
                return found
        return None

    def _tensors(self, expected: Node, actual: Node, where: str) -> str | None:
        for trait in ("dtype", "shape", "layout", "device"):
            if expected[trait] != actual[trait]:
                return f"{where} has {trait} {actual[trait]}, had {expected[trait]}"
        if expected["requires_grad"] and not actual["requires_grad"]:
            return f"{where} has lost requires_grad"
        if actual["requires_grad"] and not expected["requires_grad"] and not self.captured:
            return f"{where} has requires_grad, had it not"
        if expected["value"] is None or actual["value"] is None:
            return None
        return self._values(expected["dtype"], expected["value"], actual["value"], where)

    def _values(self, dtype: str, old: torch.Tensor, new: torch.Tensor, where: str) -> str | None:
        count = old.numel()
        if torch.equal(old, new):  # nearly always, and far cheaper than what follows
            return None
        if dtype not in _RELATIVE:
            wrong = old != new
            if not bool(wrong.any()):
                return None
            return f"{where} differs: {int(wrong.sum())} of {count} values ({dtype})"
        wide = torch.complex128 if old.is_complex() else torch.float64
        old, new = old.to(wide), new.to(wide)
        equal = (old == new) | (old.isnan() & new.isnan())
        gap = (old - new).abs()
        wrong = ~equal & ~(gap <= self._allowed(dtype, old))
        if not bool(wrong.any()):
            return None
        amount = gap[wrong].max().item()
        largest = f", largest by {amount:.3g}" if amount == amount else ""
        return f"{where} differs: {int(wrong.sum())} of {count} values{largest} ({dtype})"

    def _allowed(self, dtype: str, old: torch.Tensor) -> torch.Tensor:
        rtol, atol = self.tolerance.rtol, self.tolerance.atol
        relative = _RELATIVE[dtype] if rtol is None else rtol
        absolute = _ABSOLUTE.get(dtype, 1e-3) if atol is None else atol
        size = old.abs()
        finite = size[size.isfinite()]
        # A result near zero among large ones is what was left of large terms.
        scale = max(1.0, finite.max().item()) if finite.numel() else 1.0
        return absolute * scale + relative * size


def _a(node: Node) -> str:
    if node["kind"] == "plain" and node["value"] is not None:
        return f"{node['type']} {node['value']!r}"
    return str(node["type"])
