"""Logs and metrics: both enumerated, and no address, id, body or vendor's text is ever written."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit


class Count(StrEnum):
    """Everything that is counted, by the name of its metric."""

    TAKEN = "NudgesTaken"
    DUPLICATE = "NudgesDuplicate"
    ERASED = "NudgesErased"
    HANDED_BACK = "NudgesHandedBack"
    DEAD_LETTERED = "NudgesDeadLettered"
    AMBIGUOUS = "Ambiguous"
    REPORTED = "ReportsSent"
    UNKNOWN = "ReportsOfUnknownNudges"
    STORE_FAILED = "StoreFailed"


class Telemetry:
    """One invocation's logger and metrics, in embedded metric format: no call of their own."""

    def __init__(self) -> None:
        """Read service, namespace and level from the environment, as powertools does."""
        self._logger = Logger()
        self._metrics = EphemeralMetrics()

    @contextmanager
    def invocation(self) -> Iterator[None]:
        """Flush the metrics at the end of an invocation, whatever happens in it."""
        self._metrics.add_metric("Invocations", MetricUnit.Count, 1)
        try:
            yield
        finally:
            self._metrics.flush_metrics()

    def count(self, tally: Mapping[Count, int]) -> None:
        """Add what an invocation did."""
        for name, value in tally.items():
            if value:
                self._metrics.add_metric(name.value, MetricUnit.Count, value)
        if tally.get(Count.AMBIGUOUS):
            self._logger.warning(
                "sent without an answer: it may have been taken", extra={"nudges": tally[Count.AMBIGUOUS]}
            )

    def dead_lettered(self, reasons: Mapping[str, int]) -> None:
        """Log why messages went to the dead-letter queue."""
        for reason, messages in reasons.items():
            self._logger.warning("to the dead-letter queue", extra={"reason": reason, "messages": messages})

    def store_failed(self, code: str) -> None:
        """Log that DynamoDB or SQS did not do what was asked; `code` is the service's, or the error's name."""
        self._logger.warning("a write failed", extra={"code": code})
