"""Guardrails, journeys and variants as teams write them: what is refused with which words, and what the core reads."""

from dataclasses import replace
from fractions import Fraction

import pytest

from milepost.domain.catalog import catalog_from_compiled
from milepost.domain.hours import Hours, SendWindow
from milepost.domain.instant import DAY, HOUR
from milepost.domain.local import Span
from milepost.domain.milestone import Step
from tests.tools.catalog.catalogs import COUNT, compile_text, found, with_milestone, with_top

REACH = f"reach: {{{COUNT}}}"
QUIET = 'quiet_hours: {from: "21:00", to: "08:00"}\n'


def step(keys: str) -> str:
    """A catalog whose only step has these keys as well."""
    return with_milestone(f"{REACH}\non_reached: [{{channel: in_app, template: t, {keys}}}]")


def read_step(keys: str) -> Step:
    """The step of that catalog as the core has it."""
    return catalog_from_compiled(compile_text(step(keys))).milestones["m"].steps["reached"][0]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (with_top("holdout: {share: 1, salt: a}\n"), "holdout.share: must be at least 0 and less than 1, and is 1."),
        (with_top("holdout: {share: 0.1}\n"), "holdout: `salt` is missing. Add it."),
        (
            with_top("caps: [{at_most: 3, per: month, else: defer}]\n"),
            "per: is neither a duration nor a unit. Write `7d`",
        ),
        (
            with_top("caps: [{at_most: 3, per: 91d, else: defer}]\n"),
            "must be more than nothing and at most 90d, and is 91d",
        ),
        (with_top("caps: [{at_most: 101, per: 7d, else: defer}]\n"), "at_most: must be at most 100, and is 101"),
        (with_top("caps: [{at_most: 3, per: 7d, else: drop}]\n"), "else: must be one of defer, suppress"),
        (with_top("caps: [{chanel: email, at_most: 3, per: 7d, else: defer}]\n"), "Did you mean `channel`?"),
        (with_top('quiet_hours: {from: "8:00", to: "10:00"}\n'), "`8:00` is not a time of the day. Write hours and"),
        (with_top('quiet_hours: {from: "08:00", to: "08:00"}\n'), "quiet_hours.to: is when they begin, too."),
        (with_top('send_window: {from: "22:00", to: "02:00"}\n'), "send_window.to: must be later than `from`"),
        (
            with_top(f'{QUIET}send_window: {{from: "05:00", to: "08:00"}}\n'),
            "send_window: lies inside the `quiet_hours`",
        ),
        (with_top("suppress: [{}]\n"), "suppress[0]: needs one of `trait`, `event`."),
        (with_top("suppress: [{event: bought}]\n"), "`last` is missing. Add how long ago the event may be"),
        (with_top("suppress: [{trait: {a: 1}, last: 24h}]\n"), "last: goes with `event` only. Leave it out."),
        (with_top("suppress: [{event: bougt, last: 24h}]\n"), "Did you mean `bought`?"),
        (with_top("arbitration: {window: 1h}\n"), "arbitration: `losers` is missing"),
        (with_milestone(f"{REACH}\npriority: 0"), "priority: must be at least 1, and is 0"),
        (with_milestone(f"{REACH}\nvariants: {{a: {{share: 0}}}}"), "a.share: must be more than 0, and is 0."),
        (with_milestone(f"{REACH}\nvariants: {{a: {{share: 1, at_least: 0}}}}"), "at_least: does not fit this rule"),
        (with_milestone(f"{REACH}\nvariants: {{a: {{share: 1, at_least: 1.5}}}}"), "at_least: does not fit this rule"),
        (
            with_milestone("reach: {silence: {event: bought, for: 7d}}\nvariants: {a: {share: 1, at_least: 2}}"),
            "at_least: is nothing that this rule has. Leave it out",
        ),
        (
            with_milestone(f"{REACH}\nvariants: {{a: {{share: 1, templates: {{x: y}}}}}}"),
            "templates.x: no step sends `x`",
        ),
        (with_top("addresses: {pigeon: loft}\n"), "addresses.pigeon: must be one of email, sms"),
        (with_top('addresses: {email: ""}\n'), "addresses.email: must be 1 to 256 bytes of UTF-8, and is 0."),
        (with_top("totals: {n: {}}\n"), "totals.n: counts nothing, or several things. Write exactly one of"),
        (
            with_top("totals: {n: {count: {event: bought}, days: {event: bought}}}\n"),
            "totals.n: counts nothing, or sev",
        ),
        (with_top("totals: {n: {sum: {event: bought}}}\n"), "totals.n.sum: `of` is missing"),
        (with_top("totals: {n: {count: {event: bougt}}}\n"), "Did you mean `bought`?"),
        (with_top("totals: {n: {count: {event: bought}, per: hour}}\n"), "per: must be one of day, week, month, year"),
        (with_top("totals: {n: {days: {event: bought}, per: day}}\n"), "totals.n.per: has one date only. Write `week`"),
        (with_top("totals: {n-1: {count: {event: bought}}}\n"), "`n-1` is not a name that templates can use. Use 1 to"),
        (with_milestone(f"{REACH}\nnext: n"), "next: `n` is not a milestone of this catalog. Name one"),
        (with_milestone(f"{REACH}\ncard: image.png"), "card: is not the URL of anything. Write one such as"),
        (with_milestone(f"{REACH}\ncard: https://x.test/{'x' * 2048}"), "card: must be at most 2048 bytes of UTF-8"),
        (with_milestone(f"{REACH}\ncall_to_action: {{label: Go}}"), "call_to_action: `url` is missing"),
        (step("after: 1mo"), "after: is by the calendar, which goes with `at` only."),
        (step('at: "25:00"'), "at: `25:00` is not a time of the day."),
        (step("days: [monday]"), "days[0]: must be one of mon, tue"),
        (step("class: urgent"), "class: must be one of operational"),
        (step("if: {}"), "if: needs one of `trait`, `reached`, `missed`, `drop`."),
        (step("unless: {reached: n}"), "unless.reached: `n` is not a milestone of this catalog. Name one"),
        (step("if: {missed: m}"), "if.missed: `m` has no deadline, so nobody misses it."),
        (step("if: {trait: {}}"), "if.trait: asks nothing."),
        (
            step('send_window: {from: "22:00", to: "23:00"}') + QUIET,
            "on_reached[0]: has no minute of the week at which it could go.",
        ),
    ],
)
def test_each_mistake_names_its_place_and_its_remedy(text: str, finding: str) -> None:
    """What is wrong is told, and nothing else beside it."""
    (only,) = found(text)
    assert finding in only


def test_an_operational_step_may_go_at_quiet_hours() -> None:
    """They do not hold it up, so its own window may lie inside."""
    assert found(step('send_window: {from: "22:00", to: "23:00"}, class: operational') + QUIET) == []


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ("after: 3d", Step(("in_app",), "t", after=Span(elapsed=3 * DAY))),
        ('after: 3d, at: "09:30"', Step(("in_app",), "t", after=Span(days=3), at=570)),
        ('after: 36h, at: "00:00"', Step(("in_app",), "t", after=Span(elapsed=36 * HOUR), at=0)),
        ('after: 1y, at: "09:00"', Step(("in_app",), "t", after=Span(months=12), at=540)),
        ("days: [sun, mon, mon]", Step(("in_app",), "t", days=frozenset({0, 6}))),
        ("expires: 2h, class: operational", Step(("in_app",), "t", lasting=2 * HOUR, operational=True)),
        (
            'send_window: {days: [fri], from: "08:00", to: "24:00"}',
            Step(("in_app",), "t", window=SendWindow(frozenset({4}), Hours(480, 1440))),
        ),
    ],
)
def test_a_step_is_read_as_it_is_written(keys: str, expected: Step) -> None:
    """With `at`, days and longer are days of the calendar; without, elapsed time."""
    assert read_step(keys) == expected


def test_variants_share_out_all_subjects_and_keep_what_they_do_not_change() -> None:
    """A threshold of its own is another rule of the same form; a template stands in place of another."""
    text = with_milestone(
        f"""
        {REACH}
        on_reached: [{{channel: in_app, template: t}}, {{channel: email, template: u}}]
        variants: {{a: {{share: 30}}, b: {{share: 10, at_least: 5, templates: {{t: t-b}}}}}}
        """
    )
    milestone = catalog_from_compiled(compile_text(text)).milestones["m"]
    (share_a, plain), (share_b, other) = milestone.variants
    assert (share_a, share_b) == (Fraction(3, 4), Fraction(1, 4))
    assert (plain.variant, plain.rule, plain.shape, plain.steps) == (
        "a",
        milestone.rule,
        milestone.shape,
        milestone.steps,
    )
    assert (other.variant, getattr(other.rule, "at_least", None)) == ("b", 5)
    assert [each.template for each in other.steps["reached"]] == ["t-b", "u"]
    assert other.shape >> 12 == milestone.shape >> 12
    assert other.shape != milestone.shape


def test_a_milestone_draws_its_holdout_with_the_salt_of_the_catalog() -> None:
    """So that of two shares the larger holds the same subjects and more."""
    text = with_milestone(f"{REACH}\nholdout: {{share: 0.2}}") + "holdout: {share: 0.1, salt: s1}\n"
    read = catalog_from_compiled(compile_text(text))
    own, common = read.milestones["m"].holdout, read.guardrails.holdout
    assert own is not None
    assert common is not None
    held = {name: (own.holds("shop", name), common.holds("shop", name)) for name in (f"user:{n}" for n in range(2000))}
    assert all(mine for mine, theirs in held.values() if theirs)
    assert 150 < sum(theirs for _, theirs in held.values()) < 250
    assert 340 < sum(mine for mine, _ in held.values()) < 460


def test_the_next_milestone_is_one_of_the_same_kind() -> None:
    """A user does not go the way of an account."""
    text = with_milestone(f"{REACH}\nnext: n") + f"  n: {{{REACH}, subject: account}}\n"
    (only,) = found(text)
    assert "milestones.m.next: `n` is a milestone of another kind of subject. Name one of the same kind." in only


def test_dates_of_what_can_be_taken_back_are_no_total() -> None:
    """Nobody could say which date goes."""
    text = with_top("totals: {n: {days: {event: bought}}}\n").replace("bought: {", "bought: {retracted_by: signed_up, ")
    (only,) = found(text)
    assert "totals.n.days: looks at an event that can be retracted, which only `count` and `sum` can take back" in only


def test_no_more_totals_than_are_worth_their_bytes() -> None:
    """Every subject keeps each of them."""
    totals = {str(number): f"n{number}: {{count: {{event: bought, where: {{k: {number}}}}}}}" for number in range(17)}
    (only,) = found(with_top(f"totals: {{{', '.join(totals.values())}}}\n"))
    assert "totals: " in only
    assert found(with_top(f"totals: {{{', '.join([*totals.values()][:16])}}}\n")) == []


def test_totals_and_addresses_are_read_as_they_are_written() -> None:
    """With the event that takes back; a plain count of all time keeps nothing of its own."""
    text = with_top(
        """\
        addresses: {push: device}
        totals:
          orders: {count: {event: bought}}
          spent: {sum: {event: bought, where: {kind: yoga}, of: cart.amount}, per: year}
          seen: {days: {event: "*"}, per: month}
        """
    ).replace("bought: {", "bought: {retracted_by: signed_up, ")
    (only,) = found(text)
    assert "totals.seen.days: looks at an event that can be retracted" in only
    read = catalog_from_compiled(compile_text(text.replace('event: "*"', "event: signed_up")))
    spent = read.totals["spent"]
    assert (spent.kind, spent.of, spent.per) == ("sum", ("cart", "amount"), "year")
    assert (spent.matcher.names, spent.back) == (
        frozenset({"bought"}),
        replace(spent.matcher, names=frozenset({"signed_up"})),
    )
    assert [name for name, total in read.totals.items() if total.is_kept] == ["seen", "spent"]
    assert read.addresses.named == {"push": "device"}


def test_without_a_plan_what_totals_look_at_is_counted() -> None:
    """A plain count lives on the counters of the tracking plan."""
    text = "catalog: c\nversion: 1\ntotals: {n: {count: {event: opened}}}\nmilestones: {}\n"
    assert catalog_from_compiled(compile_text(text)).events == {"opened"}
