"""Which text a proof speaks of, and what may be claimed of one it does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from lsp.models import HALVED, HALVING
from tracefix.config import Config
from tracefix.lsp.buffers import Buffer, Prepared
from tracefix.lsp.hovering import hover
from tracefix.lsp.knowledge import Examined, Proof, examined
from tracefix.lsp.verifying import summary
from tracefix.model import FixId, Outcome, Plan, Source, Subject, Target, Verdict
from tracefix.repair import Draft, draw_up

FILE = Path("/project/m.py")
CONFIG = Config(Path("/project"), verify=False)
SUBJECT = Subject("m.py", "Halving")


def _prepared(text: str, config: Config = CONFIG) -> Prepared:
    source = replace(Source.of(text, "m.py"), file=FILE)
    return Prepared(Buffer(FILE.as_uri(), 1, text), source, config)


def _draft(text: str) -> Draft:
    return draw_up([_prepared(text).source], CONFIG)


def _proven(fixes: tuple[FixId, ...]) -> Proof:
    """As if all fixes had been proven, but some without the others."""
    draft = _draft(HALVING)
    verdicts = tuple(Verdict(SUBJECT, fixes=(fix,), proven=("values",)) for fix in fixes)
    plan = Plan(draft.plan.files, verdicts)
    return Proof(HALVING, replace(draft, plan=plan), CONFIG, "12:00")


def _known(text: str, proof: Proof, config: Config = CONFIG) -> Examined:
    return examined(_prepared(text, config), _draft(text), proof)


def test_a_proof_speaks_of_its_text_and_settings_alone() -> None:
    fixes = _draft(HALVING).plan.files[0].fixes
    proof = _proven(fixes)
    known = _known(HALVING, proof)
    assert known.is_verified
    assert all(known.is_proven(fix) for fix in fixes)
    assert len(fixes) == 2
    for other in (
        _known(HALVING + "\n", proof),
        _known(HALVING, proof, replace(CONFIG, unsafe=True)),
        _known(HALVED + "\n", proof),
    ):
        assert (other.proof, other.outdated, other.is_verified) == (None, True, False)
        assert not any(other.is_proven(fix) for fix in fixes)


def test_what_its_fixes_make_is_known_and_offers_nothing_as_proven() -> None:
    proof = _proven(_draft(HALVING).plan.files[0].fixes)
    known = _known(HALVED, proof)
    assert known.proof is proof
    assert not known.is_verified
    assert known.verdicts == proof.draft.plan.verdicts


def test_fixes_are_proven_with_those_that_a_verdict_ties_to_them() -> None:
    first, second = _draft(HALVING).plan.files[0].fixes
    apart = _known(HALVING, _proven((first, second)))
    assert apart.proven_with(first) == (first,)
    verdict = Verdict(SUBJECT, fixes=(first, second), proven=("values",))
    proof = _proven(())
    plan = replace(proof.draft.plan, verdicts=(verdict,))
    tied = _known(HALVING, replace(proof, draft=replace(proof.draft, plan=plan)))
    assert set(tied.proven_with(second)) == {first, second}


def test_a_search_that_was_cut_short_is_not_the_last_word() -> None:
    failing = Outcome("compile", False, "RuntimeError: no")
    stuck = Verdict(SUBJECT, {Target.SCRIPT: failing}, {Target.SCRIPT: failing})
    proof = _proven(())
    told = {}
    for short in (True, False):
        plan = replace(proof.draft.plan, verdicts=(stuck,), cut_short=short)
        known = _known(HALVING, replace(proof, draft=replace(proof.draft, plan=plan)))
        found = hover(known, HALVING.index("class Halving"), "utf-16", lambda slug: None)
        assert found is not None
        told[short] = str(found.contents), summary(plan)
    assert all("tracefix.time-limit" in text for text in told[True])
    assert not any("time-limit" in text for text in told[False])


def test_a_hover_names_what_was_done() -> None:
    known = _known(HALVING, _proven(_draft(HALVING).plan.files[0].fixes))
    found = hover(known, HALVING.index("class Halving"), "utf-16", lambda slug: None)
    assert "Changed, proven the same: " in str(found)


def test_another_file_of_the_project_may_be_what_a_proof_rests_on() -> None:
    proof = _proven(())
    assert proof.may_depend_on("file:///project/layers/block.py")
    assert not proof.may_depend_on("file:///project/m.py")
    assert not proof.may_depend_on("file:///elsewhere/block.py")
    assert not proof.may_depend_on("untitled:Untitled-1")
