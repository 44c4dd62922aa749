"""List prices, on demand, in dollars. The one place for them: change `AS_OF` with any of them.

No free tier and no volume discount: the account's other workloads may have used the one, and few ever see the other.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

AS_OF: Final = "2026-06"
"""The newest public copies and summaries of the pages that could be compared; no live page was read."""


@dataclass(frozen=True, slots=True)
class Price:
    """So many dollars for so many units, and the public page that says so."""

    dollars: float
    per: int
    unit: str
    page: str


MILLION: Final = 1_000_000
_US_EAST_1: Final[Mapping[str, Price]] = {
    "sqs": Price(0.40, MILLION, "requests", "Amazon SQS pricing, standard queues"),
    "sqs_fifo": Price(0.50, MILLION, "requests", "Amazon SQS pricing, FIFO queues"),
    "lambda_requests": Price(0.20, MILLION, "requests", "AWS Lambda pricing"),
    "lambda_arm64": Price(13.3334, MILLION, "GB-seconds", "AWS Lambda pricing, Arm"),
    "writes": Price(0.625, MILLION, "write units", "Amazon DynamoDB pricing, on-demand (since 2024-11-01)"),
    "reads": Price(0.125, MILLION, "read units", "Amazon DynamoDB pricing, on-demand (since 2024-11-01)"),
    "storage": Price(0.25, 1, "GB-month", "Amazon DynamoDB pricing, Standard table class"),
    "recovery": Price(0.20, 1, "GB-month", "Amazon DynamoDB pricing, continuous backups (PITR)"),
    "sns": Price(0.50, MILLION, "publishes", "Amazon SNS pricing, standard topics; to SQS and Lambda free"),
    "logs": Price(0.50, 1, "GB", "Amazon CloudWatch pricing, logs of Lambda, first tier"),
    "metrics": Price(0.30, 1, "metric", "Amazon CloudWatch pricing, custom metrics, first tier"),
    "alarms": Price(0.10, 1, "alarm", "Amazon CloudWatch pricing, standard resolution"),
    "metric_reads": Price(0.01, 1000, "metrics read", "Amazon CloudWatch pricing, GetMetricData"),
    "kms": Price(0.03, 10_000, "requests", "AWS Key Management Service pricing"),
}
REGIONS: Final[Mapping[str, Mapping[str, Price]]] = {"us-east-1": _US_EAST_1}
