from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.domain.matcher import MISSING, Condition
from milepost.domain.rules import Hit
from milepost.domain.rules.interface import Past
from milepost.domain.rules.trait import Trait
from tests.domain.rules.clocked import UTC, Life, nothing_to_build, track, values

GOLD = Trait(Condition(("tier",), "eq", "gold"))
TEN = Trait(Condition(("seats",), "gte", Decimal(10)))


@pytest.mark.parametrize(
    ("rule", "written", "expected"),
    [
        pytest.param(GOLD, ["gold"], 0, id="2: unknown before"),
        pytest.param(GOLD, ["silver", "gold"], 1, id="2: another before"),
        pytest.param(GOLD, [None, "gold"], 1, id="2: null is another"),
        pytest.param(GOLD, ["silver", "bronze"], None, id="2: never that one"),
        pytest.param(GOLD, ["Gold", "gold "], None, id="2: text is compared as it stands"),
        pytest.param(GOLD, ["silver", "gold", "silver", "gold"], 1, id="2: once"),
        pytest.param(TEN, [9, 10], 1, id="2: at least, exactly X is enough"),
        pytest.param(TEN, [Decimal("9.99"), Decimal("10.0")], 1, id="2: in exact decimals"),
        pytest.param(TEN, ["10", [10], True], None, id="2: what is no number is not at least"),
        pytest.param(TEN, ["many", 11], 1, id="2: a text before is another value"),
        pytest.param(Trait(Condition(("vip",), "eq", operand=True)), [1, "1", False, True], 3, id="2: 1 is not true"),
        pytest.param(Trait(Condition(("n",), "eq", Decimal(1))), [True, Decimal("1.0")], 1, id="2: 1.0 is 1"),
    ],
)
def test_it_is_reached_by_the_write_that_brings_the_value(
    rule: Trait, written: list[object], expected: int | None
) -> None:
    """`expected` is the place of that write."""
    life = Life(rule)
    for instant, value in enumerate(written):
        life.write(instant, rule.wanted.path[0], value)
    assert life.hits == ([] if expected is None else [Hit(expected)])


@pytest.mark.parametrize(("before", "after"), [(10, 11), (11, 10), (Decimal("10.5"), 10)])
def test_a_value_that_met_it_before_is_no_change(before: object, after: object) -> None:
    """From one that satisfies to another that does nothing happens."""
    life = Life(TEN)
    life.traits["seats"] = before
    assert life.write(1, "seats", after).hits == []


def test_another_trait_that_takes_the_value_is_looked_past() -> None:
    """A rule beside this one may look at it."""
    assert Life(GOLD).write(1, "medal", "gold").hits == []


@given(st.lists(st.integers(5, 15), max_size=20))
def test_the_first_rise_to_the_threshold_is_the_one_that_counts(seats: list[int]) -> None:
    """Brute force over the values as they were written, one after the other."""
    life = Life(TEN)
    for instant, each in enumerate(seats):
        life.write(instant, "seats", each)
    enough = [place for place, each in enumerate(seats) if each >= 10]
    assert life.hits == [Hit(place) for place in enough[:1]]
    assert values(life.memo) == TEN.most_values(0) == 0


@pytest.mark.parametrize(("traits", "times"), [({"tier": "gold"}, 1), ({"tier": "silver"}, 0), ({}, 0)])
def test_whoever_has_the_value_when_it_is_introduced_has_reached_it(traits: dict[str, object], times: int) -> None:
    """So they are not congratulated for it (3.13)."""
    assert GOLD.introduced(Past({}, traits, 0), UTC) == (GOLD.start, times)


@pytest.mark.parametrize(
    ("rule", "condition"),
    [
        (GOLD, {"path": ["tier"], "operator": "eq", "operand": "gold"}),
        (TEN, {"path": ["seats"], "operator": "gte", "operand": {"number": "10"}}),
    ],
)
def test_it_is_read_from_a_compiled_catalog(rule: Trait, condition: dict[str, object]) -> None:
    """As the language writes it."""
    assert Trait.from_compiled({"where": [condition]}, nothing_to_build) == rule


def test_it_looks_at_one_trait_and_at_no_event() -> None:
    """And waits for no clock."""
    assert (GOLD.names, GOLD.traits) == (frozenset(), frozenset({"tier"}))
    assert GOLD.observe(track(0), UTC) is None
    assert (GOLD.clocked, GOLD.repeats, GOLD.known_by_ref) == (False, False, False)
    assert GOLD.so_far(GOLD.start).have == 0
    assert not GOLD._has(MISSING)
