"""Semantics 3.1 for every rule kind: the outcome is a function of the set of events, not of their delivery."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.event import Track
from milepost.domain.instant import DAY, HOUR, Duration
from milepost.domain.ledger import REDELIVERY
from milepost.domain.rules import KINDS
from tests.domain.build import MAX_AGE, T0, Life, track
from tests.domain.laws.catalogs import (
    CLOCKED,
    EVENT_ONLY,
    OF_TRAITS,
    REPEATING,
    ZONES,
    catalog,
    everything,
    kinds_of,
    of_events,
    with_deadlines,
)
from tests.domain.laws.histories import (
    HISTORIES,
    LAW,
    WRITES,
    Delivery,
    Folded,
    Happening,
    at_once,
    delivered,
    final,
    identifies,
    lived,
    one_by_one,
    remembered,
    tracks,
)

ZONE = st.sampled_from(ZONES)
SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=5)
ANCHOR = st.integers(0, 10).map(lambda step: step * 6 * HOUR) | st.integers(0, 20 * DAY)
LONG_AFTER = T0 + 1000 * DAY
DEADLINES = [
    *with_deadlines(),
    *(replace(each, id=f"{each.id}-long") for each in with_deadlines(duration=70 * DAY)),
]
"""Short ones, and such as are open for longer than events may be late."""
Writes = list[tuple[Duration, str, object]]


def test_no_kind_is_left_out() -> None:
    """A law that has never met a kind says nothing of it."""
    rules = [*EVENT_ONLY.values(), *REPEATING.values(), *CLOCKED.values(), *OF_TRAITS.values()]
    assert kinds_of(rules) >= frozenset(KINDS.values())


def signed_up(after: Duration) -> Track:
    """The first sign-up, known before anything else is."""
    return track("anchor", T0 + after, "signed_up")


def may_come_again(event: Folded, now: int) -> bool:
    """Whether a copy is still accepted: sent again within `max_age`, or on its way through the queues."""
    return event.instant >= now - MAX_AGE or event.arrived >= now - REDELIVERY


@given(HISTORIES, WRITES, ZONE, st.data())
@LAW
def test_whatever_is_delivered_again_changes_nothing(
    history: list[Happening], writes: Writes, zone: str, data: st.DataObject
) -> None:
    """3.1: progress, outbox and `due` are the same, with copies beside news or alone, saying the same or not."""
    plain, again = Life(everything(zone)), Life(everything(zone))
    seen = list[Folded]()
    deliveries = [*delivered(history, [2]), *(Delivery((each,), each.instant) for each in identifies(writes))]
    for each in sorted(deliveries, key=lambda each: each.now):
        plain.get(*each.events, now=each.now)
        copies = st.sampled_from([event for event in seen if may_come_again(event, each.now)] or each.events)
        beside, alone = data.draw(st.lists(copies, max_size=2)), data.draw(st.lists(copies, max_size=2))
        again.get(*each.events, *(copy for copy in beside if copy in seen), now=each.now)
        again.get(*(replace(copy, body=copy.body ^ 1) for copy in alone), now=each.now)
        seen.extend(each.events)
        if data.draw(st.booleans()):
            plain.tick(each.now)
            again.tick(each.now)
        assert again.progress == plain.progress
    assert (again.outcomes, again.nudges) == (plain.outcomes, plain.nudges)


@given(HISTORIES, SIZES, ZONE)
@LAW
def test_any_order_of_arrival_reaches_the_same(history: list[Happening], sizes: list[int], zone: str) -> None:
    """3.1: for every rule that looks at events only, repeating ones included, whatever comes late or in what batch."""
    used = catalog(of_events(), zone)
    in_order = lived(Life(used), one_by_one(tracks(history)))
    assert final(lived(Life(used), delivered(history, sizes)).outcomes) == final(in_order.outcomes)


@given(HISTORIES, st.permutations(range(40)), SIZES, ZONE)
@LAW
def test_any_permutation_that_arrives_at_once_reaches_the_same(
    history: list[Happening], order: list[int], sizes: list[int], zone: str
) -> None:
    """3.1: a producer that was cut off for a month hands over what it has in any order at all."""
    used = catalog(of_events(), zone)
    month = [each._replace(after=each.after % MAX_AGE) for each in history]
    events = tracks(month)
    arrived = [replace(events[place], arrived=T0 + MAX_AGE) for place in order if place < len(events)]
    calls = [arrived[place : place + sizes[0]] for place in range(0, len(arrived), sizes[0])]
    shuffled = lived(Life(used), (Delivery(tuple(call), T0 + MAX_AGE) for call in calls))
    assert final(shuffled.outcomes) == final(lived(Life(used), one_by_one(events)).outcomes)


@given(HISTORIES, ANCHOR, SIZES, ZONE, st.data())
@LAW
def test_any_order_of_arrival_ends_a_deadline_the_same(
    history: list[Happening], anchor: Duration, sizes: list[int], zone: str, data: st.DataObject
) -> None:
    """3.1, 3.12: for every rule with a deadline whose anchor is known first, also if the clock has decided on the way.

    An anchor that comes after a later one has already led to *reached* is another matter: reached latches.
    """
    used, start = catalog(DEADLINES, zone), signed_up(anchor)
    since = [each for each in history if each.name != "signed_up" or each.after >= anchor]
    in_order = lived(Life(used), one_by_one([start, *tracks(since)]))
    in_order.tick(LONG_AFTER)
    other = Life(used)
    for each in delivered(since, sizes, start):
        lived(other, [each])
        if data.draw(st.booleans()):
            other.tick(each.now)
    other.tick(LONG_AFTER)
    assert final(other.outcomes) == final(in_order.outcomes)


@given(HISTORIES, SIZES, ZONE)
@LAW
def test_nobody_who_was_in_time_is_told_of_a_miss(history: list[Happening], sizes: list[int], zone: str) -> None:
    """3.11: for every rule, anchors late as anything else: who was in time has reached it in the end, and only that."""
    used = catalog(DEADLINES, zone)
    in_order, other = lived(Life(used), one_by_one(tracks(history))), lived(Life(used), delivered(history, sizes))
    in_time = {name for name, outcome, _ in final(in_order.outcomes) if outcome == "reached"}
    other.tick(LONG_AFTER)
    assert {outcome for name, outcome, _ in final(other.outcomes) if name in in_time} <= {"reached"}
    assert in_time <= {name for name, _, _ in final(other.outcomes)}


@given(HISTORIES, WRITES, SIZES, ZONE)
@LAW
def test_any_batching_gives_the_same_progress(
    history: list[Happening], writes: Writes, sizes: list[int], zone: str
) -> None:
    """Delivered in order, what is remembered does not depend on what came in one call; nor do the outcomes."""
    events = at_once([*tracks(history), *identifies(writes)])
    calls, place = list[Delivery](), 0
    while place < len(events):
        call = events[place : place + sizes[len(calls) % len(sizes)]]
        calls.append(Delivery(tuple(call), call[-1].instant))
        place += len(call)
    batched, single = lived(Life(everything(zone)), calls), lived(Life(everything(zone)), one_by_one(events))
    assert remembered(batched.progress) == remembered(single.progress)
    assert batched.lines() == single.lines()


@pytest.mark.parametrize("name", EVENT_ONLY)
def test_every_rule_is_met_by_some_history(name: str) -> None:
    """Laws about what is reached say nothing of rules that nobody reaches."""
    days = [
        Happening(day * DAY + hour * HOUR, event, 33, kind)
        for day in range(70)
        for hour, event, kind in ((0, "bought", "abc"[day % 3]), (5, "opened", "abc"[day % 3]), (9, "invited", "a"))
    ]
    life = lived(Life(catalog(of_events(), "UTC")), one_by_one(tracks(days)))
    assert (name, "reached", 1) in final(life.outcomes)
