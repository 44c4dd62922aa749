import pytest

from milepost.domain.instant import DAY
from milepost.domain.rules import build
from milepost_tools.catalog.rules import Reach
from tests.tools.catalog.catalogs import found, rule_of, with_reach

A, B = "{event: bought}", "{event: signed_up, where: {plan: pro}}"


def only(rule: str) -> str:
    """The only finding of a rule, from its place on."""
    (finding,) = found(with_reach(rule))
    return finding.removeprefix("c.yaml:9: milestones.m.reach.")


def test_steps_are_compiled_in_their_order() -> None:
    """The core reads it."""
    compiled = rule_of(f"sequence: {{steps: [{B}, {A}], in: 7d}}")
    where = {"path": ["plan"], "operator": "eq", "operand": "pro"}
    steps = [{"event": ["signed_up"], "where": [where]}, {"event": ["bought"], "where": []}]
    assert compiled == {"kind": "sequence", "steps": steps, "in": 7 * DAY}
    assert build(compiled).names == frozenset({"bought", "signed_up"})
    assert rule_of(f"sequence: {{steps: [{A}, {B}]}}")["in"] is None


def test_it_knows_its_events() -> None:
    """Sorted, each once."""
    rule = Reach.model_validate({"sequence": {"steps": [{"event": ["b", "a"]}, {"event": "b"}]}}).rule
    assert (rule.names, rule.repeat) == (["a", "b"], False)


@pytest.mark.parametrize(
    ("rule", "finding"),
    [
        ("sequence: {}", "sequence: `steps` is missing. Add it."),
        (
            "sequence: {steps: []}",
            "sequence.steps: holds no step, and a sequence has 2 or more. Add a step, or use `count`.",
        ),
        (
            f"sequence: {{steps: [{A}]}}",
            "sequence.steps: holds one step, and a sequence has 2 or more. Add a step, or use `count`.",
        ),
        (f"sequence: {{steps: [{', '.join([A] * 11)}]}}", "sequence.steps: holds 11 entries, and 10 fit."),
        (
            f"sequence: {{steps: [{A}, {{count: {{event: bought, at_least: 2}}}}]}}",
            "sequence.steps[1]: is no matcher, and a step of a sequence is one event. Write `{event: NAME}`.",
        ),
        (f"sequence: {{steps: [{A}, bought]}}", "sequence.steps[1]: must be a mapping, and is the text `bought`."),
        (f"sequence: {{steps: [{A}, {{event: bougt}}]}}", "sequence.steps[1].event: `bougt` is not one of"),
        (f"sequence: {{steps: [{A}, {B}], in: 0s}}", "sequence.in: must be longer than nothing"),
        (f"sequence: {{steps: [{A}, {B}], repeat: true}}", "sequence.repeat: `repeat` is not a key of `sequence`."),
    ],
)
def test_a_mistake_is_found_with_its_place_and_remedy(rule: str, finding: str) -> None:
    """One mistake is one finding, in words that say what to write instead."""
    assert only(rule).startswith(finding)
