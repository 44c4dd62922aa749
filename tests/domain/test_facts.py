"""What a nudge knows of its subject beside its totals: the way to the next milestone, other members, what to do."""

from decimal import Decimal
from typing import Any

import pytest

from milepost.domain.ahead import Ahead
from milepost.domain.catalog import Catalog, catalog_from_compiled
from milepost.domain.facts import FEWEST_MEMBERS, Facts, Share, facts_of
from milepost.domain.instant import DAY, HOUR, Duration
from milepost.domain.progress import Progress
from tests.domain.build import SUBJECT, T0, Life, identify, track
from tests.domain.told import facts_at, nudge_at
from tests.tools.catalog.catalogs import compile_text

COUNT = "reach: {count: {event: bought, at_least: %s}}"


def shop(*milestones: str, top: str = "", version: int = 1) -> Catalog:
    """A catalog of the milestones `m`, `m1`, `m2` ... with these keys."""
    named = "\n".join(f"  m{place or ''}: {{{each}}}" for place, each in enumerate(milestones))
    return catalog_from_compiled(compile_text(f"catalog: shop\nversion: {version}\n{top}\nmilestones:\n{named}\n"))


def ahead(life: Life, after: Duration = 0) -> tuple[str, Any, Any, Any] | None:
    """The way that a nudge of the milestone `m` tells, so long after T0."""
    found = facts_at(life.progress, life.catalog, T0 + after).progress
    return None if found is None else (found.milestone, found.have, found.need, found.left)


def bought(catalog: Catalog, times: int, **properties: Any) -> Life:
    """A life of so many purchases, a day apart."""
    life = Life(catalog)
    for place in range(times):
        life.get(track(f"b{place}", T0 + place * DAY, **properties))
    return life


def test_the_next_is_the_first_that_is_not_reached() -> None:
    """In the catalog's order, of those after it."""
    life = bought(shop(COUNT % 1, COUNT % 3, COUNT % 10), 2)
    assert ahead(life) == ("m1", 2, 3, 1)
    life.get(track("third", T0 + 2 * DAY))
    assert ahead(life) == ("m2", 3, 10, 7)


def test_after_the_last_there_is_nothing() -> None:
    """And what comes before it in the catalog is not next."""
    first_later = shop(COUNT % 1)
    assert ahead(bought(first_later, 1)) is None


def test_a_milestone_may_name_its_next() -> None:
    """And nothing else is told in its place, once that is reached."""
    life = bought(shop(f"{COUNT % 1}, next: m2", COUNT % 3, COUNT % 5), 4)
    assert ahead(life) == ("m2", 4, 5, 1)
    life.get(track("fifth", T0 + 4 * DAY))
    assert ahead(life) is None


def test_what_repeats_is_its_own_next() -> None:
    """The next multiple, counted from the beginning."""
    life = bought(shop("reach: {count: {event: bought, at_least: 10, repeat: true}}", COUNT % 100), 23)
    assert ahead(life) == ("m", 23, 30, 7)
    fives = shop("reach: {sum: {event: bought, of: amount, at_least: 5, repeat: true}}")
    spent = bought(fives, 3, amount=Decimal("2.5"))
    assert ahead(spent) == ("m", Decimal("7.5"), 10, Decimal("2.5"))


@pytest.mark.parametrize(
    "rule",
    [
        "silence: {event: bought, for: 30d}",
        "drop: {event: bought, by: 0.5, over: 7d}",
        "date: {of: {trait: renews_at}, before: 14d}",
        "trait: {name: plan, becomes: pro}",
        "any: {of: [{trait: {name: plan, becomes: pro}}]}",
    ],
)
def test_what_only_the_clock_or_a_trait_brings_about_is_passed_over(rule: str) -> None:
    """Nobody is half way to it."""
    assert ahead(bought(shop(COUNT % 1, f"reach: {{{rule}}}", COUNT % 2), 1)) == ("m2", 1, 2, 1)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("count: {event: bought, at_least: 5}", (3, 5)),
        ("sum: {event: bought, of: amount, at_least: 10}", (Decimal(6), 10)),
        ("days: {event: bought, at_least: 7}", (3, 7)),
        ("distinct: {event: bought, of: amount, at_least: 2}", (1, 2)),
        ("streak: {event: bought, at_least: 7, unit: day}", (3, 7)),
        ("all: {of: [{event: bought}, {event: sold}]}", (1, 2)),
        ("sequence: {steps: [{event: bought}, {event: sold}]}", (1, 2)),
        ("any: {of: [{count: {event: bought, at_least: 4}}, {count: {event: sold, at_least: 2}}]}", (3, 4)),
    ],
)
def test_every_other_rule_says_how_far_it_is(rule: str, expected: tuple[Any, Any]) -> None:
    """Three purchases of 2, on three days in a row."""
    found = ahead(bought(shop(COUNT % 1, f"reach: {{{rule}}}"), 3, amount=2), 2 * DAY)
    assert found is not None
    assert found[1:3] == expected


@pytest.mark.parametrize(
    ("rule", "later", "expected"),
    [
        ("streak: {event: bought, at_least: 7, unit: day}", 3 * DAY, 3),
        ("streak: {event: bought, at_least: 7, unit: day}", 4 * DAY, 0),
        ("streak: {event: bought, at_least: 7, unit: day, freezes: 1}", 4 * DAY, 3),
        ("streak: {event: bought, at_least: 7, unit: day, freezes: 1}", 5 * DAY, 0),
        ("count: {event: bought, at_least: 5, in: 2d}", 2 * DAY, 3),
        ("count: {event: bought, at_least: 5, in: 2d}", 2 * DAY + 1, 2),
        ("sum: {event: bought, of: amount, at_least: 99, in: 2d}", 3 * DAY, 4),
        ("days: {event: bought, at_least: 4, in: 4d}", 5 * DAY, 1),
        ("all: {of: [{event: bought}, {event: sold}], in: 2d}", 4 * DAY, 1),
        ("all: {of: [{event: bought}, {event: sold}], in: 2d}", 4 * DAY + 1, 0),
        ("sequence: {steps: [{event: bought}, {event: sold}], in: 2d}", 4 * DAY, 1),
        ("sequence: {steps: [{event: bought}, {event: sold}], in: 2d}", 4 * DAY + 1, 0),
    ],
)
def test_what_time_takes_away_is_not_told(rule: str, later: Duration, expected: int) -> None:
    """Three days in a row, told when a streak can still go on or a span still reaches back, and not any longer."""
    found = ahead(bought(shop(COUNT % 1, f"reach: {{{rule}}}"), 3, amount=2), later)
    assert found is not None
    assert found[1] == expected


def test_only_who_takes_part_is_on_the_way() -> None:
    """By the traits that the subject has now."""
    life = bought(shop(COUNT % 1, f"{COUNT % 3}, audience: {{plan: pro}}", COUNT % 5), 2)
    assert ahead(life) == ("m2", 2, 5, 3)
    life.get(identify("i", T0 + 2 * DAY, plan="pro"))
    assert ahead(life) == ("m1", 2, 3, 1)


def test_under_a_deadline_only_what_counts_is_told() -> None:
    """Nothing before its start; and for who has missed it, what is missing to recover it."""
    limited = "reach: {count: {event: bought, at_least: 3}}, within: {from: {event: signed_up}, for: 2d}"
    life = bought(shop(f"{COUNT % 1}, next: m1", limited), 1)
    assert ahead(life) == ("m1", 0, 3, 3)
    life.get(track("s", T0 + DAY, "signed_up"), track("more", T0 + DAY + HOUR))
    assert ahead(life) == ("m1", 1, 3, 2)
    life.tick(T0 + 4 * DAY)
    life.get(track("late", T0 + 5 * DAY))
    assert ahead(life) == ("m1", 2, 3, 1)
    life.get(track("last", T0 + 6 * DAY))
    assert ahead(life) is None


def test_what_another_kind_of_subject_reaches_is_not_next() -> None:
    """An account's milestone is nothing for its users."""
    assert ahead(bought(shop(COUNT % 1, f"{COUNT % 3}, subject: account", COUNT % 5), 1)) == ("m2", 1, 5, 4)


def test_a_rule_that_has_changed_since_is_not_told() -> None:
    """What was counted under the old one is not of the new one."""
    life = bought(shop(COUNT % 1, COUNT % 3), 2)
    changed = shop(COUNT % 1, "reach: {count: {event: sold, at_least: 3}}", version=2)
    assert facts_at(life.progress, changed, T0).progress is None


def test_facts_of_a_milestone_that_has_become_another_kinds() -> None:
    """Its nudge waited, and goes without a way."""
    life = bought(shop(COUNT % 1, COUNT % 3), 2)
    assert facts_at(life.progress, shop(f"{COUNT % 1}, subject: account", COUNT % 3), T0).progress is None


SHOWN = """title: First order, stage: growth, tier: major, reward: TEN-OFF, card: "https://x.test/{{ subject.id }}.png",
  call_to_action: {label: "Again, {{ traits.first_name }}", url: "https://x.test/again"},
  on_reached: [{channel: email, template: t, class: operational}, {channel: sms, template: t}]"""


def test_the_data_of_a_nudge_has_every_key() -> None:
    """As they are agreed with the channels; Liquid is passed on as it stands."""
    totals = "{n: {count: {event: bought}}, s: {sum: {event: bought, of: amount}}}"
    top = f"consent: {{email: always, sms: always}}\ntotals: {totals}"
    life = bought(shop(f"{COUNT % 1}, {SHOWN}", COUNT % 4, top=top), 2, amount=Decimal("1.25"))
    life.get(identify("i", T0, email="zoe@x.test"))
    assert facts_at(life.progress, life.catalog, T0, share=Share(79, 1000)).as_data() == {
        "title": "First order",
        "stage": "growth",
        "tier": "major",
        "operational": True,
        "address": "zoe@x.test",
        "totals": {"n": 2, "s": 2.5},
        "progress": {"milestone": "m1", "title": "M1", "have": 2, "need": 4, "left": 2},
        "members": {"reached": 79, "of": 1000, "ahead_of": 92},
        "reward": "TEN-OFF",
        "call_to_action": {"label": "Again, {{ traits.first_name }}", "url": "https://x.test/again"},
        "card": "https://x.test/{{ subject.id }}.png",
    }


def test_what_is_not_there_is_null() -> None:
    """The milestone has left the catalog while its nudge waited: what is the subject's own is told all the same."""
    facts = facts_of(Progress(SUBJECT), shop(COUNT % 1), nudge_at(T0, "gone"), lambda _: Share(1, 1000))
    assert facts.as_data() == {
        **dict.fromkeys(["stage", "tier", "address", "progress", "members", "reward", "call_to_action", "card"]),
        "title": "gone",
        "operational": False,
        "totals": {},
    }


@pytest.mark.parametrize(
    ("share", "expected"),
    [
        (None, None),
        (Share(0, FEWEST_MEMBERS - 1), None),
        (Share(1, FEWEST_MEMBERS), 99),
        (Share(1, 3000), 99),
        (Share(3000, 3000), 0),
        (Share(0, 3000), 100),
    ],
)
def test_a_share_is_told_of_enough_members_and_rounded_down(share: Share | None, expected: int | None) -> None:
    """Nobody is told to be ahead of more than are behind."""
    members = facts_at(Progress(SUBJECT), shop(COUNT % 1), T0, share=share).members
    assert (None if members is None else members.ahead_of) == expected


def test_of_what_repeats_no_share_is_told() -> None:
    """Its statistics count occurrences, of which one member has many."""
    catalog = shop("reach: {count: {event: bought, at_least: 1, repeat: true}}")
    assert facts_at(Progress(SUBJECT), catalog, T0, share=Share(500, 1000)).members is None


@pytest.mark.parametrize(("number", "shown"), [(3, "3"), (Decimal("3.00"), "3"), (Decimal("0.10"), "0.1")])
def test_whole_numbers_are_integers(number: int | Decimal, shown: str) -> None:
    """However they were written; others are the nearest double."""
    facts = Facts("t", totals={"n": number}, progress=Ahead("m", "M", number, 7))
    told: Any = facts.as_data()
    assert (str(told["totals"]["n"]), str(told["progress"]["have"])) == (shown, shown)


@pytest.mark.parametrize(
    ("named", "channel", "traits", "expected"),
    [
        ("", "email", {"email": "a@x.test"}, "a@x.test"),
        ("", "sms", {"phone": "+49"}, "+49"),
        ("", "push", {"push": "token"}, None),
        ("addresses: {email: work_email}", "email", {"email": "a@x.test"}, None),
        ("addresses: {email: work_email}", "email", {"work_email": "b@x.test"}, "b@x.test"),
        ("addresses: {push: token}", "sms", {"phone": "+49"}, "+49"),
        ("", "email", {"email": ""}, None),
        ("", "email", {"email": " "}, None),
        ("", "email", {"email": 7}, None),
    ],
)
def test_an_address_is_the_text_of_a_trait(
    named: str, channel: str, traits: dict[str, object], expected: str | None
) -> None:
    """That of the catalog, or of the two that are usual."""
    catalog = shop(COUNT % 1, top=named)
    life = Life(catalog)
    life.get(identify("i", T0, **traits))
    assert facts_of(life.progress, catalog, nudge_at(T0, channel=channel), lambda _: None).address == expected
