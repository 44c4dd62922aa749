"""What is decided on each nudge, and which nudges are called back.

found or due   ->  asked, those of the highest priority first  ->  sent, held_out, suppressed, cancelled
                                                               ->  deferred: waits, and is asked again when it is due
not due yet    ->  waits on, unless it has become untrue       ->  cancelled
in the outbox  ->  stays; cancelled, if it has become untrue; asked again, if it may not go any more
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from milepost.domain import caps, gates
from milepost.domain.findings import to_follow, untrue
from milepost.domain.fold import Fold
from milepost.domain.gates import Closed, Question
from milepost.domain.milestone import Milestone
from milepost.domain.outbox import Nudge, Reason, Verdict, Waiting
from milepost.domain.schedule import MOST_PENDING, Pending, nudge_id, pending_of

_USES: tuple[Verdict, ...] = ("sent", "held_out")


class Case(NamedTuple):
    """A nudge to be decided, and what the catalog says of it; None where it has left the catalog since."""

    pending: Pending
    milestone: Milestone | None

    @property
    def priority(self) -> int:
        """Of its milestone."""
        return 0 if self.milestone is None else self.milestone.priority


def decide(fold: Fold, outbox: Iterable[Waiting]) -> tuple[list[Waiting], list[Nudge]]:
    """The outbox afterwards, and what of it is new; what waits, and what is used up, is left in the fold."""
    kept, again = _called_back(fold, outbox)
    waiting, cases, verdicts = _sorted_out(fold)
    cases += [_case(fold, each) for each in again]
    for case in sorted(cases, key=lambda case: -case.priority):
        nudge = _decided(fold, case)
        verdicts[nudge.id] = nudge
        if nudge.until is not None:
            waiting.append(case.pending._replace(due=nudge.until))
    for pending in _too_many(fold, waiting):
        nudge = _nudge(fold, _case(fold, pending), Closed("suppressed", "too_many_waiting"))
        verdicts[nudge.id] = nudge
        waiting.remove(pending)
    fold.pending = tuple(waiting)
    rules = fold.catalog.guardrails
    fold.used = caps.kept(fold.used, rules.caps, rules.arbitration, fold.now)
    stays = [each for each in kept if not isinstance(each, Nudge) or each.id not in verdicts]
    decided_anew = [verdicts.pop(_id(fold, each)) for each in again]
    return [*stays, *decided_anew], list(verdicts.values())


def _id(fold: Fold, pending: Pending) -> str:
    return nudge_id(fold.catalog.name, fold.progress.subject, pending)


def waits_no_more(fold: Fold, reason: Reason) -> list[Nudge]:
    """All that waits, cancelled."""
    return [_nudge(fold, _case(fold, each), Closed("cancelled", reason)) for each in fold.pending]


def sent_again(fold: Fold, pending: Pending, question: Question, attempt: int) -> Nudge:
    """A nudge that goes out once more, under an id of its own, and uses up what a nudge does."""
    fold.used = caps.using(fold.used, question.use)
    nudge = _nudge(fold, _case(fold, pending), None, question)
    return replace(nudge, id=nudge_id(fold.catalog.name, fold.progress.subject, pending, attempt), attempt=attempt)


def give_back(fold: Fold, nudge: Nudge) -> None:
    """What it used up, which it does only if it goes."""
    milestone = fold.catalog.milestones.get(nudge.milestone)
    whose = None if milestone is None else (milestone.tier, milestone.priority)
    fold.used = caps.without(fold.used, nudge.decided_at, nudge.channel, whose)


def _sorted_out(fold: Fold) -> tuple[list[Pending], list[Case], dict[str, Nudge]]:
    """What waits on, what is to be decided now, and what has become untrue while it waited."""
    waiting: list[Pending] = []
    cases: list[Case] = []
    verdicts: dict[str, Nudge] = {}
    for each in fold.pending:
        case = _case(fold, each)
        reason = untrue(fold, each)
        if reason is not None:
            nudge = _nudge(fold, case, Closed("cancelled", reason))
            verdicts[nudge.id] = nudge
        elif each.due > fold.until or _is_newer(fold, case):
            waiting.append(each)
            if each in fold.adopted:
                nudge = _nudge(fold, case, Closed("deferred", "merged", each.due))
                verdicts[nudge.id] = nudge
        else:
            cases.append(case)
    cases += [Case(pending, milestone) for milestone, pending in to_follow(fold)]
    return waiting, cases, verdicts


def _case(fold: Fold, pending: Pending) -> Case:
    milestone = fold.catalog.milestones.get(pending.milestone)
    known = milestone is not None and pending.step < len(milestone.steps[pending.path])
    return Case(pending, milestone if known else None)


def _is_newer(fold: Fold, case: Case) -> bool:
    """Whether a newer catalog than this one may know the milestone or the step: so only that one can decide it."""
    return case.milestone is None and fold.is_behind


def _decided(fold: Fold, case: Case) -> Nudge:
    pending, milestone = case
    if milestone is None:
        return _nudge(fold, case, Closed("cancelled", "not_in_catalog"))
    reason = untrue(fold, pending)
    if reason is not None:
        return _nudge(fold, case, Closed("cancelled", reason))
    if pending.planned > max(fold.now, pending.at):  # What a clock ahead of ours says has just happened is no journey.
        return _nudge(fold, case, Closed("deferred", "not_yet", pending.planned))
    question = Question(
        fold.catalog, milestone, milestone.steps[pending.path][pending.step], fold.addressee, pending.planned, fold.now
    )
    nudge = _nudge(fold, case, gates.ask(question), question)
    if nudge.verdict in _USES:
        fold.used = caps.using(fold.used, question.use)
    return nudge


def _nudge(fold: Fold, case: Case, closed: Closed | None, asked: Question | None = None) -> Nudge:
    pending, milestone = case
    step = None if milestone is None else milestone.steps[pending.path][pending.step]
    first = "none" if step is None else step.channels[0]
    return Nudge(
        id=_id(fold, pending),
        subject=fold.progress.subject,
        milestone=pending.milestone,
        path=pending.path,
        step=pending.step,
        n=pending.n,
        channel=first if asked is None else asked.channel,
        template="" if step is None else step.template,
        verdict="sent" if closed is None else closed.verdict,
        reason=None if closed is None else closed.reason,
        at=pending.at,
        decided_at=fold.now,
        not_after=pending.planned if asked is None else gates.not_after(asked),
        catalog_version=fold.catalog.version,
        variant=None if milestone is None else milestone.variant,
        until=None if closed is None else closed.until,
        planned=None if pending.planned == pending.at else pending.planned,
        occurrence=None if pending.occurrence == pending.n else pending.occurrence,
    )


def _too_many(fold: Fold, waiting: Sequence[Pending]) -> Sequence[Pending]:
    """Of more than may wait those of the lowest priority; of these the last to come.

    What only a newer catalog knows waits on: this one cannot say what it was about, nor of which priority.
    """
    known = [case for each in waiting if not _is_newer(fold, case := _case(fold, each))]
    ordered = sorted(known, key=lambda case: (-case.priority, case.pending.due))
    return [case.pending for case in ordered[max(0, MOST_PENDING - len(waiting) + len(known)) :]]


def _called_back(fold: Fold, outbox: Iterable[Waiting]) -> tuple[list[Waiting], list[Pending]]:
    """The outbox without the nudges that have become untrue, and those that must be asked about again."""
    kept: list[Waiting] = []
    again: list[Pending] = []
    for each in outbox:
        if not isinstance(each, Nudge) or each.verdict != "sent":
            kept.append(each)
            continue
        pending = pending_of(each)
        reason = untrue(fold, pending)
        if reason is None and fold.now < each.not_after:
            kept.append(each)
            continue
        give_back(fold, each)
        if reason is not None:
            kept.append(each.cancelled(reason, fold.now))
        elif each.attempt is not None or _case(fold, pending).milestone is None:
            # What an operator sent again is not decided anew behind their back.
            kept.append(each.cancelled("stale", fold.now))
        elif fold.progress.forward is not None:
            # Consent, zone and caps are the user's now, and it may have gone out: under another id it could go twice.
            kept.append(each.cancelled("merged", fold.now))
        else:
            again.append(pending)
    return kept, again
