import re
from decimal import Decimal

import pytest

from milepost.domain.instant import DAY
from milepost_tools.catalog.advice import ADVICE
from milepost_tools.catalog.advice.effort import Effort, least_effort
from milepost_tools.catalog.advice.round_numbers import is_round
from milepost_tools.catalog.check import parse_catalog
from milepost_tools.catalog.problems import dotted
from milepost_tools.catalog.walk import rules_of
from tests.tools.catalog.catalogs import COUNT, with_milestone, with_reach

HEAD = """\
catalog: shop
version: 1
consent: {email: email_opt_in, in_app: always}
events: {a: {}, b: {}}
milestones:
"""
TOLD = "on_reached: [{channel: [in_app, email], template: t}]"
FIRST = f"  first: {{reach: {{count: {{event: [a, b], at_least: 1}}}}, {TOLD}}}\n"


def advised(text: str) -> list[tuple[str, str]]:
    """Which adviser says something, and of which place."""
    catalog = parse_catalog(text.encode(), "c.yaml")
    return [(name, dotted(place)) for name, adviser in ADVICE.items() for place, _ in adviser(catalog)]


def beside_a_first(*milestones: str) -> str:
    """A catalog on which there is no advice, and these milestones `m0`, `m1` ..."""
    lines = (f"  m{number}: {{{each}, {TOLD}}}\n" for number, each in enumerate(milestones))
    return f"{HEAD}{FIRST}{''.join(lines)}"


def reaching(*rules: str) -> str:
    """The same, with milestones that these rules reach."""
    return beside_a_first(*(f"reach: {{{each}}}" for each in rules))


def alone(rule: str) -> str:
    """A catalog whose only milestone is reached by this rule; whatever else there is to say, it has no advice."""
    return f"{HEAD}  m: {{reach: {{{rule}}}, {TOLD}}}\n"


def test_there_is_no_advice_on_a_catalog_that_follows_it() -> None:
    """So that what follows shows one thing at a time."""
    assert advised(HEAD + FIRST) == []


def test_all_advice_says_what_why_and_what_to_do() -> None:
    """In one line, whose remedy is a sentence."""
    text = with_reach("count: {event: bought, at_least: 13}") + f"  late: {{reach: {{{COUNT}}}}}\n"
    catalog = parse_catalog(text.encode(), "c.yaml")
    told = [advice.told for adviser in ADVICE.values() for _, advice in adviser(catalog)]
    assert len(told) > 2
    assert all(re.fullmatch(r"advice: [^A-Z().]+ \([^A-Z()]+\)\. [A-Z].*\.", each) for each in told), told


@pytest.mark.parametrize(
    ("rule", "far"),
    [
        ("count: {event: [a, b], at_least: 7}", False),
        ("count: {event: [a, b], at_least: 10}", True),
        ("days: {event: [a, b], at_least: 7}", False),
        ("streak: {event: [a, b], at_least: 7, unit: day}", False),
        ("streak: {event: [a, b], at_least: 2, unit: week}", True),
        (f"sequence: {{steps: [{', '.join(['{event: [a, b]}'] * 7)}]}}", False),
        (f"sequence: {{steps: [{', '.join(['{event: [a, b]}'] * 8)}]}}", True),
        ("streak: {event: [a, b], at_least: 5, unit: day, per_period: 2}", True),
        ("sum: {event: [a, b], of: n, at_least: 1000}", False),
        ("silence: {event: [a, b], for: 3d}", True),
        ("date: {of: {event: [a, b]}, after: 1y}", True),
        ("all: {of: [{event: a}, {days: {event: b, at_least: 14}}]}", True),
        ("any: {of: [{count: {event: a, at_least: 1}}, {days: {event: b, at_least: 14}}]}", False),
    ],
)
def test_the_first_milestone_is_within_reach_of_the_first_week(rule: str, far: bool) -> None:  # noqa: FBT001  # a row
    """With seven events at most, and something that is an achievement."""
    assert advised(alone(rule)) == ([("first week", "milestones")] if far else [])


def test_milestones_of_accounts_do_not_stand_in_for_those_of_users() -> None:
    """An account is not discouraged; and a catalog of accounts only has no users to lose."""
    late = f"  late: {{reach: {{count: {{event: b, at_least: 50}}}}, {TOLD}}}\n"
    assert advised(HEAD + FIRST.replace("first: {", "first: {subject: account, ") + late) == [
        ("first week", "milestones")
    ]
    assert advised(HEAD + (FIRST + late).replace(": {reach", ": {subject: account, reach")) == []


ROUND = {
    "count: {event: a, at_least: N}": ((1, 2, 3, 4, 5, 7, 10, 12, 15, 25, 40, 75, 100, 365, 2500), (6, 8, 13, 60, 99)),
    "distinct: {event: a, of: b, at_least: N}": ((3, 20, 150), (14, 28, 450)),
    "days: {event: a, at_least: N}": ((7, 14, 28, 30, 60, 90, 180, 365), (8, 31, 52, 366)),
    "streak: {event: a, at_least: N, unit: day}": ((3, 7, 14, 21, 30, 100, 365), (6, 13, 364)),
    "streak: {event: a, at_least: N, unit: week}": ((4, 8, 12, 13, 26, 52), (6, 14, 21)),
    "streak: {event: a, at_least: N, unit: month}": ((3, 6, 12, 18, 24), (8, 13, 28)),
    "sum: {event: a, of: b, at_least: N}": ((500, 0.5, 2.5, 49.5 + 0.5, 1440, 36000, 600), (499.99, 1441, 0.7, 61)),
}


@pytest.mark.parametrize(
    ("rule", "number", "expected"),
    [(rule, number, good == 0) for rule, pair in ROUND.items() for good, all_ in enumerate(pair) for number in all_],
)
def test_which_numbers_are_round(rule: str, number: float, expected: bool) -> None:  # noqa: FBT001  # a row of a table
    """It depends on what is counted: a week has 7 days, a quarter 13 weeks, and 1440 minutes are a day."""
    catalog = parse_catalog(alone(rule.replace("N", str(number))).encode(), "c.yaml")
    (held,) = rules_of(catalog.milestones["m"].reach)
    assert is_round(Decimal(str(number)), held) is expected


def test_a_threshold_that_is_not_round_is_told_where_it_stands() -> None:
    """Also inside another rule."""
    assert advised(reaching("any: {of: [{count: {event: a, at_least: 13}}]}")) == [
        ("round numbers", "milestones.m0.reach.any.of[0].count.at_least")
    ]


def test_a_number_that_is_no_threshold_need_not_be_round() -> None:
    """Durations, conditions and traits are whatever they are."""
    rule = "count: {event: a, where: {n: {gte: 13}}, at_least: 3, in: 13d}"
    assert advised(reaching(rule, "trait: {name: n, at_least: 13}")) == []


@pytest.mark.parametrize(
    ("rules", "places"),
    [
        (("count: {event: a, at_least: 10}", "count: {event: a, at_least: 50}"), []),
        (("count: {event: a, at_least: 10}", "count: {event: a, at_least: 75}"), ["m1.reach.count"]),
        (("count: {event: a, at_least: 100}", "count: {event: a, at_least: 10}"), ["m0.reach.count"]),
        (("count: {event: a, at_least: 10}", "count: {event: b, at_least: 100}"), []),
        (("count: {event: a, at_least: 10}", "count: {event: a, where: {n: 1}, at_least: 100}"), []),
        (("count: {event: a, at_least: 10, repeat: true}", "count: {event: a, at_least: 100}"), []),
        (("count: {event: a, at_least: 10}", "count: {event: a, at_least: 100, repeat: true}"), ["m1.reach.count"]),
        (("count: {event: a, at_least: 10}", "count: {event: a, at_least: 100, in: 7d}"), []),
        (("count: {event: a, at_least: 10, in: 7d}", "count: {event: a, at_least: 100, in: 7d}"), []),
        (("sum: {event: a, of: n, at_least: 10}", "sum: {event: a, of: n, at_least: 1000}"), ["m1.reach.sum"]),
        (("sum: {event: a, of: n, at_least: 10}", "sum: {event: a, of: k, at_least: 1000}"), []),
    ],
)
def test_steps_of_the_same_thing_are_not_too_far_apart(rules: tuple[str, ...], places: list[str]) -> None:
    """At most five times; whatever repeats fills the way from there on."""
    assert advised(reaching(*rules)) == [("small steps", f"milestones.{place}.at_least") for place in places]


@pytest.mark.parametrize("own", ["subject: account", "audience: {plan: pro}", "within: {from: {event: a}, for: 7d}"])
def test_milestones_of_others_are_no_steps(own: str) -> None:
    """Nor are those with a deadline: they start anew for everybody."""
    low, high = "reach: {count: {event: a, at_least: 10}}", "reach: {count: {event: a, at_least: 100}}"
    text = beside_a_first(low, f"{own}, on_missed: [{{channel: email, template: t}}], {high}")
    text = text if "within" in own else text.replace("on_missed: [{channel: email, template: t}], ", "")
    assert advised(text) == []


MINOR = "reach: {count: {event: a, where: {kind: N}, at_least: 1}}"


def test_few_minor_nudges_can_fall_into_one_week_on_one_channel() -> None:
    """The sixth is one too many, and told once; what is major, of another channel or later does not count."""
    rules = [MINOR.replace("N", str(number)) for number in range(6)]
    assert advised(beside_a_first(*rules[:4])) == []
    assert advised(beside_a_first(*rules)) == [("few nudges", "milestones.m4.on_reached")]
    for own in ("tier: major", "subject: account"):
        assert advised(beside_a_first(*(f"{own}, {each}" for each in rules))) == []
    assert advised(beside_a_first(*(each.replace("at_least: 1", "at_least: 10") for each in rules))) == []
    text = beside_a_first(*rules)
    assert advised(text.replace("channel: [in_app, email]", "channel: [email, in_app]", 2)) == []


@pytest.mark.parametrize(("at_least", "much"), [(1, True), (2, False)])
def test_what_repeats_counts_as_often_as_it_can(at_least: int, much: bool) -> None:  # noqa: FBT001  # a row of a table
    """Every event is seven times in seven events; every other one three times."""
    found = advised(reaching(f"count: {{event: a, at_least: {at_least}, repeat: true}}"))
    assert found == ([("few nudges", "milestones.m0.on_reached")] if much else [])


def test_a_deadline_that_says_something_says_it_to_those_who_miss_it() -> None:
    """Unless it says nothing to anybody."""
    within = "within: {from: {event: a}, for: 7d}"
    assert advised(beside_a_first(f"reach: {{count: {{event: a, at_least: 2}}}}, {within}")) == [
        ("missed", "milestones.m0.within")
    ]
    silent = f"  m: {{reach: {{count: {{event: a, at_least: 2}}}}, {within}}}\n"
    assert advised(HEAD + FIRST + silent) == [("somebody is told", "milestones.m")]


def test_a_milestone_tells_somebody_or_starts_a_deadline() -> None:
    """In a catalog that tells nobody at all it is said once."""
    silent = "  m: {reach: {count: {event: a, at_least: 2}}}\n"
    waiting = "  w: {reach: {count: {event: b, at_least: 2}}, within: {from: {milestone: m}, for: 7d}, on_missed: S}\n"
    assert advised(HEAD + FIRST + silent) == [("somebody is told", "milestones.m")]
    assert advised(HEAD + FIRST + silent + waiting.replace("S", "[{channel: email, template: t}]")) == []
    assert advised(HEAD + silent + silent.replace("m:", "k:").replace("a,", "b,")) == [
        ("somebody is told", "milestones")
    ]


def test_a_channel_of_consent_is_used() -> None:
    """By whichever step, and in whichever place of its list."""
    text = HEAD.replace("email:", "sms: sms_opt_in, email:") + FIRST
    assert advised(text) == [("channels", "consent.sms")]
    assert advised(text.replace("[in_app, email]", "[in_app, email, sms]")) == []


def test_events_of_the_plan_are_looked_at() -> None:
    """Said once for all of them: by a rule, a deadline, a total, or to take one back."""
    text = HEAD.replace("b: {}", "b: {}, c: {}, d: {}, e: {}, f: {}") + FIRST
    catalog = parse_catalog(text.encode(), "c.yaml")
    ((place, advice),) = ADVICE["events"](catalog)
    assert (place, advice.what) == (("events", "c"), "no milestone and no total looks at `c`, `d`, `e` and 1 more")
    plan = "b: {retracted_by: c}, d: {}"
    deadline = (
        f"  m: {{reach: {{count: {{event: b, at_least: 2}}}}, within: {{from: {{event: d}}, for: 7d}}, {TOLD}, S}}\n"
    )
    assert (
        advised(
            HEAD.replace("b: {}", f"{plan}, c: {{}}")
            + FIRST
            + deadline.replace("S", "on_missed: [{channel: email, template: t}]")
        )
        == []
    )
    assert advised(text.replace("[a, b]", '"*"')) == []
    assert advised(f"{text}totals: {{n: {{days: {{event: [c, d, e, f]}}}}}}\n") == []
    assert advised(f'{text}totals: {{n: {{days: {{event: "*"}}}}}}\n') == []


@pytest.mark.parametrize(
    ("options", "costly"),
    [("after: 12h, every: true", True), ("after: 24h, every: true", False), ("after: 1d, every: true", False)],
)
def test_a_date_does_not_come_round_more_than_once_a_day(options: str, costly: bool) -> None:  # noqa: FBT001  # a row
    """Once only it may come as early as it likes."""
    place = "milestones.m0.reach.date.every"
    assert advised(reaching(f"date: {{of: {{event: a}}, {options}}}")) == ([("cost", place)] if costly else [])
    assert advised(reaching(f"date: {{of: {{event: a}}, {options.replace('true', 'false')}}}")) == []


@pytest.mark.parametrize(
    ("rule", "effort"),
    [
        (COUNT, Effort(2, 0)),
        ("trait: {name: plan, becomes: pro}", Effort(1, 0)),
        ("drop: {event: bought, by: 0.5, over: 7d}", Effort(1, 14 * DAY)),
        ("sequence: {steps: [{event: bought}, {event: signed_up}, {event: bought}]}", Effort(3, 0)),
        ("date: {of: {trait: renews_at}, before: 14d}", Effort(0, 0)),
        ("date: {of: {event: bought}, after: 36h}", Effort(1, 36 * DAY // 24)),
        ("date: {of: {event: bought}, after: 2mo}", Effort(1, 56 * DAY)),
        ("streak: {event: bought, at_least: 4, unit: week, per_period: 2}", Effort(8, 21 * DAY)),
        (
            f"all: {{of: [{{{COUNT}}}, {{event: bought}}, {{days: {{event: bought, at_least: 3}}}}]}}",
            Effort(3, 2 * DAY),
        ),
        (f"any: {{of: [{{days: {{event: bought, at_least: 3}}}}, {{{COUNT}}}]}}", Effort(2, 0)),
    ],
)
def test_the_least_effort_of_every_kind(rule: str, effort: Effort) -> None:
    """So many events, over so much time, and never more than it can take."""
    catalog = parse_catalog(with_milestone(f"reach: {{{rule}}}").encode(), "c.yaml")
    assert least_effort(catalog.milestones["m"].reach) == effort


@pytest.mark.parametrize(
    ("cap", "advice"),
    [
        ("{at_most: 1, per: 7d, else: defer}", ["caps[0].per"]),
        ("{at_most: 1, per: week, else: defer}", ["caps[0].per"]),
        ("{at_most: 1, per: 3d, else: defer}", ["caps[0].per"]),
        ("{at_most: 1, per: 2d, else: defer}", []),
        ("{at_most: 1, per: day, else: defer}", []),
        ("{at_most: 1, per: 7d, else: suppress}", []),
        ("{channel: email, at_most: 1, per: 7d, else: defer}", ["caps[0].per"]),
        ("{tier: major, at_most: 1, per: 7d, else: defer}", []),
        ("{stage: [loyalty], at_most: 1, per: 7d, else: defer}", []),
    ],
)
def test_a_cap_that_outlasts_what_it_holds_back_is_told(cap: str, advice: list[str]) -> None:
    """Nudges are fresh for three days unless the catalog says otherwise; only those that the cap counts matter."""
    text = f"{HEAD}{FIRST}".replace("milestones:", f"caps: [{cap}]\nmilestones:")
    assert advised(text) == [("caps", each) for each in advice]


@pytest.mark.parametrize("longer", ["fresh_for: 8d", "operational"])
def test_a_cap_that_holds_back_what_can_wait_is_as_it_should_be(longer: str) -> None:
    """And what is operational it does not hold back at all."""
    first = (
        FIRST.replace("{reach", "{fresh_for: 8d, reach")
        if longer != "operational"
        else FIRST.replace("t}", "t, class: operational}")
    )
    assert (
        advised(f"{HEAD}{first}".replace("milestones:", "caps: [{at_most: 1, per: 7d, else: defer}]\nmilestones:"))
        == []
    )
