"""Publish: what an outbox holds is told to the topics, then booked.

Sent first, acknowledged after, under ids that depend on what they name: a crash in between repeats a message
under the same id and loses none. The acknowledgement, the decision records and the statistics are one
transaction on the subject's version, so each entry is booked exactly once however often it was sent.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from milepost.application.folding import place_of
from milepost.application.ports import Backoff, Booking, Increments, Saved, Store, Stored, Topics
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

Told: TypeAlias = Outcome | Nudge


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

    def publish(self, subjects: Iterable[Subject], backoff: Backoff) -> Published:
        """Tell and book what waits in these subjects' outboxes, as far as topics, store and time allow."""
        tally: Counter[str] = Counter()
        told: set[str] = set()
        faults: dict[Subject, str] = {}
        pending = frozenset(subjects)
        idle = 0
        while pending and idle < MOST_IDLE:
            before = len(told) + tally["booked"]
            loaded = self.store.load(sorted(pending), consistent=True)
            told |= self._tell(loaded.values(), told, tally)
            pending -= self._book(loaded, told, tally, faults) | faults.keys()
            idle = 0 if len(told) + tally["booked"] > before else idle + 1
            if pending and not backoff.wait(idle + 1):
                break
        return Published(pending | faults.keys(), tally, tuple(faults.values()))

    def _tell(self, loaded: Iterable[Stored], told: set[str], tally: Counter[str]) -> frozenset[str]:
        outboxes = (stored.progress.outbox for stored in loaded)
        waiting = (each for outbox in outboxes for each in outbox if each.id not in told and self._may_go(each))
        entries = [each for each in waiting if isinstance(each, Outcome | Nudge)]
        taken = self.topics.publish(entries) if entries else frozenset()
        tally["not_taken"] += len(entries) - len(taken)
        return taken

    def _may_go(self, entry: Waiting) -> bool:
        """Whether an entry is one to publish now; a nudge past its time goes back to settle instead."""
        if isinstance(entry, Nudge):
            return entry.verdict == "sent" and self.now_of(entry) < entry.not_after
        return isinstance(entry, Outcome)

    def _book(
        self, loaded: Mapping[Subject, Stored], told: set[str], tally: Counter[str], faults: dict[Subject, str]
    ) -> frozenset[Subject]:
        """Book what has been told or needs no telling; the subjects for whom nothing is left to do now."""
        bookings: dict[Subject, Booking | None] = {}
        for subject, stored in loaded.items():
            try:
                bookings[subject] = self._booking(stored, told)
            except Exception as error:  # noqa: BLE001  # As in `Folding`: one subject's trouble is not its neighbours'.
                faults[subject] = place_of(error)
        wanted = [booking for booking in bookings.values() if booking is not None]
        results = self.store.book(wanted) if wanted else {}
        for booking in wanted:
            subject = booking.progress.subject
            left = len(loaded[subject].progress.outbox) - len(booking.progress.outbox)
            tally["booked"] += left if results[subject] is Saved.DONE else 0
        tally["conflict"] += sum(result is Saved.CONFLICT for result in results.values())
        return frozenset(each for each, booking in bookings.items() if self._is_done(loaded[each], booking, results))

    def _booking(self, stored: Stored, told: set[str]) -> Booking | None:
        outbox = stored.progress.outbox
        entries = [each for each in outbox if each.id in told or _needs_no_telling(each)][:PER_BOOKING]
        if not entries:
            return None
        now = max(self.now_of(each) for each in entries)
        booked = frozenset(each.id for each in entries)
        progress = acknowledge(stored.progress, booked, self.catalog, now, booked & told)
        decisions = tuple(_decision(each, told) for each in entries if isinstance(each, Nudge))
        return Booking(
            stored.version, progress, decisions, Increments(_increments(progress.subject, entries, decisions))
        )

    def _is_done(self, stored: Stored, booking: Booking | None, results: Mapping[Subject, Saved]) -> bool:
        if booking is None:
            return not any(self._may_go(each) for each in stored.progress.outbox)
        return results[booking.progress.subject] is Saved.DONE and not booking.progress.outbox


def _needs_no_telling(entry: Waiting) -> bool:
    return isinstance(entry, Joined | Parted) or (isinstance(entry, Nudge) and entry.verdict != "sent")


def _decision(nudge: Nudge, told: set[str]) -> Nudge:
    """The verdict to record: one that went out before it was called back did go out."""
    return nudge.as_sent() if nudge.id in told else nudge


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
