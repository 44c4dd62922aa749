import pytest

from milepost.domain.rules import build
from milepost_tools.catalog.rules import Reach
from tests.tools.catalog.catalogs import found, rule_of, with_reach

TWO = "{count: {event: bought, at_least: 2}}"
SPENT = "{sum: {event: [signed_up, bought], of: amount, at_least: 500}}"


def only(rule: str) -> str:
    """The only finding of a rule, from its place on."""
    (finding,) = found(with_reach(rule))
    return finding.removeprefix("c.yaml:9: milestones.m.reach.")


def test_rules_are_compiled_in_their_order() -> None:
    """Of two at one instant the one named first counts."""
    compiled = rule_of(f"any: {{of: [{TWO}, {SPENT}]}}")
    assert [each["kind"] for each in compiled["of"]] == ["count", "sum"]
    assert compiled.keys() == {"kind", "of"}
    assert build(compiled).names == frozenset({"bought", "signed_up"})


def test_it_knows_its_events() -> None:
    """Sorted, each once."""
    rule = {"count": {"event": ["b", "a"], "at_least": 1}}
    held = Reach.model_validate({"any": {"of": [rule, {"any": {"of": [rule]}}]}}).any
    assert held is not None
    assert (held.names, held.repeat, held.clocked) == (["a", "b"], False, False)


def test_what_recurs_inside_is_told_once() -> None:
    """`silence` repeats unless told otherwise; in here it does not."""
    assert rule_of("any: {of: [{silence: {event: bought, for: 3d}}]}")["of"][0]["repeat"] is False
    date = "{of: {trait: renews_at}, before: 14d}"
    assert rule_of(f"any: {{of: [{{date: {date}}}]}}")["of"][0]["every"] is False


@pytest.mark.parametrize(
    ("rule", "finding"),
    [
        ("any: {of: []}", "any.of: holds no entry. Write at least one."),
        (f"any: {{of: [{', '.join([TWO] * 11)}]}}", "any.of: holds 11 entries, and 10 fit. Keep at most 10."),
        (
            "any: {of: [{event: bought}]}",
            "any.of[0]: is a matcher, and `any` holds rules. Write `{count: {event: NAME, at_least: 1}}`.",
        ),
        (f"any: {{of: [{TWO}], in: 7d}}", "any.in: `in` is not a key of `any`."),
        ("any: {of: [3]}", "any.of[0]: must be a mapping, and is the number 3."),
        (
            "any: {of: [{date: {of: {trait: renews_at}, before: 14d, every: true}}]}",
            "any.of[0].date.every: means nothing inside `any`. Leave it out: only the first time counts there.",
        ),
        (
            f"any: {{of: [{{any: {{of: [{{any: {{of: [{{any: {{of: [{TWO}]}}}}]}}}}]}}}}]}}",
            "any.of: holds rules inside rules 4 deep, and 3 fit.",
        ),
    ],
)
def test_a_mistake_is_found_with_its_place_and_remedy(rule: str, finding: str) -> None:
    """One mistake is one finding, in words that say what to write instead."""
    assert only(rule).startswith(finding)
