"""How a log is sent to a stack that goes by the messages' clock: in stretches, and each of them in rounds.

A stretch ends where the clock has something to decide, so that it is decided before anything later arrives. In
a round no subject has messages of two different instants: a queue keeps no order, so the one must be worked off
before the other is sent.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from milepost.application.intake import Intake
from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject
from milepost.domain.instant import Instant, format_instant
from milepost_tools.history.clock import RunningClock
from milepost_tools.local.sending import Parcel

_RECEIVED_AT: Final = re.compile(r'"receivedAt"\s*:\s*"[^"\\]*"')


@dataclass(frozen=True, slots=True)
class Dated:
    """A line as it is sent, when it arrives, and what it says of whom: subjects and instants.

    Without an instant it is an alias, which goes beside nothing else of its subjects.
    """

    parcel: Parcel
    arrives: Instant
    concerns: tuple[tuple[Subject, Instant | None], ...]


@dataclass(slots=True)
class Stretch:
    """Rounds to send one after another, then a sweep at `sweep_at` if the clock has something to decide."""

    sweep_at: Instant | None
    rounds: list[list[Parcel]] = field(default_factory=list)
    _placed: dict[Subject, tuple[int, Instant | None]] = field(default_factory=dict)

    def add(self, line: Dated) -> None:
        """Put a line into the first round that keeps its subjects' order."""
        place = max((self._place(subject, instant) for subject, instant in line.concerns), default=0)
        for subject, instant in line.concerns:
            self._placed[subject] = (place, instant)
        while len(self.rounds) <= place:
            self.rounds.append([])
        self.rounds[place].append(line.parcel)

    def _place(self, subject: Subject, instant: Instant | None) -> int:
        if subject not in self._placed:
            return 0
        place, latest = self._placed[subject]
        return place if instant is not None and latest == instant else place + 1


def dated(lines: Iterable[Parcel], catalog: Catalog) -> Iterator[Dated]:
    """Lines with their arrival; one that says it arrived before its predecessors is told the clock instead."""
    clock = RunningClock()
    heads: dict[Subject, Subject] = {}
    intake = Intake(catalog.max_age, clock)
    for line in lines:
        clock.own = clock.now
        reading = intake.read(line.body, clock.now)
        body = line.body if clock.own >= clock.now else _received_at(line.body, clock.now)
        concerns: list[tuple[Subject, Instant | None]] = [
            (_head(event.subject, heads), event.instant) for event in reading.events
        ]
        for alias in reading.aliases:
            user, other = _head(alias.subject, heads), _head(alias.previous, heads)
            concerns += [(user, None), (other, None)]
            if user != other:
                heads[other] = user
        yield Dated(Parcel(line.ref, body), clock.now, tuple(concerns))


def _head(subject: Subject, heads: Mapping[Subject, Subject]) -> Subject:
    """Who the subject is by now."""
    while subject in heads:
        subject = heads[subject]
    return subject


def _received_at(body: str, arrival: Instant) -> str:
    """The body with another arrival; the text is left as it is otherwise, down to the last digit of a number."""
    said = f'"receivedAt": "{format_instant(arrival)}"'
    told, times = _RECEIVED_AT.subn(said, body, count=1)
    return told if times else body.replace("{", f"{{{said}, ", 1)


def stretches(lines: Iterable[Dated], sweeps: Sequence[Instant]) -> Iterator[Stretch]:
    """Cut lines at the instants of sweeps: what arrives at such an instant still comes before it."""
    ends: Iterator[Instant | None] = iter([*sweeps, None])
    stretch = Stretch(next(ends))
    for line in lines:
        while stretch.sweep_at is not None and line.arrives > stretch.sweep_at:
            yield stretch
            stretch = Stretch(next(ends))
        stretch.add(line)
    yield stretch
    yield from (Stretch(end) for end in ends if end is not None)
