"""Made-up people, who go through the whole stack and are taken out of it again, statistics included."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from milepost.adapters import keys
from milepost.adapters.codec import Codec
from milepost.application.publish import EVERYONE
from milepost.domain.catalog import USER
from milepost.domain.event import Subject
from milepost_tools.problem import ProblemError
from milepost_tools.verify.lab import Lab

Item = Mapping[str, Any]


def person(lab: Lab, name: str) -> str:
    """The id of somebody new. Of an event that is sent for them, `counted` tells when it was."""
    subject = lab.subject(name)
    # Registered later, so undone earlier: what is then left of the items goes with all others.
    lab.made(f"{subject}, in the statistics too", partial(_forget, lab, subject))
    return subject.removeprefix(USER)


def events(user: str, names: Iterable[str]) -> list[str]:
    """What a producer sends when these events happen, one after the other."""
    common = {"type": "track", "userId": user}
    return [
        json.dumps({**common, "messageId": f"{user}-{n}", "event": name, "timestamp": datetime.now(UTC).isoformat()})
        for n, name in enumerate(names)
    ]


def counted(lab: Lab, user: str) -> Item | None:
    """Somebody's aggregate, once an event of theirs was counted."""
    return next((each for each in lab.items(f"{USER}{user}") if each[keys.SORT]["S"] == keys.AGGREGATE), None)


def _forget(lab: Lab, subject: Subject) -> None:
    def booked() -> Item | None:
        item = counted(lab, subject.removeprefix(USER))
        return None if item is None or keys.OUTBOX in item else item

    item = lab.eventually(booked)
    if item is None:
        raise ProblemError("its event was not worked off.", "If it still is, an item and a member stay in the tables.")
    counts = _counts(lab, subject, item)
    key = {name: item[name] for name in (keys.PARTITION, keys.SORT)}
    gone: Any = {
        "TableName": lab.stack.table_name,
        "Key": key,
        "ConditionExpression": "v = :read",
        "ExpressionAttributeValues": {":read": item[keys.VERSION]},
    }
    # With the item or not at all, so that what was counted once is taken back once.
    takings: Any = [{"Update": _taking(lab, scope, names)} for scope, names in counts.items()]
    lab.stack.connection.dynamodb.transact_write_items(TransactItems=[{"Delete": gone}, *takings])


def _counts(lab: Lab, subject: Subject, item: Item) -> Mapping[str, Counter[str]]:
    """What publish has booked of somebody, by scope; see `milepost.application.publish`."""
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter, {EVERYONE: Counter(members=1)})
    for milestone, standing in Codec.of(lab.catalog).decode(subject, item).standings.items():
        told = {"reached": standing.occurrences, "missed": standing.missed, "recovered": standing.recovered}
        counts[milestone].update({outcome: number for outcome, number in told.items() if number})
    for each in lab.items(subject):
        if each[keys.SORT]["S"].startswith(keys.DECISION) and each["verdict"]["S"] != "deferred":
            counts[each["milestone"]["S"]][f"{each['verdict']['S']}.{each['channel']['S']}"] += 1
    return {scope: names for scope, names in counts.items() if names}


def _taking(lab: Lab, scope: str, names: Mapping[str, int]) -> Mapping[str, Any]:
    """Take back from a shard that is there: what counts is the sum."""
    partition = keys.statistics_partition(lab.catalog.name, scope)
    shards = lab.items(partition, lab.stack.statistics_table_name)
    if not shards:
        raise ProblemError(f"nothing is counted under {partition}.", "Name the stack's own catalog with --catalog.")
    return {
        "TableName": lab.stack.statistics_table_name,
        "Key": {name: shards[0][name] for name in (keys.PARTITION, keys.SORT)},
        "UpdateExpression": "ADD " + ", ".join(f"#{place} :{place}" for place in range(len(names))),
        "ExpressionAttributeNames": {f"#{place}": name for place, name in enumerate(names)},
        "ExpressionAttributeValues": {f":{place}": {"N": str(-number)} for place, number in enumerate(names.values())},
    }
