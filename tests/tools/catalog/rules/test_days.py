"""`days` as teams write it."""

import pytest

from milepost.domain.matcher import Matcher
from milepost.domain.rules import build
from milepost.domain.rules.days import Days
from tests.tools.catalog.catalogs import found, rule_of, with_reach


@pytest.mark.parametrize(
    ("written", "options", "rule"),
    [
        ("at_least: 3", {"at_least": 3, "in": None}, Days(Matcher(frozenset({"bought"})), 3)),
        ("at_least: 5, in: 7d", {"at_least": 5, "in": 7}, Days(Matcher(frozenset({"bought"})), 5, 7)),
        ("at_least: 14, in: 2w", {"at_least": 14, "in": 14}, Days(Matcher(frozenset({"bought"})), 14, 14)),
        ("in: 48h, at_least: 2", {"at_least": 2, "in": 2}, Days(Matcher(frozenset({"bought"})), 2, 2)),
    ],
)
def test_it_compiles_to_what_the_core_reads(written: str, options: dict[str, object], rule: Days) -> None:
    """`in` becomes a number of dates."""
    compiled = rule_of(f"days: {{event: bought, {written}}}")
    assert compiled == {"kind": "days", "event": ["bought"], "where": [], **options}
    assert build(compiled) == rule


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        ("at_least: 2, in: 36h", "days.in: must be a number of whole days, and is 36h. Write it in d or w: 7d is a"),
        ("at_least: 2, in: 0d", "days.in: must be longer than nothing. Write 1s or more."),
        ("at_least: 2, in: 401d", "days.in: must be at most 400d, and is 401d"),
        ("at_least: 2, in: 1mo", "days.in: is not a duration such as"),
        (
            "at_least: 8, in: 7d",
            "days.at_least: must be at most the 7 days of `in`, and is 8. Write fewer days, or a l",
        ),
        ("at_least: 0", "days.at_least: must be at least 1, and is 0"),
        ("at_least: 10001", "days.at_least: must be at most 10000, and is 10001"),
        ("in: 7d", "days: `at_least` is missing. Add it."),
        ("at_least: 2, repeat: true", "days.repeat: `repeat` is not a key of `days`."),
        ("at_least: 2, of: amount", "days.of: `of` is not a key of `days`."),
    ],
)
def test_what_does_not_fit_is_refused_with_a_remedy(written: str, finding: str) -> None:
    """Each finding names the field and says what to write."""
    (only,) = found(with_reach(f"days: {{event: bought, {written}}}"))
    assert f"milestones.m.reach.{finding}" in only
