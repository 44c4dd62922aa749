from pathlib import Path
from typing import Final

import pytest

from milepost.domain.catalog import Catalog
from milepost_tools.catalog import load_catalog
from milepost_tools.starters import starter, trades
from tests.tools.catalog.stories import Ending, fitness, shop, team_saas

STORIES: Final = {
    "fitness": (fitness, "2027-01-02T00:00:00Z"),
    "shop": (shop, "2026-05-02T00:00:00Z"),
    "team-saas": (team_saas, "2026-06-02T00:00:00Z"),
}


def catalog_of(trade: str, folder: Path) -> Catalog:
    """A starter as the core reads it."""
    file = folder / "catalog.yaml"
    file.write_bytes(starter(trade))
    return load_catalog(file)


def ending(trade: str, folder: Path) -> Ending:
    """What becomes of everybody in a trade's story."""
    story, as_of = STORIES[trade]
    return story().run(catalog_of(trade, folder), as_of)


@pytest.mark.parametrize("trade", trades())
def test_its_story_is_about_every_milestone(trade: str, tmp_path: Path) -> None:
    """None stands there that nobody could reach or miss, and nothing that is told is refused."""
    told = ending(trade, tmp_path)
    assert told.milestones == set(catalog_of(trade, tmp_path).milestones)
    assert told.run.refused == []


def test_who_trains_every_day_reaches_everything_and_is_missed_when_it_stops(tmp_path: Path) -> None:
    """The streak survives the day off, and all of it is told on the channels that Ann allows."""
    told = ending("fitness", tmp_path)
    assert told.of("user:ann") == {
        "reached first-workout 2026-01-03T18:00",
        "reached habit 2026-01-05T18:00",
        "reached five-workouts 2026-01-08T18:00",
        "reached week-streak 2026-01-10T18:00",  # Seven days with a workout, the sixth of January forgiven.
        "reached twenty-five-workouts 2026-01-28T18:00",
        "reached thousand-minutes 2026-02-22T18:00",
        "reached hundred-workouts 2026-04-13T18:00",
        "reached thousand-minutes 2026-04-13T18:00",
        "reached gone-quiet 2026-04-27T18:00",
        "reached half-as-often 2026-05-23T18:00",  # 17 in the fourth 28 days, more than half; none in the fifth.
        "reached anniversary 2027-01-01T10:00",
    }
    assert told.told("user:ann") == {
        "first-workout by in_app",
        "habit by push",
        "five-workouts by in_app",
        "week-streak by push",
        "twenty-five-workouts by push",
        "thousand-minutes by push",
        "hundred-workouts by email",
        "we-miss-you by push",
        "what-changed by email",
        "anniversary by email",
    }


def test_who_begins_too_late_is_asked_and_then_welcomed(tmp_path: Path) -> None:
    """Ben has no push, so what prefers it comes by e-mail."""
    told = ending("fitness", tmp_path)
    assert told.of("user:ben") == {
        "missed first-workout 2026-01-08T10:00",
        "recovered first-workout 2026-01-12T18:00",
        "reached gone-quiet 2026-01-26T18:00",
        "reached half-as-often 2026-03-09T18:00",
        "reached anniversary 2027-01-01T10:00",
    }
    assert {"need-a-hand by email", "good-to-see-you by in_app", "we-miss-you by email"} < told.told("user:ben")


def test_an_account_at_work_reaches_everything_until_its_work_stops(tmp_path: Path) -> None:
    """What its people do counts for it; the renewal is announced at midnight of New York."""
    told = ending("team-saas", tmp_path)
    assert told.of("account:7") == {
        "reached setup-finished 2026-01-07T11:00",
        "reached five-at-work 2026-01-13T09:00",
        "reached upgraded 2026-01-15T09:00",
        "reached third-project 2026-01-21T10:00",
        "reached ten-seats 2026-02-02T09:00",
        "reached usage-dropped 2026-03-04T09:00",
        "reached renewal-ahead 2026-05-18T04:00",
    }
    assert {"offer-larger-plan by ops", "usage-dropped by ops", "renewal-ahead by ops"} < told.told("account:7")


def test_an_account_that_is_slow_is_called(tmp_path: Path) -> None:
    """It pays nothing, so it has no renewal; set up too late, it is not asked for five people."""
    told = ending("team-saas", tmp_path)
    assert told.of("account:8") == {
        "missed setup-finished 2026-01-12T10:00",
        "missed upgraded 2026-01-19T09:00",
        "recovered setup-finished 2026-01-20T09:00",
        "reached usage-dropped 2026-03-07T09:00",
    }
    assert {"setup-stuck by ops", "trial-over by ops"} < told.told("account:8")


def test_of_the_people_in_an_account_the_admin_is_told_of_the_integration(tmp_path: Path) -> None:
    """The second connection works within a day; what the others connect does not count, for they are no admins."""
    told = ending("team-saas", tmp_path)
    assert told.of("user:u1") == {
        "reached first-integration 2026-01-14T11:00",
        "reached weekly-habit 2026-01-22T09:00",
    }
    assert told.told("user:u1") == {"integration-works by in_app", "weekly-habit by in_app"}
    assert told.of("user:u2") == set()


def test_what_was_sent_back_does_not_count(tmp_path: Path) -> None:
    """Without the refund Cleo's second order and her first hundred would have come on 8 January."""
    told = ending("shop", tmp_path)
    assert told.of("user:cleo") == {
        "reached cart-to-order 2026-01-05T10:30",
        "reached second-order 2026-01-20T10:30",
        "reached spent-100 2026-01-20T10:30",
        "reached spent-500 2026-02-01T10:30",
        "reached three-categories 2026-02-01T10:30",
        "reached every-tenth-order 2026-02-08T10:30",
        "reached gold 2026-03-01T09:00",
        "reached win-back 2026-04-09T10:30",
        "reached birthday 2026-04-12T08:00",  # Nine in the morning in London, in summer time.
    }
    assert {"spent-500 by email", "happy-birthday by email", "we-miss-you by email"} < told.told("user:cleo")


def test_a_cart_left_behind_and_a_second_order_that_never_came_are_missed(tmp_path: Path) -> None:
    """Dan allows text messages only, and lives where no present is sent."""
    told = ending("shop", tmp_path)
    assert told.of("user:dan") == {
        "missed cart-to-order 2026-01-06T10:00",
        "recovered cart-to-order 2026-01-08T09:00",
        "missed second-order 2026-02-22T09:00",
        "reached win-back 2026-03-09T09:00",
    }
    assert told.told("user:dan") == {
        "your-cart-waits by email: no_consent",
        "thank-you by in_app",
        "ten-percent-off by sms",
        "we-miss-you by sms",
    }
