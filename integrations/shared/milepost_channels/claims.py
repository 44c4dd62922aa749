"""Which nudges were sent: a DynamoDB table of the integration's own, one item a nudge, forgotten after some days.

Who wants to send a nudge claims it first. Each write is on a condition, so of several workers one wins:

    nothing --claim--> sending --took--> taken --reported--> reported
                       sending --bury--> buried --claim again, after an operator's redrive--> sending
                       sending --release--> nothing

A worker that dies leaves `sending` behind. A claim holds for LEASE; a function ends long before that, and the rest
is for clocks that differ. Whoever finds an older one knows that the nudge may have been sent and may not.

Of whom `milepost erase` has erased, a tombstone stands under the subject's own name, which no nudge's id can be: it has
a colon. What was decided on before is then claimed by nobody, so that their nudges can be forgotten all the same:

    operator                                worker in flight
                                            no tombstone: claims
    tombstone                               sends, notes, reports
    waits until every such worker has ended
    removes the person's nudges             the message comes again: a tombstone, nothing is sent
                                            a nudge of a new life, under an id of before: claims
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from botocore.exceptions import ClientError

from milepost_channels.nudge import Nudge

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ID: Final = "id"
STATE: Final = "state"
OWNER: Final = "owner"
UNTIL: Final = "until"
AT: Final = "at"
"""Seconds since 1970 at which the vendor took it: the time of the report, so that a repeated report is the same."""
SUBJECT: Final = "subject"
CHANNEL: Final = "channel"
DECIDED: Final = "decided"
"""Seconds since 1970 at which Milepost decided on it: what tells a nudge of a new life from one of before."""
EXPIRES: Final = "expires"
ERASED: Final = "erased"
"""In a tombstone alone. Seconds since 1970: a nudge that was decided on until then is sent no more."""
LEASE: Final = 900
"""Seconds: a function's 30, and workers' clocks up to 14 minutes apart."""
DAY: Final = 86_400

_SENDING, _TAKEN, _REPORTED, _BURIED = "sending", "taken", "reported", "buried"
_NAMES: Final = {"#state": STATE, "#owner": OWNER}
_MINE: Final = "#owner = :owner AND #state = :sending"


class Claim(Enum):
    """What became of wanting to send a nudge."""

    OURS = "nobody has sent it: send"
    CUT_OFF = "somebody began and never ended: it may have been sent, and is ours now"
    HELD = "somebody is sending it: come back later"
    TAKEN = "the vendor has it, the report is outstanding"
    DONE = "nothing is left to do"
    ERASED = "whoever it is for was erased after it was decided on: send to nobody"


class LostClaimError(Exception):
    """The claim went to somebody else while we sent: their clock is more than the lease ahead."""


@dataclass(frozen=True, slots=True)
class Claims:
    """The table. `clock` tells seconds since 1970; `days` is for how long a nudge is remembered."""

    client: "DynamoDBClient"
    table: str
    clock: Callable[[], float]
    days: int

    def begin(self) -> "Owner":
        """Somebody who claims; a new one for each batch, so that its own claims are told from all others."""
        return Owner(self, uuid4().hex)

    def taken_at(self, nudge: Nudge) -> float:
        """When the vendor took a nudge whose claim is `TAKEN`, in seconds since 1970."""
        return float(self._read(nudge.id)[AT]["N"])

    def subject(self, id_: str) -> str | None:
        """Whom a nudge was for, if it is still remembered."""
        item = self._read(id_)
        return str(item[SUBJECT]["S"]) if item else None

    def forgets(self, nudge: Nudge) -> bool:
        """Whether it belongs to what was erased; what was decided on later belongs to a new life."""
        tombstone = self._read(nudge.subject)
        return bool(tombstone) and nudge.decided_at <= float(tombstone[ERASED]["N"])

    def _read(self, id_: str) -> Mapping[str, Any]:
        return self.client.get_item(TableName=self.table, Key={ID: {"S": id_}}, ConsistentRead=True).get("Item", {})


@dataclass(frozen=True, slots=True)
class Owner:
    """One batch's hold on the table."""

    claims: Claims
    name: str

    def claim(self, nudge: Nudge, *, again: bool) -> Claim:
        """Claim a nudge; `again` also opens one that was buried, because an operator sent it back."""
        if self.claims.forgets(nudge):
            return Claim.ERASED
        found = self._insert(nudge)
        if found is None or found[OWNER]["S"] == self.name:
            return Claim.OURS  # the second: our own write, whose answer was lost
        state = found[STATE]["S"]
        if state == _TAKEN:
            return Claim.TAKEN
        if state == _BURIED and again:
            return self._take_over(nudge, found, Claim.OURS)
        if state != _SENDING:
            return Claim.DONE
        cut_off = float(found[UNTIL]["N"]) < self.claims.clock()
        return self._take_over(nudge, found, Claim.CUT_OFF) if cut_off else Claim.HELD

    def took(self, nudge: Nudge) -> float:
        """The vendor took it; returns when, in seconds since 1970."""
        at = round(self.claims.clock(), 3)
        self._move(nudge.id, _TAKEN, at)
        return at

    def bury(self, nudge: Nudge) -> None:
        """It lies in the dead-letter queue."""
        self._move(nudge.id, _BURIED)

    def release(self, nudge: Nudge) -> None:
        """It was not sent after all."""
        try:
            self.claims.client.delete_item(
                TableName=self.claims.table,
                Key={ID: {"S": nudge.id}},
                ConditionExpression=_MINE,
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues={":owner": {"S": self.name}, ":sending": {"S": _SENDING}},
            )
        except ClientError as error:
            _only_lost(error)  # released already, by a request whose answer was lost

    def reported(self, nudge: Nudge) -> None:
        """Milepost knows of it: nothing is left to do. Whoever reported it may say so, and twice."""
        try:
            self.claims.client.update_item(
                TableName=self.claims.table,
                Key={ID: {"S": nudge.id}},
                UpdateExpression="SET #state = :reported",
                # of what is gone, nothing is begun: an item that never expires, and that nobody can read
                ConditionExpression=f"attribute_exists({ID})",
                ExpressionAttributeNames={"#state": STATE},
                ExpressionAttributeValues={":reported": {"S": _REPORTED}},
            )
        except ClientError as error:
            _only_lost(error)

    def _insert(self, nudge: Nudge) -> Mapping[str, Any] | None:
        """Put our claim where nothing is; what is there already, or None."""
        try:
            self.claims.client.put_item(
                TableName=self.claims.table,
                Item=self._item(nudge),
                ConditionExpression=f"attribute_not_exists({ID})",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            _only_lost(error)
            found: Mapping[str, Any] = error.response["Item"]  # type: ignore[typeddict-item]  # only in this error
            return found
        return None

    def _take_over(self, nudge: Nudge, found: Mapping[str, Any], won: Claim) -> Claim:
        """Two may try: the condition lets only one replace what both have seen."""
        try:
            self.claims.client.put_item(
                TableName=self.claims.table,
                Item=self._item(nudge),
                ConditionExpression="#owner = :owner AND #state = :state",
                ExpressionAttributeNames=_NAMES,
                ExpressionAttributeValues={":owner": found[OWNER], ":state": found[STATE]},
            )
        except ClientError as error:
            _only_lost(error)
            return Claim.HELD
        return won

    def _item(self, nudge: Nudge) -> Any:  # noqa: ANN401  # An item as the client wants it.
        now = int(self.claims.clock())
        return {
            ID: {"S": nudge.id},
            STATE: {"S": _SENDING},
            OWNER: {"S": self.name},
            UNTIL: {"N": str(now + LEASE)},
            SUBJECT: {"S": nudge.subject},
            CHANNEL: {"S": nudge.channel},
            DECIDED: {"N": f"{nudge.decided_at:.6f}"},
            EXPIRES: {"N": str(now + self.claims.days * DAY)},
        }

    def _move(self, id_: str, state: str, at: float | None = None) -> None:
        values = {":owner": {"S": self.name}, ":sending": {"S": _SENDING}, ":state": {"S": state}}
        try:
            self.claims.client.update_item(
                TableName=self.claims.table,
                Key={ID: {"S": id_}},
                UpdateExpression="SET #state = :state" if at is None else "SET #state = :state, #at = :at",
                # our own repeat, whose first answer was lost, finds the state that it wanted
                ConditionExpression="#owner = :owner AND (#state = :sending OR #state = :state)",
                ExpressionAttributeNames=_NAMES if at is None else {**_NAMES, "#at": AT},
                ExpressionAttributeValues=values if at is None else {**values, ":at": {"N": str(at)}},
            )
        except ClientError as error:
            _only_lost(error)
            raise LostClaimError from None


def _only_lost(error: ClientError) -> None:
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error
