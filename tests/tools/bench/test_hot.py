"""A hot subject costs itself retries, never correctness, and others nothing as long as a worker is free."""

import json
from collections import deque
from dataclasses import replace
from pathlib import Path
from random import getstate
from typing import Any

import pytest

from milepost.application.folding import Folding
from milepost_tools.bench import hot_report
from milepost_tools.bench.hot import TIMEOUT, WINDOW, WORKERS, Offered, limit, quantile, simulate
from milepost_tools.cli import main
from milepost_tools.local.template import read_template
from tests.domain.build import SUBJECT, T0, catalog, count, milestone, track
from tests.fakes.store import Fault, MemoryStore
from tests.fakes.time import InstantBackoff

STORM = Offered(rate=10_000, batch=1000, latency=0.05, fold=2e-5, account=False)


def per_commit(offered: Offered) -> float:
    """Lost races for each that was won."""
    served = simulate(offered)
    return served.conflicts / served.commits


def test_the_same_dice_give_the_same_minute() -> None:
    """And other dice another; the module's own generator is left as it was."""
    before = getstate()
    assert simulate(STORM) == simulate(STORM)
    assert simulate(STORM) != simulate(STORM, dice=2)
    assert getstate() == before


def test_one_worker_meets_nobody() -> None:
    """There is no race with oneself."""
    assert simulate(replace(STORM, workers=1)).conflicts == 0


def test_the_longer_a_round_trip_the_more_races_are_lost() -> None:
    """Workers overlap for as long as they read, fold and write."""
    found = [per_commit(replace(STORM, latency=each)) for each in (0.01, 0.025, 0.05)]
    assert found == sorted(found)
    assert found[0] < 0.1 < found[-1]


def test_more_than_workers_can_take_is_not_served() -> None:
    """One worker that needs 0.1 s a batch of 1,000 takes nine in a second at most, and not eleven."""
    slow = replace(STORM, workers=1, fold=0.0)
    assert simulate(replace(slow, rate=8_000)).keeps_up(replace(slow, rate=8_000))
    assert not simulate(replace(slow, rate=11_000)).keeps_up(replace(slow, rate=11_000))


def test_no_event_is_both_written_and_handed_back() -> None:
    """Whatever was taken and is not being worked on has one of the two ends."""
    served = simulate(replace(STORM, rate=20_000, workers=30))
    assert served.handed_back > 0
    assert served.events + served.handed_back <= 20_000 * 60
    assert served.events == served.commits * 1000


def test_others_in_the_same_batches_wait_no_longer_while_workers_are_free() -> None:
    """Their first write goes through; only the hot subject has to wait for its retries."""
    steady = replace(STORM, rate=3000, latency=0.1)
    stormy, calm = simulate(steady), simulate(replace(steady, contended=False))
    assert stormy.conflicts > 0 == calm.conflicts
    assert quantile(stormy.neighbours, 0.99) == pytest.approx(quantile(calm.neighbours, 0.99), rel=0.1)
    assert quantile(stormy.delays, 0.99) > quantile(calm.delays, 0.99)


def test_the_real_loop_writes_others_at_the_first_attempt() -> None:
    """What the simulation assumes of `Folding`: only who lost a race goes round again."""
    store = MemoryStore(deque([Fault.CONFLICT, None, Fault.CONFLICT]))
    work = {SUBJECT: [track("a", T0)], "user:z": [replace(track("b", T0), subject="user:z")]}
    folded = Folding(store, catalog(milestone(count(1)))).fold(work, lambda _: T0, InstantBackoff(9))
    assert folded.failed == frozenset()
    assert store.reads == [((SUBJECT, "user:z"), False), ((SUBJECT,), True), ((SUBJECT,), True)]


def test_the_limit_is_served_and_half_as_much_again_is_not() -> None:
    """In a steady state."""
    found = limit(1000, 0.05, 2e-5, account=True)
    at, beyond = (Offered(found * each, 1000, 0.05, 2e-5) for each in (1, 1.5))
    assert simulate(at).keeps_up(at)
    assert not simulate(beyond).keeps_up(beyond)


def test_workers_window_and_timeout_are_those_of_the_template() -> None:
    """A change there has to come here."""
    template: Any = read_template(Path("template.yaml"))
    parameters = {name: each["Default"] for name, each in template["Parameters"].items()}
    timeout = template["Resources"]["IngestFunction"]["Properties"]["Timeout"]["Fn::If"][-1]
    assert (int(parameters["IngestMaximumConcurrency"]), int(parameters["EventBatchSize"])) == (
        WORKERS,
        hot_report.BATCH,
    )
    assert (float(parameters["EventBatchingWindow"]), float(timeout)) == (WINDOW, TIMEOUT)


def test_the_command_ends_with_one_object(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """And with success where the account that has to be served is."""
    monkeypatch.setattr(hot_report, "LATENCIES", (0.025,))
    monkeypatch.setattr(hot_report, "BATCHES", (1000,))
    assert main(["bench", "hot"]) == 0
    row = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {(each["hot"], each["steady"]) for each in row["runs"] if each["offered"] == 1000} == {
        ("account", True),
        ("user", True),
    }
    assert all(each["1000"] > 1000 for each in row["limit_events_per_second"])
