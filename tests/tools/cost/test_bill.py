"""The bill against one that was worked out by hand, and the model behind it against what was measured."""

import re
from pathlib import Path
from typing import Any

import pytest

from milepost_tools.bench.workload import events
from milepost_tools.commands.cost import WINDOW
from milepost_tools.cost.bill import ALARMS, MEMORY, METRICS, Workload, ours, rivals, total
from milepost_tools.cost.measured import OURS, SUBJECTS
from milepost_tools.cost.model import distinct, per_event
from milepost_tools.cost.prices import REGIONS
from milepost_tools.local.template import read_template

PRICES = REGIONS["us-east-1"]
WORK = Workload(1_000_000, SUBJECTS, 1000, 0.02)
# 20,000 outcomes. 4,000 settles in 43,200 sweeps of 64 shards are 4,000 ticks, each alone. Calls: 1,000 batches,
# 43,200 sweeps, 4,000 of settle and 20,000 of publish.
BY_HAND = {
    "ingest, duration": (1_000_000 * (0.021 * 10 + 0.20 * 1769 / 512) / 1000 * 0.5, 13.3334 / 1e6),
    "count events": (407_000, 0.625 / 1e6),
    "read progress": (1000 * 396.7 / 2, 0.125 / 1e6),
    "send, take, delete events": (1_000_000 + 100_000 + 100_000, 0.40 / 1e6),
    "poll for events": (5 * 3 * 60 * 24 * 30, 0.40 / 1e6),
    "ticks and poll for them": (5 * 3 * 60 * 24 * 30 + 3 * 4000, 0.50 / 1e6),
    "calls of all functions": (68_200, 0.20 / 1e6),
    "sweep, settle, publish, duration": ((43_200 * 8 + 4000 * 3 + 20_000 * 3.8) * 0.010 * 0.5, 13.3334 / 1e6),
    "tell and book outcomes": (180_000, 0.625 / 1e6),
    "settle": (12_000, 0.625 / 1e6),
    "sweep, settle, publish": (20_000 + 2000 + 43_200 * 64 / 2, 0.125 / 1e6),
    "storage, after 400 days": ((2000 * 1124 + 20_000 * 400 / 30 * 2 * 400) / 1e9, 0.25),
    "point-in-time recovery": ((2000 * 1124 + 20_000 * 400 / 30 * 400) / 1e9, 0.20),
    "outcomes and nudges": (40_000, 0.50 / 1e6),
    "logs": (68_200 * 2000 / 1e9, 0.50),
    "metrics": (25, 0.30),
    "alarms": (17, 0.10),
    "age of the backlog": (4000, 0.01 / 1000),
    "data keys": (15 * 12 * 24 * 30, 0.03 / 10_000),
}


@pytest.mark.parametrize("what", BY_HAND)
def test_each_line_is_what_it_comes_to_by_hand(what: str) -> None:
    """A million events of 2,000 subjects in batches of 1,000, 2% of them outcomes."""
    usage, dollars = BY_HAND[what]
    (line,) = (line for line in ours(WORK, PRICES) if line.what == what)
    assert line.usage == pytest.approx(usage, rel=1e-3)
    assert line.dollars == pytest.approx(usage * dollars, rel=1e-3)


def test_no_line_is_left_out() -> None:
    """By hand and by the program it is the same sum."""
    assert {line.what for line in ours(WORK, PRICES)} == set(BY_HAND)
    by_hand = sum(usage * dollars for usage, dollars in BY_HAND.values())
    assert total(ours(WORK, PRICES)) == pytest.approx(by_hand, rel=1e-3)


def test_rivals_differ_by_the_counting_alone() -> None:
    """2.94 units and requests, 4.3 ms of CPU an event; nothing for reading."""
    own, utility = ours(WORK, PRICES), rivals(WORK, PRICES)["idempotency utility"]
    assert own[3:] == utility[3:]
    assert utility[1].usage == pytest.approx(2_938_000)
    assert utility[0].usage == pytest.approx(1_000_000 * (29.38 + 4.3 * 1769 / 512) / 1000 * 0.5)
    assert utility[2].dollars == 0


def test_the_model_is_the_measurement_where_one_was_made() -> None:
    """For every measured batch and the measured number of subjects."""
    for batch, measured in OURS.items():
        found = per_event(batch, SUBJECTS)
        assert (found.write_units, found.requests, found.cpu_ms) == pytest.approx(
            (measured.write_units, measured.requests, measured.cpu_ms)
        )


def test_between_two_measurements_units_fall_as_batches_grow() -> None:
    """And never below what a single subject costs."""
    found = [per_event(batch, 50_000).write_units for batch in (1, 5, 10, 50, 100, 300, 1000, 5000)]
    assert found == sorted(found, reverse=True)
    assert per_event(1000, 1).write_units == pytest.approx(0.001, rel=0.1)
    assert per_event(1, 1).requests == 2


def test_expected_subjects_are_those_of_the_benchmarks_own_events() -> None:
    """Zipf's law, whatever the batch; the 3% that come twice take a little off."""
    found = events(20_000, SUBJECTS)
    for batch in OURS:
        batches = [found[begin : begin + batch] for begin in range(0, len(found), batch)]
        counted = sum(len({event.subject for event in each}) for each in batches) / len(batches)
        assert distinct(batch, SUBJECTS) == pytest.approx(counted, rel=0.03)


def test_bands_of_ranks_are_as_good_as_every_rank() -> None:
    """What makes a million subjects quick to reckon with."""
    weights = [1 / rank for rank in range(1, 50_001)]
    whole = sum(weights)
    exactly = sum(1 - (1 - weight / whole) ** 1000 for weight in weights)
    assert distinct(1000, 50_000) == pytest.approx(exactly, rel=1e-4)


def test_what_the_template_says_is_what_is_billed() -> None:
    """Alarms, memory and the batching window: a change there has to come here."""
    template: Any = read_template(Path("template.yaml"))
    kinds = [each["Type"] for each in template["Resources"].values()]
    assert kinds.count("AWS::CloudWatch::Alarm") == ALARMS
    assert template["Globals"]["Function"]["MemorySize"] in {MEMORY * 1024, str(int(MEMORY * 1024))}
    assert int(template["Parameters"]["EventBatchingWindow"]["Default"]) == WINDOW


def test_every_price_names_its_page() -> None:
    """And costs something."""
    assert all(re.match(r"(Amazon|AWS) ", price.page) and price.dollars > 0 for price in PRICES.values())
    assert METRICS < 10_000, "beyond that another tier begins"
