"""Code actions: what is offered at a place, and the edit of the one that is taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from lsprotocol import types

from tracefix.lsp.diagnostics import Link, diagnostics
from tracefix.lsp.knowledge import Examined
from tracefix.lsp.offers import Offer, offer_for_all, offers_for
from tracefix.lsp.positions import Encoding, range_of
from tracefix.model import UNUSED, Finding, FixId, Span, TextEdit
from tracefix.sources import adding

FIX_ALL = "source.fixAll.tracefix"
KINDS = (types.CodeActionKind.QuickFix, FIX_ALL)
EXPLAIN, VERIFY = "tracefix.explain", "tracefix.verify"
_NO_KIND = types.CodeActionKind.Empty  # in every editor's list, and in no automatic run
Kinds = Sequence[types.CodeActionKind | str] | None


class Outdated(Exception):
    """An action is no more what it was when it was offered."""


def actions(
    examined: Examined, span: Span, only: Kinds, encoding: Encoding, link: Link, may_verify: bool
) -> Iterator[types.CodeAction]:
    """What is offered at a place, without edits: those are worked out for the one that is taken."""
    here = [f for f in examined.file.findings if f.span.overlaps(span)]
    if _is_wanted(types.CodeActionKind.QuickFix, only):
        told = [*diagnostics(examined, encoding, link)]
        for each in (_fixes, _suppressions):
            for finding in here:
                range_ = range_of(examined.source, finding.span, encoding)
                own = [d for d in told if (d.code, d.range) == (finding.rule, range_)]
                yield from each(finding, examined, own)
    if _is_wanted(FIX_ALL, only):
        everything = offer_for_all(examined)
        if everything is not None:
            yield _offered(everything, FIX_ALL, examined, None)
    if _is_wanted(_NO_KIND, only):
        for slug in dict.fromkeys(finding.rule for finding in here if link(finding.rule)):
            yield _command(f"{slug}: explain", EXPLAIN, slug)
        if may_verify and examined.verdicts and not examined.is_verified:
            yield _command(_verify_title(examined, span), VERIFY, examined.buffer.uri)


def _fixes(
    finding: Finding, examined: Examined, told: list[types.Diagnostic]
) -> Iterator[types.CodeAction]:
    if finding.rule == UNUSED and finding.fix is not None:  # a comment, which no proof is about
        title = f"{UNUSED}: {finding.fix.title}"
        edits = [[e.span.start, e.span.end, e.text] for e in finding.fix.edits]
        yield _quick_fix(title, told, {**_of_this_text(examined), "edits": edits})
        return
    for offer in offers_for(finding, examined):
        yield _offered(offer, types.CodeActionKind.QuickFix, examined, told)


def _suppressions(
    finding: Finding, examined: Examined, told: list[types.Diagnostic]
) -> Iterator[types.CodeAction]:
    if finding.rule == UNUSED:
        return
    title = f"{finding.rule}: suppress on this line"
    wanted = {"suppress": finding.rule, "line": finding.place.line}
    yield _quick_fix(title, told, {**_of_this_text(examined), **wanted})


def _offered(
    offer: Offer, kind: str, examined: Examined, told: list[types.Diagnostic] | None
) -> types.CodeAction:
    return types.CodeAction(
        offer.title,
        kind=kind,
        diagnostics=told,
        is_preferred=True if offer.proven and kind == types.CodeActionKind.QuickFix else None,
        data={
            "uri": examined.buffer.uri,
            "proven": offer.proven,
            "fixes": [asdict(fix) for fix in offer.fixes],
        },
    )


def _quick_fix(title: str, told: list[types.Diagnostic], data: object) -> types.CodeAction:
    kind = types.CodeActionKind.QuickFix
    return types.CodeAction(title, kind=kind, diagnostics=told, data=data)


def _of_this_text(examined: Examined) -> dict[str, Any]:
    return {"uri": examined.buffer.uri, "digest": examined.source.digest}


def _command(title: str, command: str, *arguments: str) -> types.CodeAction:
    return types.CodeAction(
        title, kind=_NO_KIND, command=types.Command(title, command, arguments=list(arguments))
    )


def _verify_title(examined: Examined, span: Span) -> str:
    """What is verified: the class at a place, and all others of the file, whose fixes may touch it."""
    names = [verdict.subject.qualname for verdict in examined.verdicts]
    here = examined.class_around(span.start)
    if here not in names:
        return f"tracefix: verify this file's modules by running them ({', '.join(names)})"
    others = len(names) - 1
    beside = f", and {others} more of this file" if others else ""
    return f"tracefix: verify this module by running it ({here}{beside})"


def _is_wanted(kind: str, only: Kinds) -> bool:
    """Whether a client that asks for some kinds only wants this one: "source" is all of its."""
    return only is None or any(
        kind == each or (each != "" and kind.startswith(f"{each}.")) for each in only
    )


def edits_of(data: Mapping[str, Any], examined: Examined) -> tuple[TextEdit, ...]:
    """The smallest edits that carry out an action on the text as it is now. Raises Outdated.

    A fix is found again in a text that has changed since; whatever speaks of places is not.
    """
    if data.get("digest") not in (None, examined.source.digest):
        raise Outdated("the text has changed since this was offered")
    if "suppress" in data:
        edits = adding(examined.source, {data["line"]: [data["suppress"]]})
    elif "edits" in data:
        edits = tuple(TextEdit(Span(start, end), text) for start, end, text in data["edits"])
    else:
        fixes = [FixId(**fix) for fix in data["fixes"]]
        if data["proven"] and not all(examined.is_proven(fix) for fix in fixes):
            raise Outdated("this text is not the one that was proven")
        edits = examined.draft.edits(fixes).get(examined.source.path, ())
    if not edits:
        raise Outdated("the text is no more what this was offered for")
    return edits


def workspace_edit(
    edits: Sequence[TextEdit], examined: Examined, encoding: Encoding, versioned: bool
) -> types.WorkspaceEdit:
    """The edits against the buffer's version, where the client can tell versions apart."""
    source, buffer = examined.source, examined.buffer
    told = [types.TextEdit(range_of(source, edit.span, encoding), edit.text) for edit in edits]
    if not versioned:
        return types.WorkspaceEdit(changes={buffer.uri: told})
    document = types.OptionalVersionedTextDocumentIdentifier(buffer.uri, buffer.version)
    return types.WorkspaceEdit(document_changes=[types.TextDocumentEdit(document, list(told))])
