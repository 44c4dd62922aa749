"""Publish: what an outbox holds is told to the topics, then booked.

Sent first, acknowledged after, under ids that depend on what they name: a crash in between repeats a message
under the same id and loses none. The acknowledgement, the decision records and the statistics are one
transaction on the subject's version, so each entry is booked exactly once however often it was sent.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from milepost.application.folding import place_of
from milepost.application.ports import Backoff, Booking, Composer, Increments, Saved, Store, Stored, Topics
from milepost.application.telling import Telling, Told
from milepost.domain.advance import acknowledge
from milepost.domain.catalog import ACCOUNT, Catalog
from milepost.domain.event import Subject
from milepost.domain.instant import Instant
from milepost.domain.outbox import Joined, Nudge, Outcome, Parted, Waiting

PER_BOOKING: Final = 40
"""Entries of one booking: each can need a decision and a statistics item, and a transaction takes 100 items."""
MOST_IDLE: Final = 5
"""Rounds without anything told or booked, after which the rest is left to the clock: a topic that is down stays so."""
EVERYONE: Final = "*"
"""The scope of statistics that belong to no milestone."""


@dataclass(frozen=True, slots=True)
class Published:
    """The subjects whose outbox is not empty yet, and counts for the metrics."""

    unfinished: frozenset[Subject]
    tally: Counter[str]
    faults: tuple[str, ...] = ()
    """Where the core gave up; see `Folded`."""


@dataclass(frozen=True, slots=True)
class Publish:
    """Empties outboxes. `now_of` tells the time by which an entry is judged to be too old to go."""

    store: Store
    topics: Topics
    catalog: Catalog
    now_of: Callable[[Waiting], Instant]
    composer: Composer

    def publish(self, subjects: Iterable[Subject], backoff: Backoff) -> Published:
        """Tell and book what waits in these subjects' outboxes, as far as topics, store and time allow."""
        tally: Counter[str] = Counter()
        telling = Telling(self.composer)
        pending = frozenset(subjects)
        idle = 0
        while pending and idle < MOST_IDLE:
            before = len(telling.told) + tally["booked"]
            loaded = self.store.load(sorted(pending), consistent=True)
            self._tell(loaded.values(), telling, tally)
            pending -= self._book(loaded, telling, tally) | telling.faults.keys()
            idle = 0 if len(telling.told) + tally["booked"] > before else idle + 1
            if pending and not backoff.wait(idle + 1):
                break
        return Published(pending | telling.faults.keys(), tally, tuple(telling.faults.values()))

    def _tell(self, loaded: Iterable[Stored], telling: Telling, tally: Counter[str]) -> None:
        going = [each for stored in loaded for each in telling.outgoing(stored.progress, self._going(stored))]
        taken = self.topics.publish(going) if going else frozenset()
        telling.told |= taken
        tally["not_taken"] += len(going) - len(taken)

    def _going(self, stored: Stored) -> Iterator[Told]:
        return (each for each in stored.progress.outbox if isinstance(each, Outcome | Nudge) and self._may_go(each))

    def _may_go(self, entry: Waiting) -> bool:
        """Whether an entry is one to publish now; a nudge past its time goes back to settle instead."""
        if isinstance(entry, Nudge):
            return entry.verdict == "sent" and self.now_of(entry) < entry.not_after
        return isinstance(entry, Outcome)

    def _book(self, loaded: Mapping[Subject, Stored], telling: Telling, tally: Counter[str]) -> frozenset[Subject]:
        """Book what has been told or needs no telling; the subjects for whom nothing is left to do now."""
        bookings: dict[Subject, Booking | None] = {}
        for subject, stored in loaded.items():
            try:
                bookings[subject] = self._booking(stored, telling)
            except Exception as error:  # noqa: BLE001  # As in `Folding`: one subject's trouble is not its neighbours'.
                telling.faults[subject] = place_of(error)
        wanted = [booking for booking in bookings.values() if booking is not None]
        results = self.store.book(wanted) if wanted else {}
        for booking in wanted:
            if results[booking.progress.subject] is Saved.DONE:
                before = loaded[booking.progress.subject].progress.outbox
                tally.update(_booked(before, booking.progress.outbox, telling))
        tally["conflict"] += sum(result is Saved.CONFLICT for result in results.values())
        return frozenset(each for each, booking in bookings.items() if self._is_done(loaded[each], booking, results))

    def _booking(self, stored: Stored, telling: Telling) -> Booking | None:
        outbox = stored.progress.outbox
        entries = [each for each in outbox if _may_be_booked(each, telling)][:PER_BOOKING]
        if not entries:
            return None
        now = max(self.now_of(each) for each in entries)
        booked = frozenset(each.id for each in entries)
        unfit = frozenset(each.id for each in entries if telling.is_unfit(each))
        progress = acknowledge(stored.progress, booked, self.catalog, now, booked & telling.told, unsent=unfit)
        decisions = tuple(telling.verdict(each, now) for each in entries if isinstance(each, Nudge))
        return Booking(
            stored.version, progress, decisions, Increments(_increments(progress.subject, entries, decisions))
        )

    def _is_done(self, stored: Stored, booking: Booking | None, results: Mapping[Subject, Saved]) -> bool:
        if booking is None:
            return not any(self._may_go(each) for each in stored.progress.outbox)
        return results[booking.progress.subject] is Saved.DONE and not booking.progress.outbox


def _may_be_booked(entry: Waiting, telling: Telling) -> bool:
    """It has been told, needs no telling, or cannot go out."""
    needs_none = isinstance(entry, Joined | Parted) or (isinstance(entry, Nudge) and entry.verdict != "sent")
    return needs_none or entry.id in telling.told or telling.is_unfit(entry)


def _booked(before: Sequence[Waiting], after: Sequence[Waiting], telling: Telling) -> Counter[str]:
    """How many entries have left the outbox, and how many of them could not go out."""
    unfit = sum(telling.is_unfit(each) for each in before) - sum(telling.is_unfit(each) for each in after)
    return Counter(booked=len(before) - len(after), compose_failed=unfit)


def _increments(
    subject: Subject, entries: Sequence[Waiting], decisions: Sequence[Nudge]
) -> Mapping[tuple[str, str], int]:
    counts: Counter[tuple[str, str]] = Counter()
    members = (EVERYONE, "accounts" if subject.startswith(ACCOUNT) else "members")
    for entry in entries:
        if isinstance(entry, Joined):
            counts[members] += 1
        elif isinstance(entry, Parted):
            scope = entry.milestone
            counts.subtract([members] if scope is None else {(scope, kind): times for kind, times in entry.surplus})
        elif isinstance(entry, Outcome):
            counts[entry.milestone, entry.outcome] += 1
            counts.subtract({(entry.milestone, undone): 1 for undone in entry.undoes})
    for nudge in decisions:
        if nudge.is_final:  # What is deferred comes again, and counts once.
            counts[nudge.milestone, f"{nudge.verdict}.{nudge.channel}"] += 1
    return counts
