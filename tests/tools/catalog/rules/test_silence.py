from typing import Any

import pytest

from milepost.domain.instant import DAY, HOUR
from milepost.domain.rules import build
from milepost_tools.catalog.rules import Reach
from milepost_tools.catalog.rules.silence import Silence
from tests.tools.catalog.catalogs import found, rule_of, with_reach

BOUGHT = {"kind": "silence", "event": ["bought"], "where": []}


@pytest.mark.parametrize(
    ("rule", "compiled"),
    [
        ("silence: {event: bought, for: 7d}", {**BOUGHT, "for": 7 * DAY, "repeat": True}),
        ("silence: {event: bought, for: 36h, repeat: false}", {**BOUGHT, "for": 36 * HOUR, "repeat": False}),
        ('silence: {event: "*", for: 2w}', {**BOUGHT, "event": "*", "for": 14 * DAY, "repeat": True}),
    ],
)
def test_a_silence_is_compiled_to_what_the_core_reads(rule: str, compiled: dict[str, Any]) -> None:
    """It is armed again by every later event unless the catalog says otherwise."""
    assert rule_of(rule) == compiled
    assert build(compiled).repeats == compiled["repeat"]


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("silence: {event: bought}", "reach.silence: `for` is missing. Add it."),
        ("silence: {for: 7d}", "reach.silence: `event` is missing. Add it."),
        ("silence: {event: bought, for: 0d}", "silence.for: must be longer than nothing. Write 1s or more."),
        ("silence: {event: bought, for: 401d}", "silence.for: must be at most 400d, and is 401d"),
        ("silence: {event: bought, for: 1mo}", "silence.for: is not a duration such as 90s"),
        ("silence: {event: bought, for: 7}", "silence.for: must be text, and is the number 7"),
        ("silence: {event: bought, for: 7d, repeat: 1}", "silence.repeat: must be true or false, and is the number 1"),
        ("silence: {event: bought, for: 7d, in: 7d}", "silence.in: `in` is not a key of `silence`."),
        ("silence: {event: bougt, for: 7d}", "silence.event: `bougt` is not one of the `events` of this catalog."),
    ],
)
def test_a_silence_that_means_nothing_is_refused(rule: str, words: str) -> None:
    """In one finding, with its place and its remedy."""
    (finding,) = found(with_reach(rule))
    assert words in finding


def test_a_silence_waits_for_the_clock() -> None:
    """So it takes no deadline."""
    rule = Reach.model_validate({"silence": {"event": ["bought", "bought", "a"], "for": "7d"}}).rule
    assert isinstance(rule, Silence)
    assert (rule.clocked, rule.repeat, rule.names) == (True, True, ["a", "bought"])
