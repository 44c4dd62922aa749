from typing import Any

import pytest

from milepost.domain.rules import build
from milepost_tools.catalog.rules import Reach
from milepost_tools.catalog.rules.trait import Trait
from tests.tools.catalog.catalogs import found, rule_of, with_reach


@pytest.mark.parametrize(
    ("rule", "operator", "operand"),
    [
        ("trait: {name: tier, becomes: gold}", "eq", "gold"),
        ('trait: {name: tier, becomes: "1"}', "eq", "1"),
        ("trait: {name: tier, becomes: 1.50}", "eq", {"number": "1.50"}),
        ("trait: {name: tier, becomes: true}", "eq", True),
        ("trait: {name: tier, becomes: false}", "eq", False),
        ("trait: {name: tier, becomes: 0}", "eq", {"number": "0"}),
        ("trait: {name: tier, at_least: 0}", "gte", {"number": "0"}),
        ("trait: {name: tier, at_least: -2.5}", "gte", {"number": "-2.5"}),
    ],
)
def test_a_trait_is_compiled_to_what_the_core_reads(rule: str, operator: str, operand: object) -> None:
    """A condition on the traits; a name with a dot in it is one name."""
    compiled: dict[str, Any] = {
        "kind": "trait",
        "where": [{"path": ["tier"], "operator": operator, "operand": operand}],
    }
    assert rule_of(rule) == compiled
    assert build(compiled).traits == frozenset({"tier"})
    assert rule_of(rule.replace("tier", "plan.tier"))["where"][0]["path"] == ["plan.tier"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("trait: {name: tier}", "reach.trait: says no value. Write `becomes: VALUE`, or `at_least: NUMBER`."),
        ("trait: {name: tier, becomes: 1, at_least: 1}", "reach.trait: holds both `becomes` and `at_least`."),
        ("trait: {becomes: gold}", "reach.trait: `name` is missing. Add it."),
        ('trait: {name: "", becomes: gold}', "trait.name: must be 1 to 256 bytes of UTF-8, and is 0"),
        ("trait: {name: tier, becomes: null}", "trait.becomes: is empty. Give it a value, or leave the key out."),
        ("trait: {name: tier, becomes: [gold]}", "trait.becomes: must be a number, text, true or false, and is a list"),
        ("trait: {name: tier, at_least: ten}", "trait.at_least: must be a number, and is the text `ten`"),
        ("trait: {name: tier, becomes: gold, event: bought}", "trait.event: `event` is not a key of `trait`."),
    ],
)
def test_a_trait_that_means_nothing_is_refused(rule: str, words: str) -> None:
    """In one finding, with its place and its remedy."""
    (finding,) = found(with_reach(rule))
    assert words in finding


def test_a_trait_looks_at_no_event_and_is_met_once() -> None:
    """Nor does it wait for the clock."""
    rule = Reach.model_validate({"trait": {"name": "tier", "becomes": "gold"}}).rule
    assert isinstance(rule, Trait)
    assert (rule.repeat, rule.names, getattr(rule, "clocked", False)) == (False, [], False)
