"""What happens to one subject, and how it is delivered: late, in batches, again."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from random import Random
from typing import NamedTuple, TypeAlias

from hypothesis import settings
from hypothesis import strategies as st

from milepost.domain.event import Identify, Track
from milepost.domain.instant import DAY, HOUR, Duration, Instant
from milepost.domain.ledger import REDELIVERY, Ledger
from milepost.domain.outbox import Outcome
from milepost.domain.progress import Progress
from tests.domain.build import MAX_AGE, T0, Life, identify, track

LAW = settings(max_examples=60)
MOST = 40
QUEUED: Duration = 4 * DAY
"""As long as a message may wait in the event queue."""
Folded: TypeAlias = Track | Identify


class Happening(NamedTuple):
    """Something that happened: so long after T0, so late on arrival, and so long in the queue."""

    after: Duration
    name: str
    amount: object = None
    kind: str | None = None
    late: Duration = 0
    queued: Duration = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """Events that are folded in one call, and when that is."""

    events: tuple[Folded, ...]
    now: Instant


AMOUNTS = st.sampled_from([None, "20", 0, 5, 20, 33, Decimal("33.3"), Decimal("66.61")]) | st.integers(0, 9000).map(
    lambda cents: Decimal(cents) / 100
)
NAMES = st.sampled_from(["bought"] * 3 + ["opened", "opened", "invited", "signed_up", "unheard_of"])
DENSE = st.integers(0, 36).map(lambda step: step * 2 * HOUR)
AFTER = (
    DENSE | st.integers(0, 80).map(lambda step: step * 6 * HOUR) | st.integers(0, 20 * DAY) | st.integers(0, 120 * DAY)
)
LATE = st.just(0) | st.integers(0, 3 * DAY) | st.integers(0, MAX_AGE)
WAITED = st.just(0) | st.integers(0, QUEUED)
HAPPENINGS = st.builds(Happening, AFTER, NAMES, AMOUNTS, st.sampled_from([None, "a", "b", "c"]), LATE, WAITED)
DAILY = st.builds(  # Enough on neighbouring days for streaks to come about, to meet and to be joined.
    Happening,
    st.integers(0, 30 * 4).map(lambda step: step * 6 * HOUR),
    st.sampled_from(["bought", "bought", "opened"]),
    AMOUNTS,
    st.sampled_from(["a", "b", "c"]),
    LATE,
    WAITED,
)
HISTORIES = st.lists(HAPPENINGS, max_size=MOST) | st.lists(DAILY, min_size=MOST // 2, max_size=MOST)
WRITES = st.lists(
    st.tuples(
        st.integers(0, 60 * DAY),
        st.sampled_from(["plan", "renews_at"]),
        st.sampled_from(["pro", "free", "2026-03-20", "2026-04-02T10:30:00Z", "2026-05-01", None]),
    ),
    max_size=5,
)


def tracks(history: Iterable[Happening]) -> list[Track]:
    """The events, in the order of (instant, messageId), each arriving as late as it says."""
    in_order = sorted(history, key=lambda each: each.after)
    return [_track(f"e{place:04}", each) for place, each in enumerate(in_order)]


def _track(message_id: str, each: Happening) -> Track:
    said = {"amount": each.amount, "kind": each.kind}
    properties = {name: value for name, value in said.items() if value is not None}
    return track(message_id, T0 + each.after, each.name, arrived=T0 + each.after + each.late, **properties)


def identifies(writes: Iterable[tuple[Duration, str, object]]) -> list[Identify]:
    """An identify for each write, which arrives at once."""
    return [identify(f"i{place:03}", T0 + at, **{name: value}) for place, (at, name, value) in enumerate(writes)]


def at_once(events: Iterable[Folded]) -> list[Folded]:
    """The same events, in the order of (instant, messageId), as if none had been late."""
    in_order = sorted(events, key=lambda each: (each.instant, each.message_id))
    return [replace(each, arrived=each.instant) for each in in_order]


def one_by_one(events: Iterable[Folded]) -> list[Delivery]:
    """Each in a call of its own, as it happened."""
    return [Delivery((each,), each.instant) for each in at_once(events)]


def delivered(history: Sequence[Happening], sizes: Sequence[int], anchor: Track | None = None) -> list[Delivery]:
    """As they arrived and came out of the queue, in batches of these sizes over and over; after the anchor."""
    in_time = sorted(history, key=lambda each: each.after)
    pairs = [(event, each.queued) for event, each in zip(tracks(in_time), in_time, strict=True)]
    if anchor is not None:
        pairs = [(replace(event, arrived=max(event.arrived, anchor.instant)), queued) for event, queued in pairs]
    pairs.sort(key=lambda each: (each[0].arrived + each[1], each[0].key))
    first = [] if anchor is None else [Delivery((anchor,), anchor.instant)]
    return first + list(_batches([(event, event.arrived + queued) for event, queued in pairs], sizes))


def _batches(folded: Sequence[tuple[Track, Instant]], sizes: Sequence[int]) -> Iterator[Delivery]:
    """Batches, none of which holds an event longer than queues keep it."""
    place = turn = 0
    while place < len(folded):
        most = folded[place : place + sizes[turn % len(sizes)]]
        batch = [each for each in most if each[1] <= min(event.arrived for event, _ in most) + REDELIVERY]
        batch = batch or [most[0]]
        yield Delivery(tuple(event for event, _ in batch), batch[-1][1])
        place, turn = place + len(batch), turn + 1


def lived(life: Life, deliveries: Iterable[Delivery]) -> Life:
    """The life after these deliveries."""
    for each in deliveries:
        life.get(*each.events, now=each.now)
    return life


def final(outcomes: Iterable[Outcome]) -> set[tuple[str, str, int]]:
    """Whether and which occurrences are left in the end, whatever was undone or taken back on the way."""
    found = set[tuple[str, str, int]]()
    for each in outcomes:
        found -= {(each.milestone, kind, each.n) for kind in each.undoes}
        if each.outcome != "retracted":
            found.add((each.milestone, each.outcome, each.n))
    return found


def remembered(progress: Progress) -> Progress:
    """The progress without its outbox, whose timing may differ, and without what its ledger needs no more.

    A ledger lets go of old entries only when there are many, so what is left of them depends on the calls.
    """
    newest = max((entry.instant for entry in progress.ledger.entries.values()), default=0)
    ledger = progress.ledger.entries.items()
    kept = {key: entry for key, entry in ledger if entry.instant >= newest - MAX_AGE - REDELIVERY}
    return progress._replace(outbox=(), due=None, ledger=Ledger(kept))


@cache
def years(seed: int, most: int) -> Sequence[Track]:
    """Years of bursts and pauses in the order of arrival, a third of it late by up to `MAX_AGE`."""
    random, after, history = Random(seed), 0, list[Happening]()
    longest = random.choice([HOUR, 5 * HOUR, DAY])
    while len(history) < most:
        after += random.randrange(longest) if random.random() < 0.97 else random.randrange(40 * DAY)
        late = random.randrange(MAX_AGE) if random.random() < 0.35 else 0
        name = random.choice(["bought", "bought", "opened", "invited", "unheard_of"])
        history.append(Happening(after, name, Decimal(random.randrange(1, 99)) / 100, random.choice("abcdef"), late))
    return tuple(sorted(tracks(history), key=lambda each: (each.arrived, each.key)))
