"""Erasing a subject: a tombstone takes the place of its aggregate, then everything beside it goes.

        operator                          worker in flight
                                          load v7
        tombstone where v = 7: DONE, v8
        remove what lies beside           save or book where v = 7: CONFLICT
                                          load v8: whatever happened before is forgotten, nothing to write

The version decides every race, so nothing that anybody has in hand can bring back what was erased, and publish, which
writes decisions in one transaction with the aggregate, writes none after the tombstone. Ingest alone writes something
beside it without that condition: a segment, before the aggregate lets go of what is in it. A worker that had read
the aggregate before the tombstone may therefore leave one after the first pass; a second one, once such a worker must
have ended (`LONGEST_AT_WORK`), finds it by its version.

Who has become the subject is a part of it. Nobody else can join it under way: that, too, is a write on the version.
What has begun since belongs to a new life and stays.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from milepost.application.intake import FUTURE
from milepost.application.ports import Backoff, Estate, Piece, Saved, Store, Stored
from milepost.domain.event import Subject
from milepost.domain.instant import SECOND, Duration, Instant
from milepost.domain.progress import Progress

LONGEST_AT_WORK: Final[Duration] = 60 * SECOND
"""How long a worker of ingest can go on: its time-out in template.yaml."""
MOST_ATTEMPTS: Final = 20


class NotErasedError(Exception):
    """The subject could not be read, or was written over and over meanwhile. What was done so far stands."""


@dataclass(frozen=True, slots=True)
class Holding:
    """What is held under one id: the aggregate, and what lies beside it."""

    stored: Stored
    pieces: tuple[Piece, ...]

    @property
    def subject(self) -> Subject:
        """Whose it is."""
        return self.stored.progress.subject

    @property
    def is_held(self) -> bool:
        """Whether an aggregate of more than a tombstone is there."""
        return self.stored.version > 0 and not self.stored.progress.is_tombstone

    @property
    def waiting(self) -> int:
        """Nudges and outcomes that nobody has been told of yet."""
        return len(self.stored.progress.outbox) + len(self.stored.progress.pending)


@dataclass(frozen=True, slots=True)
class Grave:
    """A tombstone: its version, and up to which instant whatever happened is forgotten."""

    subject: Subject
    version: int
    erased: Instant

    def holds(self, piece: Piece) -> bool:
        """Whether this lay beside what the tombstone has replaced; decisions of a new life are not told apart."""
        if piece.version is not None:
            return piece.version < self.version
        return piece.instant is None or piece.instant <= self.erased


@dataclass(frozen=True, slots=True)
class Erase:
    """Erases subjects from one store."""

    store: Store
    estate: Estate

    def person(self, subject: Subject) -> Sequence[Holding]:
        """Whom the subject has become, and everybody who has become that one; a subject before those it consists of.

        Raises:
            NotErasedError: one of them could not be read.
        """
        known = self._chain(subject)
        held: dict[Subject, Holding] = {}
        while len(held) < len(known):
            each = known[len(held)]
            stored = self._load(each)
            # Read after the aggregate: whoever joins later than that raises its version.
            held[each] = Holding(stored, tuple(self.estate.beside(each)))
            others = (piece.other for piece in held[each].pieces if piece.other is not None)
            known += [other for other in dict.fromkeys(others) if other not in known]
        return list(held.values())

    def bury(self, subject: Subject, now: Instant, backoff: Backoff) -> Sequence[Grave]:
        """Put a tombstone in the place of each id of the person, that of whom all others have become first.

        Up to `FUTURE` after `now` nothing counts: so far ahead a producer's clock may be.

        Raises:
            NotErasedError: see there.
        """
        for attempt in range(MOST_ATTEMPTS):
            if attempt and not backoff.wait(attempt):
                break
            person = self.person(subject)
            until = max(now + FUTURE, *(_newest(each.stored.progress) for each in person))
            if self._entomb(person[0].stored, until) is not Saved.DONE:
                continue
            others = [self._bury(each.subject, until, backoff) for each in person[1:]]
            return [Grave(person[0].subject, person[0].stored.version + 1, until), *others]
        raise NotErasedError

    def clear(self, graves: Sequence[Grave]) -> Counter[str]:
        """Remove what lies beside; how many of which kind."""
        removed: Counter[str] = Counter()
        for grave in reversed(graves):  # Word of an alias goes last, so that who dies half-way can begin anew.
            pieces = self._left(grave)
            self.estate.remove(grave.subject, pieces)
            removed.update(piece.kind for piece in pieces)
        return removed

    def remains(self, graves: Iterable[Grave]) -> Counter[str]:
        """What is there all the same, by kind; nothing, if all went well."""
        found: Counter[str] = Counter()
        for grave in graves:
            found.update(piece.kind for piece in self._left(grave))
            stored = self._load(grave.subject)
            found["aggregate"] += stored.version > 0 and not stored.progress.forgets(grave.erased)
        return +found

    def _left(self, grave: Grave) -> Sequence[Piece]:
        return [piece for piece in self.estate.beside(grave.subject) if grave.holds(piece)]

    def _bury(self, subject: Subject, until: Instant, backoff: Backoff) -> Grave:
        for attempt in range(MOST_ATTEMPTS):
            if attempt and not backoff.wait(attempt):
                break
            stored = self._load(subject)
            if self._entomb(stored, until) is Saved.DONE:
                return Grave(subject, stored.version + 1, until)
        raise NotErasedError

    def _entomb(self, stored: Stored, until: Instant) -> Saved:
        return self.estate.entomb(Stored(Progress(stored.progress.subject, erased=until), stored.version))

    def _chain(self, subject: Subject) -> list[Subject]:
        """The subject and whom it has become, the last of them first."""
        chain = [subject]
        # Two damaged items may lead in a circle.
        while (following := self._load(chain[0]).progress.forward) is not None and following not in chain:
            chain.insert(0, following)
        return chain

    def _load(self, subject: Subject) -> Stored:
        stored = self.store.load([subject], consistent=True).get(subject)
        if stored is None:
            raise NotErasedError
        return stored


def _newest(progress: Progress) -> Instant:
    """Of what was counted: on a stack that goes by its messages' clock it may be ahead of ours."""
    return max((entry.instant for entry in progress.ledger.entries.values()), default=0)
