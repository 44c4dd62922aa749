"""What an operator does by hand: calls a nudge back that waits, and sends one again that went out.

asked for   the nudge                    becomes
cancel      waits for its time           cancelled
cancel      in the outbox, to be sent    cancelled; what it used up is given back
cancel      anything else                nothing to cancel
send again  gone, or never composed      sent, under an id of its own, if its gates open; else nothing

A person has said that it is to go now, so it is as fresh as that, and it is asked once: where a gate stays closed,
nothing is written and whoever asked is told why.
"""

from dataclasses import replace
from typing import Final, NamedTuple

from milepost.domain import caps, gates
from milepost.domain.catalog import Catalog
from milepost.domain.decision import give_back, sent_again, waits_no_more
from milepost.domain.event import Subject
from milepost.domain.fold import Fold
from milepost.domain.gates import Closed, Question
from milepost.domain.instant import Instant
from milepost.domain.milestone import Milestone, Path
from milepost.domain.outbox import RETRY_AFTER, Nudge, Reason, Waiting
from milepost.domain.progress import Progress, Standing
from milepost.domain.schedule import Pending, nudge_id

CANCELLED: Final[Reason] = "cancelled_by_operator"
_HURRY: Final = tuple(each for each in gates.GATES if each not in (gates.arbitration, gates.caps, gates.right_hours))
"""What is asked even of what cannot wait: whether it is true, and whether the subject may be written to at all."""


class Again(NamedTuple):
    """A nudge to be sent again, on one channel; the `attempt` is 2 for the first time."""

    milestone: str
    path: Path
    step: int
    n: int
    occurrence: int
    at: Instant
    channel: str
    attempt: int

    def pending(self, now: Instant) -> Pending:
        """The same as a nudge that is to go now."""
        return Pending(self.milestone, self.path, self.step, self.n, self.occurrence, self.at, now, now)

    def id(self, catalog: Catalog, subject: Subject) -> str:
        """The id under which it goes out."""
        return nudge_id(catalog.name, subject, self.pending(self.at), self.attempt)


def cancel(progress: Progress, wanted: str, catalog: Catalog, now: Instant) -> Progress | None:
    """The progress once the nudge of that id has been called back; None where none of that id could be."""
    fold = Fold(progress, catalog, now)
    name, subject = catalog.name, progress.subject
    fold.pending = tuple(each for each in progress.pending if nudge_id(name, subject, each) == wanted)
    called_back = waits_no_more(fold, CANCELLED)
    for each in progress.outbox:
        if isinstance(each, Nudge) and each.id == wanted and each.verdict == "sent":
            give_back(fold, each)
            called_back = [each.cancelled(CANCELLED, now)]
    if not called_back:
        return None
    waiting = tuple(each for each in progress.pending if each not in fold.pending)
    outbox = tuple(each for each in progress.outbox if each.id != wanted)
    return _told(progress._replace(pending=waiting, used=fold.used), (*outbox, *called_back), now)


def send_again(progress: Progress, again: Again, catalog: Catalog, now: Instant, *, hurry: bool) -> Progress | Closed:
    """The progress with the nudge in its outbox, or the gate that does not let it go.

    `hurry`: caps, arbitration and hours do not hold it up. Consent, suppression rules and holdout always do.
    """
    fold = Fold(progress, catalog, now)
    milestone = fold.catalog.milestones.get(again.milestone)
    if milestone is None or again.step >= len(milestone.steps[again.path]):
        return Closed("cancelled", "not_in_catalog")
    if (reason := _untrue(fold, again)) is not None:
        return Closed("cancelled", reason)
    question = _question(fold, milestone, again)
    closed = gates.ask(question, _HURRY if hurry else gates.GATES)
    if closed is not None:
        return closed
    nudge = sent_again(fold, again.pending(now), question, again.attempt)
    if hurry:  # The hours that it passes by would be over for it before it is told.
        nudge = replace(nudge, not_after=now + question.lasting)
    rules = catalog.guardrails
    used = caps.kept(fold.used, rules.caps, rules.arbitration, now)
    return _told(progress._replace(used=used), (*progress.outbox, nudge), now)


def _question(fold: Fold, milestone: Milestone, again: Again) -> Question:
    step = replace(milestone.steps[again.path][again.step], channels=(again.channel,))
    return Question(fold.catalog, milestone, step, fold.addressee, fold.now, fold.now)


def _untrue(fold: Fold, again: Again) -> Reason | None:
    """Why what it would say is not true any more, if it is not."""
    if again.path == "reached":
        return None if fold.bears_out(again.milestone, again.n) else "retracted"
    standing = fold.standings.get(again.milestone, Standing())
    return "reached_after_all" if standing.occurrences and not standing.missed else None


def _told(progress: Progress, outbox: tuple[Waiting, ...], now: Instant) -> Progress:
    """What is in the outbox is looked after, should the stream not bring it to publish."""
    retry = now + RETRY_AFTER
    due = retry if progress.due is None else min(progress.due, retry)
    return progress._replace(outbox=outbox, due=due)
