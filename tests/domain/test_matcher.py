"""Matchers: semantics, section 2."""

from decimal import Decimal

import pytest

from milepost.domain.matcher import OPERATORS, Condition, Matcher
from tests.domain.build import T0, matcher, track


@pytest.mark.parametrize(
    ("operator", "operand", "value", "holds"),
    [
        ("eq", "a", "a", True),
        ("eq", "a", "A", False),
        ("eq", Decimal("1.0"), 1, True),
        ("eq", Decimal(1), Decimal("1.00"), True),
        ("eq", Decimal(1), True, False),
        ("eq", True, True, True),
        ("eq", True, 1, False),
        ("eq", False, 0, False),
        ("eq", Decimal(1), "1", False),
        ("eq", "1", 1, False),
        ("ne", "a", "b", True),
        ("ne", "a", "a", False),
        ("ne", "a", 1, False),
        ("ne", Decimal(1), "a", False),
        ("ne", Decimal(1), True, False),
        ("gte", Decimal(5), 5, True),
        ("gte", Decimal(5), Decimal("4.999"), False),
        ("gte", Decimal(5), "9", False),
        ("gte", Decimal(0), True, False),
        ("gt", Decimal(5), 5, False),
        ("gt", Decimal(5), Decimal("5.001"), True),
        ("lte", Decimal(5), 5, True),
        ("lte", Decimal(5), 6, False),
        ("lt", Decimal(5), 5, False),
        ("lt", Decimal(5), 4, True),
        ("lt", Decimal(5), None, False),
        ("gte", "b", "c", True),
        ("lt", "b", "a", True),
        ("gt", "b", 9, False),
        ("gte", True, True, False),
        ("gte", Decimal(1), [1], False),
        ("in", ("a", Decimal(2)), "a", True),
        ("in", ("a", Decimal(2)), 2, True),
        ("in", ("a", Decimal(2)), "2", False),
        ("in", (Decimal(1),), True, False),
        ("in", (), "a", False),
        ("exists", True, None, True),
        ("exists", True, 0, True),
        ("exists", False, 0, False),
    ],
)
def test_a_comparison_holds_between_values_of_one_type_only(
    operator: str,
    operand: object,
    value: object,
    holds: bool,  # noqa: FBT001  # A table's column.
) -> None:
    """2: a comparison between a number and a string is false, and a truth value is no number."""
    assert Condition(("p",), operator, operand).holds({"p": value}) is holds


@pytest.mark.parametrize("operator", sorted(OPERATORS))
def test_a_comparison_with_a_missing_property_is_false(operator: str) -> None:
    """2: whatever the operator, `ne` too."""
    operand = (Decimal(1),) if operator == "in" else Decimal(1)
    assert not Condition(("p",), operator, operand).holds({"q": 2})


@pytest.mark.parametrize("wanted", [True, False], ids=["exists", "does not exist"])
def test_exists_asks_whether_a_property_is_there(wanted: bool) -> None:  # noqa: FBT001  # A table's row.
    """2: `exists: true`, and its opposite."""
    assert Condition(("p",), "exists", wanted).holds({}) is not wanted


@pytest.mark.parametrize(
    ("properties", "holds"),
    [
        ({"cart": {"kind": "gift"}}, True),
        ({"cart": {"kind": "own"}}, False),
        ({"cart.kind": "gift"}, False),
        ({"cart": "gift"}, False),
        ({"cart": [{"kind": "gift"}]}, False),
        ({"cart": None}, False),
    ],
)
def test_a_dotted_path_goes_into_objects(properties: dict[str, object], holds: bool) -> None:  # noqa: FBT001  # A table's column.
    """2: a property path may be dotted; it never looks into lists."""
    assert Condition(("cart", "kind"), "eq", "gift").holds(properties) is holds


@pytest.mark.parametrize(
    ("names", "name", "picks"),
    [
        (("bought",), "bought", True),
        (("bought",), "Bought", False),
        (("bought", "rented"), "rented", True),
        (("bought", "rented"), "stolen", False),
        ((), "anything", True),
    ],
)
def test_a_matcher_picks_by_name(names: tuple[str, ...], name: str, picks: bool) -> None:  # noqa: FBT001  # A table's column.
    """2: a name, a list of names, or any track event."""
    assert matcher(*names).matches(track("a", T0, name)) is picks


def test_all_conditions_must_hold() -> None:
    """2: `where` is a conjunction."""
    conditions = (Condition(("x",), "gte", Decimal(1)), Condition(("y",), "eq", "a"))
    both = Matcher(frozenset({"bought"}), conditions)
    assert both.matches(track("a", T0, x=1, y="a"))
    assert not both.matches(track("a", T0, x=1, y="b"))
    assert not both.matches(track("a", T0, x=0, y="a"))
