"""A project of small modules, and questions about them to a Verifier."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tracefix.model import Source, Subject, Target
from tracefix.verify.client import Verifier
from tracefix.verify.protocol import Attempt, Baseline, Proof

TARGETS = tuple(Target)
HEAD = """\
import torch
from torch import nn
"""
EXAMPLES = """\
import torch
import tracefix

@tracefix.example("one/*::M")
def one(M):
    return M().eval(), (torch.rand(3, 4),)

@tracefix.example("paired/*::M")
def paired(M):
    return M().eval(), (torch.rand(3, 4), torch.rand(3, 4))

@tracefix.example("numbered/*::M")
def numbered(M):
    return M().eval(), (torch.rand(3, 4), 3)
"""


@dataclass
class Bench:
    """Lays modules down as files of a project, and asks a Verifier about them."""

    root: Path
    sources: dict[str, Source]
    verifier: Verifier

    def write(self, path: str, text: str) -> str:
        """A new file of the project."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode())
        self.sources[path] = Source.of(text, path)
        return path

    def original(self, name: str, body: str) -> Subject:
        """A file with a class M, called with a tensor of 3 x 4."""
        return Subject(self.write(f"one/{name}.py", HEAD + body), "M")

    def baseline(self, subject: Subject) -> Baseline:
        return self.verifier.baseline([subject], TARGETS)[subject]

    def attempt(self, subject: Subject, body: str) -> Attempt:
        overlay = {subject.path: HEAD + body}
        return self.verifier.attempt(overlay, {subject: TARGETS})[subject]

    def prove(self, subject: Subject, body: str) -> Proof:
        overlay = {subject.path: HEAD + body}
        return self.verifier.prove(overlay, [subject], TARGETS)[subject]

    def compared(self, name: str, before: str, after: str) -> Proof:
        """The proof that `after` is `before`."""
        subject = self.original(name, before)
        assert self.baseline(subject).eager.ok
        return self.prove(subject, after)
