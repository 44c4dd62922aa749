"""Logs and metrics of the functions: events are enumerated, and no body and no id is ever written.

`Telemetry` is made on first use, not at import, so that tests need no reload.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit


class LogEvent(Enum):
    """Everything that a function logs."""

    REFUSED = "message refused"
    HANDED_BACK = "messages handed back"
    GAVE_UP = "subject given up"
    TICK_UNREADABLE = "tick unreadable"
    SETTLE_INCOMPLETE = "subjects left for the next sweep"
    DECISIONS_HELD = "decisions wait for the event queue"
    SWEEP_HELD = "sweep held: earlier ticks are being worked off"
    SHARES_UNREAD = "shares of members unread: nudges go without"
    PUBLISH_INCOMPLETE = "outboxes left for the next sweep"


_CALLER = 3
"""Frames up to the line that logs, past powertools and this module."""

METRICS: Mapping[str, str] = {
    "counted": "EventsCounted",
    "duplicate": "EventsDuplicate",
    "conflicting_body": "EventsConflictingBody",
    "reused_id": "EventsReusedId",
    "merged": "SubjectsMerged",
    "erased": "Erased",
    "unknown_event": "EventsUnknownName",
    "unusable_property": "EventsUnusableProperty",
    "trait_left_out": "TraitsLeftOut",
    "swept": "SubjectsSwept",
    "rejected": "MessagesRejected",
    "handed_back": "MessagesHandedBack",
    "conflict": "WriteConflicts",
    "refused": "WritesRefused",
    "booked": "EntriesBooked",
    "not_taken": "EntriesNotTaken",
    "compose_failed": "ComposeFailed",
}
"""The metric of each count that the application reports."""


class Telemetry:
    """One function's logger and metrics, in embedded metric format: no call of their own."""

    def __init__(self) -> None:
        """Read service, namespace and level from the environment, as powertools does."""
        self._logger = Logger()
        self._metrics = Metrics()

    @contextmanager
    def invocation(self) -> Iterator[None]:
        """Flush the metrics at the end of an invocation, whatever happens in it."""
        self._metrics.add_metric("Invocations", MetricUnit.Count, 1)
        try:
            yield
        finally:
            self._metrics.flush_metrics()

    def count(self, tally: Mapping[str, int]) -> None:
        """Add an application's counts; zeros are left out."""
        for name, value in tally.items():
            if value:
                self._metrics.add_metric(METRICS[name], MetricUnit.Count, value)

    def gauge_seconds(self, name: str, value: float) -> None:
        """Add a duration in seconds."""
        self._metrics.add_metric(name, MetricUnit.Seconds, value)

    def info(self, event: LogEvent, **facts: str | float) -> None:
        """Log something an operator may look for."""
        self._logger.info(event.value, extra=dict(facts), stacklevel=_CALLER)

    def warning(self, event: LogEvent, **facts: str | float) -> None:
        """Log something an operator should look at when it goes on."""
        self._logger.warning(event.value, extra=dict(facts), stacklevel=_CALLER)
