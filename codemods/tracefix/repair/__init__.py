"""The loop: find, apply what answers torch, drop what is not needed, prove the rest."""

from __future__ import annotations

import itertools
import time
from collections.abc import Collection, Sequence
from dataclasses import replace

from tracefix.config import Config
from tracefix.facts import Facts
from tracefix.making import lacks_example, supply
from tracefix.making.thresholds import thresholds
from tracefix.model import FixId, Plan, Safety, Source, Subject, Verdict
from tracefix.repair.cancellation import Cancellation, Cancelled
from tracefix.repair.choice import Choose, narrowed
from tracefix.repair.draft import Draft
from tracefix.repair.evidence import together
from tracefix.repair.layout import written
from tracefix.repair.leftovers import without_leftovers
from tracefix.repair.minimise import minimise
from tracefix.repair.pace import Pace, Stage
from tracefix.repair.propose import Proposer
from tracefix.repair.prove import Proven, prove
from tracefix.repair.scope import Relevance
from tracefix.repair.search import Found, search, untouched
from tracefix.repair.session import Progress, Session
from tracefix.repair.unused import with_unused
from tracefix.repair.verdicts import NO_EXAMPLE, file_plan, verdict
from tracefix.repair.workspace import Step, Workspace
from tracefix.rules import Rule, registry
from tracefix.sources.ignoring import silenced
from tracefix.sources.snippets import snippets
from tracefix.sources.suppressions import suppressions_of
from tracefix.verify.client import Verifier
from tracefix.verify.making import FOR_A_FILE
from tracefix.verify.protocol import Baseline
from tracefix.verify.starting import verifier_for

__all__ = ["Cancellation", "Cancelled", "Choose", "Draft", "draw_up", "make_plan"]

_BESIDE_GIVEN = 15.0  # seconds for a file's searches where the user says what is to be verified
_ATTEMPTS = 6  # how often a fix that verification rejects may be replaced by another


def make_plan(sources: Sequence[Source], config: Config, progress: Progress | None = None) -> Plan:
    """What tracefix would do to some files, with a verdict for every module class in them.

    Files that cannot be parsed become a FilePlan with `trouble`; a subject that cannot run becomes
    a verdict with `trouble`. Nothing is written.
    """
    return draw_up(sources, config, progress).plan


def draw_up(
    sources: Sequence[Source],
    config: Config,
    progress: Progress | None = None,
    cancellation: Cancellation | None = None,
    choose: Choose | None = None,
) -> Draft:
    """The same plan, for a front end that lets its user choose among the fixes.

    `choose` is asked while the project's runs can still go on: of the fixes that it does not give
    back, the plan is without, and the rest is proven anew. Raises Cancelled where `cancellation`
    ended the run.
    """
    started = time.monotonic()
    rules = selected(config)
    heard_of = silenced(sources, config.per_file_ignores)
    workspace = Workspace({source.path: source for source in heard_of}, rules)
    subjects = _subjects(workspace)
    if config.verify and subjects:
        heard = cancellation or Cancellation()
        draft = _verified(workspace, subjects, config, progress or _silent, heard, choose)
    else:
        draft = _static(workspace, subjects, config, choose)
    plan = with_unused(draft.plan, config, rules)
    plan = replace(plan, seconds=time.monotonic() - started, unsafe=config.unsafe)
    return replace(draft, plan=plan)


def selected(config: Config) -> tuple[Rule, ...]:
    """The rules that a run may use."""
    return tuple(
        rule
        for rule in registry()
        if (not config.select or rule.slug in config.select) and rule.slug not in config.ignore
    )


def _silent(label: str, done: int, total: int) -> None:
    """No progress is shown."""


def _subjects(workspace: Workspace) -> list[Subject]:
    """Every module class of the project that can run, in the order of its files."""
    facts = next(iter(workspace.original.facts.values()), None)
    if facts is None:
        return []
    project = facts.project
    return [
        info.subject
        for info in project.modules
        if not project.is_abstract(info)
        and not suppressions_of(workspace.sources[info.subject.path]).skips_file
    ]


def _verified(
    workspace: Workspace,
    subjects: list[Subject],
    config: Config,
    progress: Progress,
    cancellation: Cancellation,
    choose: Choose | None,
) -> Draft:
    pace = Pace(config.time_limit * len({subject.path for subject in subjects}))
    with (
        verifier_for(config, workspace.sources) as verifier,
        cancellation.interrupting(verifier.interrupt),
    ):
        ran = itertools.count(1)
        verifier.heed(thresholds(workspace.original.facts, subjects))
        baselines = verifier.baseline(
            subjects,
            config.targets,
            lambda subject: progress("running", next(ran), len(subjects)),
            pace.left(Stage.TRYING),
        )
        cancellation.check()
        baselines = _with_examples(verifier, workspace, baselines, config, progress, pace)
        cancellation.check()
        pace.cut_short |= any(baseline.late for baseline in baselines.values())
        observed = together(baselines.values())
        workspace = Workspace(workspace.sources, workspace.rules, observed)
        session = Session(config, workspace, verifier, baselines, progress, cancellation, pace)
        found, proven = _repaired(session)
        draft = _concluded(session, found, proven, subjects)
        session.pace.lift()
        kept = set(draft.steps) if choose is None else set(choose(draft))
        if kept >= set(draft.steps):
            return draft
        found, proven = narrowed(session, found, proven, kept)
        return _concluded(session, found, proven, subjects, kept)


def _concluded(
    session: Session,
    found: Found,
    proven: Proven,
    subjects: list[Subject],
    kept: Collection[FixId] | None = None,
) -> Draft:
    """The verdicts, and the plan; of the fixes that need no proof, those that are `kept`."""
    # What is left in the end is timed, and nothing else.
    if proven.steps and not session.pace.is_over(Stage.TIMING):
        proven = replace(proven, proofs=session.timed(proven.steps, proven.proofs))
    verdicts = [verdict(session, found, proven, subject) for subject in subjects]
    safe = _safe_steps(session, verdicts)
    wanted = [step for step in safe if kept is None or step.id in kept]
    draft = _draft(session.workspace, (*proven.steps, *wanted), verdicts)
    return replace(draft, plan=replace(draft.plan, cut_short=session.pace.cut_short))


def _with_examples(
    verifier: Verifier,
    workspace: Workspace,
    baselines: dict[Subject, Baseline],
    config: Config,
    progress: Progress,
    pace: Pace,
) -> dict[Subject, Baseline]:
    """With the runs of examples that were found for subjects that had none, or why there are none."""
    lacking = [s for s, one in baselines.items() if lacks_example(one.eager, one.example)]
    if not lacking:
        return baselines
    sought = itertools.count(1)
    recorded = [one.recorded for one in baselines.values()]
    given = any(one.example == "user" and one.eager.ok for one in baselines.values())
    tried = supply(
        verifier,
        workspace.original.facts,
        lacking,
        recorded,
        snippets(config.root, workspace.sources),
        lambda subject: progress("looking for examples", next(sought), len(lacking)),
        _BESIDE_GIVEN if given else FOR_A_FILE,
    )
    runnable = [subject for subject, one in tried.items() if one.outcome.ok]
    failed = {s: Baseline(s, one.outcome, example=one.example) for s, one in tried.items()}
    left = pace.left(Stage.SEARCHING)
    return {**baselines, **failed, **verifier.baseline(runnable, config.targets, seconds=left)}


def _repaired(session: Session) -> tuple[Found, Proven]:
    """Search, minimise and prove; what verification rejects is replaced where a rule can."""
    found, proven = untouched(session), Proven((), {})
    for _ in range(_ATTEMPTS):
        found = search(session, found)
        needed = minimise(session, found, settled=frozenset(proven.steps))
        proven = prove(session, needed, proven)
        harmful = {**found.harmful, **{d.fix: d.reason for d in proven.dropped}}
        if not proven.dropped or session.pace.is_over(Stage.REPLACING):
            break
        standing = {**untouched(session).standing}
        standing |= {s: proof.targets for s, proof in proven.proofs.items()}
        found = Found(proven.steps, standing, found.reported, harmful)
    return found, without_leftovers(session, proven)


def _safe_steps(session: Session, verdicts: Sequence[Verdict]) -> list[Step]:
    """Fixes that are right by construction, in what no example could run."""
    unverified = [v.subject for v in verdicts if v.trouble is not None]
    config, runnable = session.config, session.runnable
    relevance = session.relevance(())
    proposer = Proposer(session.workspace.rules, relevance, frozenset(), late=session.late)
    return [
        Step(candidate.id)
        for candidate in proposer.found(session.workspace.original)
        if candidate.safety is Safety.SAFE
        and (config.all or candidate.blocks & set(config.targets))
        and any(relevance.concerns(candidate.id, s) for s in unverified)
        and not any(relevance.concerns(candidate.id, s) for s in runnable)
        and proposer.curable(candidate)
    ]


def _static(
    workspace: Workspace, subjects: list[Subject], config: Config, choose: Choose | None
) -> Draft:
    """Findings, and the fixes that are right by construction, without running anything."""
    facts: dict[str, Facts] = dict(workspace.original.facts)
    proposer = Proposer(workspace.rules, Relevance(facts), frozenset(), unsafe=config.unsafe)
    steps = [
        Step(candidate.id)
        for candidate in proposer.found(workspace.original)
        if candidate.safety is Safety.SAFE
        and (config.all or candidate.blocks & set(config.targets))
        and proposer.curable(candidate)
    ]
    trouble = NO_EXAMPLE if config.verify else replace(NO_EXAMPLE, error="not verified")
    verdicts = [Verdict(subject, trouble=trouble) for subject in subjects]
    draft = _draft(workspace, steps, verdicts)
    kept = set(draft.steps) if choose is None else set(choose(draft))
    return _draft(workspace, [step for step in steps if step.id in kept], verdicts)


def _draft(workspace: Workspace, steps: Sequence[Step], verdicts: Sequence[Verdict]) -> Draft:
    final = workspace.version(steps)
    texts = {**workspace.original.texts, **written(workspace, final)}
    files = [
        file_plan(source, workspace, final, texts[path], verdicts)
        for path, source in workspace.sources.items()
    ]
    plan = Plan(tuple(files), tuple(verdicts))
    return Draft(plan, workspace, {step.id: step for step in steps})
