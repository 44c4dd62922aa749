import re
from copy import deepcopy
from json import dumps, loads
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from milepost_tools.catalog.budget import MOST_BYTES
from milepost_tools.catalog.check import parse_catalog
from milepost_tools.catalog.language import MOST_MILESTONES
from milepost_tools.catalog.problems import CatalogError, Finding
from tests.tools.catalog.catalogs import found, with_reach

SUGGESTED = re.compile(r"`([a-z_]+): (\w+)`")


def catalog_of(rules: dict[str, dict[str, Any]], max_age: str = "35d") -> dict[str, Any]:
    """A catalog whose milestones are reached by these rules."""
    return {
        "catalog": "c",
        "version": 1,
        "max_age": max_age,
        "milestones": {name: {"reach": rule} for name, rule in rules.items()},
    }


def finding_of(catalog: dict[str, Any]) -> Finding | None:
    """The only thing that is wrong with a catalog, if anything is."""
    try:
        parse_catalog(dumps(catalog).encode(), "c.yaml")
    except CatalogError as refused:
        (finding,) = refused.findings
        return finding
    return None


def suggestions(finding: Finding) -> dict[str, str]:
    """What the remedy says would fit, by its key."""
    return dict(SUGGESTED.findall(finding.problem.remedy))


def followed(catalog: dict[str, Any], finding: Finding, key: str, value: str) -> dict[str, Any]:
    """The catalog with one suggestion put where it belongs."""
    changed = deepcopy(catalog)
    target: Any = changed
    for step in () if key == "max_age" else finding.place:
        target = target[step]
    assert key in target, f"{key} is not what stands there"
    target[key] = int(value) if value.isdigit() else value
    return changed


WINDOW = st.fixed_dictionaries(
    {
        "count": st.fixed_dictionaries(
            {
                "event": st.just("a"),
                "at_least": st.integers(500, 100_000),
                "in": st.integers(1, 399).map(lambda days: f"{days}d"),
            }
        )
    }
)
VALUES = st.fixed_dictionaries(
    {"distinct": st.fixed_dictionaries({"event": st.just("a"), "of": st.just("b"), "at_least": st.integers(1, 1000)})}
)
DATES = st.integers(100, 399).flatmap(
    lambda days: st.fixed_dictionaries(
        {
            "days": st.fixed_dictionaries(
                {"event": st.just("a"), "at_least": st.integers(2, days), "in": st.just(f"{days}d")}
            )
        }
    )
)
QUIET = st.fixed_dictionaries({"silence": st.fixed_dictionaries({"event": st.just("a"), "for": st.just("5min")})})
TOGETHER = st.integers(1, 10).map(lambda many: {"all": {"of": [{"event": "a"}] * many, "in": "1h"}})
LEAF = WINDOW | VALUES | DATES | QUIET | TOGETHER
NESTED = st.sampled_from(["all", "any"]).flatmap(
    lambda kind: st.lists(LEAF, min_size=1, max_size=4).map(lambda of: {kind: {"of": of}})
)


@given(
    st.lists(LEAF | NESTED, min_size=1, max_size=12).map(
        lambda rules: {f"m{place}": rule for place, rule in enumerate(rules)}
    ),
    st.sampled_from(["35d", "400d", "36h", "12h"]),
)
def test_every_number_that_is_suggested_fits(rules: dict[str, dict[str, Any]], max_age: str) -> None:
    """The catalog with it is taken, without any other change."""
    catalog = catalog_of(rules, max_age)
    finding = finding_of(catalog)
    assume(finding is not None)
    assert finding is not None
    assert re.fullmatch(
        r"may have to remember [0-9,]+ bytes of one subject, and [0-9,]+ are left", finding.problem.what
    )
    for key, value in suggestions(finding).items():
        assert finding_of(followed(catalog, finding, key, value)) is None, f"{key}: {value} does not fit"


@pytest.mark.parametrize(("key", "more"), [("at_least", 1), ("in", -1), ("max_age", 1)])
def test_a_suggestion_goes_as_far_as_it_can(key: str, more: int) -> None:
    """One event, or one day, beyond it is refused: nobody gives up more than needed."""
    catalog = catalog_of({"m": {"count": {"event": "a", "at_least": 1100, "in": "7d"}}})
    finding = finding_of(catalog)
    assert finding is not None
    value = suggestions(finding)[key]
    beyond = re.sub("[0-9]+", lambda number: str(int(number[0]) + more), value)
    assert finding_of(followed(catalog, finding, key, beyond)) is not None


def test_a_sliding_window_of_10000_events_is_refused_with_what_would_fit() -> None:
    """At its line, in a sentence that says what to write instead."""
    (finding,) = found(with_reach("count: {event: bought, at_least: 10000, in: 7d}"))
    assert finding == (
        "c.yaml:9: milestones.m.reach.count: may have to remember 699,930 bytes of one subject, and 65,536 are left. "
        "What would fit: `at_least: 937`."
    )
    assert found(with_reach("count: {event: bought, at_least: 937, in: 7d}")) == []


def test_the_rule_that_asks_for_most_is_named_also_inside_another() -> None:
    """Not the milestone that happens to be the last."""
    large = {"count": {"event": "a", "at_least": 1500, "in": "7d"}}
    small = {"count": {"event": "a", "at_least": 5, "in": "7d"}}
    finding = finding_of(catalog_of({"a": small, "b": {"any": {"of": [small, large]}}, "c": small}))
    assert finding is not None
    assert finding.place == ("milestones", "b", "reach", "any", "of", 1, "count")


def test_what_only_fewer_milestones_can_mend_is_said_so() -> None:
    """No number of one rule helps, so none is suggested."""
    silence = {"any": {"of": [{"silence": {"event": "a", "for": "1s"}}] * 10}}
    finding = finding_of(catalog_of({f"m{number}": silence for number in range(6)}, "1d"))
    assert finding is not None
    assert finding.problem.remedy == "Leave milestones out, or make two catalogs of it."


def test_a_longer_silence_is_suggested_by_its_own_key() -> None:
    """A rule's span is not `in` everywhere."""
    quiet = {"silence": {"event": "a", "for": "1h"}}
    catalog = catalog_of({f"m{many}": {"any": {"of": [quiet] * many}} for many in (10, 9, 8, 7, 6, 5, 4)})
    finding = finding_of(catalog)
    assert finding is not None
    assert suggestions(finding) == {"for": "2d"}
    assert finding_of(followed(catalog, finding, "for", "2d")) is None


def test_400_milestones_are_refused_with_how_many_fit() -> None:
    """And as many as fit, of a usual size, are taken."""
    rules = {f"m{number}": {"count": {"event": "a", "at_least": 3, "in": "30d"}} for number in range(400)}
    finding = finding_of(catalog_of(rules))
    assert finding is not None
    assert finding.problem == (f"holds 400 entries, and {MOST_MILESTONES} fit", f"Keep at most {MOST_MILESTONES}.")
    assert finding_of(catalog_of(dict(list(rules.items())[:MOST_MILESTONES]))) is None


def test_what_fits_is_the_bytes_of_all_milestones_together() -> None:
    """One more of what fits alone does not fit."""
    rule = {"distinct": {"event": "a", "of": "b", "at_least": 1000}}
    fit = MOST_BYTES // 7000
    rules = {f"m{number}": deepcopy(rule) for number in range(fit + 1)}
    assert finding_of(catalog_of({name: rules[name] for name in list(rules)[:fit]})) is None
    finding = finding_of(catalog_of(rules))
    assert finding is not None
    assert suggestions(finding) == {"at_least": str((MOST_BYTES - fit * 7000) // 7)}
    assert loads(dumps(finding.place)) == ["milestones", "m0", "reach", "distinct"]
