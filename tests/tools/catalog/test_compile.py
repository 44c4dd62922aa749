from json import dumps

import pytest

from milepost.domain.catalog import catalog_from_compiled
from milepost.domain.instant import DAY, MINUTE
from milepost.domain.matcher import Condition, Matcher
from milepost.domain.milestone import Within
from milepost.domain.rules import build
from milepost.domain.rules.count import Count
from milepost.domain.rules.sum import Sum
from milepost.domain.shape import same_form
from tests.tools.catalog.catalogs import COUNT, compile_text, rule_of, with_milestone, with_reach

FULL = with_milestone(
    """
    title: Two orders
    stage: growth
    tier: major
    owner: shop-team
    subject: account
    audience: {plan: pro}
    on_introduction: nudge
    fresh_for: 36h
    reach:
      count:
        event: [signed_up, bought]
        where: {cart.amount: {lt: 20, gte: 10.50}, cart.kind: {ne: gift}, kind: {in: [b, a]}, gift: {exists: true}}
        at_least: 2
        in: 2w
    within: {from: {event: signed_up}, for: 7d}
    on_reached: [{channel: in_app, template: well-done}]
    on_missed: [{channel: [in_app, email], template: a-hand}]
    on_recovered: [{channel: email, template: back}]
    """
)


def test_defaults_are_those_of_the_language() -> None:
    """What is left out is written out in the compiled form."""
    assert compile_text(with_reach(COUNT)) == {
        "catalog": "shop",
        "version": 3,
        "timezone": None,
        "week_starts": "monday",
        "max_age": 35 * DAY,
        "grace": 15 * MINUTE,
        "events": ["bought", "signed_up"],
        "consent": {"email": "email_opt_in", "in_app": "always"},
        "addresses": {},
        "totals": {},
        "guardrails": {
            "holdout": None,
            "caps": [],
            "quiet": None,
            "window": None,
            "suppress": [],
            "arbitration": None,
        },
        "milestones": {
            "m": {
                "title": "M",
                "stage": None,
                "tier": "minor",
                "owner": None,
                "subject": "user",
                "audience": [],
                "reach": {
                    "kind": "count",
                    "event": ["bought"],
                    "where": [],
                    "in": None,
                    "repeat": False,
                    "at_least": 2,
                },
                "within": None,
                "fresh_for": 3 * DAY,
                "nudges_on_introduction": False,
                "steps": {"reached": [], "missed": [], "recovered": []},
                "priority": 50,
                "holdout": None,
                "next": None,
                "reward": None,
                "call_to_action": None,
                "card": None,
                "variants": {},
            }
        },
    }


def test_the_core_reads_every_option_of_a_milestone() -> None:
    """The compiled form loses nothing that was written."""
    milestone = catalog_from_compiled(compile_text(FULL)).milestones["m"]
    assert milestone.rule == Count(
        Matcher(frozenset({"bought", "signed_up"}), milestone.rule.matcher.where),  # type: ignore[attr-defined]
        at_least=2,
        span=14 * DAY,
    )
    assert milestone.within == Within(7 * DAY, Matcher(frozenset({"signed_up"})))
    assert (milestone.title, milestone.stage, milestone.tier) == ("Two orders", "growth", "major")
    assert (milestone.subject, milestone.nudges_on_introduction) == ("account", True)
    assert milestone.audience == (Condition(("plan",), "eq", "pro"),)
    assert [step.channels for step in milestone.steps["missed"]] == [("in_app", "email")]


def test_conditions_become_paths_operators_and_exact_operands() -> None:
    """They are sorted, because all of them must hold in any order; so are the values of `in`."""
    where = compile_text(FULL)["milestones"]["m"]["reach"]["where"]
    assert where == [
        {"path": ["cart", "amount"], "operator": "gte", "operand": {"number": "10.50"}},
        {"path": ["cart", "amount"], "operator": "lt", "operand": {"number": "20"}},
        {"path": ["cart", "kind"], "operator": "ne", "operand": "gift"},
        {"path": ["gift"], "operator": "exists", "operand": True},
        {"path": ["kind"], "operator": "in", "operand": ["a", "b"]},
    ]


def test_a_sum_is_compiled_exactly() -> None:
    """0.1 stays a tenth."""
    options = rule_of("sum: {event: bought, of: cart.amount, at_least: 0.1, repeat: true}")
    rule = Sum.from_compiled(options, build)
    assert (options["at_least"], rule.of, rule.repeats) == ("0.1", ("cart", "amount"), True)


@pytest.mark.parametrize("written", ["bought", "[bought]", "[bought, bought]"])
def test_one_event_may_be_written_as_a_list(written: str) -> None:
    """A name and a list of one name mean the same."""
    assert rule_of(f"count: {{event: {written}, at_least: 1}}")["event"] == ["bought"]


def test_a_star_means_any_event() -> None:
    """It needs no entry in the tracking plan."""
    assert rule_of('count: {event: "*", at_least: 1}')["event"] == "*"


def test_without_a_tracking_plan_the_events_are_those_that_milestones_look_at() -> None:
    """The core then still knows which names concern it."""
    text = FULL.replace("events:\n  bought: {properties: {amount: number}}\n  signed_up: {}\n", "")
    assert compile_text(text)["events"] == ["bought", "signed_up"]


def test_event_names_are_compared_as_nfc() -> None:
    """A name typed with a combining accent is the name that producers send."""
    text = with_reach("count: {event: cafe\u0301, at_least: 1}").replace("signed_up", "caf\u00e9")
    assert compile_text(text)["milestones"]["m"]["reach"]["event"] == ["caf\u00e9"]


def test_a_title_comes_from_the_id() -> None:
    """A milestone without a title has one that people can read."""
    text = with_reach(COUNT).replace("  m:", "  first-big_order:")
    assert compile_text(text)["milestones"]["first-big_order"]["title"] == "First big order"


def test_milestones_keep_their_order() -> None:
    """Their order is the team's, not the alphabet's."""
    text = with_reach(COUNT) + f"  b: {{reach: {{{COUNT}}}}}\n  a: {{reach: {{{COUNT}}}}}\n"
    assert list(compile_text(text)["milestones"]) == ["m", "b", "a"]


def test_the_order_of_what_has_none_changes_nothing() -> None:
    """Two ways to write one catalog compile to the same bytes."""
    one = with_reach("count: {event: [signed_up, bought], where: {b: 1, a: {lt: 2, gt: 1}}, at_least: 1}")
    other = with_reach("count: {at_least: 1, where: {a: {gt: 1, lt: 2}, b: 1}, event: [bought, signed_up]}")
    assert dumps(compile_text(one)) == dumps(compile_text(other))


def test_an_exists_condition_is_understood_by_the_core() -> None:
    """`exists: false` asks for a property that is absent."""
    options = rule_of("count: {event: bought, at_least: 1, where: {coupon: {exists: false}}}")
    rule = Count.from_compiled(options, build)
    assert rule.matcher.where == (Condition(("coupon",), "exists", operand=False),)


@pytest.mark.parametrize(
    ("start", "compiled"),
    [
        ("{event: bought, where: {amount: {gt: 0}}}", {"event": ["bought"]}),
        ("{milestone: first}", {"milestone": "first"}),
        ("{trait: renews_at}", {"trait": "renews_at"}),
    ],
)
def test_a_deadline_starts_with_an_event_a_milestone_or_a_trait(start: str, compiled: dict[str, object]) -> None:
    """And the core reads each of them."""
    text = (
        with_milestone(f"reach: {{{COUNT}}}\nwithin: {{from: {start}, for: 7d}}") + f"  first: {{reach: {{{COUNT}}}}}"
    )
    within = compile_text(text)["milestones"]["m"]["within"]
    assert within["for"] == 7 * DAY
    assert within["from"].items() >= compiled.items()
    read = catalog_from_compiled(compile_text(text)).milestones["m"].within
    assert read is not None
    assert [read.start, read.milestone, read.trait].count(None) == 2


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("{trait: {plan: pro}}", "{plan: pro}"),
        ("{trait: {plan: {in: [pro, team]}, seats: {gte: 3}}}", "{plan: {in: [pro, team]}, seats: {gte: 3}}"),
        ("{trait: {trait: pro}}", "{trait: pro}"),
    ],
)
def test_an_audience_may_say_that_it_means_traits(written: str, same: str) -> None:
    """As `if` and `suppress` do; both ways of writing it compile to the same."""
    audiences = [
        compile_text(with_milestone(f"audience: {each}\nreach: {{{COUNT}}}"))["milestones"]["m"]["audience"]
        for each in (written, same)
    ]
    assert audiences[0] == audiences[1] != []


def test_a_condition_on_a_trait_that_is_called_trait_stays_one() -> None:
    """`{trait: {in: [...]}}` is a comparison, for the traits of a person cannot be called `in`."""
    text = with_milestone(f"audience: {{trait: {{in: [a, b]}}}}\nreach: {{{COUNT}}}")
    (condition,) = compile_text(text)["milestones"]["m"]["audience"]
    assert condition == {"path": ["trait"], "operator": "in", "operand": ["a", "b"]}


def test_what_takes_an_event_back_is_compiled_into_every_rule_that_counts_it() -> None:
    """Also where the rule stands inside another; and nowhere else."""
    plan = "bought: {retracted_by: refunded, "
    text = with_reach(
        "any: {of: [{count: {event: bought, at_least: 2}}, {sum: {event: [bought, signed_up], of: a, at_least: 1}}, "
        "{count: {event: signed_up, at_least: 2}}]}"
    ).replace("bought: {", plan + "", 1)
    text = text.replace("  signed_up: {}", "  signed_up: {}\n  refunded: {}")
    members = compile_text(text)["milestones"]["m"]["reach"]["of"]
    assert [each.get("back") for each in members] == [["refunded"], ["refunded"], None]


def shape_of(body: str) -> int:
    """The shape of a catalog's only milestone."""
    return catalog_from_compiled(compile_text(with_milestone(body))).milestones["m"].shape


SHAPED = f"reach: {{{COUNT}}}\nwithin: {{from: {{event: signed_up}}, for: 7d}}"


@pytest.mark.parametrize(
    "body",
    [
        SHAPED.replace("event: bought", "event: signed_up"),
        SHAPED.replace("at_least: 2", "at_least: 2, in: 2w"),
        SHAPED.replace("from: {event: signed_up}", "from: {event: bought}"),
        SHAPED.splitlines()[0],
    ],
)
def test_another_rule_or_deadline_is_another_form(body: str) -> None:
    """By which what was remembered for the old one is recognised, and forgotten."""
    assert 0 <= shape_of(body) < 2**28
    assert not same_form(shape_of(body), shape_of(SHAPED))


@pytest.mark.parametrize("body", [SHAPED.replace("at_least: 2", "at_least: 3"), SHAPED.replace("7d", "8d")])
def test_another_threshold_is_another_shape_of_the_same_form(body: str) -> None:
    """What was remembered is judged anew, not forgotten."""
    assert shape_of(body) != shape_of(SHAPED)
    assert same_form(shape_of(body), shape_of(SHAPED))


@pytest.mark.parametrize(
    "line",
    [
        "title: Other",
        "stage: growth",
        "tier: major",
        "fresh_for: 1d",
        "on_missed: [{channel: email, template: t}]",
        "on_introduction: nudge",
        "audience: {plan: pro}",
    ],
)
def test_nothing_else_changes_the_shape(line: str) -> None:
    """People keep what they have done when a milestone only looks or speaks differently."""
    assert shape_of(f"{SHAPED}\n{line}") == shape_of(SHAPED)


def test_reports_of_channels_need_no_place_in_the_tracking_plan() -> None:
    """A milestone may look at them; then they are counted, so that a later milestone knows the past."""
    looks = with_reach("count: {event: nudge_clicked, at_least: 2}")
    assert compile_text(looks)["events"] == ["bought", "nudge_clicked", "signed_up"]
    assert compile_text(with_reach(COUNT))["events"] == ["bought", "signed_up"]
