"""Identify: last write by event time wins, per trait (semantics, section 1)."""

from collections.abc import Iterable

import pytest

from milepost.domain.event import Identify
from milepost.domain.identity import MOST_TRAITS
from tests.domain.build import T0, Life, catalog, count, identify, milestone

OLD = identify("old", T0, plan="free", region="eu")
NEW = identify("new", T0 + 1, plan="pro")


def traits(calls: Iterable[Iterable[Identify]]) -> dict[str, object]:
    """The traits after these calls."""
    lived = Life(catalog(milestone(count(1))))
    for call in calls:
        lived.get(*call)
    return {name: trait.value for name, trait in lived.progress.traits.items()}


@pytest.mark.parametrize("calls", [[[OLD], [NEW]], [[NEW], [OLD]], [[OLD, NEW]], [[NEW, OLD]]])
def test_the_last_write_by_event_time_wins_trait_by_trait(calls: list[list[Identify]]) -> None:
    """1: whatever arrives first, and in however many calls."""
    assert traits(calls) == {"plan": "pro", "region": "eu"}


A, B = identify("a", T0, plan="free"), identify("b", T0, plan="pro")


@pytest.mark.parametrize("call", [[A, B], [B, A]])
def test_of_two_writes_at_one_instant_in_one_call_the_higher_message_id_is_the_last(call: list[Identify]) -> None:
    """3.1: order by (instant, messageId)."""
    assert traits([call]) == {"plan": "pro"}


@pytest.mark.parametrize(("calls", "plan"), [([[A], [B]], "pro"), ([[B], [A]], "free")])
def test_of_two_writes_at_one_instant_in_two_calls_the_later_arrival_is_the_last(
    calls: list[list[Identify]], plan: str
) -> None:
    """The deviation of docs/decisions.md: which message set a trait is not stored."""
    assert traits(calls) == {"plan": plan}


def test_names_beyond_the_most_traits_are_left_out_and_those_known_still_change() -> None:
    """A producer that makes up names must not fill the subject's item; how many were left out is metered."""
    lived = Life(catalog(milestone(count(1))))
    for place in range(MOST_TRAITS):
        lived.get(identify(f"i{place}", T0, **{f"t{place}": 0}))
    result = lived.get(identify("more", T0 + 1, t0=1, x=1, y=1))
    assert (len(lived.progress.traits), result.tally["trait_left_out"]) == (MOST_TRAITS, 2)
    assert lived.progress.traits["t0"].value == 1
    assert not {"x", "y"} & lived.progress.traits.keys()


def test_a_resend_with_other_traits_is_not_believed() -> None:
    """1: the first body wins; a second body that differs is counted in a metric."""
    lived = Life(catalog(milestone(count(1)))).each([OLD])
    result = lived.get(identify("old", T0, plan="pro"))
    assert (result.tally["duplicate"], result.tally["conflicting_body"]) == (1, 1)
    assert lived.progress.traits["plan"].value == "free"


def test_null_is_a_value_of_a_trait() -> None:
    """1: a producer takes a trait back by sending null."""
    assert traits([[OLD], [identify("gone", T0 + 2, plan=None)]])["plan"] is None
