"""What was found, as others see it: its outcome, the steps that follow, and the nudges that it makes untrue."""

from collections.abc import Iterable

from milepost.domain.fold import Fold
from milepost.domain.judge import Finding
from milepost.domain.milestone import Milestone
from milepost.domain.outbox import Outcome, Reason, stable_id
from milepost.domain.schedule import Pending, planned


def outcome_of(fold: Fold, milestone: Milestone, found: Finding) -> Outcome:
    """The outcome that a finding is."""
    subject = fold.progress.subject
    occurrence = occurrence_of(milestone, found)
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
        variant=milestone.variant,
    )


def to_follow(fold: Fold) -> Iterable[tuple[Milestone, Pending]]:
    """The steps of what was found, each with its milestone."""
    for milestone, found in fold.found:
        if found.outcome in ("reached", "missed", "recovered"):
            for number, step in enumerate(milestone.steps[found.outcome]):
                when = planned(step, found.at, fold.local)
                occurrence = occurrence_of(milestone, found)
                pending = Pending(milestone.id, found.outcome, number, found.n, occurrence, found.at, when, when)
                yield milestone, pending


def untrue(fold: Fold, pending: Pending) -> Reason | None:
    """Why what a nudge would say is not true any more, if it is not."""
    findings = [found for milestone, found in fold.found if milestone.id == pending.milestone]
    if pending.path != "reached":
        return "reached_after_all" if any(found.undoes for found in findings) else None
    milestone = fold.catalog.milestones.get(pending.milestone)
    if milestone is not None and any(
        found.outcome == "retracted" and pending.occurrence == occurrence_of(milestone, found) for found in findings
    ):
        return "retracted"
    return None if fold.bears_out(pending.milestone, pending.n) else "retracted"


def occurrence_of(milestone: Milestone, found: Finding) -> int:
    """What tells one occurrence from another: its number, or for some rules its `ref` (semantics, section 6)."""
    return found.ref if milestone.rule.known_by_ref and found.ref is not None else found.n
