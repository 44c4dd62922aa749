from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.instant import DAY, Duration, Instant
from milepost.domain.matcher import Matcher
from milepost.domain.rules import Hit
from milepost.domain.rules.interface import Past
from milepost.domain.rules.silence import MOST_AT_ONCE, MOST_BLOCKS, Silence
from tests.domain.rules.clocked import LONG_AGO, UTC, Life, lived, nothing_to_build, track, values

D = 10
BOUGHT = Matcher(frozenset({"bought"}))
SILENCE = Silence(BOUGHT, D)
ONCE = Silence(BOUGHT, D, repeats=False)
MEMORY = 40


def oracle(events: set[Instant], until: Instant, told: set[Instant]) -> list[Hit]:
    """Every event that no other follows within D, told of once (3.8)."""
    found = [ref for ref in sorted(events) if ref + D <= until and not any(ref < each <= ref + D for each in events)]
    return [Hit(ref + D, ref) for ref in found if ref not in told]


@pytest.mark.parametrize(
    ("events", "until", "refs"),
    [
        pytest.param([0], 10, [0], id="3.8: it fires at an as-of of t + D"),
        pytest.param([0], 9, [], id="3.8: and not before"),
        pytest.param([0, 10], 10, [], id="3.8: an event exactly at t + D is activity"),
        pytest.param([0, 11], 11, [0], id="3.8: one just after it is not"),
        pytest.param([0, 11], 21, [0, 11], id="2: every later event arms it again"),
        pytest.param([0, 5, 10, 15], 24, [], id="3.8: activity goes on"),
        pytest.param([0, 5, 10, 15], 25, [15], id="3.8: until it stops"),
        pytest.param([0, 0, 0], 99, [0], id="3.8: three events at one instant fall silent once"),
        pytest.param([], 99, [], id="2: without an event there is no silence after one"),
    ],
)
def test_it_fires_when_the_reading_says(events: list[Instant], until: Instant, refs: list[Instant]) -> None:
    """`at` is D after the event, `ref` is the event."""
    assert lived(SILENCE, events, until) == [Hit(ref + D, ref) for ref in refs]


def test_without_repeat_it_fires_once() -> None:
    """Also when two silences are decided at one tick."""
    assert lived(ONCE, [0, 30, 60], 99) == [Hit(10, 0)]


def test_a_late_event_before_the_decision_prevents_it() -> None:
    """Until it is decided a late event still counts."""
    assert Life(SILENCE).get(0, 20).tick(9).get(10).tick(29).hits == []


def test_what_has_been_decided_is_final() -> None:
    """A late event that would have prevented it takes nothing back, and is later activity that falls silent too."""
    assert Life(SILENCE).get(0).tick(10).get(5).tick(99).hits == [Hit(10, 0), Hit(15, 5)]


def test_a_late_event_inside_a_block_changes_nothing() -> None:
    """There was activity before it and after it."""
    assert Life(SILENCE).get(0, 8).tick(18).get(4).tick(99).hits == [Hit(18, 8)]


def test_a_late_event_of_its_own_splits_the_silence_in_two() -> None:
    """It falls silent as well, at an instant that has long passed."""
    assert Life(SILENCE).get(0, 50).tick(60).get(25).tick(60).hits == [Hit(10, 0), Hit(60, 50), Hit(35, 25)]


def test_joining_two_decided_blocks_brings_nothing_new() -> None:
    """The silence after the later one has been told."""
    assert Life(SILENCE).get(0, 20).tick(30).get(10).tick(99).hits == [Hit(10, 0), Hit(30, 20)]


def test_no_more_than_a_hundred_are_decided_at_once() -> None:
    """The rest is due at once, the next time."""
    life = Life(SILENCE).get(*range(0, 150 * 20, 20))
    memo, hits = SILENCE.decide(life.memo, 10**6, UTC, LONG_AGO)
    assert len(hits) == MOST_AT_ONCE
    assert SILENCE.wakes(memo, UTC) == MOST_AT_ONCE * 20 + D
    assert len(life.tick(10**6).hits) == 150


def test_beyond_the_most_blocks_a_late_event_in_an_old_silence_comes_too_late() -> None:
    """The two oldest are taken for one, so that memory is bounded whatever D is."""
    life = Life(SILENCE)
    for instant in range(0, (MOST_BLOCKS + 1) * 100, 100):
        life.get(instant).tick(instant + D)
    told = len(life.hits)
    assert values(life.memo) == MOST_BLOCKS * 3
    assert len(life.get(50).tick(10**6).hits) == told
    assert len(life.get(150).tick(10**6).hits) == told + 1


def test_in_the_steady_state_one_block_is_kept() -> None:
    """Three numbers for a subject who comes every day."""
    life = Life(Silence(BOUGHT, 7 * DAY))
    for day in range(400):
        life.horizon = (day - 53) * DAY
        life.get(day * DAY)
    assert life.memo == (0, 399 * DAY, 0)


STEPS = st.lists(st.tuples(st.integers(0, 25), st.integers(0, MEMORY) | st.just(0), st.booleans()), max_size=40)


@given(STEPS, st.booleans())
def test_late_events_and_decisions_in_any_order_agree_with_brute_force(
    steps: list[tuple[Duration, Duration, bool]],
    forgets: bool,  # noqa: FBT001  # Hypothesis calls it
) -> None:
    """At each tick what is told is what the events known by then say; forgetting what is too old changes nothing."""
    life, events, expected, now = Life(SILENCE), set[Instant](), list[Hit](), 0
    for passed, late, ticks in steps:
        now += passed
        if forgets:
            life.horizon = now - MEMORY
        if ticks:
            expected += oracle(events, now, {hit.ref for hit in expected if hit.ref is not None})
            life.tick(now)
        else:
            events.add(now - late)
            life.get(now - late)
        assert life.hits == expected


@given(st.lists(st.integers(0, 200), max_size=30), st.data())
def test_the_order_of_arrival_changes_nothing(instants: list[Instant], data: st.DataObject) -> None:
    """As long as nothing has been decided."""
    hits = lived(SILENCE, sorted(instants), 10**6)
    assert hits == oracle(set(instants), 10**6, set())
    assert lived(SILENCE, data.draw(st.permutations(instants)), 10**6) == hits


@given(st.lists(st.integers(1, 30), min_size=50, max_size=200), st.integers(1, 20), st.integers(0, 300))
def test_memory_stays_within_its_bound(gaps: list[Duration], span: Duration, memory: Duration) -> None:
    """However long the stream is, with late events between the others."""
    rule = Silence(BOUGHT, span)
    life, now = Life(rule), 0
    for gap in gaps:
        now += gap
        life.horizon = now - memory
        for instant in (now, max(now - gap * 7, now - memory)):
            life.tick(now).get(instant)
            assert values(life.memo) <= rule.most_values(memory)


@given(st.lists(st.integers(0, 200), max_size=30))
def test_blocks_are_in_order_and_more_than_d_apart(instants: list[Instant]) -> None:
    """What the bound on memory and the fast path rest upon."""
    memo = Life(SILENCE).get(*instants).memo
    assert isinstance(memo, tuple)
    edges = [each for place, each in enumerate(memo) if place % 3 < 2 and isinstance(each, int)]
    assert edges == sorted(edges)
    assert all(first - last > D for last, first in list(pairwise(edges))[1::2])


def test_it_is_read_from_a_compiled_catalog() -> None:
    """As the language writes it."""
    options = {"event": ["bought"], "where": [], "for": D, "repeat": False}
    assert Silence.from_compiled(options, nothing_to_build) == ONCE
    assert (ONCE.repeats, SILENCE.repeats, SILENCE.clocked, SILENCE.known_by_ref) == (False, True, True, True)


def test_it_looks_at_matching_events_only_and_starts_from_nothing() -> None:
    """A subject with a past is armed by the next event: nobody knows when the last one was."""
    assert SILENCE.observe(track(0, "left"), UTC) is None
    assert SILENCE.names == frozenset({"bought"})
    assert SILENCE.introduced(Past({"bought": 3}, {}, 99), UTC) == (SILENCE.start, 0)
    assert SILENCE.so_far(SILENCE.start).have == 0
