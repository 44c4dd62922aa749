"""A replay waits for what is on its way before its clock passes the hours at which it may go."""

from dataclasses import replace

from milepost.domain.instant import HOUR
from milepost_tools.history.overtaking import OnTheirWay
from tests.adapters.examples import NUDGE

SENT = replace(NUDGE, at=10 * HOUR, decided_at=10 * HOUR, not_after=16 * HOUR)


def test_the_clock_waits_before_it_passes_the_last_hour_of_what_was_sent() -> None:
    """Up to an instant before that, it may go on; once everything is out, it need not wait again."""
    way = OnTheirWay([SENT])
    assert not way.would_be_overtaken(11 * HOUR, 16 * HOUR - 1)
    assert way.would_be_overtaken(11 * HOUR, 16 * HOUR)
    assert not way.would_be_overtaken(12 * HOUR, 20 * HOUR)


def test_what_is_decided_later_and_what_is_not_sent_is_not_waited_for() -> None:
    """It is on no way yet, or will never be."""
    held = replace(SENT, verdict="held_out", id="two")
    way = OnTheirWay([SENT, held])
    assert not way.would_be_overtaken(10 * HOUR, 20 * HOUR)
    assert not OnTheirWay([held]).would_be_overtaken(11 * HOUR, 20 * HOUR)
