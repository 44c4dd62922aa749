from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from milepost.adapters import keys
from milepost.domain.instant import DAY
from tests.adapters.examples import NOW, NUDGE

AROUND_NOW = st.integers(NOW - 400 * DAY, NOW + 400 * DAY)


def test_keys_look_as_their_examples_say() -> None:
    """The module shows one beside each."""
    nudge = replace(NUDGE, id="3f", at=NOW)
    assert keys.decision_sort(nudge) == "d#2026-11-22T08:00:00Z.000000#3f"
    assert keys.decision_sort(replace(nudge, at=NOW + 500_001)) == "d#2026-11-22T08:00:00Z.500001#3f"
    assert keys.statistics_partition("acme-fitness", "first-workout") == "acme-fitness#first-workout"
    assert keys.decision_day(NOW + 500_001, 3) == "2026-11-22#3"
    assert [keys.shard_name(shard) for shard in (0, 7, 63)] == ["00", "07", "63"]


@given(AROUND_NOW, AROUND_NOW)
@example(NOW, NOW + 1)
@example(NOW, NOW + 500_000)
def test_decisions_sort_in_the_order_of_what_they_are_about(one: int, other: int) -> None:
    """Also within one second: DynamoDB compares sort keys byte by byte."""
    first, second = (keys.decision_sort(replace(NUDGE, at=each)) for each in sorted((one, other)))
    assert first <= second


def test_every_verdict_of_one_nudge_has_the_same_key() -> None:
    """A later one takes the place of the one before."""
    later = replace(NUDGE, verdict="deferred", decided_at=NOW + DAY)
    assert keys.decision_sort(later) == keys.decision_sort(NUDGE)


def test_decisions_sort_apart_from_the_aggregate() -> None:
    """One query finds them all without reading the aggregate."""
    assert keys.decision_sort(NUDGE) > keys.AGGREGATE


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(1, 64))
def test_a_shard_is_one_of_those_there_are(subject: str, shards: int) -> None:
    """And the same each time."""
    assert 0 <= keys.shard_of(subject, shards) < shards
    assert keys.shard_of(subject, shards) == keys.shard_of(subject, shards)


@pytest.mark.parametrize("shards", [keys.DUE_SHARDS, keys.STATISTICS_SHARDS, keys.DECISION_SHARDS])
def test_subjects_spread_over_the_shards(shards: int) -> None:
    """None holds twice its share of ten thousand."""
    held = [0] * shards
    for number in range(10_000):
        held[keys.shard_of(f"user:u_{number}", shards)] += 1
    assert max(held) < 2 * 10_000 / shards
    assert min(held) > 10_000 / shards / 2


def test_attribute_names_are_short_and_all_different() -> None:
    """Every byte is billed, and two attributes under one name would be one."""
    names = [
        keys.PARTITION,
        keys.SORT,
        keys.VERSION,
        keys.FORMAT,
        keys.FORWARD,
        keys.CATALOG,
        keys.TRAITS,
        keys.STANDINGS,
        keys.LEDGER,
        keys.OUTBOX,
        keys.DUE,
        keys.DUE_SHARD,
        keys.DECISION_DAY,
        keys.DECIDED,
        keys.EXPIRES,
    ]
    assert len(set(names)) == len(names)
    assert max(len(name) for name in names) <= 2
