"""`distinct`: N different values of a property, or N users."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from milepost.domain.event import Track
from milepost.domain.instant import DAY, HOUR, Instant
from milepost.domain.matcher import Matcher
from milepost.domain.rules import build
from milepost.domain.rules.distinct import Distinct
from milepost.domain.rules.interface import Hit, SoFar
from tests.domain.rules.folding import IN_UTC, at, folded, happened, in_order

HEARD = Matcher(frozenset({"heard"}))
LAW = settings(max_examples=200)
BEGINNING = at("03-01 00:00")
SONGS = Distinct(HEARD, ("song",), 2)


def heard(instant: Instant, value: object) -> Track:
    """Somebody heard a song."""
    return happened(instant, "heard", song=value)


NUMBERS = st.integers(-3, 3) | st.sampled_from(
    [Decimal(text) for text in ("1.0", "1E0", "-0.0", "0.5", "50E-2", "1E2")]
)
VALUES = NUMBERS | st.booleans() | st.sampled_from(["1", "true", "a", "A", ""]) | st.none() | st.just((1,))
EVENTS = st.lists(
    st.builds(heard, st.integers(0, 60 * 24).map(lambda step: BEGINNING + step * HOUR), VALUES), max_size=20
)
RULES = st.builds(Distinct, st.just(HEARD), st.just(("song",)), st.integers(1, 8))


def same(one: object, other: object) -> bool:
    """Whether two values are one: of one JSON type and equal."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return isinstance(one, str) is isinstance(other, str) and one == other


def expected(rule: Distinct, events: Sequence[Track]) -> Hit | None:
    """The slow way: compare each value with all before it."""
    values: list[object] = []
    for event in in_order(events):
        value = event.properties["song"]
        if isinstance(value, str | int | Decimal) and not any(same(value, each) for each in values):
            values.append(value)
            if len(values) == rule.at_least:
                return Hit(event.instant)
    return None


@given(RULES, EVENTS)
@LAW
def test_in_order_it_is_what_the_slow_way_finds(rule: Distinct, events: list[Track]) -> None:
    """2, 3.2: whether and at, with time passing so that all else would be forgotten."""
    hit = expected(rule, events)
    assert folded(rule, in_order(events), memory=DAY).hits == ([] if hit is None else [hit])


@given(RULES, EVENTS.flatmap(st.permutations))
@LAW
def test_in_any_order_it_is_reached_by_the_same_events(rule: Distinct, events: list[Track]) -> None:
    """3.1: whether it is reached is a function of the set of events."""
    assert folded(rule, events).times == (expected(rule, events) is not None)


@pytest.mark.parametrize("at_least", [1, 2, 100])
def test_memory_is_bounded(at_least: int) -> None:
    """State is bounded: it keeps fewer values than it takes to be met, however long it goes on."""
    rule = Distinct(HEARD, ("song",), at_least)
    events = [heard(BEGINNING + step * HOUR, f"song {step % max(at_least - 1, 1)}") for step in range(2000)]
    result = folded(rule, events, memory=53 * DAY)
    assert bool(result.hits) is (at_least == 1)
    assert result.most <= rule.most_values(53 * DAY)
    assert result.most == rule.most_values(53 * DAY) or at_least == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, Decimal("1.0")),
        (Decimal("1E0"), 1),
        (100, Decimal("1E+2")),
        (0, Decimal("-0.00")),
        (10**126, Decimal("1E+126")),
        (Decimal("0.5"), Decimal("50E-2")),
    ],
)
def test_a_number_is_one_value_however_it_is_written(one: object, other: object) -> None:
    """Numbers compare by value, as `where` compares them."""
    assert folded(SONGS, [heard(BEGINNING, one), heard(BEGINNING + 1, other)]).hits == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, True),
        (0, False),
        (1, "1"),
        (True, "true"),
        ("a", "A"),
        ("a", "a "),
        ("", " "),
        ("\ud800", "\udfff"),
        (10**37 + 1, 10**37),
        (Decimal("1E-130"), Decimal("2E-130")),
    ],
)
def test_values_of_another_type_or_spelling_are_others(one: object, other: object) -> None:
    """`true` is not 1, text counts as it stands, and no digit is lost."""
    assert folded(SONGS, [heard(BEGINNING, one), heard(BEGINNING + 1, other)]).hits == [Hit(BEGINNING + 1)]


@pytest.mark.parametrize("value", [None, (), (1,), {}, {"id": 1}])
def test_what_is_no_single_value_is_unusable(value: object) -> None:
    """An event the rule means, without a value, adds nothing and is metered; so is one without the property."""
    for event in (heard(BEGINNING, value), happened(BEGINNING, "heard")):
        assert SONGS.observe(event, IN_UTC) is None
        assert SONGS.unusable(event)
    assert not SONGS.unusable(happened(BEGINNING, "looked"))
    assert not SONGS.unusable(heard(BEGINNING, ""))


def test_the_same_value_again_leaves_the_memo_as_it_is() -> None:
    """Fold is fast: what changes nothing makes nothing new."""
    event = heard(BEGINNING, "a")
    memo, seen = folded(SONGS, [event]).memo, SONGS.observe(event, IN_UTC)
    assert SONGS.fold(memo, BEGINNING + 1, seen, 0)[0] is memo


def test_a_late_value_completes_it_at_the_newest_that_brought_one() -> None:
    """3.1: out of order, `at` is the latest instant among the events that completed it."""
    events = [heard(BEGINNING + 5, "a"), heard(BEGINNING + 9, "a"), heard(BEGINNING, "b")]
    assert folded(SONGS, events).hits == [Hit(BEGINNING + 5)]


def test_a_dotted_path_looks_inside() -> None:
    """2: a property path may be dotted."""
    rule = build({"kind": "distinct", "event": ["heard"], "where": [], "of": ["song", "id"], "at_least": 2})
    events = [heard(BEGINNING, {"id": "a", "take": 1}), heard(BEGINNING + 1, {"id": "a", "take": 2})]
    assert folded(rule, events).hits == []
    assert folded(rule, [*events, heard(BEGINNING + 2, {"id": "b"})]).hits == [Hit(BEGINNING + 2)]


def test_users_are_counted_by_who_did_it() -> None:
    """2: `of: user` counts users of an account, whatever the properties say."""
    rule = build({"kind": "distinct", "event": ["heard"], "where": [], "of": "user", "at_least": 2})
    events = [happened(BEGINNING + place, "heard", user=user) for place, user in enumerate(("u_1", "u_1", "u_2"))]
    assert rule.names == frozenset({"heard"})
    assert not rule.unusable(events[0])
    assert folded(rule, events).hits == [Hit(BEGINNING + 2)]
    assert rule.so_far(folded(rule, events[:2]).memo) == SoFar(1, 2, "users")


def test_progress_is_the_different_values_so_far() -> None:
    """So many of N; another threshold judges the same values."""
    rule = Distinct(HEARD, ("song",), 5)
    memo = folded(rule, [heard(BEGINNING, value) for value in ("a", "b", "a")]).memo
    assert rule.so_far(memo) == SoFar(2, 5, "values")
    assert rule.judged_anew(memo) == (memo, 0)
    assert SONGS.judged_anew(memo) == (memo, 1)
