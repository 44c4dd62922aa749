"""The boundary: what a producer sent becomes events, or a reason that names the field and the remedy."""

from dataclasses import dataclass
from typing import Final, cast

from milepost.application.arrival import Arrival
from milepost.application.envelope import unwrap
from milepost.application.fields import Message, identifier, instant_of, key_of, object_in
from milepost.application.kinds import KINDS, Common
from milepost.application.strict_json import UnreadableError, read_json
from milepost.domain.catalog import ACCOUNT, USER
from milepost.domain.event import REPORTS, Alias, Subject
from milepost.domain.event import Message as Accepted
from milepost.domain.instant import MINUTE, Duration, Instant

FUTURE: Final[Duration] = 5 * MINUTE
MOST_REASONS: Final = 5
"""Reasons given for one message: they travel as an attribute of it, and a queue limits both together."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one body held: the events and aliases that can be used, and the reasons against the rest."""

    events: tuple[Accepted, ...]
    reasons: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """Reads bodies by one catalog's `max_age` and one clock."""

    max_age: Duration
    arrival: Arrival

    def read(self, body: str, sent_at: Instant) -> Reading:
        """Read one body of the event queue. Never raises for what a producer can send."""
        try:
            messages = list(unwrap(read_json(body)))
        except UnreadableError as error:
            return Reading((), (f"The message {error}.",))
        read: list[Accepted | Alias] = []
        reasons: list[str] = []
        for place, message in enumerate(messages):
            try:
                read.append(self._event(message, sent_at))
            except UnreadableError as error:
                reasons.append(f"Message {place} of the batch: {error}" if len(messages) > 1 else str(error))
        if not reasons and Alias not in map(type, read):
            return Reading(tuple(cast("list[Accepted]", read)))
        more = (f"And {len(reasons) - MOST_REASONS} more.",) if len(reasons) > MOST_REASONS else ()
        return Reading(
            tuple(each for each in read if not isinstance(each, Alias)),
            (*reasons[:MOST_REASONS], *more),
            tuple(each for each in read if isinstance(each, Alias)),
        )

    def _event(self, message: object, sent_at: Instant) -> Accepted | Alias:
        if isinstance(message, UnreadableError):
            raise UnreadableError(f"The message {message}.")
        if not isinstance(message, dict):
            raise UnreadableError("The message is not a JSON object: send one object a message.")
        kind = message.get("type")
        build = KINDS.get(kind) if isinstance(kind, str) else None
        if build is None:
            raise UnreadableError("type is missing or unknown: it is track, identify, group or alias.")
        message_id = identifier(message, "messageId")
        subject = _subject(message)
        context = object_in(message, "context")
        arrived = self.arrival.of(message, sent_at)
        instant = instant_of(message["timestamp"], "timestamp") if "timestamp" in message else arrived
        self._refuse_untimely(instant, arrived)
        dated = "timestamp" in message
        return build(message, context, Common(subject, message_id, key_of(message_id), instant, arrived, dated))

    def _refuse_untimely(self, instant: Instant, arrived: Instant) -> None:
        if instant > arrived + FUTURE:
            raise UnreadableError("timestamp is more than 5 minutes in the future: correct the producer's clock.")
        if instant < arrived - self.max_age:
            raise UnreadableError(
                "timestamp is older than the catalog's max_age: send history before the first event, or raise max_age."
            )


def _subject(message: Message) -> Subject:
    """The user; of a report about what an account was told, the account."""
    if "userId" not in message and "groupId" in message and _is_report(message):
        return f"{ACCOUNT}{identifier(message, 'groupId')}"
    return f"{USER}{identifier(message, 'userId')}"


def _is_report(message: Message) -> bool:
    name = message.get("event")
    return message.get("type") == "track" and isinstance(name, str) and name in REPORTS
