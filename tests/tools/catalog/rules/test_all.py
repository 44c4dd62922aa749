import pytest

from milepost.domain.instant import DAY
from milepost.domain.rules import build
from milepost_tools.catalog.rules import Reach
from tests.tools.catalog.catalogs import found, rule_of, with_reach

A, B = "{event: bought}", "{event: signed_up, where: {plan: pro}}"
TWO = "{count: {event: bought, at_least: 2}}"
COUNTED = {"kind": "count", "event": ["bought"], "where": [], "at_least": 2, "in": None, "repeat": False}


def only(rule: str) -> str:
    """The only finding of a rule, from its place on."""
    (finding,) = found(with_reach(rule))
    return finding.removeprefix("c.yaml:9: milestones.m.reach.")


def test_matchers_and_rules_are_compiled_side_by_side() -> None:
    """The core reads it."""
    compiled = rule_of(f"all: {{of: [{A}, {TWO}]}}")
    count, match = compiled["of"]
    assert match == {"kind": "match", "event": ["bought"], "where": []}
    assert count.items() >= COUNTED.items()
    assert {**compiled, "of": []} == {"kind": "all", "of": [], "in": None}
    assert build(compiled).names == frozenset({"bought"})


def test_a_span_is_compiled_and_the_order_of_the_members_means_nothing() -> None:
    """Two catalogs that say the same are the same."""
    assert rule_of(f"all: {{of: [{A}, {B}], in: 7d}}") == rule_of(f"all: {{of: [{B}, {A}], in: 1w}}")
    assert rule_of(f"all: {{of: [{A}, {B}], in: 7d}}")["in"] == 7 * DAY


def test_rules_may_stand_three_deep() -> None:
    """And what is inside knows its events."""
    rule = f"all: {{of: [{{any: {{of: [{{all: {{of: [{B}, {TWO}]}}}}]}}}}]}}"
    assert build(rule_of(rule)).names == frozenset({"bought", "signed_up"})


def test_it_knows_its_events_and_the_clock() -> None:
    """For deadlines, which do not go with what waits for the clock."""
    silence = {"silence": {"event": "left", "for": "3d"}}
    waiting = Reach.model_validate({"all": {"of": [{"event": ["b", "a"]}, {"any": {"of": [silence]}}]}}).all
    matching = Reach.model_validate({"all": {"of": [{"event": "*"}]}}).all
    assert waiting is not None
    assert (waiting.names, waiting.repeat, waiting.clocked) == (["a", "b", "left"], False, True)
    assert matching is not None
    assert (matching.names, matching.clocked) == ([], False)


def test_what_repeats_unless_told_otherwise_does_not_inside() -> None:
    """A member latches the first time."""
    assert rule_of("all: {of: [{silence: {event: bought, for: 3d}}]}")["of"][0]["repeat"] is False


@pytest.mark.parametrize(
    ("rule", "finding"),
    [
        ("all: {of: []}", "all.of: holds no entry. Write at least one."),
        ("all: {}", "all: `of` is missing. Add it."),
        (f"all: {{of: [{', '.join([A] * 11)}]}}", "all.of: holds 11 entries, and 10 fit. Keep at most 10."),
        (f"all: {{of: {A}}}", "all.of: must be a list, and is a mapping. Write a list there."),
        ("all: {of: [bought]}", "all.of[0]: must be a mapping, and is the text `bought`. Write a mapping there."),
        ("all: {of: [{event: bougt}]}", "all.of[0].event: `bougt` is not one of the `events` of this catalog."),
        ("all: {of: [{cuont: {}}]}", "all.of[0].cuont: `cuont` is not a key of `reach`: it holds one rule."),
        ("all: {of: [{}]}", "all.of[0]: holds no rule. Write one of count, sum,"),
        (
            f"all: {{of: [{A}, {TWO}], in: 7d}}",
            (
                "all.in: goes with matchers only, and `of` holds a rule. "
                "Leave it out, or write each member as `{event: NAME}`."
            ),
        ),
        (f"all: {{of: [{A}], in: 0s}}", "all.in: must be longer than nothing"),
        (f"all: {{of: [{A}], repeat: true}}", "all.repeat: `repeat` is not a key of `all`. Its keys are of, in."),
        (
            "all: {of: [{count: {event: bought, at_least: 2, repeat: true}}]}",
            "all.of[0].count.repeat: means nothing inside `all`. Leave it out: only the first time counts there.",
        ),
        (
            f"all: {{of: [{{all: {{of: [{{all: {{of: [{{all: {{of: [{A}]}}}}]}}}}]}}}}]}}",
            (
                "all.of: holds rules inside rules 4 deep, and 3 fit. "
                "Move what is innermost one level up, or give it a milestone of its own."
            ),
        ),
    ],
)
def test_a_mistake_is_found_with_its_place_and_remedy(rule: str, finding: str) -> None:
    """One mistake is one finding, in words that say what to write instead."""
    assert only(rule).startswith(finding)


def test_a_property_named_repeat_is_only_a_property() -> None:
    """It stands in `where`, not among the keys of a rule."""
    assert found(with_reach("all: {of: [{event: bought, where: {repeat: true}}]}")) == []
