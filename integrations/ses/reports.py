"""The function that reports: what SES says of emails, as track events to Milepost's event queue."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from os import environ
from typing import Any

from integrations.ses.events import UnreadableEventError, read_event
from milepost_channels.claims import Claims
from milepost_channels.letters import StoreErrors
from milepost_channels.queues import EventQueue, Report
from milepost_channels.runtime import LambdaContext, claims, event_queue
from milepost_channels.telemetry import Count, Telemetry

_CHANNEL = "email"


@dataclass(frozen=True, slots=True)
class Reporter:
    """Finds whom a nudge was for, and reports; an event that cannot be read is left to the dead-letter queue."""

    claims: Claims
    event_queue: EventQueue

    def report(self, records: Sequence[Mapping[str, Any]]) -> tuple[list[str], Counter[Count]]:
        """Report a batch; the messages to be given out again, and what was counted."""
        tally: Counter[Count] = Counter()
        reports: list[tuple[str, Report]] = []
        failed: list[str] = []
        for record in records:
            try:
                report = self._report(record["body"], tally)
            except (UnreadableEventError, *StoreErrors):
                failed.append(record["messageId"])
            else:
                reports += [(record["messageId"], report)] if report else []
        told = self._tell([report for _, report in reports])
        tally[Count.REPORTED] += sum(told)
        failed += [id_ for (id_, _), taken in zip(reports, told, strict=True) if not taken]
        tally[Count.HANDED_BACK] += len(failed)
        return failed, tally

    def _report(self, body: str, tally: Counter[Count]) -> Report | None:
        happened = read_event(body)
        if happened is None:
            return None
        subject = self.claims.subject(happened.nudge)
        if subject is None:
            tally[Count.UNKNOWN] += 1  # older than we remember: Milepost would not know whose it is either
            return None
        return Report(happened.nudge, subject, _CHANNEL, happened.event, happened.at, happened.key, happened.more)

    def _tell(self, reports: Sequence[Report]) -> Sequence[bool]:
        try:
            return self.event_queue.put(reports)
        except StoreErrors:
            return [False] * len(reports)


@cache
def _reporter() -> Reporter:
    return Reporter(claims(environ), event_queue(environ))


def lambda_handler(event: Mapping[str, Any], _: LambdaContext, work: Reporter | None = None) -> Mapping[str, Any]:
    """Report a batch of SES's events; `work` stands in for the real reporter in tests."""
    telemetry = Telemetry()
    with telemetry.invocation():
        failed, tally = (work or _reporter()).report(event["Records"])
        telemetry.count(tally)
    return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
