"""How many members have come as far as a milestone, read off the statistics and remembered for some minutes.

A milestone's counters say how often which outcome was booked, those of no milestone how many members there are. Whoever
`reached` it in time, met it later (`recovered`) or before it was there (`baseline`) has come this far. Each is spread
over `STATISTICS_SHARDS` items, which one Query reads: about 2 read units a milestone and 10 minutes.

No nudge is held up by it: what cannot be read is told by `warn`, and not known for now.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from time import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from milepost.adapters import keys
from milepost.adapters.aws import PassingErrors, code_of
from milepost.application.publish import EVERYONE
from milepost.domain.catalog import Catalog
from milepost.domain.facts import Share

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT: Final = 600.0
"""Seconds for which counts are good: a share of thousands does not change in the time."""
KEPT_UNREAD: Final = 60.0
"""Seconds for which nobody asks again after a read that failed: each could cost a nudge seconds."""
_FAR: Final = ("reached", "recovered", "baseline")


class _Read(NamedTuple):
    """Counts, or None where they could not be read, and until when they are good."""

    counts: Mapping[str, int] | None
    until: float


@dataclass(frozen=True, slots=True)
class MemberShares:
    """The share of members by milestone. `warn` is told the code of an error, or nothing where no answer came."""

    client: "DynamoDBClient"
    table: str
    catalog: Catalog
    warn: Callable[[str | None], None]
    clock: Callable[[], float] = time
    _read: dict[str, _Read] = field(default_factory=dict)

    def __call__(self, milestone: str) -> Share | None:
        """The share of users, or for a milestone of theirs of accounts; None where it is not known now."""
        known = self.catalog.milestones.get(milestone)
        far, all_ = self._counts(milestone), self._counts(EVERYONE)
        if known is None or far is None or all_ is None:
            return None
        of = all_.get("accounts" if known.subject == "account" else "members", 0)
        # The two were not read at one instant, so that those who have come this far could be more than all.
        return Share(min(sum(far.get(kind, 0) for kind in _FAR), of), of) if of > 0 else None

    def _counts(self, scope: str) -> Mapping[str, int] | None:
        read = self._read.get(scope)
        if read is None or self.clock() >= read.until:
            read = self._read[scope] = self._asked(scope)
        return read.counts

    def _asked(self, scope: str) -> _Read:
        try:
            return _Read(self._added_up(scope), self.clock() + KEPT)
        except PassingErrors as error:
            self.warn(code_of(error))
            return _Read(None, self.clock() + KEPT_UNREAD)

    def _added_up(self, scope: str) -> Mapping[str, int]:
        counts: Counter[str] = Counter()
        for item in self._items(scope):
            counts.update({name: int(each["N"]) for name, each in item.items() if "N" in each})
        return counts

    def _items(self, scope: str) -> Iterator[Mapping[str, Any]]:
        """The items of a scope: keys are texts, counters numbers."""
        partition = keys.statistics_partition(self.catalog.name, scope)
        start: dict[str, Any] = {}
        while True:
            answer = self.client.query(
                TableName=self.table,
                KeyConditionExpression="#pk = :pk",
                ExpressionAttributeNames={"#pk": keys.PARTITION},
                ExpressionAttributeValues={":pk": {"S": partition}},
                **start,
            )
            yield from answer["Items"]
            if not answer.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": answer["LastEvaluatedKey"]}
