"""Decisions as items beside their subject's aggregate: written with a booking, read by people's tools.

The index by day is sparse: nothing but a decision has its keys. It holds whole decisions, which are less than a
kilobyte, so that a page of it answers without reading a single item of the table.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, cast

from milepost.adapters import keys
from milepost.application.decisions import Recorded
from milepost.domain.instant import DAY, SECOND, Duration, format_instant, parse_instant
from milepost.domain.outbox import Nudge, Reason, Verdict

if TYPE_CHECKING:
    from milepost.domain.milestone import Path

DECISIONS_KEPT: Final[Duration] = 400 * DAY
"""More than a year, so that the same week can be compared with last year's."""


def decision_item(nudge: Nudge) -> Mapping[str, Mapping[str, str]]:
    """The item in which a decision is recorded."""
    shard = keys.shard_of(nudge.subject, keys.DECISION_SHARDS)
    texts = {
        "id": nudge.id,
        "milestone": nudge.milestone,
        "path": nudge.path,
        "channel": nudge.channel,
        "template": nudge.template,
        "verdict": nudge.verdict,
        "reason": nudge.reason,
        "variant": nudge.variant,
        "at": format_instant(nudge.at),
        "decided_at": format_instant(nudge.decided_at),
        "until": None if nudge.until is None else format_instant(nudge.until),
    }
    numbers = {"step": nudge.step, "n": nudge.n, "occurrence": nudge.occurrence, "attempt": nudge.attempt}
    return {
        keys.PARTITION: {"S": nudge.subject},
        keys.SORT: {"S": keys.decision_sort(nudge)},
        keys.DECISION_DAY: {"S": keys.decision_day(nudge.decided_at, shard)},
        keys.DECIDED: {"N": str(nudge.decided_at)},
        **{name: {"S": text} for name, text in texts.items() if text},
        **{name: {"N": str(number)} for name, number in numbers.items() if number is not None},
        keys.EXPIRES: {"N": str((nudge.decided_at + DECISIONS_KEPT) // SECOND)},
    }


def recorded(item: Mapping[str, Any]) -> Recorded:
    """What a decision's item says; one of an earlier release says less."""
    texts = {name: value["S"] for name, value in item.items() if "S" in value}
    numbers = {name: int(value["N"]) for name, value in item.items() if "N" in value}
    return Recorded(
        id=texts["id"],
        subject=texts[keys.PARTITION],
        milestone=texts["milestone"],
        path=cast("Path", texts["path"]),
        step=numbers["step"],
        n=numbers["n"],
        occurrence=numbers.get("occurrence", numbers["n"]),
        attempt=numbers.get("attempt", 1),
        channel=texts["channel"],
        template=texts.get("template"),
        verdict=cast("Verdict", texts["verdict"]),
        reason=cast("Reason | None", texts.get("reason")),
        at=parse_instant(texts["at"]),
        decided_at=parse_instant(texts["decided_at"]),
        until=parse_instant(texts["until"]) if "until" in texts else None,
        variant=texts.get("variant"),
    )
