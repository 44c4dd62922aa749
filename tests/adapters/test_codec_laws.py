"""The encoding holds whatever the core makes, with every rule kind, and the core goes on from it as if from its own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.codec import Codec
from milepost.domain.catalog import Catalog
from milepost.domain.event import Group, Track
from milepost.domain.instant import DAY, Duration
from milepost.domain.progress import Progress
from tests.domain.build import SUBJECT, T0, Life, key_of
from tests.domain.laws.catalogs import ZONES, everything
from tests.domain.laws.histories import (
    HISTORIES,
    LAW,
    WRITES,
    Delivery,
    Folded,
    Happening,
    delivered,
    identifies,
    lived,
    years,
)

ZONE = st.sampled_from(ZONES)
Writes = list[tuple[Duration, str, object]]


def stored(progress: Progress, catalog: Catalog) -> Progress:
    """The progress as it is read after it was written."""
    codec = Codec.of(catalog)
    present, _ = codec.encode(progress)
    return codec.decode(progress.subject, present)


def calls(history: list[Happening], writes: Writes) -> list[Delivery]:
    """Events and traits as they come."""
    both = [*delivered(history, [3]), *(Delivery((each,), each.instant) for each in identifies(writes))]
    return sorted(both, key=lambda each: each.now)


@given(HISTORIES, WRITES, ZONE)
@LAW
def test_whatever_the_core_makes_comes_back_as_it_was(history: list[Happening], writes: Writes, zone: str) -> None:
    """After each call and each tick: memos of every kind, also under a deadline, outbox, traits, counters, `due`."""
    life = Life(everything(zone))
    for each in calls(history, writes):
        lived(life, [each])
        assert stored(life.progress, life.catalog) == life.progress
        life.tick(each.now)
        assert stored(life.progress, life.catalog) == life.progress


@given(HISTORIES, WRITES, ZONE)
@LAW
def test_a_life_that_is_stored_after_each_call_goes_on_like_one_that_never_was(
    history: list[Happening], writes: Writes, zone: str
) -> None:
    """Equal is not enough: what was decoded has to behave like what was encoded."""
    kept, written = Life(everything(zone)), Life(everything(zone))
    for each in calls(history, writes):
        for life in (kept, written):
            lived(life, [each])
            life.tick(each.now)
        written.progress = stored(written.progress, written.catalog)
    for life in (kept, written):
        life.tick(T0 + 400 * DAY)
    assert written.progress == kept.progress
    assert (written.outcomes, written.nudges) == (kept.outcomes, kept.nudges)


def test_years_of_a_busy_life_come_back_as_they_were() -> None:
    """Large memos, a long ledger, accounts and a zone from the context, which histories are too short for."""
    life = Life(everything("America/New_York"))
    for place, event in enumerate(_in_accounts(years(11, 800))):
        life.get(event)
        if place % 25 == 0:
            life.tick(event.arrived)
            assert stored(life.progress, life.catalog) == life.progress
    assert len(life.progress.memberships) > 1
    assert life.progress.zone is not None
    assert len(life.progress.ledger.entries) > 16


def _in_accounts(events: Sequence[Track]) -> Iterator[Folded | Group]:
    """The same events with a zone, and from time to time another account."""
    for place, event in enumerate(events):
        if place % 90 == 0:
            key = key_of(f"g{place}")
            yield Group(SUBJECT, f"g{place}", key, 0, event.instant, event.arrived, f"acct_{place}", {"plan": "pro"})
        yield replace(event, zone=ZONES[place // 200 % len(ZONES)])
