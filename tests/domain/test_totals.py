"""Totals: what nudges tell of a subject, worked out by hand."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeAlias

import pytest

from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost.domain.facts import Facts, facts_of
from milepost.domain.instant import DAY, HOUR, Instant
from milepost.domain.merge import merge
from milepost.domain.progress import Progress
from milepost.domain.totals import MOST_KEPT, Kept
from tests.domain.build import SUBJECT, Life, identify, track
from tests.domain.decisions import at
from tests.domain.told import facts_at, nudge_at
from tests.tools.catalog.catalogs import compile_text

Event: TypeAlias = tuple[str, str, dict[str, Any]]
YEAR_END = "2026-12-31T23:30:00Z"


def shop(totals: str, version: int = 1) -> Catalog:
    """A catalog with a refundable purchase and these totals."""
    text = f"""
catalog: shop
version: {version}
events: {{bought: {{retracted_by: refunded}}, refunded: {{}}, trained: {{}}, signed_up: {{}}}}
totals: {{{totals}}}
milestones: {{m: {{reach: {{count: {{event: signed_up, at_least: 1}}}}}}}}
"""
    return catalog_from_compiled(compile_text(text))


def told(life: Life, when: str) -> dict[str, Any]:
    """The totals that a nudge tells at that time."""
    return dict(facts_at(life.progress, life.catalog, at(when)).totals)


def lived(totals: str, *events: Event, zone: str | None = None) -> Life:
    """A life in which these happened: when, what, and with which properties."""
    life = Life(shop(totals))
    if zone is not None:
        life.get(identify("zone", at("2026-01-01T00:00:00Z"), timezone=zone))
    for place, (when, name, properties) in enumerate(events):
        life.get(track(f"e{place}", at(when), name, **properties))
    return life


MINUTES = "minutes: {sum: {event: trained, of: minutes}, per: year}"
TRAINED: list[Event] = [
    ("2025-12-31T10:00:00Z", "trained", {"minutes": 999}),
    ("2026-01-01T10:00:00Z", "trained", {"minutes": 1800}),
    ("2026-06-01T10:00:00Z", "trained", {"minutes": Decimal("1020.5")}),
]


def test_forty_seven_hours_this_year() -> None:
    """A sum of minutes per year; the year before is not in it, and the template divides."""
    assert told(lived(MINUTES, *TRAINED), "2026-07-01T00:00:00Z") == {"minutes": Decimal("2820.5")}


def test_a_new_year_begins_with_nothing() -> None:
    """The total is of the period in which the nudge is sent, whether anything has happened in it or not."""
    assert told(lived(MINUTES, *TRAINED), "2027-01-01T00:00:00Z") == {"minutes": 0}


@pytest.mark.parametrize(
    ("zone", "expected"),
    [("Pacific/Auckland", 1), ("UTC", 2), ("America/New_York", 2)],
)
def test_a_period_is_of_the_subjects_own_calendar(zone: str, expected: int) -> None:
    """At 23:30 of UTC's last day the new year has begun in Auckland, and nowhere to the west."""
    events: list[Event] = [("2026-12-01T00:00:00Z", "trained", {}), (YEAR_END, "trained", {})]
    assert told(lived("n: {count: {event: trained}, per: year}", *events, zone=zone), YEAR_END) == {"n": expected}


@pytest.mark.parametrize(
    ("per", "expected"), [("day", 1), ("week", 2), ("month", 3), ("year", 4)], ids=["day", "week", "month", "year"]
)
def test_a_total_counts_its_own_period_alone(per: str, expected: int) -> None:
    """2026-11-22 is a Sunday: the week began on the 16th."""
    days = ["2025-11-22", "2026-01-03", "2026-11-03", "2026-11-16", "2026-11-22"]
    events: list[Event] = [(f"{day}T09:00:00Z", "trained", {}) for day in days]
    life = lived(f"n: {{count: {{event: trained}}, per: {per}}}", *events)
    assert told(life, "2026-11-22T10:00:00Z") == {"n": expected}


def test_a_late_event_of_an_older_period_adds_nothing_to_the_present_one() -> None:
    """And one of the present period does, however late."""
    life = lived("n: {count: {event: trained}, per: month}", ("2026-11-20T00:00:00Z", "trained", {}))
    life.get(track("late", at("2026-10-31T00:00:00Z"), "trained", arrived=at("2026-11-21T00:00:00Z")))
    assert told(life, "2026-11-21T00:00:00Z") == {"n": 1}
    life.get(track("less", at("2026-11-01T00:00:00Z"), "trained", arrived=at("2026-11-22T00:00:00Z")))
    assert told(life, "2026-11-22T00:00:00Z") == {"n": 2}


def test_days_are_local_dates() -> None:
    """Two events of one evening in Berlin are on two dates where the second comes after midnight."""
    evening: list[Event] = [("2026-11-20T22:30:00Z", "trained", {}), ("2026-11-20T23:30:00Z", "trained", {})]
    events: list[Event] = [*evening, ("2026-11-21T10:00:00Z", "trained", {})]
    totals = "d: {days: {event: trained}, per: month}"
    assert told(lived(totals, *events, zone="Europe/Berlin"), "2026-11-22T00:00:00Z") == {"d": 2}
    assert told(lived(totals, *evening), "2026-11-22T00:00:00Z") == {"d": 1}


def test_days_are_counted_beyond_what_late_events_can_still_hit() -> None:
    """A year of every second day, of which all but the last weeks are a number only."""
    start = at("2026-01-01T12:00:00Z")
    life = Life(shop("d: {days: {event: trained}, per: year}"))
    for place in range(180):
        life.get(track(f"d{place}", start + place * 2 * DAY, "trained"))
        life.get(track(f"again{place}", start + place * 2 * DAY + HOUR, "trained"))
    assert told(life, "2026-12-31T00:00:00Z") == {"d": 180}
    (kept,) = life.progress.totals.values()
    settled, _, open_ = kept.amount  # type: ignore[misc]  # Those of days are three numbers.
    assert settled > 100
    assert open_.bit_length() < 70


SPENT = "spent: {sum: {event: bought, of: amount}}"
BOTH = f"orders: {{count: {{event: bought}}}}, monthly: {{count: {{event: bought}}, per: month}}, {SPENT}"


def test_what_is_taken_back_is_taken_off() -> None:
    """One less, and its amount less (semantics, 3.10), never below none of a count."""
    life = lived(
        BOTH,
        ("2026-11-01T00:00:00Z", "bought", {"amount": Decimal("10.10")}),
        ("2026-11-02T00:00:00Z", "bought", {"amount": 20}),
        ("2026-11-03T00:00:00Z", "refunded", {"amount": Decimal("10.10")}),
    )
    assert told(life, "2026-11-04T00:00:00Z") == {"orders": 1, "monthly": 1, "spent": 20}
    life.get(track("back", at("2026-12-01T00:00:00Z"), "refunded", amount=20))
    assert told(life, "2026-12-01T00:00:00Z") == {"orders": 0, "monthly": 0, "spent": 0}


def test_a_plain_count_is_that_of_the_tracking_plan_and_costs_nothing() -> None:
    """It knows what was counted before the catalog asked, too; any other total counts from then on."""
    before = lived("", ("2026-11-01T00:00:00Z", "bought", {"amount": 5}))
    later = Life(shop(BOTH, version=2), before.progress)
    assert told(later, "2026-11-02T00:00:00Z") == {"orders": 1, "monthly": 0, "spent": 0}
    assert later.progress.totals == {}
    later.get(track("next", at("2026-11-03T00:00:00Z"), "bought", amount=5))
    assert told(later, "2026-11-03T00:00:00Z") == {"orders": 2, "monthly": 1, "spent": 5}
    assert len(later.progress.totals) == 2


def test_a_sum_without_a_number_is_metered() -> None:
    """It adds nothing (semantics, 3.4)."""
    life = Life(shop("spent: {sum: {event: bought, of: amount}}"))
    result = life.get(track("a", at("2026-11-01T00:00:00Z"), "bought", amount="5"))
    assert result.tally["unusable_property"] == 1
    assert life.progress.totals == {}


def test_a_total_that_changes_begins_anew_and_one_that_is_renamed_does_not() -> None:
    """What is counted tells totals apart, not what they are called."""
    life = lived("a: {sum: {event: bought, of: amount}}", ("2026-11-01T00:00:00Z", "bought", {"amount": 5}))
    for text, expected in (
        ("b: {sum: {event: bought, of: amount}}", {"b": 5}),
        ("a: {sum: {event: bought, of: amount}, per: year}", {"a": 0}),
    ):
        assert told(Life(shop(text, version=2), life.progress), "2026-11-02T00:00:00Z") == expected


def test_totals_of_catalogs_long_gone_do_not_pile_up() -> None:
    """Up to a bound they stay, so that an older catalog finds its own again; beyond it only the present ones do."""
    catalog = shop("spent: {sum: {event: bought, of: amount}}", version=2)
    (known,) = catalog.kept_totals
    old = {key: Kept(0, 1) for key in range(MOST_KEPT)}
    for kept, left in ((old, MOST_KEPT), ({**old, known.key: Kept(0, Decimal(5))}, 1)):
        life = Life(catalog, Progress(SUBJECT, catalog_version=1, totals=kept))
        life.get(track("a", at("2026-11-01T00:00:00Z"), "signed_up"))
        assert len(life.progress.totals) == left


def test_an_alias_adds_both_up() -> None:
    """Semantics, 3.14: of one period; where one of the two is in a later one, that is the present one."""
    per_month = f"n: {{count: {{event: trained}}, per: month}}, {SPENT}, d: {{days: {{event: trained}}}}"
    mine = lived(per_month, *_both_kinds("2026-11-01T00:00:00Z", 5), *_both_kinds("2026-11-20T00:00:00Z", 5))
    same = lived(per_month, *_both_kinds("2026-11-20T08:00:00Z", 7))
    older = lived(per_month, *_both_kinds("2026-10-31T00:00:00Z", 7))
    now = at("2026-11-21T00:00:00Z")
    for other, expected in ((same, {"n": 3, "spent": 17, "d": 2}), (older, {"n": 2, "spent": 17, "d": 3})):
        progress = merge(mine.progress, other.progress._replace(subject="user:device"), mine.catalog, now).progress
        assert dict(facts_at(progress, mine.catalog, now).totals) == expected


def _both_kinds(when: str, amount: int) -> Iterable[Event]:
    return [(when, "trained", {}), (when, "bought", {"amount": amount})]


def test_an_account_has_totals_of_all_its_users() -> None:
    """The same names, of whatever subject the nudge is to."""
    account = Progress("account:acct_7")
    life = Life(shop("n: {count: {event: trained}, per: year}"), account)
    life.get(*(track(each, at("2026-11-01T00:00:00Z"), "trained") for each in ("a", "b")))
    assert told(life, "2026-11-03T00:00:00Z") == {"n": 2}


def test_a_clock_that_is_ahead_takes_nothing_away() -> None:
    """An event dated some minutes into the new year has begun it; what is told is no old number, and not nothing."""
    life = lived("n: {count: {event: trained}, per: year}", ("2027-01-01T00:02:00Z", "trained", {}))
    assert told(life, "2026-12-31T23:58:00Z") == {"n": 1}


def test_facts_name_the_totals_of_the_instant_of_the_decision() -> None:
    """So that the same nudge tells the same however often it is published."""
    life = lived("n: {count: {event: trained}, per: day}", ("2026-11-01T10:00:00Z", "trained", {}))
    decided: Instant = at("2026-11-01T23:00:00Z")
    facts: Facts = facts_of(life.progress, life.catalog, nudge_at(decided), lambda _: None)
    assert facts.as_data()["totals"] == {"n": 1}
