"""Who books beside whom: shards keep workers apart, subjects that share a transaction share its statistics."""

import json
from dataclasses import replace
from pathlib import Path
from random import getstate
from typing import Any

import pytest

from milepost.adapters import keys
from milepost.adapters.bookings import BOOK_AT_ONCE
from milepost_tools.bench import booking_report
from milepost_tools.bench.booking import BATCH, WINDOW, Load, limit, simulate, units
from milepost_tools.bench.hot import quantile
from milepost_tools.cli import main
from milepost_tools.local.template import read_template

LOAD = Load(rate=1000, latency=0.025, workers=40, shards=16, subjects=10)


def test_the_same_dice_give_the_same_figures() -> None:
    """And other dice others; the module's own generator is left as it was."""
    before = getstate()
    assert simulate(LOAD) == simulate(LOAD)
    assert simulate(LOAD) != simulate(LOAD, dice=2)
    assert getstate() == before


def test_one_worker_meets_nobody() -> None:
    """It books one transaction after the other; only its subjects may have changed."""
    assert simulate(replace(LOAD, rate=50, workers=1, shards=1)).refused.keys() <= {"changed"}


def test_more_shards_mean_fewer_conflicts() -> None:
    """One shard is one item for everybody."""
    one, sixteen, many = (simulate(replace(LOAD, shards=each)).refused_each for each in (1, 16, 64))
    assert one > 5 * sixteen > 5 * many > 0


def test_units_fall_with_more_subjects_in_a_transaction() -> None:
    """They share its statistics items."""
    alone = replace(LOAD, rate=20, workers=1)
    found = [simulate(replace(alone, subjects=each)).units_each for each in (1, 5, 10, 25)]
    assert found == sorted(found, reverse=True)
    assert found[0] > found[-1] + 0.5


def test_units_are_what_a_real_booking_costs() -> None:
    """An aggregate, a decision and a statistics item of up to 1 KB, twice each, as in every transaction."""
    assert units() == (4, 2)


def test_a_scope_has_no_more_units_than_its_partition() -> None:
    """Transactions of one subject each ask it for more than 1,000 a second, those of 25 do not."""
    busy = Load(rate=5000, latency=0.01, workers=40, shards=64, subjects=1)
    assert simulate(busy).refused["throttled"] > 0
    assert simulate(replace(busy, subjects=25)).refused["throttled"] == 0


def test_the_limit_is_sustained_and_half_as_much_again_is_not() -> None:
    """Where workers are what there is too little of."""
    found = limit(0.025, 10, 64, 25)
    assert [simulate(load).sustains(load) for load in (Load(found * each, 0.025, 10, 64, 25) for each in (1, 1.5))] == [
        True,
        False,
    ]


def test_nothing_is_booked_before_the_window_lets_it_come() -> None:
    """Where little arrives, the window is nearly all that an outcome waits for."""
    calm = simulate(replace(LOAD, rate=10, workers=10))
    assert WINDOW * 0.8 < quantile(calm.delays, 0.5) < WINDOW * 1.5


def test_batch_and_window_are_those_of_the_template() -> None:
    """A change there has to come here."""
    template: Any = read_template(Path("template.yaml"))
    stream = template["Resources"]["PublishFunction"]["Properties"]["Events"]["Outbox"]["Properties"]
    assert (stream["BatchSize"], float(stream["MaximumBatchingWindowInSeconds"])) == (BATCH, WINDOW)


def test_the_constants_are_the_best_choice(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The command says so, and its last line is one object."""
    monkeypatch.setattr(booking_report, "limit", lambda *_: 0.0)  # Takes most of the time and decides nothing.
    assert main(["bench", "booking"]) == 0
    row = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert row["best"] == [keys.STATISTICS_SHARDS, BOOK_AT_ONCE]
    assert len(row["choices"]) == 24


def test_none_is_best_where_none_keeps_the_goal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the command fails."""
    monkeypatch.setattr(booking_report, "limit", lambda *_: 0.0)
    monkeypatch.setattr(booking_report, "SHARDS", (1,))
    assert main(["bench", "booking"]) == 1
    assert "none keeps the goal" in capsys.readouterr().out
