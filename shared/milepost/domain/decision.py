"""What becomes of what was found: outcomes, the decision on each nudge, and nudges that are called back."""

from collections.abc import Iterable, Sequence

from milepost.domain.fold import Fold
from milepost.domain.gates import Question, ask
from milepost.domain.judge import Finding
from milepost.domain.milestone import Milestone, Path
from milepost.domain.outbox import Nudge, Outcome, Waiting, stable_id


def outcome_of(fold: Fold, milestone: Milestone, found: Finding) -> Outcome:
    """The outcome that a finding is."""
    subject = fold.progress.subject
    occurrence = _occurrence(milestone, found)
    return Outcome(
        id=stable_id(fold.catalog.name, milestone.id, subject, occurrence, found.outcome),
        subject=subject,
        milestone=milestone.id,
        outcome=found.outcome,
        n=found.n,
        at=found.at,
        ref=found.ref,
        catalog_version=fold.catalog.version,
        decided_at=fold.now,
        undoes=found.undoes,
    )


def decided(fold: Fold) -> Iterable[Nudge]:
    """The decision on each step of what was found."""
    for milestone, found in fold.found:
        if found.outcome in ("reached", "missed", "recovered"):
            for number, step in enumerate(milestone.steps[found.outcome]):
                question = Question(fold.catalog, milestone, step, fold.traits, found.at, fold.now)
                yield _nudge(fold, question, found, found.outcome, number)


def _nudge(fold: Fold, asked: Question, found: Finding, path: Path, number: int) -> Nudge:
    subject, milestone = fold.progress.subject, asked.milestone
    closed = ask(asked)
    return Nudge(
        id=_nudge_id(fold, milestone, found, path, number),
        subject=subject,
        milestone=milestone.id,
        path=path,
        step=number,
        n=found.n,
        channel=asked.channel,
        template=asked.step.template,
        verdict="sent" if closed is None else closed.verdict,
        reason=None if closed is None else closed.reason,
        at=found.at,
        decided_at=asked.now,
        not_after=found.at + milestone.fresh_for,
        catalog_version=fold.catalog.version,
    )


def _nudge_id(fold: Fold, milestone: Milestone, found: Finding, path: Path, step: int) -> str:
    subject, occurrence = fold.progress.subject, _occurrence(milestone, found)
    return stable_id(fold.catalog.name, milestone.id, subject, occurrence, path, step)


def _occurrence(milestone: Milestone, found: Finding) -> int:
    """What tells one occurrence from another: its number, or for some rules its `ref` (semantics, section 6)."""
    return found.ref if milestone.rule.known_by_ref and found.ref is not None else found.n


def called_back(fold: Fold, waiting: Sequence[Waiting]) -> Iterable[Waiting]:
    """What was waiting, without the nudges that have become untrue or too old to send."""
    now = fold.now
    for each in waiting:
        if not isinstance(each, Nudge) or each.verdict != "sent":
            yield each
        elif (reason := _untrue(fold, each)) is not None:
            yield each.cancelled(reason, now)
        else:
            yield each.cancelled("stale", now) if now >= each.not_after else each


def _untrue(fold: Fold, nudge: Nudge) -> str | None:
    """Why a nudge that waits is not true any more, if it is not."""
    findings = [found for milestone, found in fold.found if milestone.id == nudge.milestone]
    if nudge.path != "reached":
        return "reached_after_all" if any(found.undoes for found in findings) else None
    milestone = fold.catalog.milestones.get(nudge.milestone)
    if milestone is not None and any(
        found.outcome == "retracted" and nudge.id == _nudge_id(fold, milestone, found, nudge.path, nudge.step)
        for found in findings
    ):
        return "retracted"
    return None if fold.bears_out(nudge.milestone, nudge.n) else "retracted"
