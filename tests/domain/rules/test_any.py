"""`any`: the first of these rules is reached."""

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.instant import Duration
from milepost.domain.rules import Rule, build
from milepost.domain.rules.all import AllOf
from milepost.domain.rules.any import AnyOf
from milepost.domain.rules.count import Count
from milepost.domain.rules.interface import Change, Hit, Past, SoFar
from milepost.domain.rules.members import Match
from milepost.domain.rules.sequence import Sequence as Steps
from tests.domain.rules.folding import IN_UTC, LONG_AGO, folded, numbers
from tests.domain.rules.lettered import (
    BEGINNING,
    LAW,
    MEMORY,
    Answer,
    Letter,
    in_arrival,
    in_time,
    letter,
    since_beginning,
    spelled,
    streams,
    tracks,
)
from tests.domain.rules.waiting import Alarm, Turned

TWO_B = Count(letter("b"), 2)
TWO_A_SOON = Count(letter("a"), 2, 5)
THEN_C = Steps((letter("a"), letter("c")), 4)
MEMBERS = (TWO_B, TWO_A_SOON, THEN_C)
SOME = st.lists(st.sampled_from(MEMBERS), min_size=1, max_size=3)


def answer(rule: Rule, letters: Iterable[Letter], memory: Duration | None = None) -> Answer:
    """What a rule makes of events in this order."""
    return since_beginning(folded(rule, tracks(letters), memory=memory).hits)


def slow(member: Rule, letters: list[Letter]) -> Answer:
    """Each of the members by itself, the slow way."""
    a, b, c = ([each.after for each in letters if name in each.name] for name in "abc")
    if member == TWO_B:
        return (sorted(b)[1], None) if len(b) > 1 else None
    if member == TWO_A_SOON:
        pairs = zip(sorted(a), sorted(a)[1:], strict=False)
        return next(((last, first) for first, last in pairs if last - first <= 5), None)
    found = min(((last, -first) for first in a for last in c if 0 < last - first <= 4), default=None)
    return None if found is None else (found[0], -found[1])


def expected(members: list[Rule], letters: list[Letter]) -> Answer:
    """The slow way: after each event, whoever is reached by then; of several the one named first."""
    ordered = in_time(letters)
    for end in range(1, len(ordered) + 1):
        reached = [then for member in members if (then := slow(member, ordered[:end])) is not None]
        if reached:
            return min(reached, key=lambda then: then[0])
    return None


@pytest.mark.parametrize(
    ("members", "text", "then"),
    [
        pytest.param([TWO_B, THEN_C], "b@1 a@2 b@3 c@4", (3, None), id="2: the first of them"),
        pytest.param([TWO_B, THEN_C], "b@1 a@2 c@3 b@4", (3, 2), id="2: with the ref of the one that was first"),
        pytest.param([TWO_B, THEN_C], "b@1 a@2", None, id="2: none of them"),
        pytest.param([TWO_B, THEN_C], "b@1 a@2 bc@3", (3, None), id="of two by one event the one named first"),
        pytest.param([THEN_C, TWO_B], "b@1 a@2 bc@3", (3, 2), id="and so the other way round"),
    ],
)
def test_events_in_order_reach_it_when_the_reading_says(members: list[Rule], text: str, then: Answer) -> None:
    """Each case names what it pins."""
    assert answer(AnyOf(tuple(members)), spelled(text)) == then


def test_of_two_by_one_late_event_the_earlier_counts() -> None:
    """3.1: the late `ab` at 2 makes two b, until 9, and two a, until 3."""
    assert answer(AnyOf((TWO_B, TWO_A_SOON)), spelled("b@9 a@3 ab@2")) == (3, 2)


@LAW
@given(SOME, streams(20, 12))
def test_in_order_it_is_what_the_slow_way_finds(members: list[Rule], letters: list[Letter]) -> None:
    """2: whether, `at` and `ref`."""
    assert answer(AnyOf(tuple(members)), in_time(letters)) == expected(members, letters)


@LAW
@given(SOME, streams(20, 12))
def test_whether_it_is_reached_does_not_depend_on_order(members: list[Rule], letters: list[Letter]) -> None:
    """3.1: the strategy makes them in any order."""
    assert (answer(AnyOf(tuple(members)), letters) is None) == (expected(members, letters) is None)


@LAW
@given(SOME, streams(60, 25, MEMORY))
def test_forgetting_loses_nothing(members: list[Rule], letters: list[Letter]) -> None:
    """3.1: for events at most `memory` late; and nothing at all for events in order."""
    rule = AnyOf(tuple(members))
    assert (answer(rule, in_arrival(letters), MEMORY) is None) == (expected(members, letters) is None)
    ordered = [each._replace(late=0) for each in in_time(letters)]
    assert answer(rule, ordered, MEMORY) == expected(members, ordered)


@pytest.mark.parametrize("span", [3, 30])
def test_its_memory_is_bounded(span: Duration) -> None:
    """It is that of its members."""
    rule = AnyOf((Steps((letter("b"), letter("c")), span), AllOf((Match(letter("a")), Match(letter("c"))), span)))
    letters = [Letter(n * 3 // 2, "ab"[n % 2], n % 7) for n in range(3_000)]
    result = folded(rule, tracks(in_arrival(letters)), memory=MEMORY)
    assert 0 < result.most <= rule.most_values(MEMORY)
    assert rule.most_values(MEMORY) == sum(member.most_values(MEMORY) for member in rule.members)
    assert numbers(rule.start) == 0


def test_it_passes_on_traits_and_the_clock() -> None:
    """A member that waits for the clock, or looks at a trait, hears of it."""
    rule = AnyOf((TWO_B, Alarm(50), Alarm(40), Turned()))
    assert rule.clocked
    assert rule.traits == {"plan"}
    assert rule.wakes(rule.start, IN_UTC) == 40
    assert rule.decide(rule.start, 39, IN_UTC, LONG_AGO) == (rule.start, ())
    assert rule.decide(rule.start, 60, IN_UTC, LONG_AGO)[1] == (Hit(40, 0),)
    seen = rule.notice(Change("plan", "free", "pro"), IN_UTC)
    assert rule.fold(rule.start, 30, seen, LONG_AGO)[1] == (Hit(30),)
    assert AnyOf((TWO_B,)).wakes(AnyOf((TWO_B,)).start, IN_UTC) is None


def test_an_event_is_unusable_if_it_is_to_a_member() -> None:
    """It is metered once."""
    (event,) = tracks([Letter(1, "a")])
    assert AnyOf((TWO_B, Alarm(50))).unusable(event)
    assert not AnyOf((TWO_B, THEN_C)).unusable(event)


def test_what_was_met_in_the_past_is_known() -> None:
    """3.13: one member is enough."""
    rule = AnyOf((Count(letter("a"), 2), Alarm(50)))
    assert rule.introduced(Past({"a": 1}, {}, 49), IN_UTC)[1] == 0
    assert rule.introduced(Past({"a": 1}, {}, 50), IN_UTC)[1] == 1
    memo, times = rule.introduced(Past({"a": 1}, {}, 9), IN_UTC)
    assert times == 0
    assert rule.fold(memo, BEGINNING, (1, None), LONG_AGO)[1] == (Hit(BEGINNING),)


def test_it_says_how_far_the_nearest_member_is() -> None:
    """The largest share of its way; of equals the first."""
    rule = AnyOf((Count(letter("b"), 4), Count(letter("a"), 3), THEN_C))
    assert rule.so_far(folded(rule, tracks(spelled("b@1 b@2 b@3 a@4"))).memo) == SoFar(3, 4, "events")
    assert rule.so_far(rule.start) == SoFar(0, 4, "events")


def test_it_is_built_from_a_compiled_catalog() -> None:
    """What the language writes, the core reads."""
    count = {"kind": "count", "event": ["a"], "at_least": 2, "in": None, "repeat": False}
    rule = build({"kind": "any", "of": [count, {"kind": "any", "of": [{**count, "event": ["b"]}]}]})
    assert isinstance(rule, AnyOf)
    assert rule.names == frozenset("ab")
    assert not rule.repeats
