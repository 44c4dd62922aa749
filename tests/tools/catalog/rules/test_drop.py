from typing import Any

import pytest

from milepost.domain.instant import DAY
from milepost.domain.rules import build
from milepost_tools.catalog.rules import Reach
from milepost_tools.catalog.rules.drop import Drop
from tests.tools.catalog.catalogs import found, rule_of, with_reach

BOUGHT = {"kind": "drop", "event": ["bought"], "where": []}


@pytest.mark.parametrize(
    ("rule", "compiled"),
    [
        ("drop: {event: bought, by: 0.5, over: 7d}", {**BOUGHT, "by": "0.5", "over": 7 * DAY}),
        ("drop: {event: bought, by: 1, over: 400d}", {**BOUGHT, "by": "1", "over": 400 * DAY}),
        ("drop: {event: bought, by: 0.30, over: 1d}", {**BOUGHT, "by": "0.30", "over": DAY}),
    ],
)
def test_a_drop_is_compiled_to_what_the_core_reads(rule: str, compiled: dict[str, Any]) -> None:
    """The share is written as text, so that it stays exact."""
    assert rule_of(rule) == compiled
    assert build(compiled).clocked


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("drop: {event: bought, over: 7d}", "reach.drop: `by` is missing. Add it."),
        ("drop: {event: bought, by: 0.5}", "reach.drop: `over` is missing. Add it."),
        ("drop: {event: bought, by: 0, over: 7d}", "drop.by: must be more than 0 and at most 1, and is 0. Write 0.5"),
        ("drop: {event: bought, by: -0.5, over: 7d}", "drop.by: must be more than 0 and at most 1, and is -0.5"),
        ("drop: {event: bought, by: 50, over: 7d}", "drop.by: must be more than 0 and at most 1, and is 50"),
        ("drop: {event: bought, by: 50%, over: 7d}", "drop.by: must be a number, and is the text `50%`"),
        ("drop: {event: bought, by: 0.5, over: 0s}", "drop.over: must be longer than nothing"),
        ("drop: {event: bought, by: 0.5, over: 1mo}", "drop.over: is not a duration such as 90s"),
        ("drop: {event: bought, by: 0.5, over: 7d, repeat: true}", "drop.repeat: `repeat` is not a key of `drop`."),
    ],
)
def test_a_drop_that_means_nothing_is_refused(rule: str, words: str) -> None:
    """In one finding, with its place and its remedy."""
    (finding,) = found(with_reach(rule))
    assert words in finding


def test_a_drop_waits_for_the_clock_and_is_met_once() -> None:
    """So it takes no deadline."""
    rule = Reach.model_validate({"drop": {"event": "bought", "by": 1, "over": "7d"}}).rule
    assert isinstance(rule, Drop)
    assert (rule.clocked, rule.repeat, rule.names) == (True, False, ["bought"])
