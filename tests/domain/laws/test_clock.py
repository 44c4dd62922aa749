"""What waits for the clock: `due` is never too late, and a tick at each `due` decides everything and then stops."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.advance import acknowledge, advance
from milepost.domain.event import Tick, Track
from milepost.domain.instant import DAY, Duration, Instant
from milepost.domain.local import Span
from milepost.domain.outbox import Joined
from milepost.domain.rules import Rule
from milepost.domain.rules.date import Date
from milepost.domain.rules.drop import Drop
from milepost.domain.rules.silence import Silence
from tests.domain.build import GRACE, T0, Life, milestone, track
from tests.domain.laws.catalogs import BOUGHT, ZONES, catalog, clocked, everything, of_events, with_deadlines
from tests.domain.laws.histories import (
    HISTORIES,
    LAW,
    WRITES,
    Delivery,
    Happening,
    at_once,
    delivered,
    final,
    identifies,
    lived,
    one_by_one,
    tracks,
)

ZONE = st.sampled_from(ZONES)
SIZES = st.lists(st.integers(1, 6), min_size=1, max_size=5)
END = T0 + 400 * DAY
"""All that can be decided of a history of 120 days, but for dates that come round for ever, is decided by then."""
Writes = list[tuple[Duration, str, object]]


def told(life: Life) -> Life:
    """Whatever waits is told and booked, so that `due` is about the clock alone."""
    booked = frozenset(each.id for each in life.progress.outbox)
    if booked:
        life.progress = acknowledge(life.progress, booked, life.catalog, T0)
    return life


def found_before(life: Life, until: Instant) -> bool:
    """Whether a tick up to then would bring anything about."""
    result = advance(life.progress, [Tick(until)], life.catalog, until)
    return bool([each for each in result.progress.outbox if not isinstance(each, Joined)])


def calls(history: list[Happening], writes: Writes, sizes: list[int]) -> list[Delivery]:
    """All deliveries, writes of traits among them, in the order of time."""
    both = [*delivered(history, sizes), *(Delivery((each,), each.instant) for each in identifies(writes))]
    return sorted(both, key=lambda each: each.now)


def due_by(life: Life, until: Instant) -> Instant | None:
    """When the clock is wanted next, once all is told; None if that is not by then."""
    due = told(life).progress.due
    return due if due is not None and due <= until else None


def wound_up(life: Life, until: Instant) -> int:
    """Ticks at each `due` up to then, and how many they were; each has to move `due` on."""
    ticks = 0
    while (due := due_by(life, until)) is not None:
        life.tick(due)
        ticks += 1
        assert due_by(life, due) is None, "a tick that moves nothing on comes back for ever"
    return ticks


@given(HISTORIES, WRITES, SIZES, ZONE, st.data())
@LAW
def test_the_clock_is_never_armed_later_than_it_could_find_something(
    history: list[Happening], writes: Writes, sizes: list[int], zone: str, data: st.DataObject
) -> None:
    """However events and traits come, no tick before `due` finds anything: of silence, drop, date and deadlines."""
    life = Life(everything(zone))
    for each in calls(history, writes, sizes):
        lived(told(life), [each])
        due = told(life).progress.due
        assert not found_before(life, END if due is None else due - 1)
        if data.draw(st.booleans()):
            life.tick(each.now)


def first_silence(bought: list[Instant]) -> Instant:
    """3.8, without the rule: three days after the first event that nothing follows for three days."""
    return min(at + 3 * DAY for at in bought if not any(at < other <= at + 3 * DAY for other in bought))


FIRST: Mapping[Rule, Callable[[list[Instant]], Instant]] = {
    Silence(BOUGHT, 3 * DAY): first_silence,
    Drop(BOUGHT, Decimal("0.5"), 4 * DAY): lambda bought: min(bought) + 8 * DAY,
    Date(BOUGHT, None, Span(days=30)): lambda bought: min(bought) + 30 * DAY,
}
"""When each of these rules could first decide something, told without it."""


@given(history=HISTORIES, sizes=SIZES)
@LAW
def test_the_clock_is_armed_for_the_first_that_could_be_decided(history: list[Happening], sizes: list[int]) -> None:
    """`due` is never later, whatever came late, and with nothing but grace added."""
    calls = delivered(history, sizes)
    for rule, first in FIRST.items():
        assert_armed(rule, first, calls)


def assert_armed(rule: Rule, first: Callable[[list[Instant]], Instant], calls: list[Delivery]) -> None:
    """After each call that knows of an event, for this rule."""
    life, bought = Life(catalog([milestone(rule)], "UTC")), list[Instant]()
    for each in calls:
        lived(life, [each])
        bought += [event.instant for event in each.events if isinstance(event, Track) and event.name == "bought"]
        if bought:
            due = told(life).progress.due
            assert due is not None, rule
            assert due <= first(bought) + GRACE, rule


@given(HISTORIES, WRITES, ZONE)
@LAW
def test_ticks_at_each_due_instant_decide_what_one_late_tick_decides(
    history: list[Happening], writes: Writes, zone: str
) -> None:
    """Lazy re-arming loses nobody, each tick moves on, and in the end nothing is due but dates that come round."""
    used = catalog(clocked(), zone)
    events = one_by_one([*tracks(history), *identifies(writes)])
    stepwise, at_the_end = lived(Life(used), events), lived(Life(used), events)
    wound_up(stepwise, END)
    while due_by(at_the_end, END) is not None:
        at_the_end.tick(END)
    assert final(stepwise.outcomes) == final(at_the_end.outcomes)
    assert stepwise.lines() == at_the_end.lines()


@given(HISTORIES, WRITES, ZONE)
@LAW
def test_who_waits_for_nothing_is_not_due(history: list[Happening], writes: Writes, zone: str) -> None:
    """Deadlines that are decided and rules that look at events only leave the due index empty."""
    used = catalog([*of_events(), *with_deadlines()], zone)
    life = lived(Life(used), one_by_one([*tracks(history), *identifies(writes)]))
    starts = [each.after for each in history if each.name == "signed_up"]
    assert wound_up(life, END) <= len(with_deadlines())
    assert life.progress.due is None
    assert bool(starts) <= bool([each for each in life.outcomes if each.milestone.endswith("within")])


@given(HISTORIES, WRITES, ZONE)
@LAW
def test_a_clock_that_ticks_as_it_should_finds_the_same_at_any_pace(
    history: list[Happening], writes: Writes, zone: str
) -> None:
    """3.8: delivered in order, ticks at each due instant on the way find what ticks before each event find."""
    used = catalog(clocked(), zone, grace=0)
    at_due, before_each = Life(used), Life(used)
    for event in at_once([*tracks(history), *identifies(writes)]):
        wound_up(at_due, event.instant - 1)
        told(before_each).tick(event.instant - 1)
        for life in (at_due, before_each):
            life.get(event)
    assert_alike(at_due, before_each)


def assert_alike(one: Life, other: Life) -> None:
    """The same lines after the clock has run out for both."""
    for life in (one, other):
        wound_up(life, END)
    assert one.lines() == other.lines()


@given(HISTORIES, WRITES, SIZES, ZONE)
@LAW
def test_what_the_clock_has_decided_is_final(
    history: list[Happening], writes: Writes, sizes: list[int], zone: str
) -> None:
    """3.1: a silence, a drop or a date that was told is told once, and nothing that comes later takes it back."""
    life, before = Life(catalog(clocked(), zone)), set[tuple[str, str, int]]()
    for each in calls(history, writes, sizes):
        life.tick(each.now)
        lived(told(life), [each])
        found = {line for line in final(life.outcomes) if line[1] != "missed"}
        assert before <= found
        before = found
    ids = [each.id for each in life.outcomes]
    assert len(set(ids)) == len(ids)


def test_a_date_that_turns_out_to_be_a_whole_span_older_tells_no_occurrence_twice() -> None:
    """3.1, 6: what was told for the week from day 7 to day 14 is not told again when day 0 arrives late."""
    life = Life(catalog([milestone(Date(BOUGHT, None, Span(days=7), repeats=True))], "UTC", grace=0))
    life.get(track("seventh", T0 + 7 * DAY))
    life.tick(T0 + 14 * DAY)
    life.get(track("first", T0, arrived=T0 + 15 * DAY))
    life.tick(T0 + 21 * DAY)
    told_of = [(each.at - T0, each.ref) for each in life.outcomes]
    assert len(set(told_of)) == len(told_of)
    assert len({each.id for each in life.outcomes}) == len(life.outcomes)
