from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from milepost.adapters.worked_off import APART, MARGIN, EmptyQueue, QueueAge
from milepost.domain.instant import HOUR, MINUTE, SECOND
from tests.adapters.examples import NOW
from tests.adapters.test_aws import refusal

DEPTHS = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")


class Queue:
    """SQS, as far as the depth of one queue goes."""

    def __init__(self, *depths: int) -> None:
        self.depths = dict(zip(DEPTHS, depths or (0, 0, 0), strict=True))

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: list[str]) -> Any:  # noqa: N803 - botocore's
        """The depths asked for, as text."""
        return {"Attributes": {name: str(self.depths[name]) for name in AttributeNames}}


class Metrics:
    """CloudWatch, as far as one metric goes; `ages` in seconds, the newest first."""

    def __init__(self, *ages: float) -> None:
        self.ages = list(ages)
        self.asked: list[Any] = []

    def get_metric_data(self, **request: Any) -> Any:
        """Its datapoints."""
        self.asked.append(request)
        return {"MetricDataResults": [{"Id": "age", "Values": self.ages}]}


class ThrottledMetrics(Metrics):
    """CloudWatch when too many ask."""

    def get_metric_data(self, **request: Any) -> Any:
        """No answer now."""
        raise refusal("Throttling")


def age_of(queue: Queue, metrics: Metrics) -> QueueAge:
    """The estimate under test."""
    return QueueAge(queue, metrics, "https://queue", "EventQueue")  # type: ignore[arg-type]


def test_the_oldest_message_and_the_margin_hold_the_mark_back() -> None:
    """Now minus its age minus five minutes."""
    assert age_of(Queue(3, 0, 0), Metrics(90.5)).until(NOW) == NOW - 90_500_000 - 5 * MINUTE


def test_a_lagging_metric_counts_by_its_worst_point() -> None:
    """The newest point may be of a queue that was just refilled: of all that may be current, the oldest age holds."""
    assert age_of(Queue(3, 0, 0), Metrics(0, 600, 30)).until(NOW) == NOW - 600 * SECOND - MARGIN


def test_an_age_of_zero_is_an_age() -> None:
    """A queue that is worked off as fast as it fills moves the mark, also when its depth is never zero."""
    age = age_of(Queue(1, 1, 0), Metrics(0))
    assert [age.until(NOW + minute * MINUTE) for minute in range(3)] == [
        NOW + minute * MINUTE - MARGIN for minute in range(3)
    ]


def test_the_metric_is_asked_for_by_queue_and_for_no_longer_than_the_margin() -> None:
    """An age from before the margin says nothing about now."""
    metrics = Metrics(1)
    age_of(Queue(), metrics).until(NOW)
    [request] = metrics.asked
    [query] = request["MetricDataQueries"]
    assert query["MetricStat"]["Metric"] == {
        "Namespace": "AWS/SQS",
        "MetricName": "ApproximateAgeOfOldestMessage",
        "Dimensions": [{"Name": "QueueName", "Value": "EventQueue"}],
    }
    assert query["MetricStat"]["Stat"] == "Maximum"
    assert request["EndTime"] == datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    assert request["StartTime"] == datetime(2026, 11, 22, 7, 55, tzinfo=UTC)


@pytest.mark.parametrize("depths", [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def test_without_a_metric_a_message_anywhere_in_the_queue_holds_the_mark(depths: tuple[int, int, int]) -> None:
    """Waiting, being worked on or delayed: it may be the one that meets a deadline, however long it takes."""
    age = age_of(Queue(*depths), Metrics())
    assert [age.until(NOW + minute * MINUTE) for minute in range(120)] == [None] * 120


def test_one_look_at_an_empty_queue_is_not_enough() -> None:
    """SQS's depths are approximate."""
    age = age_of(Queue(), Metrics())
    assert [age.until(NOW), age.until(NOW + APART - 1)] == [None, None]


def test_a_queue_that_was_empty_a_minute_ago_and_is_now_is_worked_off() -> None:
    """Up to the margin before now."""
    age = age_of(Queue(), Metrics())
    age.until(NOW)
    assert age.until(NOW + APART) == NOW + APART - MARGIN
    assert age.until(NOW + HOUR) == NOW + HOUR - MARGIN


@pytest.mark.parametrize("between", ["depth", "age"])
def test_a_message_in_between_starts_the_minute_again(between: str) -> None:
    """Whether its depth or its age showed it."""
    queue, metrics = Queue(), Metrics()
    age = age_of(queue, metrics)
    age.until(NOW)
    if between == "depth":
        queue.depths[DEPTHS[1]] = 1
    else:
        metrics.ages = [1.0]
    age.until(NOW + 30 * SECOND)
    queue.depths[DEPTHS[1]] = 0
    metrics.ages = []
    assert age.until(NOW + 61 * SECOND) is None
    assert age.until(NOW + 121 * SECOND) == NOW + 121 * SECOND - MARGIN


def test_a_throttled_metric_leaves_the_mark_unknown() -> None:
    """None, as the port has it for what is not known now: a tick that fails would hold up its shard."""
    assert age_of(Queue(), ThrottledMetrics()).until(NOW) is None


@given(st.lists(st.floats(0, 10**6), max_size=5), st.tuples(*[st.integers(0, 2)] * 3), st.integers(0, 10**10))
def test_the_mark_is_never_later_than_the_margin_before_now(
    ages: list[float], depths: tuple[int, int, int], later: int
) -> None:
    """Whatever metrics and depths say."""
    age = age_of(Queue(*depths), Metrics(*ages))
    for now in (NOW, NOW + later):
        until = age.until(now)
        assert until is None or until <= now - MARGIN


@pytest.fixture(params=[(1, 0, 0), (0, 1, 0), (0, 0, 1)])
def busy(request: pytest.FixtureRequest) -> Queue:
    """A queue with one message somewhere."""
    return Queue(*request.param)


def test_locally_a_queue_with_anything_in_it_is_not_worked_off(busy: Queue) -> None:
    """Depth alone decides, and it is exact there."""
    assert EmptyQueue(busy, "https://queue").until(NOW) is None  # type: ignore[arg-type]


def test_locally_an_empty_queue_is_worked_off_up_to_now() -> None:
    """So that a replay decides at the instant at which the sweep ran."""
    assert EmptyQueue(Queue(), "https://queue").until(NOW) == NOW  # type: ignore[arg-type]
