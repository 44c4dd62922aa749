"""What an operator does by hand: cancel a nudge that waits, send one again that went out.

Both are one conditional write of the subject's item, as any other; its stream wakes publish, which tells and books.
Whoever writes between the read and the write wins, and it is read again: so a nudge that publish has just acknowledged
is not cancelled, and two operators who send the same nudge again at a time have sent it once.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias

from milepost.application.decisions import Decisions, Recorded
from milepost.application.ports import Backoff, Saved, Store, Stored
from milepost.domain import operator
from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject
from milepost.domain.gates import Closed
from milepost.domain.instant import Instant
from milepost.domain.operator import CANCELLED, Again
from milepost.domain.outbox import Nudge
from milepost.domain.progress import Progress

Why: TypeAlias = Literal[
    "unknown",
    "merged",
    "newer_catalog",
    "not_waiting",
    "waits",
    "not_sent",
    "other_catalog",
    "other_channel",
    "closed",
    "busy",
]
"""Why nothing was done: a row of words for each is in the command line."""
NEVER_COMPOSED: Final = frozenset({"template_failed", "too_large"})
"""Reasons for which a nudge did not go that say nothing of whether it should: it may be sent once that is mended."""


class NotDoneError(Exception):
    """Nothing was written. `recorded` is the decision on the nudge, `closed` the gate that does not let it go."""

    def __init__(self, why: Why, recorded: Recorded | None = None, closed: Closed | None = None) -> None:
        super().__init__(why)
        self.why: Final[Why] = why
        self.recorded = recorded
        self.closed = closed


class Underway(NamedTuple):
    """The nudge that was sent again: its id, which attempt it is, and by which channel."""

    nudge: str
    attempt: int
    channel: str


@dataclass(frozen=True, slots=True)
class Operate:
    """Changes single nudges. `now_of` tells the time."""

    store: Store
    decisions: Decisions
    catalog: Catalog
    now_of: Callable[[], Instant]

    def cancel(self, subject: Subject, nudge: str, backoff: Backoff) -> None:
        """Call a nudge back that waits; one that an operator has called back before is left as it is.

        Raises:
            NotDoneError: it does not wait, or somebody else kept writing.
        """

        def cancelled(progress: Progress) -> Progress | None:
            found = operator.cancel(progress, nudge, self.catalog, self.now_of())
            if found is not None or _is_cancelled(progress, nudge):
                return found
            recorded = _find(self.decisions.of(subject), nudge)
            if recorded.reason == CANCELLED:
                return None
            raise NotDoneError("not_waiting", recorded)

        self._change(subject, cancelled, backoff)

    def send_again(
        self, subject: Subject, nudge: str, backoff: Backoff, *, channel: str | None = None, hurry: bool = False
    ) -> Underway:
        """Send a nudge again that went out, on its channel or on another one of its step; what is on its way.

        Raises:
            NotDoneError: it never went out, a gate does not let it go now, or somebody else kept writing.
        """
        chosen: list[Again] = []

        def sent(progress: Progress) -> Progress | None:
            # Read after the item: what was booked before is recorded, and what is booked after makes the write fail.
            recorded = self.decisions.of(subject)
            if not chosen:
                chosen.append(self._again(progress, recorded, nudge, channel))
            again = chosen[0]
            id_ = again.id(self.catalog, progress.subject)
            if id_ in {*(each.id for each in _nudges(progress)), *(each.id for each in recorded)}:
                return None  # Our own write, whose answer was lost; or another operator's, at the same time.
            found = operator.send_again(progress, again, self.catalog, self.now_of(), hurry=hurry)
            if isinstance(found, Closed):
                raise NotDoneError("closed", _find(recorded, nudge), found)
            return found

        self._change(subject, sent, backoff)
        [again] = chosen
        return Underway(again.id(self.catalog, subject), again.attempt, again.channel)

    def _change(self, subject: Subject, change: Callable[[Progress], Progress | None], backoff: Backoff) -> None:
        """Write what a change makes of the subject; None where there is nothing to change."""
        attempt = 0
        while True:
            stored = self.store.load([subject], consistent=True).get(subject)
            if stored is not None:
                self._check(stored.progress)
                changed = change(stored.progress)
                if changed is None or self.store.save([Stored(changed, stored.version)])[subject] is Saved.DONE:
                    return
            attempt += 1
            if not backoff.wait(attempt):
                raise NotDoneError("busy")

    def _check(self, progress: Progress) -> None:
        if not progress.catalog_version:
            raise NotDoneError("unknown")
        if progress.forward is not None:
            raise NotDoneError("merged")
        if progress.catalog_version > self.catalog.version:
            raise NotDoneError("newer_catalog")

    def _again(self, progress: Progress, recorded: Sequence[Recorded], nudge: str, channel: str | None) -> Again:
        if any(each.id == nudge for each in _nudges(progress)):
            raise NotDoneError("waits")
        first = _find(recorded, nudge)
        if first.verdict != "sent" and first.reason not in NEVER_COMPOSED:
            raise NotDoneError("not_sent", first)
        alike = [each for each in recorded if _occasion(each) == _occasion(first)]
        attempts = [each.attempt for each in alike] + [each.attempt or 1 for each in _waiting(progress, first)]
        chosen = channel or first.channel
        if chosen not in {first.channel, *self._channels(progress, first)}:
            raise NotDoneError("other_channel", first)
        again = Again(
            first.milestone, first.path, first.step, first.n, first.occurrence, first.at, chosen, first.attempt
        )
        if again.id(self.catalog, progress.subject) != nudge:
            raise NotDoneError("other_catalog", first)
        return again._replace(attempt=max(attempts) + 1)

    def _channels(self, progress: Progress, first: Recorded) -> Iterable[str]:
        known = self.catalog.seen_by(progress.subject).milestones.get(first.milestone)
        steps = () if known is None else known.steps[first.path]
        return steps[first.step].channels if first.step < len(steps) else ()


def _nudges(progress: Progress) -> list[Nudge]:
    return [each for each in progress.outbox if isinstance(each, Nudge)]


def _waiting(progress: Progress, first: Recorded) -> list[Nudge]:
    """The attempts at it that are on their way."""
    place = first.milestone, first.path, first.step, first.n
    return [each for each in _nudges(progress) if (each.milestone, each.path, each.step, each.n) == place]


def _occasion(recorded: Recorded) -> tuple[str, str, int, int]:
    return recorded.milestone, recorded.path, recorded.step, recorded.occurrence


def _is_cancelled(progress: Progress, nudge: str) -> bool:
    return any(each.id == nudge and each.reason == CANCELLED for each in _nudges(progress))


def _find(recorded: Iterable[Recorded], nudge: str) -> Recorded:
    found = next((each for each in recorded if each.id == nudge), None)
    if found is None:
        raise NotDoneError("unknown")
    return found
