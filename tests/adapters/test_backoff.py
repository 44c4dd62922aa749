import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters import backoff
from milepost.adapters.backoff import FIRST, LONGEST, MARGIN, JitteredBackoff


class Watch:
    """Time left, which passes while somebody sleeps."""

    def __init__(self, left: float) -> None:
        self.left = left
        self.pauses: list[float] = []

    def remaining(self) -> float:
        """Seconds."""
        return self.left

    def sleep(self, seconds: float) -> None:
        """Let them pass."""
        self.pauses.append(seconds)
        self.left -= seconds


def longest_pause(monkeypatch: pytest.MonkeyPatch, attempt: int) -> float:
    """The pause before an attempt when the jitter takes all it can."""
    watch = Watch(1000)
    monkeypatch.setattr(backoff, "uniform", lambda _, most: most)
    assert JitteredBackoff(watch.remaining, watch.sleep).wait(attempt)
    return watch.pauses[0]


@given(st.floats(0, 30), st.integers(1, 200))
def test_no_wait_ever_goes_past_the_margin(left: float, attempt: int) -> None:
    """However much time is left and however often it was tried: what is left is handed back in time."""
    watch = Watch(left)
    waited = JitteredBackoff(watch.remaining, watch.sleep).wait(attempt)
    assert waited is bool(watch.pauses)
    assert watch.left >= MARGIN or not waited


@given(st.integers(1, 10_000))
def test_a_pause_is_between_nothing_and_the_longest(attempt: int) -> None:
    """Also at attempts whose doubled bound no float could hold."""
    watch = Watch(1000)
    assert JitteredBackoff(watch.remaining, watch.sleep).wait(attempt)
    assert 0 <= watch.pauses[0] <= min(LONGEST, FIRST * 2 ** min(attempt, 16))


def test_the_bounds_double_from_the_first_to_the_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the constants say: 25 ms before the first repetition, never more than a second."""
    bounds = [longest_pause(monkeypatch, attempt) for attempt in range(1, 9)]
    assert bounds == pytest.approx([0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0])


def test_pauses_are_jittered() -> None:
    """Those who collided once must not collide again."""
    watch = Watch(1000)
    waiting = JitteredBackoff(watch.remaining, watch.sleep)
    assert all(waiting.wait(6) for _ in range(20))
    assert len(set(watch.pauses)) == 20
    assert max(watch.pauses) - min(watch.pauses) > LONGEST / 10


def test_without_time_it_gives_up_without_sleeping() -> None:
    """At once, and False."""
    watch = Watch(MARGIN - 0.001)
    assert not JitteredBackoff(watch.remaining, watch.sleep).wait(1)
    assert watch.pauses == []


def test_by_itself_it_really_sleeps() -> None:
    """The default is the clock of this machine."""
    assert JitteredBackoff(lambda: 100).wait(1)
