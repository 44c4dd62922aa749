"""What a stack has stored of one subject: its item, and the decisions on its nudges."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from milepost.adapters import keys
from milepost.adapters.codec import Codec
from milepost.adapters.decisions import recorded
from milepost.application.decisions import Recorded
from milepost.domain.catalog import Catalog
from milepost.domain.event import Subject
from milepost.domain.instant import from_datetime
from milepost.domain.outbox import Nudge
from milepost_tools.explain.item import decoded
from milepost_tools.explain.known import Decision, Known, decision_of, with_pending
from milepost_tools.explain.subject import nobody_knows
from milepost_tools.local.stack import Stack

LIVE: Final = "live"
Item = Mapping[str, Mapping[str, Any]]


def stored_items(stack: Stack, subject: Subject) -> list[Item]:
    """Every item of a subject, as `items_of` has them.

    Raises:
        ProblemError: there is none.
    """
    items = items_of(stack, subject)
    if not items:
        raise nobody_knows(subject, f"the stack '{stack.name}'")
    return items


def items_of(stack: Stack, subject: Subject) -> list[Item]:
    """Every item of a subject as DynamoDB has it: the aggregate, then decisions in the order of what they are about."""
    pages = stack.connection.dynamodb.get_paginator("query").paginate(
        TableName=stack.table_name,
        KeyConditionExpression="#partition = :subject",
        ExpressionAttributeNames={"#partition": keys.PARTITION},
        ExpressionAttributeValues={":subject": {"S": subject}},
        ConsistentRead=True,
    )
    return [item for page in pages for item in page["Items"]]


def look_up(stack: Stack, subject: Subject, catalog: Catalog) -> Known:
    """All that a stack says of a subject, or of who it has become.

    Raises:
        ProblemError: it has never heard of it, or a newer release has written its item.
    """
    items = stored_items(stack, subject)
    aggregate = next((item for item in items if item[keys.SORT]["S"] == keys.AGGREGATE), None)
    if aggregate is None:
        raise nobody_knows(subject, f"the stack '{stack.name}'")
    progress = decoded(subject, aggregate, Codec.of(catalog))
    if progress.is_tombstone:
        raise nobody_knows(subject, f"the stack '{stack.name}'; somebody of that id was erased")
    if progress.forward is not None:
        return replace(look_up(stack, progress.forward, catalog), asked=subject)
    seen = catalog.seen_by(subject)
    records = [recorded(item) for item in items if item[keys.SORT]["S"].startswith(keys.DECISION)]
    waiting = [decision_of(each, waits=True) for each in progress.outbox if isinstance(each, Nudge)]
    # A stack that goes by the messages' clock does not store where that clock stands.
    now = from_datetime(datetime.now(UTC)) if stack.clock_mode == LIVE else None
    decisions = with_pending([*(_decision(each, seen) for each in records), *waiting], progress, catalog)
    return Known(progress, f"the stack '{stack.name}'", now, decisions)


def _decision(recorded: Recorded, catalog: Catalog) -> Decision:
    return Decision(
        id=recorded.id,
        milestone=recorded.milestone,
        path=recorded.path,
        step=recorded.step,
        n=recorded.n,
        channel=recorded.channel,
        template=recorded.template or _template(recorded, catalog),
        verdict=recorded.verdict,
        reason=recorded.reason,
        at=recorded.at,
        decided_at=recorded.decided_at,
        until=recorded.until,
        attempt=recorded.attempt,
    )


def _template(recorded: Recorded, catalog: Catalog) -> str | None:
    """What the step sends by this catalog; the record of an earlier release does not say."""
    known = catalog.milestones.get(recorded.milestone)
    steps = () if known is None else known.steps[recorded.path]
    return steps[recorded.step].template if recorded.step < len(steps) else None
