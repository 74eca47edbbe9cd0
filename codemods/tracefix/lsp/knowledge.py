"""What is known of a buffer: its draft, and the proof that speaks of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pygls.uris import to_fs_path

from tracefix.config import Config
from tracefix.lsp.buffers import Buffer, Prepared
from tracefix.model import FilePlan, Finding, FixId, Plan, Source, Verdict
from tracefix.repair import Draft
from tracefix.sources import located


def belongs(uri: str, root: Path, but: Path) -> bool:
    """Whether a file lies below `root` and is not `but`."""
    path = to_fs_path(uri)
    if path is None:
        return False
    file = located(Path(path))
    return file.is_relative_to(root) and file != but


@dataclass(frozen=True, eq=False)
class Proof:
    """A verified draft; it speaks of one text, and of what its fixes make of that."""

    text: str
    draft: Draft
    config: Config  # by which it was made
    clock: str  # when it was made: what else the project holds may have changed since

    @property
    def after(self) -> str:
        file = self.draft.plan.files[0]
        return ("\ufeff" if file.source.bom else "") + file.after

    def speaks_of(self, prepared: Prepared) -> bool:
        """Whether this is what was proven, by the settings that hold now."""
        return (self.text, self.config) == (prepared.buffer.text, prepared.config)

    def led_to(self, prepared: Prepared) -> bool:
        """Whether this is the text that its fixes make."""
        return (self.after, self.config) == (prepared.buffer.text, prepared.config)

    def may_depend_on(self, uri: str) -> bool:
        """Whether a changed file is another one of the project, which this one may import."""
        return belongs(uri, self.config.root, self.draft.plan.files[0].source.file)


@dataclass(frozen=True, eq=False)
class Examined:
    """A buffer at one version; `draft` is the proof's where that speaks of this very text."""

    prepared: Prepared
    draft: Draft
    proof: Proof | None = None  # of this text, or the one whose fixes led to it
    outdated: bool = False  # a proof was made, of another text

    @property
    def buffer(self) -> Buffer:
        return self.prepared.buffer

    @property
    def source(self) -> Source:
        return self.file.source

    @property
    def plan(self) -> Plan:
        return self.draft.plan

    @property
    def file(self) -> FilePlan:
        return self.plan.files[0]

    @property
    def is_verified(self) -> bool:
        """Whether torch was asked about this very text."""
        return self.proof is not None and self.draft is self.proof.draft

    @property
    def verdicts(self) -> tuple[Verdict, ...]:
        """What is known of the classes in this text, as it is."""
        return self.plan.verdicts if self.proof is None else self.proof.draft.plan.verdicts

    def finding(self, fix: FixId) -> Finding | None:
        """The finding that a fix would cure."""
        return next((finding for finding in self.file.findings if finding.id == fix), None)

    def class_around(self, offset: int) -> str | None:
        """The qualified name of the innermost class that a place lies in."""
        facts = self.draft.workspace.original.facts.get(self.source.path)
        line = self.source.place(offset).line
        found = (
            name
            for name, node in (facts.unit.classes.items() if facts is not None else ())
            if node.lineno <= line <= (node.end_lineno or node.lineno)
        )
        return max(found, key=len, default=None)

    def proving(self, fix: FixId) -> Iterator[Verdict]:
        """The verdicts whose proof speaks of a fix."""
        if self.is_verified:
            yield from (v for v in self.plan.verdicts if fix in v.fixes and v.proven)

    def is_proven(self, fix: FixId) -> bool:
        return any(True for _ in self.proving(fix))

    def proven_with(self, fix: FixId) -> tuple[FixId, ...]:
        """All that was proven together with a fix, it included: less of it was not run."""
        together, verdicts = {fix}, [v for v in self.plan.verdicts if v.proven]
        while tied := [v for v in verdicts if together & set(v.fixes)]:
            verdicts = [v for v in verdicts if v not in tied]
            together.update(one for verdict in tied for one in verdict.fixes)
        return tuple(one for one in self.file.fixes if one in together)

    def rejected(self, fix: FixId) -> str | None:
        """Why verification did not take a fix."""
        if not self.is_verified:
            return None
        dropped = (one for verdict in self.plan.verdicts for one in verdict.dropped)
        return next((one.reason for one in dropped if one.fix == fix), None)


def examined(prepared: Prepared, draft: Draft, proof: Proof | None) -> Examined:
    """A buffer with its draft and with the last proof, as far as that speaks of its text."""
    if proof is None:
        return Examined(prepared, draft)
    if proof.speaks_of(prepared):
        return Examined(prepared, proof.draft, proof)
    if proof.led_to(prepared):
        return Examined(prepared, draft, proof)
    return Examined(prepared, draft, outdated=True)
