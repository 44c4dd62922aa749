from typing import Any

import pytest

from milepost.domain.instant import HOUR
from milepost.domain.rules import build
from milepost_tools.catalog.rules import Reach
from milepost_tools.catalog.rules.date import Date
from tests.tools.catalog.catalogs import found, rule_of, with_reach

BOUGHT = {"event": ["bought"], "where": []}


@pytest.mark.parametrize(
    ("rule", "of", "span", "before", "every"),
    [
        ("date: {of: {event: bought}, after: 1y, every: true}", BOUGHT, {"months": 12}, False, True),
        ("date: {of: {event: bought}, after: 36h}", BOUGHT, {"elapsed": 36 * HOUR}, False, False),
        ("date: {of: {event: bought}, after: 100y}", BOUGHT, {"months": 1200}, False, False),
        ("date: {of: {trait: renews_at}, before: 2w}", {"trait": "renews_at"}, {"days": 14}, True, False),
        ("date: {of: {trait: born}, after: 1mo, every: false}", {"trait": "born"}, {"months": 1}, False, False),
    ],
)
def test_a_date_is_compiled_to_what_the_core_reads(  # one for each option
    rule: str,
    of: dict[str, Any],
    span: dict[str, int],
    before: bool,  # noqa: FBT001  # a row of a table
    every: bool,  # noqa: FBT001  # the same
) -> None:
    """Days and longer are of the calendar, shorter is elapsed."""
    compiled = {
        "kind": "date",
        "of": of,
        "span": {"months": 0, "days": 0, "elapsed": 0, **span},
        "before": before,
        "every": every,
    }
    assert rule_of(rule) == compiled
    assert build(compiled).repeats == every


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("date: {of: {trait: t}}", "reach.date: does not say when. Write `after: 1y`, or `before: 14d` with a trait."),
        ("date: {of: {trait: t}, after: 1d, before: 1d}", "reach.date: holds both `after` and `before`. Leave out one"),
        ("date: {of: {event: bought}, before: 1d}", "date.before: does not go together with an event"),
        ("date: {after: 1d}", "reach.date: `of` is missing. Add it."),
        ("date: {of: bought, after: 1d}", "date.of: must be a mapping, and is the text `bought`"),
        ("date: {of: {}, after: 1d}", "date.of: `event` is missing. Add it."),
        (
            "date: {of: {trait: t, event: bought}, after: 1d}",
            "date.of.event: `event` is not a key of `of` with",
        ),
        ("date: {of: {event: bougt}, after: 1d}", "date.of.event: `bougt` is not one of the `events` of this catalog."),
        ("date: {of: {trait: t}, after: 0d}", "date.after: must be longer than nothing. Write 1s or more."),
        ("date: {of: {trait: t}, after: 1m}", "date.after: is not a duration such as 90s, 10min, 36h, 7d, 2w, 1mo or"),
        ("date: {of: {trait: t}, after: 101y}", "date.after: must be at most 100y, and is 101y. Write 100y or less."),
        ("date: {of: {trait: t}, after: 99999d}", "date.after: must be at most 100y, and is 99999d."),
        (
            "date: {of: {trait: t}, after: 9999h}",
            "date.after: must be at most 400d in hours, and is 9999h.",
        ),
        ("date: {of: {trait: t}, before: 14}", "date.before: must be text, and is the number 14"),
        ("date: {of: {trait: t}, after: 1d, every: 1y}", "date.every: must be true or false, and is the text `1y`"),
        ("date: {of: {trait: t}, after: 1d, repeat: true}", "date.repeat: `repeat` is not a key of `date`."),
    ],
)
def test_a_date_that_means_nothing_is_refused(rule: str, words: str) -> None:
    """In one finding, with its place and its remedy."""
    (finding,) = found(with_reach(rule))
    assert words in finding


@pytest.mark.parametrize(("of", "names"), [({"event": ["bought", "a"]}, ["a", "bought"]), ({"trait": "t"}, [])])
def test_a_date_waits_for_the_clock(of: dict[str, Any], names: list[str]) -> None:
    """So it takes no deadline; with `every` it can be met more than once."""
    rule = Reach.model_validate({"date": {"of": of, "after": "1y", "every": True}}).rule
    assert isinstance(rule, Date)
    assert (rule.clocked, rule.repeat, rule.names) == (True, True, names)
