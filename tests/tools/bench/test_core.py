import gc
import json

import pytest

from milepost.domain.advance import advance
from milepost.domain.progress import Progress
from milepost_tools.bench.core import CATALOG
from milepost_tools.bench.workload import calls, events
from milepost_tools.catalog import load_catalog
from milepost_tools.cli import main
from milepost_tools.history.collector import THRESHOLD, seldom_collecting

SMALL = ["bench", "core", "--events", "2000", "--subjects", "40", "--batch", "100", "--repeats", "1"]


def test_the_last_line_is_one_object_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """Ten milestones, each with its rule's own time, and what was asked for."""
    assert main(SMALL) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (found["bench"], found["milestones"], found["events"], found["batch"]) == ("core", 10, 2000, 100)
    assert found["events_per_second"] > 0
    assert found["slowest"] in found["rules_microseconds_per_event"]
    assert 0 < found["state_bytes"]["median"] <= found["state_bytes"]["largest"]


def test_a_rate_that_is_not_met_is_a_finding(capsys: pytest.CaptureFixture[str]) -> None:
    """For a gate; what was measured is printed all the same."""
    assert main([*SMALL, "--at-least", "1e12"]) == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["bench"] == "core"


def test_what_is_timed_together_and_singly_comes_to_the_same() -> None:
    """Every event is folded once, by all ten kinds of milestones, and most of them are reached by somebody."""
    catalog, found = load_catalog(CATALOG), events(3000, 40)
    assert sum(event.subject == "user:0" for event in found) > len(found) / 10
    assert len({event.message_id for event in found}) < len(found)
    results = []
    for together in (True, False):
        subjects: dict[str, Progress] = {}
        for call in (each for batch in calls(found, 100, together=together) for each in batch):
            progress = subjects.get(call[0].subject) or Progress(call[0].subject)
            subjects[call[0].subject] = advance(progress, call, catalog, call[-1].arrived).progress._replace(outbox=())
        results.append({subject: progress.standings for subject, progress in subjects.items()})
    assert results[0] == results[1]
    reached = {name for each in results[0].values() for name, standing in each.items() if standing.occurrences}
    assert len(reached) >= 8


def test_the_collector_is_as_it_was_afterwards() -> None:
    """The rest of the program has its own garbage."""
    usual = gc.get_threshold()
    with seldom_collecting():
        assert gc.get_threshold()[0] == THRESHOLD
        assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == usual
    assert gc.get_freeze_count() == 0
