"""Up to which instant the event queue is worked off (semantics, 3.11). SQS has no such mark, so it is estimated."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from milepost.adapters.aws import PassingErrors, passes
from milepost.adapters.queues import depth
from milepost.domain.instant import MINUTE, SECOND, Duration, Instant

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_sqs import SQSClient

MARGIN: Final[Duration] = 5 * MINUTE
"""CloudWatch shows an age up to a few minutes late."""
APART: Final[Duration] = MINUTE
"""Two samples of an empty queue count when they are this far apart."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def _is_empty(queues: "SQSClient", url: str) -> bool:
    """Whether nothing is known to be in a queue; where nobody can tell now, it is not."""
    try:
        return depth(queues, url) == 0
    except PassingErrors as error:
        if passes(error):
            return False
        raise


@dataclass(frozen=True, slots=True)
class EmptyQueue:
    """For the local stack and for replays: worked off when nothing is in the queue, unknown otherwise."""

    queues: "SQSClient"
    url: str

    def until(self, now: Instant) -> Instant | None:
        """See the port."""
        return now if _is_empty(self.queues, self.url) else None


@dataclass(slots=True)
class QueueAge:
    """On AWS: now minus the age of the oldest message, minus a margin.

    An idle queue reports no age. Then the mark holds where it is, unless the queue was empty in two samples a
    minute apart. The first of them is kept here, so this object should live as long as its process.
    """

    queues: "SQSClient"
    metrics: "CloudWatchClient"
    url: str
    name: str
    _empty_since: Instant | None = field(default=None)

    def until(self, now: Instant) -> Instant | None:
        """See the port."""
        try:
            age = self._oldest(now)
        except PassingErrors as error:
            if passes(error):
                return None
            raise
        if age is not None:
            self._empty_since = None
            return now - age - MARGIN
        if not _is_empty(self.queues, self.url):
            self._empty_since = None
            return None
        if self._empty_since is None:
            self._empty_since = now
        return now - MARGIN if now - self._empty_since >= APART else None

    def _oldest(self, now: Instant) -> Duration | None:
        end = _EPOCH + timedelta(microseconds=now)
        answer = self.metrics.get_metric_data(
            MetricDataQueries=[
                {
                    "Id": "age",
                    "MetricStat": {
                        "Metric": {
                            "Namespace": "AWS/SQS",
                            "MetricName": "ApproximateAgeOfOldestMessage",
                            "Dimensions": [{"Name": "QueueName", "Value": self.name}],
                        },
                        "Period": 60,
                        "Stat": "Maximum",
                    },
                }
            ],
            StartTime=end - timedelta(microseconds=MARGIN),
            EndTime=end,
            ScanBy="TimestampDescending",
        )
        values = answer["MetricDataResults"][0]["Values"]
        return int(max(values) * SECOND) if values else None
