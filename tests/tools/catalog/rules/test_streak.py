"""`streak` as teams write it."""

import pytest

from milepost.domain.matcher import Matcher
from milepost.domain.rules import build
from milepost.domain.rules.streak import Streak
from tests.tools.catalog.catalogs import found, rule_of, with_reach

BOUGHT = Matcher(frozenset({"bought"}))
PLAIN = {"kind": "streak", "event": ["bought"], "where": [], "at_least": 7}


@pytest.mark.parametrize(
    ("written", "options", "rule"),
    [
        (
            "unit: day",
            {"unit": "day", "per_period": 1, "freezes": 0, "repeat": False},
            Streak(BOUGHT, 7, "day"),
        ),
        (
            "unit: week, per_period: 3, freezes: 2, repeat: true",
            {"unit": "week", "per_period": 3, "freezes": 2, "repeat": True},
            Streak(BOUGHT, 7, "week", 3, 2, repeats=True),
        ),
        (
            "unit: month, freezes: 30",
            {"unit": "month", "per_period": 1, "freezes": 30, "repeat": False},
            Streak(BOUGHT, 7, "month", 1, 30),
        ),
    ],
)
def test_it_compiles_to_what_the_core_reads(written: str, options: dict[str, object], rule: Streak) -> None:
    """What is left out has its value all the same."""
    compiled = rule_of(f"streak: {{event: bought, at_least: 7, {written}}}")
    assert compiled == {**PLAIN, **options}
    assert build(compiled) == rule


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        ("at_least: 7", "streak: `unit` is missing. Add it."),
        ("unit: day", "streak: `at_least` is missing. Add it."),
        ("at_least: 7, unit: weeks", "streak.unit: must be one of day, week, month, and is the text `weeks`. Did you"),
        ("at_least: 7, unit: 7d", "streak.unit: must be one of day, week, month, and is the text `7d`. Write one of"),
        ("at_least: 0, unit: day", "streak.at_least: must be at least 1, and is 0"),
        ("at_least: 1001, unit: day", "streak.at_least: must be at most 1000, and is 1001"),
        ("at_least: 7, unit: day, per_period: 0", "streak.per_period: must be at least 1, and is 0"),
        ("at_least: 7, unit: day, per_period: 1001", "streak.per_period: must be at most 1000, and is 1001"),
        ("at_least: 7, unit: day, freezes: -1", "streak.freezes: must be at least 0, and is -1"),
        ("at_least: 7, unit: day, freezes: 31", "streak.freezes: must be at most 30, and is 31"),
        ("at_least: 7, unit: day, repeat: 1", "streak.repeat: must be true or false, and is the number 1"),
        ("at_least: 7, unit: day, in: 7d", "streak.in: `in` is not a key of `streak`."),
    ],
)
def test_what_does_not_fit_is_refused_with_a_remedy(written: str, finding: str) -> None:
    """Each finding names the field and says what to write."""
    (only,) = found(with_reach(f"streak: {{event: bought, {written}}}"))
    assert f"milestones.m.reach.{finding}" in only
