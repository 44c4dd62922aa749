from dataclasses import replace
from time import time

from milepost.adapters.clock import arrival_by, events_clock, outbox_clock, ticks_clock, worker_clock
from milepost.application.arrival import LiveArrival, ReplayedArrival
from milepost.application.ports import TickMessage
from milepost.domain.event import Tick, Track
from milepost.domain.instant import HOUR, SECOND
from milepost.domain.outbox import Joined, Parted
from tests.adapters.examples import NOW, NUDGE, OUTCOME, SUBJECT

TRACK = Track(SUBJECT, "m_1", 1, 1, instant=NOW - HOUR, arrived=NOW, name="happened", properties={}, user=SUBJECT)
TICK = TickMessage(0, (SUBJECT,), NOW)


def is_now(instant: int) -> bool:
    """Whether an instant is this machine's, give or take."""
    return abs(instant - time() * SECOND) < 10 * SECOND


def test_the_worker_clock_counts_microseconds_since_1970() -> None:
    """Whole ones."""
    assert isinstance(worker_clock(), int)
    assert is_now(worker_clock())


def test_live_everything_is_judged_by_the_worker() -> None:
    """Nothing that a message says moves the clock."""
    assert isinstance(arrival_by("live"), LiveArrival)
    assert is_now(events_clock("live")([TRACK]))
    assert is_now(ticks_clock("live")(TICK))
    assert is_now(outbox_clock("live")(NUDGE))


def test_in_a_replay_events_are_judged_by_the_latest_arrival() -> None:
    """As if the worker had looked when the last of them came; a tick has no arrival."""
    assert isinstance(arrival_by("replay"), ReplayedArrival)
    later = replace(TRACK, arrived=NOW + HOUR)
    assert events_clock("replay")([later, TRACK, Tick(NOW + 2 * HOUR)]) == NOW + HOUR


def test_in_a_replay_a_tick_is_judged_by_its_sweep() -> None:
    """Whose instant it carries."""
    assert ticks_clock("replay")(TICK) == NOW


def test_in_a_replay_nothing_grows_old_in_an_outbox() -> None:
    """Every entry is judged by the instant at which it was decided."""
    clock = outbox_clock("replay")
    entries = (Joined(NOW - HOUR), OUTCOME, NUDGE, Parted("parted", NOW + HOUR))
    assert [clock(entry) for entry in entries] == [NOW - HOUR, NOW, NOW, NOW + HOUR]
